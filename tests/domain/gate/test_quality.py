"""Each rule of the gate refuses what it is for, names it, and lets good data through."""

import time
from collections.abc import Sequence
from typing import Any

import pytest

from profiles import Quality, load_profile
from tasks.domain.conversations import CalledFunction, Message, MessageCall, Row, Scenario
from tasks.domain.gate import quality
from tasks.domain.gate.quality import judge
from tasks.domain.gate.token_rules import EncodedRow, first_difference
from tasks.domain.products import Finding, QualityReport
from tasks.domain.reports import quality_markdown
from tasks.domain.toolcalls import ToolCall

LIMITS = load_profile("demo").quality
SYSTEM = Message(role="system", content="be kind")
PLAN = {"standard": 0.75, "no_tool": 0.25}
CITIES = ["Rome", "Oslo", "Lima", "Bern", "Riga", "Kyiv"]


def tool(name: str, **properties: Any) -> dict[str, Any]:
    parameters = {"type": "object", "properties": properties, "required": list(properties)}
    return {"type": "function", "function": {"name": name, "parameters": parameters}}


TOOLS = (
    tool("forecast", city={"type": "string"}, day={"type": "string", "format": "date"}),
    tool("clock", city={"type": "string"}),
)


def calling(text: str, name: str, scenario: Scenario = "standard", **arguments: Any) -> Row:
    messages = (
        SYSTEM,
        Message(role="user", content=text),
        Message.assistant("", ToolCall(name=name, arguments=arguments)),
        Message(role="tool", content="17 degrees"),
        Message(role="assistant", content="It is 17 degrees."),
    )
    return Row(scenario=scenario, tool=name, messages=messages, tools=TOOLS)


def talking(text: str, answer: str = "You are welcome.") -> Row:
    messages = (
        SYSTEM,
        Message(role="user", content=text),
        Message(role="assistant", content=answer),
    )
    return Row(scenario="no_tool", messages=messages, tools=TOOLS)


def encode(row: Row) -> EncodedRow:
    """One token a word; the loss sees what the assistant says and calls."""
    ids: list[int] = []
    trained: list[bool] = []
    for message in row.messages:
        words = [message.role, *message.content.split()]
        words += [word for call in message.tool_calls for word in call.model_dump_json().split()]
        ids += [hash(word) for word in words]
        trained += [message.role == "assistant"] * len(words)
    return EncodedRow(ids=ids, trained=trained)


def good() -> list[Row]:
    weather = [
        calling(f"How is {city} on 2026-11-22?", "forecast", city=city, day="2026-11-22")
        for city in CITIES
    ]
    clocks = [calling(f"What time is it in {city}?", "clock", city=city) for city in CITIES]
    thanks = ["Thanks!", "Who are you?", "Tell me a joke.", "Good night."]
    return [*weather, *clocks, *map(talking, thanks)]


HELDOUT = [calling("Time in Suva please", "clock", city="Suva"), talking("Bye, dear assistant")]


def judged(
    train: Sequence[Row], heldout: Sequence[Row] = HELDOUT, **limits: float
) -> QualityReport:
    chosen: Quality = LIMITS.model_copy(update=limits)
    return judge(train, heldout, chosen, 100, encode, PLAN)


def finding(report: QualityReport, rule: str) -> Finding:
    return next(finding for finding in report.findings if finding.rule == rule)


def failed(report: QualityReport) -> dict[str, Finding]:
    return {finding.rule: finding for finding in report.findings if not finding.passed}


def only_failure(report: QualityReport) -> Finding:
    (finding,) = failed(report).values()
    return finding


def replaced(row: Row, index: int, **fields: Any) -> Row:
    messages = list(row.messages)
    messages[index] = messages[index].model_copy(update=fields)
    return row.model_copy(update={"messages": tuple(messages)})


def test_good_rows_are_let_through_and_counted() -> None:
    report = judged(good())
    assert report.passed, quality.refusal(report)
    assert report.rows == 16
    assert report.scenarios == {"standard": 12, "no_tool": 4}
    assert report.tools == {"forecast": 6, "clock": 6}
    assert report.prefix_tokens == len(["system", "be", "kind", "user"])
    assert report.longest_row_tokens >= report.median_row_tokens > report.prefix_tokens
    assert 0.3 < report.trained_share < 1


def test_arguments_that_are_no_object_are_named_with_the_line() -> None:
    rows = good()
    for arguments in ("[1]", "{"):
        call = MessageCall(function=CalledFunction(name="clock", arguments=arguments))
        bad = replaced(rows[6], 2, tool_calls=(call,))
        finding = failed(judged([*rows[:6], bad, *rows[7:]]))["well-formed calls"]
        assert finding.count == 1
        assert finding.example.startswith("train:7 arguments are not a JSON object: clock")


def test_a_call_that_is_written_into_the_text_is_malformed() -> None:
    row = talking("Do it now", '<tool_call>\n{"name": "clock", "arguments": {}}\n</tool_call>')
    finding = only_failure(judged([*good(), row]))
    assert finding.rule == "well-formed calls"
    assert "instead of in tool_calls" in finding.example


def test_a_row_that_a_person_brought_is_named_by_its_file_and_line_too() -> None:
    row = calling("How is Bern?", "forecast", city="Bern").model_copy(
        update={"place": "ours.jsonl:4"}
    )
    finding = only_failure(judged([*good(), row]))
    assert finding.example.startswith("train:17 (ours.jsonl:4) forecast: ")


@pytest.mark.parametrize("value", ["a </tool_call> b", "so</think>"])
def test_a_call_that_cannot_be_read_back_is_refused(value: str) -> None:
    row = calling(f"What time is it in {value}?", "clock", city=value)
    finding = only_failure(judged([*good(), row]))
    assert finding.rule == "well-formed calls"
    assert "which ends what is read" in finding.example


def test_a_call_of_an_unknown_tool_is_refused() -> None:
    finding = only_failure(judged([*good(), calling("Fly me to Bern", "fly", city="Bern")]))
    assert finding.rule == "known tools"
    assert finding.example == "train:17 calls 'fly', which is not among its tools"


@pytest.mark.parametrize(
    ("arguments", "fault"),
    [
        ({"city": "Bern", "day": "soon"}, 'day: "soon" is not a "date"'),
        ({"city": "Bern"}, '"day" is a required property'),
        ({"city": 1, "day": "2026-11-22"}, 'city: 1 is not of type "string"'),
    ],
)
def test_arguments_that_the_schema_does_not_accept_are_refused(
    arguments: dict[str, Any], fault: str
) -> None:
    row = calling(f"How is it with {arguments}?", "forecast", **arguments)
    finding = only_failure(judged([*good(), row]))
    assert finding.rule == "arguments fit the schema"
    assert fault in finding.example


def test_a_row_must_name_the_tool_that_it_calls_first() -> None:
    rows = good()
    for wrong in ("forecast", None):
        bad = rows[6].model_copy(update={"tool": wrong})
        finding = failed(judged([*rows[:6], bad, *rows[7:]]))["named tool is called"]
        assert finding.count == 1
        assert finding.example.startswith("train:7 says")


def test_an_assistant_may_ask_first_and_call_later() -> None:
    call = calling("In Baku", "clock", city="Baku").messages[1:]
    messages = (*talking("What time is it?", "Where?").messages, *call)
    row = Row(scenario="ambiguous", tool=None, messages=messages, tools=TOOLS)
    assert judged([*good(), row]).passed


@pytest.mark.parametrize(
    ("kept", "fault"),
    [
        ((0, 1, 2, 4), "message 4 comes where the result of a call is due"),
        ((0, 1, 3, 4), "message 3 is a tool's result without a call"),
        ((0, 1, 2, 3, 3, 4), "message 5 is a tool's result without a call"),
    ],
)
def test_every_call_is_answered_by_one_result(kept: tuple[int, ...], fault: str) -> None:
    row = calling("How late is it in Baku?", "clock", city="Baku")
    bad = row.model_copy(update={"messages": tuple(row.messages[index] for index in kept)})
    finding = failed(judged([*good(), bad]))["results follow calls"]
    assert finding.example == f"train:17 {fault}"


def test_a_row_may_end_with_its_call() -> None:
    row = calling("How late is it in Baku?", "clock", city="Baku")
    assert judged([*good(), row.model_copy(update={"messages": row.messages[:3]})]).passed


def test_a_row_ends_with_words_or_a_call_of_the_assistant() -> None:
    row = calling("How late is it in Baku?", "clock", city="Baku")
    finding = only_failure(judged([*good(), replaced(row, 4, content=" ")]))
    assert finding.example == "train:17 ends with an empty answer"
    cut = row.model_copy(update={"messages": row.messages[:4]})
    assert only_failure(judged([*good(), cut])).example == "train:17 ends with the tool's turn"


def test_a_repeated_row_is_named_as_a_duplicate_whatever_its_case_and_spaces() -> None:
    finding = only_failure(judged([*good(), talking("  tell me  a JOKE ")]))
    assert finding.rule == "duplicates"
    assert finding.example == "train:17 repeats train:15: tell me a joke"


def test_duplicates_within_the_heldout_rows_are_found_too() -> None:
    finding = only_failure(judged(good(), [*HELDOUT, HELDOUT[0]]))
    assert finding.example == "heldout:3 repeats heldout:1: time in suva please"


LONG = "could you tell me something nice about the weather that people enjoy in the mountains"


def test_texts_that_differ_in_a_letter_and_ask_for_the_same_are_near_duplicates() -> None:
    rows = [*good(), talking(LONG), talking(LONG.replace("enjoy", "enjoys"))]
    finding = only_failure(judged(rows, max_near_duplicate_share=0.0))
    assert finding.rule == "near-duplicates"
    assert finding.count == 1
    assert judged(rows, max_near_duplicate_share=0.1).passed


def test_texts_that_differ_in_the_value_they_carry_are_no_near_duplicates() -> None:
    places = ["Bern", "Berne"]
    rows = [calling(f"{LONG} of {city}", "clock", city=city) for city in places]
    rows += [talking(f"{LONG} at {height} metres") for height in (1500, 1600)]
    rows += [talking(f"{LONG} near '{name}'") for name in ("Alba", "Albo")]
    report = judged([*good(), *rows], max_near_duplicate_share=0.0, min_rows_per_tool=0)
    assert report.passed, quality.refusal(report)


def test_one_text_with_two_calls_is_a_contradiction() -> None:
    rows = [calling("What time is it in Rome or Suez?", "clock", city=c) for c in ("Rome", "Suez")]
    finding = only_failure(judged([*good(), *rows], min_rows_per_tool=0))
    assert finding.rule == "contradictions"
    assert finding.example.startswith("train:18 repeats train:17")


def test_a_value_that_nobody_said_is_named_with_its_row() -> None:
    rows = [*good(), calling("What time is it over there?", "clock", city="Baku")]
    finding = only_failure(judged(rows, min_recoverable_share=1.0))
    assert finding.rule == "values can be read off the text"
    assert finding.example == 'train:17: clock.city = "Baku"'
    assert judged(rows, min_recoverable_share=0.9).passed


def test_a_sign_is_part_of_the_value() -> None:
    rows = [calling(f"Clock at {x}", "clock", city=str(x)) for x in (-5, 5)]
    assert judged([*good(), *rows]).passed


def test_a_heldout_text_that_was_trained_on_is_a_leak() -> None:
    finding = only_failure(judged(good(), [*HELDOUT, good()[0]]))
    assert finding.rule == "leaks"
    assert finding.example == "heldout:3 repeats train:1: how is rome on 2026-11-22"
    assert judged(good(), [*HELDOUT, good()[0]], max_leaked_rows=1).passed


def test_a_tool_with_too_few_rows_is_named_with_their_number() -> None:
    finding = only_failure(judged(good(), min_rows_per_tool=7))
    assert finding.requirement == "at least 7 rows for each tool"
    assert finding.example == "clock 6, forecast 6"


def test_a_scenario_that_was_planned_and_is_missing_is_refused() -> None:
    plan = {"standard": 0.7, "no_tool": 0.2, "error": 0.1}
    report = judge(good(), HELDOUT, LIMITS, 100, encode, plan)
    assert only_failure(report).example == "error 0.0 % of 10.0 % planned"


def test_rows_that_a_user_brought_have_no_plan_to_keep() -> None:
    report = judge(good()[:12], HELDOUT, LIMITS, 100, encode)
    assert report.passed
    assert "scenario coverage" not in {finding.rule for finding in report.findings}


def test_a_row_that_is_too_long_is_named_beside_the_prefix() -> None:
    row = talking("Tell me a story", "word " * 200)
    finding = only_failure(judged([*good(), row]))
    assert finding.rule == "token budget"
    assert finding.example == "train:17"
    assert "the longest has 209 tokens, 4 of them the prefix" in finding.value


def test_too_small_a_share_of_trained_tokens_is_refused() -> None:
    finding = only_failure(judged(good(), min_trained_share=0.9))
    assert finding.rule == "share of trained tokens"
    assert finding.requirement == "at least 90.0 %"


def test_a_row_that_teaches_nothing_is_refused() -> None:
    def mute(row: Row) -> EncodedRow:
        whole = encode(row)
        return EncodedRow(ids=whole.ids, trained=[False] * len(whole.ids))

    report = judge(good(), HELDOUT, LIMITS, 100, mute, PLAN)
    assert set(failed(report)) == {"every row teaches", "share of trained tokens"}
    assert failed(report)["every row teaches"].count == 16


def test_rows_whose_tokens_read_as_another_text_are_refused() -> None:
    def lossy(row: Row) -> EncodedRow:
        whole = encode(row)
        misread = first_difference(
            row.user_text, row.user_text.replace(" ", ""), lambda text: [text]
        )
        return EncodedRow(whole.ids, whole.trained, misread)

    finding = only_failure(judge(good(), HELDOUT, LIMITS, 100, lossy, PLAN))
    assert finding.rule == "tokens read back as text"
    assert finding.count == 17  # three are one word
    assert finding.example.startswith("train:1: 'How is Rome on 2026-11-22?' reads 'HowisRomeon")


@pytest.mark.parametrize(
    ("text", "back"),
    [
        ("Zu\u0308rich", "Z\u00fcrich"),
        ("hi|there |friend", "hi| there|friend"),
        ("a line\n|b", "a line|b"),
    ],
    ids=["canonically equal", "a blank behind a control token", "a line end before one"],
)
def test_what_tokenizers_change_on_purpose_is_no_difference(text: str, back: str) -> None:
    assert first_difference(text, back, lambda one: one.split("|")) == ""


@pytest.mark.parametrize(
    ("text", "back", "difference"),
    [
        ("Which lake|?", "Whichlake|?", "'Which lake' reads 'Whichlake'"),
        ("the Rhine", "the rhine", "'the Rhine' reads 'the rhine'"),
        ("ﬁve", "five", "'ﬁve' reads 'five'"),
        ("a|b", "ab", "'a' reads 'ab'"),
        ("café", "caf", "'café' reads 'caf'"),
    ],
    ids=["lost blanks", "another case", "a compatible form", "a control token", "a lost letter"],
)
def test_what_tokens_lose_is_named_where_it_begins(text: str, back: str, difference: str) -> None:
    assert first_difference(text, back, lambda one: one.split("|")) == difference


def test_a_loss_that_sees_the_system_turn_is_refused() -> None:
    def all_trained(row: Row) -> EncodedRow:
        ids = encode(row).ids
        return EncodedRow(ids=ids, trained=[True] * len(ids))

    finding = only_failure(judge(good(), HELDOUT, LIMITS, 100, all_trained, PLAN))
    assert finding.rule == "system text is not trained"


def test_a_refusal_is_one_line_with_number_example_and_remedy() -> None:
    message = quality.refusal(judged([*good(), good()[0]], min_rows_per_tool=7))
    assert "\n" not in message
    assert message.startswith("2 of 24 rules failed: duplicates: 1 rows, need at most 0.0 %; for ")
    assert "train:17 repeats train:1: how is rome on 2026-11-22. To do: remove the" in message
    assert "rows per tool: 1 of 2 tools have fewer" in message


def test_the_page_names_every_rule_and_no_text_can_break_its_table() -> None:
    row = talking("Tell me a story", "<tool_call>\n| a | b |")
    report = judged([*good(), row])
    page = quality_markdown(report)
    assert "Refused." in page
    assert all(finding.rule in page for finding in report.findings)
    assert "<tool_call>" not in page
    rules = [line for line in page.splitlines() if line.startswith(("| ✓", "| ✗"))]
    assert len(rules) == len(report.findings)
    assert {line.replace("\\|", "").count("|") for line in rules} == {7}
    assert "Let through." in quality_markdown(judged(good()))


def test_thousands_of_rows_are_judged_in_seconds() -> None:
    rows = [
        calling(f"How will the weather be in town number {n}", "clock", city=f"town {n}")
        if n % 4
        else talking(f"please tell me another story about the number {n}")
        for n in range(4000)
    ]
    rows += [calling("How is Rome?", "forecast", city="Rome", day=f"2026-01-0{n}") for n in "1234"]
    started = time.monotonic()
    judged(rows)
    # Noise is a factor of three here; comparing each with each would take a hundred times longer.
    assert time.monotonic() - started < 60


def named_two_ways(second: str) -> list[Row]:
    more = {"day": "2026-11-22"} if second == "forecast" else {}
    return [
        *(calling(f"show {city}", "clock", city=city) for city in CITIES[:3]),
        *(calling(f"Show {city}!", second, city=city, **more) for city in CITIES[3:]),
    ]


def test_the_same_words_for_two_tools_are_refused() -> None:
    found = finding(judged([*good(), *named_two_ways("forecast")]), "one label for one text")
    assert not found.passed
    assert found.count == 3
    assert "show bern" in found.example or "show oslo" in found.example


def test_the_same_words_for_one_tool_are_only_other_values() -> None:
    assert finding(judged([*good(), *named_two_ways("clock")]), "one label for one text").passed


def test_a_long_value_may_tell_the_tools_apart() -> None:
    rows = [
        calling("run SELECT name FROM city LIMIT 9", "clock", city="SELECT name FROM city LIMIT 9"),
        calling(
            "run DELETE FROM city WHERE id = 4",
            "forecast",
            city="DELETE FROM city WHERE id = 4",
            day="2026-11-22",
        ),
    ]
    assert finding(judged([*good(), *rows]), "one label for one text").passed


def test_a_value_that_the_words_mean_need_not_be_said() -> None:
    rows = [calling(f"{word}?", "clock", city=city) for word, city in MEANT.items()]
    plain = finding(judged([*good(), *rows]), "values can be read off the text")
    marked = [row.model_copy(update={"fixed": ("city",)}) for row in rows]
    assert plain.count == len(rows)
    assert finding(judged([*good(), *marked]), "values can be read off the text").count == 0


MEANT = {"here": "Rome", "at home": "Oslo", "where I am": "Lima"}
