"""Whatever a line holds, it is a row that everything behind it can take, or one clear refusal."""

import json
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tasks.domain.conversations import read_jsonl, write_jsonl
from tasks.domain.errors import ForgeError
from tasks.domain.gate.quality import rules_for
from tasks.domain.gate.row_rules import unsaid
from tasks.domain.untrusted.control_tokens import ControlTokens
from tasks.domain.writing.own.rows import read_own
from tests.fakes.own_rows import exported

RULES = rules_for(ControlTokens(["<|im_end|>"]))
CALL = '{"name": "clock", "arguments": {"zone": "Paris"}}'
WORDS = st.sampled_from(
    [
        *("", "clock", "zone", "[]", "{}", "[", "7", "null", "object", "string", "\ud800"),
        *(CALL, f"[{CALL}]", f"{CALL}\n{CALL}", "{'name': 'clock', 'arguments': {}}"),
        *(f"<tool_call>{CALL}</tool_call>", "<tool_call>{}</tool_call>", "</tool_call>"),
        *("<tools>[]</tools>", '<tools>{"name": "f"}</tools>', "<tool_response>7</tool_response>"),
        *("<think>hm</think>7", "<think>", "<|im_end|>", "[TOOL_CALLS]"),
        *("system", "user", "assistant", "tool", "tool_call", "observation"),
        *("text", "tool_use", "tool_result", "thinking", "standard", "train", "own"),
    ]
)
SCALARS = st.none() | st.booleans() | st.integers() | WORDS | st.text(max_size=8)
NUMBERS = st.sampled_from([10**400, 1e308, float("nan"), float("inf"), 0.5, -0.0])
ANY = st.recursive(
    SCALARS | NUMBERS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS, inner, max_size=3),
    max_leaves=6,
)
KEYS = st.sampled_from(
    [
        *("messages", "conversations", "contents", "system", "tools", "functions", "request"),
        *("role", "from", "content", "value", "parts", "type", "text", "thinking", "thought"),
        *("tool_calls", "function_call", "functionCall", "function", "name", "arguments", "input"),
        *("id", "tool_call_id", "weight", "loss", "reasoning_content", "refusal", "images"),
        *("parameters", "inputSchema", "properties", "required", "enum", "default", "anyOf"),
        *("$ref", "$schema", "items", "pattern", "format", "multipleOf", "additionalProperties"),
        *("scenario", "split", "tool", "simulated", "source", "phrasing", "missing", "varied"),
        *("query", "answers", "prompt", "completion", "level", "message", "place"),
    ]
)


def places(value: Any) -> list[tuple[Any, Any]]:
    """(holder, key or index) of each part of a value."""
    if not isinstance(value, dict | list):
        return []
    pairs = list(value.items() if isinstance(value, dict) else enumerate(value))
    return [(value, key) for key, _ in pairs] + [each for _, part in pairs for each in places(part)]


@st.composite
def altered(draw: st.DrawFn) -> Any:
    """A row as an exporter writes it, with one to three parts replaced, taken out or added."""
    forms = exported({"zone": "Paris"})
    row = json.loads(json.dumps(forms[draw(st.sampled_from(sorted(forms)))]))
    for _ in range(draw(st.integers(1, 3))):
        holder, key = draw(st.sampled_from(places(row) or [({"": 0}, "")]))
        change = draw(st.sampled_from(["replace", "replace", "remove", "add"]))
        if change == "add" and isinstance(holder, dict):
            holder[draw(KEYS)] = draw(ANY)
        elif change == "remove":
            del holder[key]
        else:
            holder[key] = draw(ANY)
    return row


def is_read(line: str) -> bool:
    """Whether a line is read; all that happens to rows then happens to its rows."""
    fault = ""
    try:
        brought = read_own([line], "own.jsonl")
    except ForgeError as refusal:
        fault = str(refusal)
    if fault:
        assert fault.startswith("own.jsonl:")
        assert "\n" not in fault
        return False
    assert read_jsonl(write_jsonl(brought.rows), "stored") == brought.rows
    for row in brought.rows:
        faults = [check(row) for check, _ in RULES.values()]
        if not faults[0]:  # the calls are well-formed
            list(unsaid(row))
        assert row.prompt
    return True


@settings(deadline=None, max_examples=300, suppress_health_check=list(HealthCheck))
@given(altered())
def test_a_row_with_anything_in_any_place_is_read_or_refused_with_its_line(value: Any) -> None:
    is_read(json.dumps(value))


@settings(deadline=None)
@given(ANY.map(json.dumps) | st.text())
def test_a_line_of_anything_is_read_or_refused_with_its_number(text: str) -> None:
    is_read(text)


def test_nesting_without_end_is_one_refusal() -> None:
    for deep in ("[" * 100_000, '{"messages":' * 5_000, '{"a":' * 60 + "1" + "}" * 60):
        assert not is_read(deep)
    call = {"name": "f", "arguments": "[" * 100_000}
    row = {"messages": [{"role": "assistant", "function_call": call}], "tools": [{"name": "f"}]}
    assert not is_read(json.dumps(row))
