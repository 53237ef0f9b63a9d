"""A teacher's book holds what it should, and nothing that was answered is asked for again."""

import json
from collections import Counter
from collections.abc import Callable, Iterable
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from profiles import (
    HandWrittenPrompt,
    PhrasebookPlan,
    Server,
    TeacherPlan,
    load_model,
    load_phrasebook_limits,
)
from tasks.domain.errors import TeacherFailed
from tasks.domain.products import Toolset
from tasks.domain.writing.book.check import check_phrasebook
from tasks.domain.writing.phrasebook import Line, RequestLine, SaidLine
from tasks.domain.writing.teaching.cost import estimated_cost
from tasks.domain.writing.teaching.questions import Style, questions
from tasks.domain.writing.values.maker import ArgumentMaker
from tasks.external.base_model import gguf_in_package
from tasks.external.phrasebook_teacher import PhrasebookTeacher, TeacherBook
from tasks.external.teacher import Answer, teacher
from tests.fakes.endpoint import Endpoint, Reply, endpoint
from tests.fakes.tracker import TRACKER
from tests.fakes.writing_model import asked_for, capable, given, topic_of, written
from tests.helpers.teacher import PLAN

SERVER = Server(name="tracker", tools_file="tracker.json")
SMALL = TRACKER.model_copy(
    update={"tools": tuple(tool for tool in TRACKER.tools if tool.name.endswith("_task"))}
)
Behaviour = Callable[[dict[str, Any], int], Reply]


def everything(answers: Iterable[Answer], total: int) -> Iterable[Answer]:
    del total
    return answers


def taught(
    seen: Endpoint, folder: Path, toolset: Toolset = SMALL, server: Server = SERVER, **plan: Any
) -> TeacherBook:
    sizes = {"concurrency": 4, "max_answer_tokens": 4000}
    chosen = TeacherPlan.model_validate({**PLAN, **sizes, "endpoint": seen.url, **plan})
    readings = folder / "readings"
    readings.mkdir(exist_ok=True)
    with teacher(chosen, "", folder) as asked:
        return PhrasebookTeacher(
            toolset=toolset,
            server=server,
            plan=chosen,
            limits=load_phrasebook_limits(),
            teacher=asked,
            folder=readings,
            tools_with_lines=frozenset(),
            over_questions=everything,
            over_readings=everything,
        ).write()


def texts(lines: Iterable[Line]) -> set[str]:
    return {line.text for line in lines if isinstance(line, SaidLine)}


def reasons(book: TeacherBook) -> Counter[str]:
    return Counter(line.reason for line in book.rejections)


Extra = dict[tuple[str, str], list[dict[str, Any]]]


def with_lines(extra: Extra) -> Behaviour:
    """A model that answers well, and adds lines to lists of answers, by tool and list."""

    def behaviour(body: dict[str, Any], _: int) -> Reply:
        answer = written(body)
        for (tool, key), lines in extra.items():
            if key in answer and asked_for(body).get("tool", {}).get("name") == tool:
                answer[key] = [*answer[key], *lines]
        return Reply(content=json.dumps(answer))

    return behaviour


def request(text: str, **fixed: Any) -> dict[str, Any]:
    return {"text": text, "fixed": given(fixed)}


@pytest.fixture(scope="module")
def twenty(tmp_path_factory: pytest.TempPathFactory) -> tuple[TeacherBook, Endpoint]:
    """The book for all twenty tools, and what was asked for it."""
    with endpoint(capable) as seen:
        return taught(seen, tmp_path_factory.mktemp("twenty"), TRACKER), seen


def test_a_book_for_a_list_of_twenty_tools_is_written_by_a_teacher_and_passes_its_check(
    twenty: tuple[TeacherBook, Endpoint],
) -> None:
    (book, seen), limits = twenty, load_phrasebook_limits()
    assert len(TRACKER.tools) == 20
    assert check_phrasebook(book.lines, TRACKER, SERVER, limits).faults == ()
    requests = Counter(line.tool for line in book.lines if isinstance(line, RequestLine))
    assert set(requests) == {tool.name for tool in TRACKER.tools}
    assert min(requests.values()) >= limits.requests
    kinds = {line.kind for line in book.lines}
    assert kinds == {"request", "clarify", "calls", "unsupported", "chat", "values", "result"}
    assert len(book.rejections) < 10
    assert not book.unanswered
    topics = Counter(map(topic_of, seen.asked))
    assert topics["requests"] + topics["material"] == 40
    assert topics.total() < 80


def test_the_estimate_is_right_within_a_factor_of_two(
    twenty: tuple[TeacherBook, Endpoint],
) -> None:
    seen = twenty[1]
    makers = [ArgumentMaker(tool, SERVER) for tool in TRACKER.tools]
    cost = estimated_cost(makers, PhrasebookPlan())
    asked = sum(len(json.dumps(body)) for body in seen.asked) / 4
    answered = sum(len(capable(body).content) for body in seen.asked) / 4
    assert 0.5 < cost.tokens_in / asked < 2
    assert 0.5 < cost.tokens_out / answered < 2
    assert 0.5 < cost.questions / len(seen.asked) < 2


def test_lines_that_break_a_rule_are_thrown_out_and_counted(tmp_path: Path) -> None:
    few = {"parameter": "task_id", "values": ["A-1"]}
    bad: Extra = {
        ("close_task", "requests"): [
            request("close {ticket}"),
            request("close that one"),
            request("close {task_id"),
            {"words": "close {task_id}"},
            request("show {task_id} as closed"),
            request("Close {task_id}!"),
            request("swallow {task_id} whole"),
            request("<|im_end|> close {task_id}"),
        ],
        ("create_task", "requests"): [request("at once: {title}", priority="now")],
        ("delete_task", "requests"): [request("close {task_id}")],
        ("reopen_task", "values"): [{"parameter": "ticket", "values": ["A-1"]}, few],
        ("reopen_task", "results"): [{"text": "{ticket}", "answer": "", "error": False}],
    }
    with endpoint(capable) as seen:
        usual = taught(seen, tmp_path)
    with endpoint(with_lines(bad)) as seen:
        book = taught(seen, tmp_path, temperature=0.1)
    assert reasons(book) - reasons(usual) == {
        "… is no parameter of the tool": 2,
        "the tool requires …, which is no slot, not in … and no constant": 1,
        "not of the form": 2,
        "the tool may change something, and … only reads": 1,
        "is like …": 1,
        "back-check: no tool does it": 1,
        "it holds what looks like a control token": 1,
        "fixed priority": 1,
        "says what … says, for the tool": 1,
        "unknown parameter": 1,
        "too few different values": 1,
    }
    assert texts(usual.lines) == texts(book.lines)


def test_a_wrong_label_is_thrown_out_by_the_back_check(tmp_path: Path) -> None:
    wrong = [request("erase {task_id} at once"), request("{task_id} for good, off with it")]

    def behaviour(body: dict[str, Any], _: int) -> Reply:
        if topic_of(body) != "reading":
            return with_lines({("get_task", "requests"): wrong})(body, _)
        answer = written(body)
        for asked, reading in zip(asked_for(body)["requests"], answer["readings"], strict=True):
            if "at once" in asked["text"] or "off with it" in asked["text"]:
                key = asked["text"].split()[1 if "at once" in asked["text"] else 0]
                reading["calls"] = [{"tool": "delete_task", "arguments": given({"task_id": key})}]
        return Reply(content=json.dumps(answer))

    with endpoint(behaviour) as seen:
        book = taught(seen, tmp_path)
    assert reasons(book)["back-check: another tool"] == 2
    assert texts(book.lines).isdisjoint(line["text"] for line in wrong)
    assert "erase ticket {task_id}" in texts(book.lines)


def test_other_arguments_than_the_label_has_are_thrown_out(tmp_path: Path) -> None:
    def behaviour(body: dict[str, Any], _: int) -> Reply:
        answer = written(body)
        if topic_of(body) == "reading":
            for asked, reading in zip(asked_for(body)["requests"], answer["readings"], strict=True):
                if asked["text"].startswith("urgent!!"):
                    del reading["calls"][0]["arguments"][0]
        return Reply(content=json.dumps(answer))

    with endpoint(behaviour) as seen:
        book = taught(seen, tmp_path)
    assert "urgent!! {title}" not in texts(book.lines)
    assert reasons(book)["back-check: other arguments"] == 1


def test_an_answer_that_is_no_json_is_asked_for_once_more_with_another_seed(
    tmp_path: Path,
) -> None:
    seeds: list[int] = []

    def behaviour(body: dict[str, Any], _: int) -> Reply:
        is_it = topic_of(body) == "requests" and asked_for(body)["tool"]["name"] == "close_task"
        seeds.extend([body["seed"]] * is_it)
        return Reply(content="Sure! Here") if is_it and len(seeds) == 1 else capable(body)

    with endpoint(behaviour) as seen:
        book = taught(seen, tmp_path)
    assert len(set(seeds)) == 2
    assert reasons(book)["not the JSON that was asked for"] == 1
    assert "tick off {task_id}" in texts(book.lines)
    assert not book.unanswered


def test_an_answer_that_is_never_any_use_is_named(tmp_path: Path) -> None:
    def behaviour(body: dict[str, Any], _: int) -> Reply:
        is_it = topic_of(body) == "requests" and asked_for(body)["tool"]["name"] == "close_task"
        return Reply(content="[]") if is_it else capable(body)

    with endpoint(behaviour) as seen:
        book = taught(seen, tmp_path)
    assert book.unanswered == {"requests of close_task": "no line that can be used"}
    assert "requests of close_task: no line" in book.summary("someone")
    assert len(book.lines) > 50


def test_an_answer_that_was_cut_at_the_limit_gives_its_whole_lines(tmp_path: Path) -> None:
    def behaviour(body: dict[str, Any], _: int) -> Reply:
        reply = capable(body)
        if topic_of(body) == "requests" and asked_for(body)["tool"]["name"] == "close_task":
            return Reply(content=reply.content[:400], finish="length")
        return reply

    with endpoint(behaviour) as seen:
        book = taught(seen, tmp_path)
    whole = [line for line in book.lines if isinstance(line, RequestLine)]
    assert 3 <= sum(line.tool == "close_task" for line in whole) < 10


def test_a_spent_budget_loses_nothing_and_the_next_run_asks_only_what_is_missing(
    tmp_path: Path,
) -> None:
    apart = tmp_path / "apart"
    apart.mkdir()
    with endpoint(capable) as seen:
        whole = taught(seen, apart)
    needed = len(seen.asked)
    with endpoint(capable) as seen:
        runs = [taught(seen, tmp_path, max_tokens=5000, max_answer_tokens=1000, concurrency=1)]
        assert runs[0].is_cut_short
        first = len(seen.asked)
        assert 0 < first < needed
        while runs[-1].is_cut_short and len(runs) < 200:
            runs.append(
                taught(seen, tmp_path, max_tokens=5000, max_answer_tokens=1000, concurrency=1)
            )
    assert not runs[-1].is_cut_short
    assert runs[-1].lines == whole.lines
    bodies = [json.dumps(body, sort_keys=True) for body in seen.asked]
    assert len(set(bodies)) == len(bodies)


def test_a_reader_that_is_away_half_of_the_time_is_no_reason_to_write_more(tmp_path: Path) -> None:
    readings = count()
    is_up = False

    def behaviour(body: dict[str, Any], before: int) -> Reply:
        is_lost = topic_of(body) == "reading" and not is_up and next(readings) % 2
        return Reply(status=503) if is_lost else capable(body, before)

    with endpoint(behaviour) as seen:
        book = taught(seen, tmp_path, attempts=1)
        written_at_first = [body for body in seen.asked if topic_of(body) != "reading"]
        assert book.is_cut_short
        assert reasons(book)["back-check: no answer"]
        is_up = True
        whole = taught(seen, tmp_path)
    assert not whole.is_cut_short
    assert [body for body in seen.asked if topic_of(body) != "reading"] == written_at_first


def test_the_same_book_again_costs_nothing(tmp_path: Path) -> None:
    with endpoint(capable) as seen:
        first = taught(seen, tmp_path)
        asked = len(seen.asked)
        assert taught(seen, tmp_path) == first
        assert len(seen.asked) == asked


def test_when_a_tool_drifts_only_its_lines_and_those_of_the_list_are_written_again(
    tmp_path: Path,
) -> None:
    drifted = SMALL.model_copy(
        update={
            "tools": tuple(
                tool.model_copy(update={"description": "Set a task to done, if it is yours."})
                if tool.name == "close_task"
                else tool
                for tool in SMALL.tools
            )
        }
    )
    with endpoint(capable) as seen:
        taught(seen, tmp_path)
        before = len(seen.asked)
        book = taught(seen, tmp_path, drifted)
        again = seen.asked[before:]
    one_tool = [body for body in again if "tool" in asked_for(body)]
    assert {asked_for(body)["tool"]["name"] for body in one_tool} == {"close_task"}
    read = {
        each["text"]
        for body in again
        if topic_of(body) == "reading"
        for each in asked_for(body)["requests"]
    }
    assert any(text.startswith("tick off ") for text in read)
    assert not any(text.startswith("erase ticket ") for text in read)
    assert "erase ticket {task_id}" in texts(book.lines)


def test_a_test_prompt_of_the_server_does_not_get_into_the_book(tmp_path: Path) -> None:
    prompt = HandWrittenPrompt(prompt="Thanks!", call=None)
    with endpoint(capable) as seen:
        book = taught(seen, tmp_path, server=SERVER.model_copy(update={"test_prompts": (prompt,)}))
    assert reasons(book)["is a test prompt of the server"] == 1
    assert "thanks!" not in texts(book.lines)


def test_another_model_may_read(tmp_path: Path) -> None:
    with endpoint(capable) as seen:
        taught(seen, tmp_path, reader="somebody-else")
    models = {(topic_of(body) == "reading", body["model"]) for body in seen.asked}
    assert models == {(False, "someone"), (True, "somebody-else")}


def test_a_reader_sees_no_label_and_no_slot(tmp_path: Path) -> None:
    with endpoint(capable) as seen:
        taught(seen, tmp_path)
    shown = [
        each
        for body in seen.asked
        if topic_of(body) == "reading"
        for each in asked_for(body)["requests"]
    ]
    assert len(shown) > 100
    assert all(set(each) == {"number", "text"} for each in shown)
    assert not any("{" in each["text"] for each in shown)


def test_an_endpoint_that_refuses_is_one_error(tmp_path: Path) -> None:
    with (
        endpoint(lambda *_: Reply(status=404, body="no such model")) as seen,
        pytest.raises(TeacherFailed, match="status 404"),
    ):
        taught(seen, tmp_path)


def test_a_real_small_model_served_here_answers_in_the_form_that_is_asked_for(
    tmp_path: Path,
) -> None:
    pytest.importorskip("xllamacpp")
    gguf = gguf_in_package(load_model("smollm2").source.package)
    plan = TeacherPlan(gguf=str(gguf), model="small", max_answer_tokens=24, concurrency=1)
    makers = [ArgumentMaker(tool, SERVER) for tool in SMALL.tools[:1]]
    asked = questions(makers, PhrasebookPlan(), Style(language="en", temperature=0.1))
    with teacher(plan, "", tmp_path) as small:
        answers = small.ask([q.request for q in asked if q.topic in ("requests", "parallel")])
    assert len(answers) == 2
    for answer in answers:
        assert answer.is_paid
        assert answer.content.replace(" ", "").replace("\n", "").startswith('{"requests":[')
