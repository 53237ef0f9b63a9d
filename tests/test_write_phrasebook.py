"""The stage that has a phrasebook written: what it needs before it asks anybody anything."""

import pytest
from prefect.logging import disable_run_logger

from profiles import Server, TeacherPlan, load_server
from tasks.domain.errors import TeacherFailed
from tasks.inspect_server import inspect_server
from tasks.write_phrasebook import write_phrasebook
from tests.fakes.endpoint import Reply, endpoint
from tests.fakes.tracker import TRACKER

SERVER = Server(name="tracker", tools_file="tracker.json")


def test_a_key_that_is_not_set_is_one_error_before_anything_is_asked(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("TEACHER_KEY", raising=False)
    with endpoint(lambda *_: Reply()) as seen, disable_run_logger():
        plan = TeacherPlan(endpoint=seen.url, model="m", key_variable="TEACHER_KEY")
        with pytest.raises(TeacherFailed, match="environment variable TEACHER_KEY is not set"):
            write_phrasebook.fn(TRACKER, SERVER, plan)
    assert seen.asked == []


def test_without_a_plan_nothing_is_written_and_the_note_says_what_it_would_cost() -> None:
    with disable_run_logger():
        made = write_phrasebook.fn(TRACKER, SERVER, None)
    assert made.file is None
    (note,) = made.notes
    assert note.startswith("requests of 20 of 20 tools are written from their schemas alone")


def test_a_server_with_a_shipped_book_needs_no_teacher() -> None:
    server = load_server("time")
    with endpoint(lambda *_: Reply(status=500)) as seen, disable_run_logger():
        plan = TeacherPlan(endpoint=seen.url, model="m")
        made = write_phrasebook.fn(inspect_server.fn(server), server, plan)
    assert (made.file, made.notes, seen.asked) == (None, (), [])


def test_a_plan_that_still_puts_rows_into_other_words_is_told_what_to_do() -> None:
    with pytest.raises(ValueError, match="'share' is not read any more: a teacher writes a phr"):
        TeacherPlan.model_validate({"endpoint": "http://x/v1", "model": "m", "share": 0.5})
