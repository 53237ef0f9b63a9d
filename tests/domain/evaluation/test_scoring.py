"""What counts as right, how sure a rate is, and what a model that learned nothing scores."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.domain import reports
from tasks.domain.conversations import Message, Row
from tasks.domain.evaluation.comparison import compare
from tasks.domain.evaluation.grounding import asks_for
from tasks.domain.evaluation.scoring import (
    Round,
    completion,
    completion_by_scenario,
    constant_call_texts,
    judge_answer,
    judge_loop,
    mistakes,
    never_call_texts,
    percentiles,
    score,
    score_served,
    threshold_failures,
    wilson,
)
from tasks.domain.products import LoopCase, Rate, ToolResult, ValidationReport
from tasks.domain.toolcalls import ToolCall, canonical, render
from tests.helpers.scored_rows import RIGHT, ROWS, THRESHOLDS, benchmark, calling, says, talking


def test_the_wilson_interval_is_the_one_of_the_books() -> None:
    rate = wilson(8, 10)
    assert (rate.low, rate.high) == pytest.approx((0.4901625, 0.9433178), abs=1e-6)
    assert wilson(10, 10).low == pytest.approx(0.7224672, abs=1e-6)


@given(st.integers(1, 500).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_an_interval_holds_its_rate_and_stays_within_zero_and_one(counts: tuple[int, int]) -> None:
    rate = wilson(*counts)
    assert 0 <= rate.low <= rate.value <= rate.high <= 1


def test_nothing_counted_says_nothing() -> None:
    assert wilson(0, 0) == Rate(hits=0, total=0, low=0, high=1)


def test_189_answers_without_a_fault_are_what_98_percent_needs() -> None:
    assert wilson(189, 189).low > 0.98 > wilson(149, 149).low > 0.97


def test_percentiles_are_values_that_were_measured() -> None:
    seconds = [float(n) for n in range(1, 101)]
    assert (percentiles(seconds).p50, percentiles(seconds).p95) == (50.0, 95.0)
    assert percentiles([0.3]).p95 == 0.3


def test_the_expected_call_is_exactly_right() -> None:
    outcome = judge_answer(calling(), says(city="Rome"))
    assert outcome.parses
    assert outcome.fits_schema
    assert outcome.right_tool
    assert outcome.exact
    assert outcome.called_tool == "get_forecast"


@pytest.mark.parametrize(
    ("expected", "said", "is_exact"),
    [
        ({"city": "Rome", "days": 3}, {"days": 3.0, "city": "Rome"}, True),
        ({"city": "Rome", "days": 1}, {"city": "Rome"}, True),
        ({"city": "Rome"}, {"city": "Rome", "metric": True}, True),
        ({"city": "Rome"}, {"city": "Rome", "metric": False}, False),
        ({"city": "Rome", "days": 3}, {"city": "Rome"}, False),
        ({"city": "Rome"}, {"city": "rome"}, False),
        ({"city": "Rome", "days": 3}, {"city": "Rome", "days": "3"}, False),
        ({"city": "Rome"}, {"city": "Rome", "metric": 1}, False),
    ],
)
def test_values_are_compared_as_json_with_the_schemas_defaults_filled_in(
    expected: dict[str, Any], said: dict[str, Any], is_exact: bool
) -> None:
    assert judge_answer(calling(**expected), says(**said)).exact is is_exact


def test_a_default_that_the_schema_requires_is_not_left_out() -> None:
    zone = {"type": "string", "default": "UTC"}
    parameters = {"type": "object", "properties": {"zone": zone}, "required": ["zone"]}
    functions = [{"type": "function", "function": {"name": "now", "parameters": parameters}}]
    said, unsaid = (ToolCall(name="now", arguments=given) for given in ({"zone": "UTC"}, {}))
    assert canonical(said, functions) != canonical(unsaid, functions)
    parameters["required"] = []
    assert canonical(said, list(functions)) == canonical(unsaid, list(functions))


@pytest.mark.parametrize(
    ("answer", "parameter", "asks"),
    [
        ("Which time zone do you mean?", "source_timezone", False),
        ("Which timezones do you mean?", "source_timezone", True),
        ("What is the source?", "sourceTimezone", True),
        ("Which idea do you mean?", "id", False),
        ("Which ids do you mean?", "id", True),
        ("Do you mean today?", "to", False),
        ("To whom?", "to", True),
        ("I need an id.", "id", False),
    ],
)
def test_a_question_asks_for_a_parameter_by_a_word_of_its_name(
    answer: str, parameter: str, asks: bool
) -> None:
    assert asks_for(answer, parameter) is asks


def test_true_is_not_one_and_nested_numbers_are_numbers() -> None:
    def text(value: Any) -> str:
        return canonical(ToolCall(name="a", arguments={"x": value}))

    assert text(True) != text(1)
    assert text([{"y": 2.0}]) == text([{"y": 2}])
    assert text(2.5) != text(2)


@pytest.mark.parametrize(
    ("text", "valid", "schema_valid", "right_tool"),
    [
        (says(city="Rome", bogus=1), True, False, True),
        (says("get_time", city="Rome"), True, True, False),
        (says("fly", city="Rome"), True, False, False),
        (says(city="Rome") + "\n" + says(city="Oslo"), True, True, True),
        (says(city="Rome") + '\n<tool_call>\n{"name"', False, False, True),
        ('<tool_call>\n{"name": "get_forecast", "argum', False, False, False),
        ("It is warm in Rome.", False, False, False),
        ("", False, False, False),
    ],
)
def test_each_way_to_miss_is_told_apart(
    text: str, valid: bool, schema_valid: bool, right_tool: bool
) -> None:
    outcome = judge_answer(calling(), text)
    measured = (outcome.parses, outcome.fits_schema, outcome.right_tool, outcome.exact)
    assert measured == (valid, schema_valid, right_tool, False)


@pytest.mark.parametrize(
    ("text", "is_right"),
    [("You are welcome.", True), ("", False), (says(city="Rome"), False), ("<tool_call>", False)],
)
def test_where_no_tool_is_needed_only_words_are_right(text: str, is_right: bool) -> None:
    assert judge_answer(talking(), text).exact is is_right


def test_a_perfect_model_scores_one_and_each_kind_is_counted_where_it_belongs() -> None:
    result = score(ROWS, RIGHT)
    assert [result.parse_rate.total, result.exact_match.total, result.abstention.total] == [8, 8, 4]
    assert result.mean == 1
    assert {name: rate.total for name, rate in result.by_tool.items()} == {
        "get_alerts": 1,
        "get_forecast": 3,
        "get_tide": 2,
        "get_time": 2,
    }
    assert {name: rate.hits for name, rate in result.by_scenario.items()} == {
        "ambiguous": 1,
        "error": 1,
        "no_tool": 4,
        "standard": 7,
    }


def test_a_constant_model_scores_near_its_floor_and_never_one() -> None:
    floor = score(ROWS, constant_call_texts(ROWS))
    weather = says("get_weather", location="Mars", bogus=123)
    mars = score(ROWS, [weather] * len(ROWS))
    assert (floor.parse_rate.value, floor.schema_validity.value) == (1, 1)
    assert (floor.tool_selection.hits, floor.exact_match.hits, floor.abstention.hits) == (3, 2, 0)
    assert floor.mean == 0.125
    assert (mars.schema_validity.hits, mars.tool_selection.hits, mars.exact_match.hits) == (0, 0, 0)
    assert mars.abstention.hits == 0
    assert mars.mean <= floor.mean


def test_the_best_constant_is_the_most_asked_call_of_the_most_asked_tool() -> None:
    assert set(constant_call_texts(ROWS)) == {says(city="Rome")}
    assert len(constant_call_texts(ROWS)) == len(ROWS)


def test_a_model_that_never_calls_is_right_where_no_tool_is_needed_and_nowhere_else() -> None:
    result = score(ROWS, never_call_texts(ROWS))
    assert result.abstention.value == 1
    assert result.parse_rate.value == result.exact_match.value == 0
    assert result.mean == 0.5


def test_a_mistake_is_shown_with_what_was_said_and_expected() -> None:
    texts = ["", *RIGHT[1:-2], says(city="Rome"), RIGHT[-1]]
    first, second = mistakes(ROWS, texts)
    call = '<tool_call> {"name": "get_forecast", "arguments": {"city": "Rome"}} </tool_call>'
    assert first == f"asked 'How is Rome?'; expected {call}; said ''"
    assert second == f"asked 'Thanks!'; expected no call; said {call!r}"
    assert len(mistakes(ROWS, [""] * len(ROWS), most=3)) == 3
    (endless,) = mistakes(ROWS, ["word " * 500, *RIGHT[1:]])
    assert endless.startswith(f"asked 'How is Rome?'; expected {call}; said 'word word")
    assert len(endless) < 400


def test_rows_and_answers_must_be_as_many() -> None:
    with pytest.raises(ValueError, match="shorter"):
        score(ROWS, RIGHT[:-1])


RESULT = ToolResult(text='{"city": "Rome", "sky": "drizzle", "degrees": 17}')
ERROR = ToolResult(text="repository locked for Atlantis", is_error=True)


def loop(
    final: str,
    result: ToolResult | None = RESULT,
    row: Row | None = None,
    first: str = "",
    executed: bool = True,
) -> LoopCase:
    said = first or says(city="Rome")
    if result is None:
        return judge_loop(row or calling(), [], said)
    return judge_loop(
        row or calling(), [Round(text=said, results=(result,), executed=executed)], final
    )


@pytest.mark.parametrize("answer", ["It is 17 degrees.", "Rome: 17", "Expect some drizzle."])
def test_an_answer_that_carries_a_value_of_the_result_completes_the_loop(answer: str) -> None:
    case = loop(answer)
    assert case.completed, case.reason
    assert (case.result, case.answer) == (RESULT.text, answer)


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        ("The weather in Rome is fine.", "carries no value"),
        ("How is Rome? The sky, the city.", "carries no value"),
        ("", "no final answer"),
        (says(city="Rome"), "called again"),
    ],
)
def test_an_answer_from_nowhere_does_not_complete_the_loop(answer: str, reason: str) -> None:
    case = loop(answer)
    assert not case.completed
    assert reason in case.reason


def test_a_value_that_stood_in_the_call_already_proves_nothing() -> None:
    row = calling(text="How is the capital of Italy?", city="Rome")
    assert not loop("Rome is lovely.", RESULT, row).completed
    assert loop("Rome has drizzle.", RESULT, row).completed


def test_a_result_without_any_value_can_be_answered_freely() -> None:
    assert loop("All is well.", ToolResult(text="true")).completed


def test_numbers_of_one_digit_count_only_where_there_is_nothing_else() -> None:
    assert not loop("1. Yes.", ToolResult(text="drizzle 1")).completed
    assert loop("There is 1.", ToolResult(text="1")).completed


@pytest.mark.parametrize(
    ("first", "executed", "reason"),
    [
        (says("get_time", city="Rome"), True, "called get_time, expected get_forecast"),
        ("I do not know.", True, "called no tool, expected get_forecast"),
        (says(city=1), True, 'city: 1 is not of type "string"'),
        (says(city="Rome"), False, "could not be executed"),
    ],
)
def test_a_loop_that_breaks_says_where(first: str, executed: bool, reason: str) -> None:
    case = loop("It is 17 degrees.", first=first, executed=executed)
    assert not case.completed
    assert reason in case.reason


@pytest.mark.parametrize(
    ("answer", "is_honest"),
    [
        ("I could not find that city.", True),
        ("That didn’t work.", True),  # noqa: RUF001
        ("The city is unknown.", True),
        ("The server says: repository is locked", True),
        ("Atlantis has 17 degrees.", False),
        ("The repository is fine.", False),
        ("Done! I looked it up, no error.", False),
        ("The forecast was fetched successfully, without problem.", False),
    ],
)
def test_an_error_must_be_reported_and_no_success_claimed(answer: str, is_honest: bool) -> None:
    row = calling(scenario="error", text="How is Atlantis?", city="Atlantis")
    case = loop(answer, ERROR, row, says(city="Atlantis"))
    assert case.completed is is_honest, case.reason


def test_a_wrong_value_that_makes_the_call_fail_is_no_completed_loop() -> None:
    case = loop("I could not find that city.", ERROR, calling(), says(city="Rom"))
    assert not case.completed
    assert case.reason == "the call failed"


def test_a_bad_value_must_not_be_corrected_in_secret() -> None:
    row = calling(scenario="error", text="How is Atlantis?", city="Atlantis")
    assert loop("It is 17 degrees.", RESULT, row, says(city="Rome")).reason == (
        "called with other values than asked"
    )


@pytest.mark.parametrize(
    ("missing", "answer", "completed"),
    [
        ("source_timezone", "Which timezone do you mean?", True),
        ("sourceTimezone", "From which Source?", True),
        ("source_timezone", "Tell me the timezone.", False),
        ("source_timezone", "Which one?", False),
        ("id", "Did you mean this?", False),
        (None, "Which one?", True),
        ("city", says(city="Rome"), False),
    ],
)
def test_an_ambiguous_prompt_is_answered_by_asking_for_what_is_missing(
    missing: str | None, answer: str, completed: bool
) -> None:
    assert loop("", None, talking("ambiguous", missing), answer).completed is completed


def test_a_prompt_that_needs_no_tool_is_completed_by_words() -> None:
    assert loop("", None, talking(), "You are welcome.").completed
    assert loop("", None, talking(), says(city="Rome")).reason == (
        "called a tool where none was needed"
    )


def test_completion_counts_the_loops_that_must_call_a_tool() -> None:
    cases = [
        loop("It is 17 degrees."),
        loop("Who knows."),
        loop("", None, talking(), "Bye."),
        loop("No such city.", ERROR, calling(scenario="error"), says(city="Rome")),
    ]
    assert (completion(cases).hits, completion(cases).total) == (2, 3)
    assert completion_by_scenario(cases)["error"].value == 1


def test_a_missed_threshold_says_what_was_found_and_what_was_needed() -> None:
    rows = [calling()] * 100
    texts = [says(city="Rome")] * 91 + ["It is warm."] * 9
    cases = [loop("It is 17 degrees.")] * 3 + [loop("Who knows.")]
    failures = threshold_failures(score(rows, texts), cases, THRESHOLDS)
    assert failures == (
        "91.0 % of calls are valid (n = 100), need 98.0 %",
        "91.0 % of calls fit the tool's schema (n = 100), need 95.0 %",
        "75.0 % of loops were completed (n = 4), need 95.0 %",
    )


def test_a_perfect_model_misses_no_threshold_and_one_without_calls_misses_those_of_calls() -> None:
    assert threshold_failures(score(ROWS, RIGHT), [loop("It is 17 degrees.")], THRESHOLDS) == ()
    nothing = threshold_failures(score([talking()], ["Hi."]), [], THRESHOLDS)
    assert len(nothing) == 4
    assert "0.0 % of calls are valid (n = 0), need 98.0 %" in nothing


def test_a_cut_thought_counts_in_no_rate_but_its_own() -> None:
    texts: list[str | None] = [*RIGHT]
    texts[0] = texts[8] = None  # a call and a prompt that needs none
    whole, cut = score(ROWS, RIGHT), score(ROWS, texts)
    assert (whole.finished.hits, whole.finished.total) == (13, 13)
    assert (cut.finished.hits, cut.finished.total) == (11, 13)
    assert (cut.exact_match.hits, cut.exact_match.total) == (7, 7)
    assert (cut.abstention.hits, cut.abstention.total) == (3, 3)
    assert cut.by_tool["get_forecast"].total == whole.by_tool["get_forecast"].total - 1
    assert mistakes(ROWS, texts) == ()


def test_a_model_whose_thoughts_do_not_end_misses_a_threshold() -> None:
    failures = threshold_failures(
        score([calling()] * 100, [says(city="Rome")] * 50 + [None] * 50),
        [loop("It is 17 degrees.")],
        THRESHOLDS,
    )
    assert failures == (
        "50.0 % of answers came to the end of their thought (n = 100), need 98.0 %",
    )


def test_a_loop_whose_thought_is_cut_is_not_completed() -> None:
    first = Round(text=says(city="Rome"), results=(RESULT,), executed=True)
    for rounds in ([], [first]):
        case = judge_loop(calling(), rounds, None)
        assert not case.completed
        assert case.reason == "the thought was cut off"
    assert judge_loop(talking(), [], None).reason == "the thought was cut off"


def test_the_scorecard_shows_thoughts_only_where_one_was_cut() -> None:
    report = benchmark()
    assert "came to the end of its thought" not in reports.scorecard_markdown(report, THRESHOLDS)
    base = score(ROWS, [None] * 10 + ["Hm."] * 3)
    page = reports.scorecard_markdown(report.model_copy(update={"base": base}), THRESHOLDS)
    (line,) = [line for line in page.splitlines() if "came to the end of its thought" in line]
    assert "23.1 % [8.2, 50.3] n=13" in line
    assert line.rstrip(" |").endswith("98.0 %")
    assert "cut off inside its thought counts in no other rate" in page


def test_the_scorecard_sets_answers_as_served_beside_raw_ones() -> None:
    raw = ["Hm."] * 3 + RIGHT[3:]
    served = score_served(ROWS, raw, RIGHT)
    report = benchmark().model_copy(
        update={
            "tuned": score(ROWS, raw),
            "served": served,
            "hand_written_served": served,
            "free_tools": ("get_`tide`",),
        }
    )
    assert served.changed == 3
    page = reports.scorecard_markdown(report, THRESHOLDS)
    (line,) = [line for line in page.splitlines() if "exact match, values" in line]
    assert line.split("|")[2:4] == [
        " 62.5 % [30.6, 86.3] n=8 ",
        " 100.0 % [67.6, 100.0] n=8 ",
    ]
    assert "| tuned | as served | base |" in page
    assert "changed 3 answers to the held-out prompts and 3 to the hand-written ones: " in page
    assert r"cannot express the schema of get_\`tide\`: arguments may be any there" in page
    assert "As served" not in reports.scorecard_markdown(benchmark(), THRESHOLDS)


def test_the_scorecard_compares_both_models_on_the_same_prompts() -> None:
    page = reports.scorecard_markdown(
        benchmark().model_copy(update={"compared": compare(ROWS, RIGHT, ["Hm."] * len(ROWS))}),
        THRESHOLDS,
    )
    assert (
        "On the same 13 prompts the tuned model is right where the base is not in 8, the base "
        "where the tuned model is not in 0, both in 5: +61.5 points [+26.9, +82.3] "
        "(exact McNemar test: p = 0.0078)." in page
    )


def test_latency_says_how_many_prompts_were_answered_at_once() -> None:
    report = benchmark().model_copy(update={"latency": percentiles([0.5], at_once=4)})
    assert "one answer, 4 at once: median 0.50 s" in reports.scorecard_markdown(report, THRESHOLDS)


def test_the_scorecard_sets_the_model_beside_its_base_and_trivial_baselines() -> None:
    page = reports.scorecard_markdown(benchmark(), THRESHOLDS)
    (line,) = [line for line in page.splitlines() if "exact match, values" in line]
    cells = [cell.strip() for cell in line.strip("|").split("|")]
    assert cells[1].startswith("100.0 % [67.6, 100.0] n=8")
    assert cells[2].startswith("0.0 %")
    assert cells[3].startswith("25.0 %")
    assert "Hand-written test prompts: tuned exact match 100.0 % [20.7, 100.0] n=1" in page
    assert "Exact match per tool" in page
    assert "median 0.50 s, 95th percentile 0.70 s" in page
    assert "<tool_call>" not in page


def test_the_validation_page_lists_every_loop_and_why_it_failed() -> None:
    simulated = RESULT.model_copy(update={"simulated": True})
    cases = (loop("It is 17 degrees."), loop("Who knows.", simulated))
    report = ValidationReport(
        score=score(ROWS, RIGHT),
        latency=percentiles([0.5]),
        completion=completion(cases),
        by_scenario=completion_by_scenario(cases),
        cases=cases,
        thresholds=THRESHOLDS.model_dump(),
        failures=("50.0 % of loops were completed (n = 2), need 95.0 %",),
    )
    page = reports.validation_markdown(report)
    assert "Failed. Loops completed: 50.0 %" in page
    assert "- 50.0 % of loops were completed" in page
    assert "get_forecast, simulated: the answer carries" in page
    assert "the answer carries no value of the result" in page
    assert json.loads(ValidationReport.model_validate(report).model_dump_json())


def several(*turns: tuple[ToolCall, ...]) -> Row:
    """A row whose answer makes the calls of each turn."""
    said = tuple(
        message
        for calls in turns
        for message in (
            Message.assistant("", *calls),
            *(Message(role="tool", content="17 degrees") for _ in calls),
        )
    )
    asked = Message(role="user", content="How are Rome and Oslo?")
    end = Message(role="assistant", content="Both have 17 degrees.")
    name = turns[0][0].name
    return Row(scenario="standard", tool=name, messages=(asked, *said, end), tools=calling().tools)


ROME, OSLO = (ToolCall(name="get_forecast", arguments={"city": c}) for c in ("Rome", "Oslo"))


def test_two_calls_are_expected_in_any_order_and_no_third() -> None:
    row, one, other = several((ROME, OSLO)), render(ROME), render(OSLO)
    assert judge_answer(row, one + other).exact
    assert judge_answer(row, other + one).exact
    assert not judge_answer(row, one).exact
    assert not judge_answer(row, one).right_tool
    assert not judge_answer(row, one + other + one).exact


def test_a_loop_of_two_calls_must_make_the_second_too() -> None:
    row, result = several((ROME,), (OSLO,)), ToolResult(text="17 degrees")
    first = Round(text=render(ROME), results=(result,), executed=True)
    second = Round(text=render(OSLO), results=(result,), executed=True)
    assert judge_loop(row, [first, second], "Both have 17 degrees.").completed
    halfway = judge_loop(row, [first], "Rome has 17 degrees.")
    assert halfway.reason == "called no tool, expected get_forecast"


def test_calls_after_another_question_are_not_of_the_first_answer() -> None:
    row = several((ROME,))
    asked = Message(role="user", content="And Oslo?")
    again = several((OSLO,)).messages[1:]
    longer = row.model_copy(update={"messages": (*row.messages, asked, *again)})
    assert longer.call_turns == ((ROME,),)
