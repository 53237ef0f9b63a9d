"""A teacher is asked within its budget, again where it helps, and its key is seen by nobody."""

import json
from pathlib import Path
from typing import Any

import pytest

from profiles import TeacherPlan
from tasks.domain.errors import TeacherFailed
from tasks.external.teacher import Answer, Teacher, teacher
from tests.fakes.endpoint import Endpoint, Reply, endpoint
from tests.helpers.teacher import PLAN

KEY = "sk-secret-0123456789"


def question(number: int) -> dict[str, Any]:
    # As long as the 100 tokens that the endpoint counts, and then some.
    text = f"question {number} {'please ' * 60}"
    return {"messages": [{"role": "user", "content": text}], "seed": number, "temperature": 0.7}


def number_of(body: dict[str, Any]) -> int:
    return int(body["seed"])


def good(body: dict[str, Any], _: int = 0) -> Reply:
    return Reply(content=f"answer {number_of(body)}")


def ask(seen: Endpoint, folder: Path, count: int, **plan: Any) -> tuple[list[Answer], Teacher]:
    chosen = TeacherPlan.model_validate({**PLAN, "endpoint": seen.url, **plan})
    with teacher(chosen, KEY, folder) as asked:
        return asked.ask([question(number) for number in range(count)]), asked


def test_answers_come_in_the_order_of_the_questions_and_are_not_paid_for_twice(
    tmp_path: Path,
) -> None:
    with endpoint(good) as seen:
        answers, first = ask(seen, tmp_path, 6, concurrency=3)
        assert [answer.content for answer in answers] == [f"answer {n}" for n in range(6)]
        assert first.budget.spent_tokens == (600, 120)
        assert first.budget.money == pytest.approx(600 / 1e6 + 1200 / 1e6)
        again, second = ask(seen, tmp_path, 7, concurrency=3)
        assert len(seen.asked) == 7
        assert [answer.is_old for answer in again] == [True] * 6 + [False]
        assert second.budget.spent_tokens == (100, 20)
        ask(seen, tmp_path, 7, max_answer_tokens=128)
        assert len(seen.asked) == 7, "whole answers stay whole"
        ask(seen, tmp_path, 1, model="someone-else")
        assert len(seen.asked) == 8
    assert {body["max_tokens"] for body in seen.asked} == {64}


def test_what_a_model_refuses_is_left_out_and_its_limit_has_the_newer_name(tmp_path: Path) -> None:
    def behaviour(body: dict[str, Any], _: int) -> Reply:
        for name in ("max_tokens", "temperature"):
            if name in body:
                return Reply(status=400, body=f"Unsupported parameter: '{name}' of this model")
        return good(body)

    with endpoint(behaviour) as seen:
        answers, _ = ask(seen, tmp_path, 3, concurrency=1)
        again, _ = ask(seen, tmp_path, 3)
    assert [answer.content for answer in answers] == ["answer 0", "answer 1", "answer 2"]
    assert all(answer.is_old for answer in again), "what was left out is no part of the question"
    assert len(seen.asked) == 5, "each is refused once"
    assert seen.asked[-1]["max_completion_tokens"] == 64


def test_questions_under_way_are_waited_for_before_the_budget_counts_as_spent(
    tmp_path: Path,
) -> None:
    # Each puts aside more than it takes: 64 for its answer, of which 20 come.
    with endpoint(lambda body, _: Reply(content=good(body).content, seconds=0.05)) as seen:
        answers, asked = ask(seen, tmp_path, 8, concurrency=8, max_tokens=8 * 120 + 300)
    assert [answer.reason for answer in answers] == [""] * 8
    assert asked.budget.spent_tokens == (800, 160)
    assert seen.most_at_once < 8


def test_no_more_questions_are_asked_at_once_than_planned(tmp_path: Path) -> None:
    with endpoint(lambda *_: Reply(content="hi", seconds=0.1)) as seen:
        ask(seen, tmp_path, 8, concurrency=2)
    assert seen.most_at_once == 2


def test_an_endpoint_that_asks_for_a_pause_gets_it(tmp_path: Path) -> None:
    def behaviour(body: dict[str, Any], before: int) -> Reply:
        return good(body) if before else Reply(status=429, headers={"Retry-After": "0.5"})

    with endpoint(behaviour) as seen:
        (answer,), _ = ask(seen, tmp_path, 1)
    assert answer.content == "answer 0"
    assert seen.times[1] - seen.times[0] >= 0.5


def test_an_endpoint_that_asks_for_too_long_a_pause_is_left_alone(tmp_path: Path) -> None:
    def behaviour(body: dict[str, Any], _: int) -> Reply:
        busy = Reply(status=429, headers={"Retry-After": "Fri, 31 Dec 2100 23:59:59 GMT"})
        return good(body) if number_of(body) else busy

    with endpoint(behaviour) as seen:
        answers, _ = ask(seen, tmp_path, 2)
    assert [answer.reason for answer in answers] == ["no answer: status 429", ""]
    assert len(seen.asked) == 2


@pytest.mark.parametrize(
    ("reply", "reason"),
    [
        (Reply(status=500), "no answer: status 500"),
        (Reply(content="hi", cut=True), "no answer: the connection broke (RemoteProtocolError)"),
        (Reply(body="<html>"), "no answer: not a chat completion"),
        (Reply(body='{"choices": []}'), "no answer: not a chat completion"),
    ],
    ids=["500", "cut", "html", "no choice"],
)
def test_what_may_be_gone_is_tried_again_and_then_counted(
    reply: Reply, reason: str, tmp_path: Path
) -> None:
    def behaviour(body: dict[str, Any], before: int) -> Reply:
        # The first question never works, the second one at its second attempt.
        works = number_of(body) == 1 and before >= 4
        return good(body) if works else reply

    with endpoint(behaviour) as seen:
        answers, _ = ask(seen, tmp_path, 2)
        assert [answer.reason for answer in answers] == [reason, ""]
        assert answers[1].content == "answer 1"
        assert len(seen.asked) == 5
        ask(seen, tmp_path, 2)
    assert len(seen.asked) == 8  # no failure is kept: the first question is asked three times more


@pytest.mark.parametrize(
    "reply",
    [
        Reply(body="<html>"),
        Reply(content="hi", cut=True),
        Reply(content="hi", seconds=2),
    ],
    ids=["html", "cut", "late"],
)
def test_what_an_endpoint_may_charge_for_is_within_the_budget(reply: Reply, tmp_path: Path) -> None:
    with endpoint(lambda body, _: reply if number_of(body) else good(body)) as seen:
        answers, asked = ask(seen, tmp_path, 9, attempts=9, max_tokens=1500, timeout_seconds=1)
        assert sum(asked.budget.spent_tokens) <= 1500
        assert 4 < len(seen.asked) < 10
    assert {answer.reason for answer in answers[1:]} == {"the budget is spent"}


def test_an_endpoint_that_never_answers_is_an_error_within_the_budget_too(tmp_path: Path) -> None:
    with (
        endpoint(lambda *_: Reply(body="<html>")) as seen,
        pytest.raises(TeacherFailed, match="none of 20 questions was answered: no answer: not a"),
    ):
        ask(seen, tmp_path, 20, max_tokens=1500)


def test_a_usage_that_is_no_object_is_not_believed(tmp_path: Path) -> None:
    body = {"choices": [{"message": {"content": "hi"}}], "usage": "a lot"}
    with endpoint(lambda *_: Reply(body=json.dumps(body))) as seen:
        (answer,), asked = ask(seen, tmp_path, 1)
    assert answer.content == "hi"
    assert sum(asked.budget.spent_tokens) > 64


@pytest.mark.parametrize(
    "slow", [Reply(content="hi", seconds=3), Reply(content="hi", drip=0.1)], ids=["late", "drips"]
)
def test_an_endpoint_that_is_too_slow_is_not_waited_for(slow: Reply, tmp_path: Path) -> None:
    def behaviour(body: dict[str, Any], _: int) -> Reply:
        return good(body) if number_of(body) else slow

    with endpoint(behaviour) as seen:
        answers, _ = ask(seen, tmp_path, 2, attempts=1, timeout_seconds=1)
    assert answers[0].reason == "no answer: nothing within 1 s"
    assert answers[1].content == "answer 1"


def test_an_answer_that_was_cut_at_the_token_limit_is_counted_as_such(tmp_path: Path) -> None:
    with endpoint(lambda *_: Reply(content='{"text": "I wou', finish="length")) as seen:
        (answer,), _ = ask(seen, tmp_path, 1)
        ask(seen, tmp_path, 1)
        assert len(seen.asked) == 1
        ask(seen, tmp_path, 1, max_answer_tokens=128)
        assert len(seen.asked) == 2, "it may be whole now"
    assert answer.reason == "it was cut at the token limit"


@pytest.mark.parametrize("limit", [{"max_tokens": 500}, {"max_money": 0.0014}], ids=str)
def test_a_budget_that_is_spent_stops_the_questions_and_keeps_the_answers(
    limit: dict[str, float], tmp_path: Path
) -> None:
    with endpoint(good) as seen:
        answers, asked = ask(seen, tmp_path, 20, concurrency=4, **limit)
    answered = [answer for answer in answers if answer.content]
    assert 1 <= len(answered) < 20
    assert len(seen.asked) == len(answered)
    assert {answer.reason for answer in answers} == {"", "the budget is spent"}
    assert sum(asked.budget.spent_tokens) <= limit.get("max_tokens", 1e9)
    assert asked.budget.money <= limit.get("max_money", 1e9)
    assert len(list(tmp_path.iterdir())) == len(answered)


@pytest.mark.parametrize(
    ("status", "needed"),
    [(401, "a valid key"), (404, "an OpenAI-compatible endpoint"), (400, "response_format")],
)
def test_a_refusal_stops_the_run_and_never_shows_the_key(
    status: int, needed: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    refused = Reply(status=status, body=json.dumps({"error": f"wrong key or model: {KEY}"}))
    with endpoint(lambda *_: refused) as seen, pytest.raises(TeacherFailed) as caught:
        ask(seen, tmp_path, 5)
    assert needed in str(caught.value)
    assert f"status {status}" in str(caught.value)
    assert KEY not in str(caught.value)
    assert KEY not in "".join(capfd.readouterr())
    assert set(seen.keys) == {f"Bearer {KEY}"}


def test_the_key_is_in_no_file(tmp_path: Path) -> None:
    with endpoint(good) as seen:
        ask(seen, tmp_path, 2)
    assert len(list(tmp_path.iterdir())) == 2
    assert not any(KEY in file.read_text("utf-8") for file in tmp_path.iterdir())


def test_an_address_where_nobody_listens_is_one_error(tmp_path: Path) -> None:
    plan = TeacherPlan.model_validate({**PLAN, "attempts": 1})
    with teacher(plan, "", tmp_path) as asked, pytest.raises(TeacherFailed) as caught:
        asked.ask([question(0), question(1)])
    assert "none of 2 questions was answered: no answer: the connection broke" in str(caught.value)


def test_a_broken_file_of_an_answer_is_asked_for_again(tmp_path: Path) -> None:
    with endpoint(good) as seen:
        ask(seen, tmp_path, 1)
        (file,) = tmp_path.iterdir()
        file.write_text("{", encoding="utf-8")
        (answer,), _ = ask(seen, tmp_path, 1)
    assert (answer.content, answer.is_old, len(seen.asked)) == ("answer 0", False, 2)
