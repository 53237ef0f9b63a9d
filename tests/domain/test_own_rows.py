"""Conversations in the forms that people have them, and errors with the line's number."""

import json
from typing import Any

import pytest

from tasks.domain.conversations import SYSTEM_PROMPT, Row, write_jsonl
from tasks.domain.errors import UnusableData
from tasks.domain.mixing import held_out, mixed, with_tools_of
from tasks.domain.own_rows import OwnRows, read_own
from tasks.domain.toolcalls import ToolCall

CLOCK = {"name": "clock", "parameters": {"type": "object", "properties": {"zone": {}}}}
TOOL = {"type": "function", "function": CLOCK}
CALL = ToolCall(name="clock", arguments={"zone": "Asia/Tokyo"})
ASKED = {"role": "user", "content": "time in tokyo?"}
CALLED = {
    "role": "assistant",
    "content": None,
    "tool_calls": [
        {
            "id": "call_1",
            "type": "function",
            "function": {"name": "clock", "arguments": '{"zone": "Asia/Tokyo"}'},
        }
    ],
}
ANSWERED = {"role": "tool", "tool_call_id": "call_1", "content": "09:00"}
SAID = {"role": "assistant", "content": [{"type": "text", "text": "It is nine."}]}
HERMES = (
    "You are a function calling AI model. Function signatures are within <tools></tools> tags: "
    f"<tools> [{json.dumps(TOOL)}] </tools> Return calls within <tool_call></tool_call> tags."
)
HERMES_CALL = '<tool_call>\n{"name": "clock", "arguments": {"zone": "Asia/Tokyo"}}\n</tool_call>'


def read(*values: Any, tools: Any = None) -> OwnRows:
    return read_own((json.dumps(value) + "\n" for value in values), "own.jsonl", tools)


def only(*values: Any, tools: Any = None) -> Row:
    (row,) = read(*values, tools=tools).rows
    return row


def shareGPT(system: str, *turns: tuple[str, str], **keys: Any) -> dict[str, Any]:  # noqa: N802
    pairs = [("system", system), *turns] if system else turns
    return {"conversations": [{"from": who, "value": text} for who, text in pairs], **keys}


TURNS = (
    ("human", "time in tokyo?"),
    ("gpt", HERMES_CALL),
    ("tool", "<tool_response>\n09:00\n</tool_response>"),
    ("gpt", "It is nine."),
)
FORMS = {
    "openai": {"messages": [ASKED, CALLED, ANSWERED, SAID], "tools": [TOOL]},
    "hermes": shareGPT(HERMES, *TURNS),
    "sharegpt with tools as text": shareGPT("", *TURNS, tools=json.dumps([CLOCK])),
    "sharegpt with calls as turns": shareGPT(
        "",
        TURNS[0],
        ("function_call", json.dumps({"name": "clock", "arguments": {"zone": "Asia/Tokyo"}})),
        ("observation", "09:00"),
        TURNS[3],
        tools=[CLOCK],
    ),
    "a logged completion": {
        "request": {"model": "m", "messages": [ASKED, CALLED, ANSWERED], "tools": [TOOL]},
        "response": {"choices": [{"message": SAID}]},
    },
    "legacy calls": {
        "messages": [
            ASKED,
            {"role": "assistant", "function_call": CALLED["tool_calls"][0]["function"]},  # type: ignore[index]
            {"role": "function", "name": "clock", "content": "09:00"},
            SAID,
        ],
        "tools": [TOOL],
    },
}


@pytest.mark.parametrize("name", FORMS)
def test_every_form_becomes_the_same_row(name: str) -> None:
    row = only(FORMS[name])
    assert [message.role for message in row.messages] == [
        "system", "user", "assistant", "tool", "assistant",
    ]  # fmt: skip
    assert row.messages[0].content == SYSTEM_PROMPT
    assert [message.content for message in row.messages[1:]] == [
        "time in tokyo?", "", "09:00", "It is nine.",
    ]  # fmt: skip
    assert row.calls == (CALL,)
    assert (row.scenario, row.tool, row.source) == ("standard", "clock", "own")
    assert row.tools == (TOOL,)


def test_a_log_of_a_prefect_run_gives_its_conversations_and_counts_the_rest() -> None:
    def record(message: str) -> dict[str, Any]:
        return {"level": 20, "name": "prefect.flow_runs", "message": message, "flow_run_id": "x"}

    found = read(
        record("Beginning flow run 'brave-owl'"),
        record("conversation " + json.dumps(FORMS["openai"])),
        record('state {"type": "COMPLETED"}'),
    )
    assert (len(found.rows), found.notes) == (1, ("2 log records were no conversations",))
    with pytest.raises(UnusableData, match=r"own\.jsonl: no rows \(1 log records were no"):
        read(record("Finished"))


def test_several_results_in_one_turn_become_one_message_each() -> None:
    both = "<tool_response>1</tool_response>\n<tool_response>2</tool_response>"
    row = only(shareGPT(HERMES, TURNS[0], ("gpt", HERMES_CALL * 2), ("tool", both), TURNS[3]))
    assert [message.content for message in row.messages[3:5]] == ["1", "2"]
    assert len(row.calls) == 2


def test_results_go_to_the_calls_that_they_name() -> None:
    call = CALLED["tool_calls"][0]  # type: ignore[index]
    both = {**CALLED, "tool_calls": [call, {**call, "id": "call_2"}]}
    late = {"role": "tool", "tool_call_id": "call_2", "content": "10:00"}
    for results in ([late, ANSWERED], [ANSWERED, late]):
        row = only({"messages": [ASKED, both, *results, SAID], "tools": [TOOL]})
        assert [message.content for message in row.messages[3:5]] == ["09:00", "10:00"]


def test_a_system_turn_without_tools_is_kept() -> None:
    assert only(shareGPT("Be brief.", ("user", "hi"), ("gpt", "Hello")), tools=(TOOL,)).messages[
        0
    ].content == "Be brief."  # fmt: skip


def test_rows_of_ours_are_read_as_own_ones_with_all_they_say() -> None:
    row = only(FORMS["openai"]).model_copy(update={"scenario": "edge", "phrasing": "please"})
    again = read_own(write_jsonl([row]).split("\n"), "own.jsonl").rows[0]
    assert again == row


@pytest.mark.parametrize(
    ("value", "fault"),
    [
        ([1], "no 'messages' and no 'conversations'"),
        ({"text": "hi"}, "no 'messages' and no 'conversations'"),
        ({"messages": "hi"}, "the turns are not a list of objects"),
        ({"messages": [{"role": "narrator"}]}, "a turn of 'narrator'; known: system, "),
        ({"messages": [{"role": "user", "content": [{"type": "image_url"}]}]}, "needed text, calls or results"),
        ({"messages": [ASKED], "tools": [TOOL]}, "no assistant turn"),
        ({"messages": [ASKED, CALLED]}, "the row has no 'tools'"),
        ({"messages": [ASKED, CALLED], "tools": "[{]"}, "the tools: neither JSON"),
        ({"messages": [ASKED, CALLED], "tools": [{}]}, "tool 1: no 'name'"),
        (shareGPT(HERMES, TURNS[0], ("gpt", "<tool_call>{</tool_call>")), "a call: neither JSON"),
        ({"messages": [{**CALLED, "tool_calls": [{}]}]}, "a call without a function's name"),
        ({"request": {}, "response": {}}, "a logged request without messages"),
    ],
)
def test_a_bad_line_is_one_error_with_its_number(value: Any, fault: str) -> None:
    with pytest.raises(UnusableData, match=rf"^own\.jsonl:2: .*{fault}"):
        read(FORMS["openai"], value)


def test_a_line_that_is_not_json_is_named() -> None:
    with pytest.raises(UnusableData, match=r"^own\.jsonl:1: not JSON"):
        read_own(["{"], "own.jsonl")


def rows(count: int, source: Any) -> list[Row]:
    one = only(FORMS["openai"])
    return [one.model_copy(update={"source": source, "phrasing": str(n)}) for n in range(count)]


def test_own_rows_take_exactly_the_share_that_was_asked_for() -> None:
    made = mixed(rows(100, "generated"), rows(50, "own"), 0.3, 1)
    assert [row.source for row in made].count("own") == 30
    assert len({(row.source, row.phrasing) for row in made}) == 100
    assert made == mixed(rows(100, "generated"), rows(50, "own"), 0.3, 1)
    assert made != mixed(rows(100, "generated"), rows(50, "own"), 0.3, 2)


def test_too_few_own_rows_are_refused_with_the_share_that_they_allow() -> None:
    with pytest.raises(UnusableData, match=r"found 9 own rows .* needed 30 .* at most 0\.09"):
        mixed(rows(100, "generated"), rows(9, "own"), 0.3, 1)


def test_a_tenth_of_own_rows_is_held_out() -> None:
    train, apart = held_out(rows(25, "own"))
    assert (len(train), [row.phrasing for row in apart]) == (22, ["0", "10", "20"])
    assert held_out(train[:1]) == (train[:1], train[:1])


def test_own_rows_with_the_servers_tools_take_its_list() -> None:
    listed = ({"type": "function", "function": {**CLOCK, "description": "The time"}},)
    (row,) = with_tools_of(rows(1, "own"), listed)
    assert row.tools is listed
    other = ({"type": "function", "function": {"name": "alarm"}},)
    (row,) = with_tools_of(rows(1, "own"), other)
    assert row.tools == (TOOL,)
