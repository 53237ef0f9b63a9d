"""Rows survive storage, and a file that is not one says which line is wrong."""

import json
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.domain.conversations import Message, Row, fingerprint, parse_rows, write_jsonl
from tasks.domain.errors import UnusableData
from tasks.domain.toolcalls import ToolCall

TOOL = {"type": "function", "function": {"name": "echo", "parameters": {"type": "object"}}}
USER = {"role": "user", "content": "hi"}
SAYS = {"role": "assistant", "content": "hello"}


def called(arguments: str) -> dict[str, object]:
    function = {"name": "echo", "arguments": arguments}
    return {"role": "assistant", "tool_calls": [{"type": "function", "function": function}]}


# str.splitlines ends a line at these too, and JSON may hold them unescaped.
SEPARATORS = "\x85\u2028\u2029"
texts = st.text(st.characters(codec="utf-8", exclude_characters=SEPARATORS))


def read(text: str, source: str, tools: Sequence[dict[str, Any]] | None = None) -> list[Row]:
    return list(parse_rows(text.split("\n"), source, tools))


@given(texts, st.dictionaries(texts, texts | st.none() | st.booleans(), max_size=3))
def test_a_row_is_read_back_as_it_was_written(text: str, arguments: dict[str, object]) -> None:
    call = ToolCall(name="echo", arguments=arguments)
    messages = (Message(role="user", content=text), Message.assistant("", call))
    row = Row(scenario="edge", tool="echo", messages=messages, tools=(TOOL,))
    stored = write_jsonl([row, row]).encode().decode()
    assert read(stored, "rows") == [row, row]
    assert row.expected_call == call


def test_a_line_separator_inside_a_text_does_not_end_the_row() -> None:
    messages = (Message(role="user", content=SEPARATORS), Message(role="assistant", content="hi"))
    row = Row(scenario="no_tool", messages=messages, tools=(TOOL,))
    assert read(write_jsonl([row]), "rows") == [row]


def test_arguments_are_stored_as_text_so_that_no_column_adds_nulls_to_them() -> None:
    message = Message.assistant("", ToolCall(name="echo", arguments={"é": 1}))
    assert message.as_dict()["tool_calls"][0]["function"]["arguments"] == '{"é": 1}'
    assert "tool_calls" not in Message(role="assistant", content="hi").as_dict()


@pytest.mark.parametrize(
    ("bad", "fault"),
    [
        ("{", "not JSON"),
        ("[]", "no 'messages'"),
        (json.dumps({"messages": "hi"}), "messages"),
        (json.dumps({"messages": [{"role": "robot"}, SAYS]}), r"messages\.0\.role"),
        (json.dumps({"messages": [USER]}), "no assistant turn"),
        (json.dumps({"messages": [USER, called("{")]}), "arguments are not JSON"),
        (json.dumps({"messages": [USER, called("[1]")]}), "arguments"),
    ],
)
def test_a_line_that_is_no_row_is_named_by_its_number(bad: str, fault: str) -> None:
    good = json.dumps({"messages": [USER, SAYS]})
    with pytest.raises(UnusableData, match=rf"^mine\.jsonl:3: .*{fault}"):
        read(f"{good}\n\n{bad}\n", "mine.jsonl", [TOOL])


def test_a_row_without_tools_needs_a_tool_list() -> None:
    line = json.dumps({"messages": [USER, SAYS]})
    with pytest.raises(UnusableData, match=r"mine:1: the row has no 'tools'"):
        read(line, "mine")
    assert read(line, "mine", [TOOL])[0].tools == (TOOL,)


def test_a_file_without_rows_is_refused() -> None:
    with pytest.raises(UnusableData, match="no rows, needed at least one"):
        read("\n\n", "mine")


def test_tool_and_scenario_are_told_by_the_first_call_where_a_row_does_not_say_them() -> None:
    lines = [{"messages": [USER, called('{"a": 1}')]}, {"messages": [USER, SAYS]}]
    calling, talking = read("\n".join(map(json.dumps, lines)), "mine", [TOOL])
    assert (calling.scenario, calling.tool) == ("standard", "echo")
    assert (talking.scenario, talking.tool) == ("no_tool", None)
    assert talking.expected_call is None


def test_the_prompt_ends_before_the_assistants_first_turn() -> None:
    system = {"role": "system", "content": "be kind"}
    lines = json.dumps({"messages": [system, USER, SAYS, USER, SAYS]})
    row = read(lines, "mine", [TOOL])[0]
    assert [message.role for message in row.prompt] == ["system", "user"]
    assert row.user_text == "hi"
    assert row.answer == "hello"


def test_a_fingerprint_does_not_depend_on_the_order_of_keys() -> None:
    assert fingerprint({"a": 1, "b": [2]}) == fingerprint({"b": [2], "a": 1})
    assert fingerprint({"a": 1}) != fingerprint({"a": 2})
