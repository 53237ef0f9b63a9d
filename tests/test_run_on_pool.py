"""The wait for a run that is carried out elsewhere, by an API that is refused, late or away."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from uuid import uuid4

import pytest
from prefect.client.schemas.objects import StateType
from prefect.exceptions import PrefectHTTPStatusError
from prefect.logging import disable_run_logger
from prefect.settings import PREFECT_API_URL, PREFECT_CLIENT_MAX_RETRIES, temporary_settings

from tasks import run_on_pool as pool
from tasks.domain.errors import StageNotDeployed
from tests.fakes.prefect_api import Answer, Script, prefect_api

LOCKED: Answer = (503, {"exception_message": "Service Unavailable"})
RUN = str(uuid4())


@contextmanager
def api(answers: dict[str, list[Answer]]) -> Iterator[Script]:
    """An API whose clients do not ask again by themselves: here we are to."""
    with prefect_api(answers) as script:
        settings: dict[Any, Any] = {PREFECT_API_URL: script.url, PREFECT_CLIENT_MAX_RETRIES: 0}
        with temporary_settings(settings), disable_run_logger():
            yield script


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pool, "_POLL_SECONDS", 0.01)


def run(state: str, run_count: int = 1) -> Answer:
    return 200, {
        "id": RUN,
        "flow_id": RUN,
        "name": "train time tiny",
        "run_count": run_count,
        "state": {"type": state, "name": state.capitalize()},
    }


QUEUED: Answer = (
    201,
    {
        "status": "ACCEPT",
        "state": {"type": "SCHEDULED", "name": "AwaitingRetry"},
        "details": {"type": "accept_details"},
    },
)


def test_an_api_whose_database_is_locked_is_asked_again_to_start_a_run() -> None:
    answers = {"/flow_runs/filter": [LOCKED, LOCKED, (200, [])]}
    with api(answers) as script, pytest.raises(StageNotDeployed, match="make deploy"):
        pool._start("train/tiny", {})
    assert sum(path.endswith("/flow_runs/filter") for path in script.requests) == 3


def test_an_api_that_stays_away_is_told_at_last(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pool, "_AWAY_SECONDS", 0.05)
    answers = {"/flow_runs/filter": [LOCKED]}
    with api(answers), pytest.raises(PrefectHTTPStatusError, match="503"):
        pool._start("train/tiny", {})


def test_a_refusal_that_asking_again_does_not_help_is_told_at_once() -> None:
    answers: dict[str, list[Answer]] = {"/flow_runs/filter": [(422, {"detail": "no such filter"})]}
    with api(answers) as script, pytest.raises(PrefectHTTPStatusError, match="422"):
        pool._start("train/tiny", {})
    assert sum(path.endswith("/flow_runs/filter") for path in script.requests) == 1


def test_a_second_report_of_a_crash_is_answered_by_queueing_the_run_again() -> None:
    """It has not begun since it was queued, so it cannot have crashed again."""
    states = [run("SCHEDULED"), run("CRASHED"), run("RUNNING", 2), run("COMPLETED", 2)]
    with api({f"/flow_runs/{RUN}": states, "/set_state": [QUEUED]}) as script:
        final = pool._wait(RUN, queued_at=1)
    assert final.state is not None
    assert final.state.type == StateType.COMPLETED
    assert sum(path.endswith("/set_state") for path in script.requests) == 1


@pytest.mark.parametrize(("run_count", "queued_at"), [(2, 1), (1, None)])
def test_a_crash_of_a_run_that_has_begun_is_one(run_count: int, queued_at: int | None) -> None:
    with api({f"/flow_runs/{RUN}": [run("CRASHED", run_count)]}) as script:
        final = pool._wait(RUN, queued_at=queued_at)
    assert final.state is not None
    assert final.state.type == StateType.CRASHED
    assert not any(path.endswith("/set_state") for path in script.requests)
