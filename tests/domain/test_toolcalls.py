"""One dialect: what is rendered is parsed back, and what is not a call is never taken for one."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tasks.domain.errors import UnusableTool
from tasks.domain.toolcalls import (
    CLOSE,
    ToolCall,
    closed_call,
    faults,
    first_unfit,
    is_inside_thought,
    named_tool,
    parse,
    render,
)

texts = st.text().filter(lambda text: "</t" not in text)
values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**18), 10**18)
    | st.floats(allow_nan=False, allow_infinity=False)
    | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=8,
)
calls = st.builds(ToolCall, name=texts, arguments=st.dictionaries(texts, values, max_size=4))

WEATHER = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "parameters": {
            "type": "object",
            "properties": {"city": {"type": "string"}, "day": {"type": "string", "format": "date"}},
            "required": ["city"],
            "additionalProperties": False,
        },
    },
}


@pytest.mark.parametrize(
    ("prompt", "said", "is_inside"),
    [
        ("assistant: <think>\n", "Let me see, the user", True),
        ("assistant: <think>\n", "Let me see.\n</think>\n\nParis.", False),
        ("assistant: <think>\n", "</think>\n\nParis.", False),
        ("<|im_start|>assistant\n", "\n<think>\nLet me see, the", True),
        ("<|im_start|>assistant\n", "<think></think>Paris", False),
        ("<|im_start|>assistant\n", "Paris is the capital", False),
        ("What does <think> mean?<|im_end|>\n<|im_start|>assistant\n", "A tag", False),
    ],
)
def test_a_thought_is_open_from_where_the_prompt_or_the_answer_opens_it(
    prompt: str, said: str, is_inside: bool
) -> None:
    assert is_inside_thought(prompt, said) is is_inside


@given(calls)
def test_a_rendered_call_is_parsed_back(call: ToolCall) -> None:
    answer = parse(render(call))
    assert answer.calls == (call,)
    assert not answer.text
    assert not answer.malformed


@settings(max_examples=40)
@given(st.lists(calls, min_size=2, max_size=3))
def test_several_calls_are_parsed_in_order(several: list[ToolCall]) -> None:
    assert parse("\n".join(map(render, several))).calls == tuple(several)


def test_a_thought_that_never_ends_is_no_answer_and_its_calls_are_none() -> None:
    answer = parse('<think>\nI could call <tool_call>{"name": "a", "arguments": {}}</tool_call>')
    assert (answer.text, answer.calls, answer.attempts) == ("", (), 0)


@given(calls)
def test_a_closed_thought_is_skipped_with_and_without_its_opening_tag(call: ToolCall) -> None:
    thought = f"I might call {render(ToolCall(name='other', arguments={}))} first.\n</think>\n\n"
    assert parse(thought + render(call)).calls == (call,)
    assert parse("<think>\n" + thought + render(call)).calls == (call,)


def test_text_around_a_call_is_kept_apart_from_it() -> None:
    answer = parse("One moment.\n" + render(ToolCall(name="a", arguments={})) + "\n")
    assert answer.text == "One moment."
    assert answer.attempts == 1


@pytest.mark.parametrize(
    "body",
    [
        '{"name": "a", "argum',
        '{"name": "a"}',
        '{"name": "a", "arguments": "x"}',
        '{"name": 1, "arguments": {}}',
        '{"name": "a", "arguments": {}, "id": 1}',
        '{"name": "a", "arguments": {"x": NaN}}',
        '{"name": "a", "arguments": {"x": [-1e999]}}',
        "[]",
        "",
    ],
)
def test_a_call_that_is_cut_or_misshapen_is_malformed_and_counts_as_an_attempt(body: str) -> None:
    for text in (f"<tool_call>\n{body}\n{CLOSE}", f"<tool_call>\n{body}"):
        answer = parse(text)
        assert not answer.calls
        assert answer.malformed == (body,)
        assert answer.attempts == 1


def test_words_are_no_attempt() -> None:
    assert parse("I would call get_weather.").attempts == 0


def test_a_right_call_has_no_faults() -> None:
    call = ToolCall(name="get_weather", arguments={"city": "Rome", "day": "2026-11-22"})
    assert faults(call, [WEATHER]) == []


@pytest.mark.parametrize(
    ("arguments", "fault"),
    [
        ({}, '"city" is a required property'),
        ({"city": 1}, 'city: 1 is not of type "string"'),
        ({"city": "Rome", "day": "soon"}, 'day: "soon" is not a "date"'),
        ({"city": "Rome", "bogus": 1}, "'bogus' was unexpected"),
    ],
)
def test_each_fault_names_the_argument(arguments: dict[str, object], fault: str) -> None:
    found = faults(ToolCall(name="get_weather", arguments=arguments), [WEATHER])
    assert len(found) == 1
    assert fault in found[0]


def test_an_unknown_tool_is_named_beside_those_that_are_known() -> None:
    found = faults(ToolCall(name="fly", arguments={}), [WEATHER])
    assert found == ["unknown tool 'fly'; known: get_weather"]


def test_a_schema_that_is_none_is_refused() -> None:
    broken = {"type": "function", "function": {"name": "a", "parameters": {"type": "nonsense"}}}
    with pytest.raises(UnusableTool, match="not a valid JSON Schema"):
        faults(ToolCall(name="a", arguments={}), [broken])


def test_faults_does_not_remember_another_schema_of_the_same_name() -> None:
    call = ToolCall(name="get_weather", arguments={"town": "Rome"})
    other = {"type": "object", "properties": {"town": {"type": "string"}}, "required": ["town"]}
    assert faults(call, [WEATHER])
    renamed = {"type": "function", "function": {"name": "get_weather", "parameters": other}}
    assert faults(call, [renamed]) == []


TIME = {
    "type": "function",
    "function": {
        "name": "time",
        "parameters": {"type": "object", "properties": {"zone": {"type": "string"}}},
    },
}


@pytest.mark.parametrize(
    ("answer", "found"),
    [
        (
            'Hm. <tool_call>{"name": "time", "arguments": {"zone": 3}}',
            ("Hm. <tool_call>\n", "time"),
        ),
        ('<tool_call>\n{"name": "tide", "arguments": {}}', ("<tool_call>\n", None)),
        ('<tool_call>\n{"name": "time", "argum', ("<tool_call>\n", None)),
    ],
)
def test_the_first_call_that_does_not_fit_is_found_with_what_stands_before_it(
    answer: str, found: tuple[str, str | None]
) -> None:
    right = render(ToolCall(name="time", arguments={"zone": "UTC"}))
    for before in ("", f"{right}\n", f"<think>\n{answer}</think>\n"):
        unfit = first_unfit(before + answer, [TIME])
        assert unfit is not None
        assert (unfit.before, unfit.tool) == (before + found[0], found[1])
    assert first_unfit(right, [TIME]) is None
    assert first_unfit("Hello", [TIME]) is None
    assert first_unfit(answer, [TIME], len(answer)) is None


def test_what_follows_a_call_that_was_said_again_is_the_calls_end() -> None:
    assert parse(closed_call("Hm. <tool_call>\n", '{"name": "time", "arguments": {}}')) == (
        parse('Hm. <tool_call>\n{"name": "time", "arguments": {}}\n</tool_call>')
    )
    assert named_tool('{"name": "time"}', ["time"]) == "time"
    for text in ('{"name": "tide"}', '{"name": ["time"]}', '"time"', "{"):
        assert named_tool(text, ["time"]) is None
