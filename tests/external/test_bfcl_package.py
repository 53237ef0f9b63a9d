"""The leaderboard's package: what it needs of us, how it judges, and a model that is asked."""

import sys
from pathlib import Path
from typing import Any

import pytest

from profiles import load_model
from tasks.domain.toolcalls import ToolCall, render
from tasks.external.base_model import gguf_in_package
from tasks.external.bfcl_package import MODULE, VERSION, draw, is_right
from tasks.external.llama_cpp import missing_server
from tasks.external.student import student
from tests.fakes.bfcl import ANSWER, ROUTE, need_the_package, question

ROOT = Path(__file__).parents[2]
SMOLLM2 = load_model("smollm2")
BOOKED = {"route": ROUTE, "passengers": 2}


def call(**arguments: Any) -> str:
    return render(ToolCall(name="ferry.book", arguments=arguments))


def test_the_release_that_is_named_is_the_one_that_is_pinned() -> None:
    pins = (ROOT / "constraints-no-deps.txt").read_text("utf-8").splitlines()
    assert f"bfcl-eval=={VERSION}" in pins


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (call(**BOOKED), True),
        (call(**BOOKED, fare=199), True),  # the checker takes a whole number for a float
        (call(**BOOKED, fare=1.5), False),
        (call(**BOOKED | {"route": ["Oslo", "Kiel"]}), False),
        (call(passengers=2), False),
        (call(**BOOKED, deck="sun"), False),
        (call(**BOOKED) + call(**BOOKED), False),
        (call(**BOOKED) + "<tool_call>{", False),
        ("I have booked it.", False),
    ],
)
def test_the_leaderboards_checker_judges_one_call(text: str, expected: bool) -> None:
    need_the_package()
    for category in ("simple_python", "multiple"):
        assert is_right(question(category, ANSWER), text) is expected


def test_parallel_calls_may_come_in_any_order() -> None:
    need_the_package()
    back = {"ferry.book": ANSWER["ferry.book"] | {"route": [["Oslo", "Kiel"]]}}
    two = question("parallel", ANSWER, back)
    there, return_ = call(**BOOKED), call(**BOOKED | {"route": ["Oslo", "Kiel"]})
    assert is_right(two, f"{return_}\n{there}")
    assert not is_right(two, there)
    assert not is_right(two, there + there)


def test_where_no_function_fits_it_says_something_and_tries_no_call() -> None:
    none = question("irrelevance")
    assert is_right(none, "I cannot book hotels.")
    assert not any(is_right(none, text) for text in (call(**BOOKED), "<tool_call>{", ""))


def test_the_checker_brings_no_client_of_a_vendor_and_makes_no_folder() -> None:
    need_the_package()
    assert is_right(question("simple_python", ANSWER), call(**BOOKED))
    loaded = {name for name in sys.modules if name.startswith(MODULE)}
    assert not {name for name in loaded if "handler" in name or "eval_config" in name}
    assert f"{MODULE}.constants.model_config" not in loaded


def test_questions_are_drawn_from_each_category_and_their_expected_calls_are_right() -> None:
    need_the_package()
    drawn = draw(2, seed=1)
    assert [one.category for one in drawn] == [
        *("simple_python",) * 2,
        *("multiple",) * 2,
        *("parallel",) * 2,
        *("irrelevance",) * 2,
    ]
    for one in drawn[:6]:
        assert is_right(one, "".join(map(_first_values, one.ground_truth)))


def _first_values(expected: dict[str, Any]) -> str:
    ((name, values),) = expected.items()
    arguments = {key: each[0] for key, each in values.items() if each[0] != ""}
    return render(ToolCall(name=name, arguments=arguments))


def test_a_model_is_asked_a_question_as_it_is_asked_a_row() -> None:
    if missing := missing_server():
        pytest.skip(f"needed {'; '.join(missing)}")
    asked = [question(), question("irrelevance")]
    with student(gguf_in_package(SMOLLM2.source.package), SMOLLM2.stop, max_tokens=4) as model:
        prompt = model.prompt(asked[0].prompt, asked[0].listed)
        said = list(model.answers(asked))
    assert [bool(one.answer) for one in said] == [True, True]
    assert "Book the ferry from Kiel" in prompt
    assert all(one.prompt_tokens > 20 for one in said)
