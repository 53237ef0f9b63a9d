"""Conversations in the forms that people have them, and errors with the line's number."""

import json
import os
import re
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from tasks.domain.conversations import SYSTEM_PROMPT, Row, write_jsonl
from tasks.domain.errors import UnusableData
from tasks.domain.gate.quality import ROW_RULES
from tasks.domain.gate.row_rules import unsaid
from tasks.domain.toolcalls import ToolCall
from tasks.domain.writing.mixing import held_out, mixed, with_tools_of
from tasks.domain.writing.own.rows import OwnRows, read_own
from tasks.external.own_file import read_own_file
from tests.fakes.own_rows import (
    ASKED,
    CLOCK,
    HERMES,
    SAID,
    SCHEMA,
    TOOL,
    exported,
    share_gpt,
)

CALL = ToolCall(name="clock", arguments={"zone": "Asia/Tokyo"})
FORMS = exported(CALL.arguments)
CALLED = FORMS["openai"]["messages"][1]
ANSWERED = FORMS["openai"]["messages"][2]
HERMES_CALL = FORMS["hermes"]["conversations"][2]["value"]
FIRST_CALL = CALLED["tool_calls"][0]
BOTH = {**CALLED, "tool_calls": [FIRST_CALL, {**FIRST_CALL, "id": "c2"}]}
CASES = Path(__file__).parent / "own_rows"


def read(*values: Any, tools: Any = None) -> OwnRows:
    return read_own((json.dumps(value) + "\n" for value in values), "own.jsonl", tools)


def only(*values: Any, tools: Any = None) -> Row:
    (row,) = read(*values, tools=tools).rows
    return row


TURNS = (
    ("human", "time in tokyo?"),
    ("gpt", HERMES_CALL),
    ("tool", "<tool_response>\n09:00\n</tool_response>"),
    ("gpt", "It is nine."),
)


@pytest.mark.parametrize("name", FORMS)
def test_every_form_becomes_the_same_row(name: str) -> None:
    row = only(FORMS[name])
    assert [message.role for message in row.messages] == [
        "system", "user", "assistant", "tool", "assistant",
    ]  # fmt: skip
    assert row.messages[0].content == SYSTEM_PROMPT
    assert [message.content for message in row.messages[1:]] == [
        "time in Asia/Tokyo?", "", "09:00", "It is nine.",
    ]  # fmt: skip
    assert row.calls == (CALL,)
    assert (row.scenario, row.tool, row.source) == ("standard", "clock", "own")
    assert row.tools == (TOOL,)


@pytest.mark.parametrize("name", FORMS)
@pytest.mark.parametrize("arguments", [{"zone": 7}, {"time": "Asia/Tokyo"}])
def test_a_wrong_call_is_judged_in_every_form(name: str, arguments: dict[str, Any]) -> None:
    row = only(exported(arguments)[name])
    assert ROW_RULES["arguments fit the schema"][0](row).startswith("clock: ")


def case(name: str, *, thinks: bool = False) -> OwnRows:
    """What is read of an input that somebody's exporter wrote."""
    return read_own_file(CASES / name, thinks=thinks)


@pytest.mark.parametrize(
    "name",
    [
        "arrow-nulls.jsonl",
        "hermes-python-dict.jsonl",
        "hermes-text-in-messages.jsonl",
        "llamafactory-system.jsonl",
        "metadata-scenario.jsonl",
        "metadata-split.jsonl",
        "metadata-tool.jsonl",
        "openai-functions.jsonl",
        "openai-weight.jsonl",
        "parameters-as-text.jsonl",
        "qwen-user-tool-response.jsonl",
        "reasoning-content.jsonl",
        "swift-roles.jsonl",
        "array.json",
    ],
)
def test_a_file_of_another_tool_gives_rows_that_pass_each_rule(name: str) -> None:
    for row in case(name).rows:
        assert {rule: check(row) for rule, (check, _) in ROW_RULES.items() if check(row)} == {}
        assert row.expected_call is not None
        assert f"in {row.expected_call.arguments['city']}?" in row.user_text
        assert (row.scenario, row.split) == ("standard", "train")


def test_a_list_of_calls_is_that_many_calls_each_with_its_result() -> None:
    (row,) = case("llamafactory-parallel-list.jsonl").rows
    assert [call.arguments for call in row.calls] == [{"city": "Paris"}, {"city": "Seoul"}]
    assert [message.content for message in row.messages[3:5]] == ['{"t": 0}', '{"t": 9}']


@pytest.mark.parametrize(
    "name", ["control-openai-wrong-call.jsonl", "mcp-tools-in-rows-wrong-call.jsonl"]
)
def test_a_wrong_call_is_refused_however_its_tools_are_described(name: str) -> None:
    (row,) = case(name).rows
    assert ROW_RULES["arguments fit the schema"][0](row).startswith("get_weather: ")
    assert "inputSchema" not in row.tools[0]["function"]


def test_a_tool_without_a_name_is_one_line() -> None:
    with pytest.raises(UnusableData, match=r"^function-without-name\.jsonl:1: tool 1: no 'name'"):
        case("function-without-name.jsonl")


def test_an_array_is_read_and_said_so_with_the_lines_of_its_items() -> None:
    brought = case("array.json")
    assert brought.notes == ("2 rows are items of one JSON array",)
    assert [row.place for row in brought.rows] == ["array.json:2", "array.json:24"]
    text = f"[{json.dumps(FORMS['openai'])},\n\n {{}}]"
    with pytest.raises(UnusableData, match=r"^own\.json:3: no 'messages'"):
        read_own(text.splitlines(keepends=True), "own.json")
    for broken in ("[", "[{} {]", "[] 7", "[1"):
        with pytest.raises(UnusableData, match=r"^own\.json:1: .*"):
            read_own([broken], "own.json")


def test_a_system_prompt_beside_the_turns_opens_them() -> None:
    (row,) = case("llamafactory-system.jsonl").rows
    assert row.messages[0].content.startswith("You are the kitchen assistant of Hotel Aurora.")
    both = only(share_gpt("Be kind.", *TURNS, tools=[CLOCK], system="Be brief."))
    assert both.messages[0].content == "Be brief.\n\nBe kind."
    parts = [{"type": "text", "text": "Be brief."}]
    assert only({**FORMS["anthropic"], "system": parts}).messages[0].content == "Be brief."
    gemini = {**FORMS["gemini"], "systemInstruction": {"parts": [{"text": "Be brief."}]}}
    assert only(gemini).messages[0].content == "Be brief."


def test_words_in_front_of_the_listed_tools_are_kept_and_the_rest_is_said() -> None:
    brought = read(share_gpt(f"You are Ada.\n{HERMES}", *TURNS))
    assert brought.rows[0].messages[0].content == "You are Ada."
    assert brought.notes == (
        "1 system turns list their tools: the chat template says it instead, in its own words",
    )


def test_an_answer_of_weight_0_is_read_and_never_learned() -> None:
    brought = case("openai-weight.jsonl")
    assert brought.notes == (
        "1 answers have weight 0: they are read, and no loss is taken on them",
    )
    (row,) = brought.rows
    assert [message.weight for message in row.messages if message.role == "assistant"] == [0, 1, 1]
    assert [message.content for message in row.prompt][-1] == "Use the tool!"
    assert "weight" not in row.messages[2].as_dict()
    again = read_own(write_jsonl([row]).split("\n"), "own.jsonl").rows[0]
    assert again.messages == row.messages


@pytest.mark.parametrize("mark", [{"weight": 0}, {"loss": False}, {"train": False}])
def test_a_wrong_call_that_is_not_learned_is_no_fault(mark: dict[str, Any]) -> None:
    wrong = exported({"zone": 7})["openai"]["messages"][1]
    row = only({"messages": [ASKED, {**wrong, **mark}, ANSWERED, SAID], "tools": [TOOL]})
    assert [check(row) for check, _ in ROW_RULES.values()] == [""] * len(ROW_RULES)
    assert list(unsaid(row)) == []


@pytest.mark.parametrize("thinks", [True, False])
@pytest.mark.parametrize(
    "thinking",
    [
        {"reasoning_content": "It asks for Tokyo."},
        {"content": "<think>\nIt asks for Tokyo.\n</think>\n\n"},
        {"content": "It asks for Tokyo.</think>"},
        {"content": [{"type": "thinking", "thinking": "It asks for Tokyo."}]},
    ],
)
def test_a_thought_is_kept_for_a_model_that_thinks_and_counted_for_others(
    thinking: dict[str, Any], thinks: bool
) -> None:
    value = {"messages": [ASKED, {**CALLED, **thinking}, ANSWERED, SAID], "tools": [TOOL]}
    brought = read_own([json.dumps(value)], "own.jsonl", thinks=thinks)
    message = brought.rows[0].messages[2]
    assert (message.content, message.tool_calls[0].decoded()) == ("", CALL)
    assert message.reasoning_content == ("It asks for Tokyo." if thinks else "")
    assert brought.notes == (
        () if thinks else ("1 thoughts were left out: the model does not think before it answers",)
    )


def test_both_thoughts_of_a_row_are_counted() -> None:
    assert case("reasoning-content.jsonl").notes[0].startswith("2 thoughts were left out")
    (row,) = case("reasoning-content.jsonl", thinks=True).rows
    assert row.messages[2].reasoning_content == "The user asks for Paris; I need get_weather."


def test_calls_in_turns_of_their_own_are_the_calls_of_one_answer() -> None:
    spoken = json.dumps({"name": "clock", "arguments": {"zone": "Asia/Tokyo"}})
    other = json.dumps({"name": "clock", "arguments": {"zone": "Asia/Seoul"}})
    turns = [
        ASKED,
        {"role": "assistant", "content": "Let me look."},
        {"role": "tool_call", "content": spoken},
        {"role": "tool_call", "content": other},
        {"role": "tool_response", "content": "09:00"},
        {"role": "tool_response", "content": "10:00"},
        SAID,
    ]
    row = only({"messages": turns, "tools": [TOOL]})
    assert [message.role for message in row.messages[2:]] == [
        "assistant",
        "tool",
        "tool",
        "assistant",
    ]
    assert (row.messages[2].content, len(row.messages[2].tool_calls)) == ("Let me look.", 2)


def test_results_go_to_the_calls_whose_names_they_have() -> None:
    parts = [{"functionCall": {"name": name, "args": {}}} for name in ("clock", "alarm")]
    answers = [
        {"functionResponse": {"name": name, "response": {"of": name}}}
        for name in ("alarm", "clock")
    ]
    turns = [
        {"role": "user", "parts": [{"text": "Both?"}]},
        {"role": "model", "parts": parts},
        {"role": "user", "parts": answers},
    ]
    row = only({"contents": [*turns, SAID], "tools": [CLOCK, {"name": "alarm"}]})
    assert [json.loads(one.content) for one in row.messages[3:5]] == [
        {"of": "clock"},
        {"of": "alarm"},
    ]


def test_what_a_user_says_beside_results_is_a_turn_behind_them() -> None:
    text = "<tool_response>09:00</tool_response> And in Rome?"
    row = only(
        {"messages": [ASKED, CALLED, {"role": "user", "content": text}, SAID], "tools": [TOOL]}
    )
    assert [(one.role, one.content) for one in row.messages[3:5]] == [
        ("tool", "09:00"),
        ("user", "And in Rome?"),
    ]


def test_a_row_of_a_question_and_its_calls_is_read() -> None:
    row = only(
        {"id": 0, "query": "time?", "answers": json.dumps([CALL.model_dump()]), "tools": [CLOCK]}
    )
    assert row.calls == (CALL,)


def test_a_row_that_asks_back_first_is_asked_for_that() -> None:
    back = {"role": "assistant", "content": "Where?"}
    row = only({"messages": [ASKED, back, ASKED, CALLED], "tools": [TOOL]})
    assert (row.tool, row.scenario, len(row.prompt)) == (None, "standard", 2)


def test_a_null_that_the_schema_allows_is_kept() -> None:
    zone = {"anyOf": [{"type": "string"}, {"type": "null"}], "default": None}
    tool = {"name": "clock", "parameters": {"type": "object", "properties": {"zone": zone}}}
    call = {"function": {"name": "clock", "arguments": {"zone": None, "city": None}}}
    turns = [ASKED, {"role": "assistant", "tool_calls": [call]}]
    brought = read({"messages": turns, "tools": [tool]})
    assert brought.rows[0].calls[0].arguments == {"zone": None}
    assert brought.rows[0].tools[0]["function"]["parameters"]["properties"] == {"zone": zone}
    assert brought.notes[0].startswith("1 calls had nulls that their tools do not take")


def test_keys_of_ours_count_only_where_all_of_them_stand() -> None:
    row = only({**FORMS["openai"], "scenario": "edge", "split": "heldout", "tool": "x"})
    assert (row.scenario, row.split, row.tool) == ("standard", "train", "clock")
    ours = json.loads(write_jsonl([row.model_copy(update={"scenario": "edge"})]))
    assert only(ours).scenario == "edge"
    assert only({**ours, "scenario": "weather"}).scenario == "standard"


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


@pytest.mark.parametrize(
    "response",
    [
        {"choices": [{"message": SAID, "finish_reason": "length"}]},
        {"content": [{"type": "text", "text": "It"}], "stop_reason": "max_tokens"},
        {"candidates": [{"content": {"parts": [{"text": "It"}]}, "finishReason": "MAX_TOKENS"}]},
        {"output": [SAID], "incomplete_details": {"reason": "max_output_tokens"}},
    ],
)
def test_a_logged_answer_that_was_cut_off_is_left_out_and_counted(response: Any) -> None:
    cut = {**FORMS["a logged completion"], "response": response}
    brought = read(FORMS["a logged completion"], cut)
    assert len(brought.rows) == 1
    assert brought.notes[0].startswith("1 logged answers were cut off at their token limit")


def test_turns_tools_and_calls_may_be_texts_as_columns_have_them() -> None:
    openai = FORMS["openai"]
    as_text = {"messages": json.dumps(openai["messages"]), "tools": [json.dumps(TOOL)]}
    assert only(as_text).calls == (CALL,)
    call = json.dumps(CALLED["tool_calls"][0])
    for calls in ([call], call, f"[{call}]"):
        turns = [ASKED, {"role": "assistant", "tool_calls": calls}, ANSWERED, SAID]
        assert only({"messages": turns, "tools": json.dumps([TOOL])}).calls == (CALL,)


def test_several_results_in_one_turn_become_one_message_each() -> None:
    both = "<tool_response>1</tool_response>\n<tool_response>2</tool_response>"
    row = only(share_gpt(HERMES, TURNS[0], ("gpt", HERMES_CALL * 2), ("tool", both), TURNS[3]))
    assert [message.content for message in row.messages[3:5]] == ["1", "2"]
    assert len(row.calls) == 2


def test_a_value_is_said_in_either_of_unicodes_forms() -> None:
    call = {"name": "clock", "arguments": {"zone": "Z\u00fcrich"}}
    asked = {**ASKED, "content": "time in Zu\u0308rich?"}
    row = only({"messages": [asked, {**SAID, "function_call": call}], "tools": [TOOL]})
    assert list(unsaid(row)) == []


def test_results_go_to_the_calls_that_they_name() -> None:
    call = CALLED["tool_calls"][0]  # type: ignore[index]
    both = {**CALLED, "tool_calls": [call, {**call, "id": "call_2"}]}
    late = {"role": "tool", "tool_call_id": "call_2", "content": "10:00"}
    for results in ([late, ANSWERED], [ANSWERED, late]):
        row = only({"messages": [ASKED, both, *results, SAID], "tools": [TOOL]})
        assert [message.content for message in row.messages[3:5]] == ["09:00", "10:00"]


def test_a_system_turn_without_tools_is_kept() -> None:
    assert only(share_gpt("Be brief.", ("user", "hi"), ("gpt", "Hello")), tools=(TOOL,)).messages[
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
        (None, "no 'messages' and no 'conversations'"),
        ({"text": "hi"}, "no 'messages' and no 'conversations'"),
        ({"messages": "hi"}, "the turns are not a list of objects"),
        ({"messages": [{"role": "narrator"}]}, "a turn of 'narrator'; known: system, "),
        ({"messages": [{"sender": "User", "text": "hi"}]}, "none of role, from and type says"),
        ({"prompt": [ASKED], "chosen": [SAID], "tools": [TOOL]}, "among 'prompt, chosen, tools'"),
        (
            {"messages": [{"role": "user", "content": [{"type": "image_url"}]}]},
            "needed text, calls or results",
        ),
        ({"messages": [ASKED], "tools": [TOOL]}, "no assistant turn"),
        ({"messages": [ASKED, CALLED]}, "the row has no 'tools'"),
        ({"messages": [ASKED, CALLED], "tools": "[{]"}, "the tools: neither JSON"),
        ({"messages": [ASKED, CALLED], "tools": [{}]}, "tool 1: no 'name'"),
        (share_gpt(HERMES, TURNS[0], ("gpt", "<tool_call>{</tool_call>")), "a call: neither JSON"),
        ({"messages": [{**CALLED, "tool_calls": [{}]}]}, "a call without a function's name"),
        ({"request": {}, "response": {}}, "a logged request without messages"),
        ({"messages": [ASKED, CALLED], "tools": [TOOL, TOOL]}, "'clock' is listed more than once"),
        ({"messages": [ASKED, CALLED], "tools": 7}, "the tools are '7', needed a list"),
        ({"messages": [ASKED], "tools": [TOOL], "images": ["a"]}, "found 'images'"),
        (
            share_gpt("", TURNS[0], ("gpt", "[TOOL_CALLS] [{}]"), tools=[TOOL]),
            "turn 2: .*TOOL_CALLS",
        ),
        (share_gpt("", TURNS[0], ("function_call", "[]"), tools=[TOOL]), "turn 2: .* is empty"),
        (share_gpt("", TURNS[0], ("gpt", "<think>so"), tools=[TOOL]), "turn 2: found <think>"),
        ({"messages": [{**SAID, "weight": 0.5}]}, "turn 1: its weight is '0.5', needed 0 or 1"),
        ({"messages": [ASKED, {**SAID, "weight": 0}], "tools": [TOOL]}, "no assistant turn with a"),
        (
            {"messages": [{"role": "tool_call", "content": '{"name": "f", "arguments": 7}'}]},
            "are '7'",
        ),
        ({"messages": [ASKED, {"role": "user", "content": 7}]}, "turn 2: its content is '7'"),
        (
            {"messages": [{"role": "user", "content": [{"type": "tool_use", "name": "f"}]}]},
            "a call",
        ),
        ({"messages": [{"role": "user", "message": "hi"}, SAID]}, "turn 1: its words .*'message'"),
        (
            {"messages": [ASKED, CALLED, {"role": "tool", "result": "9"}]},
            "turn 3: .* found 'result'",
        ),
        ({"messages": [ASKED, {**SAID, "train_detail": [{}]}], "tools": [TOOL]}, "as a whole"),
        ({"messages": [ASKED, SAID], "tools": [CLOCK, {"googleSearch": {}}]}, "tool 2: no 'name'"),
        ({"messages": [ASKED, SAID], "tools": {"x": {"f": CLOCK}}}, "tool 1: no 'name'"),
        ({"messages": [ASKED, SAID], "tools": [TOOL], "video": "a.mp4"}, "found 'video'"),
        (
            {"messages": [ASKED, {**SAID, "content": [{"type": "image", "text": "a"}]}]},
            "turn 2: its content has",
        ),
        (
            {"messages": [ASKED, CALLED, {**ANSWERED, "content": [{"type": "input_audio"}]}]},
            "turn 3: a result holds 'input_audio'",
        ),
        (
            {"messages": [ASKED, BOTH, ANSWERED, ANSWERED, SAID], "tools": [TOOL]},
            "the results are of 'c1, c1', needed one of each call: 'c1, c2'",
        ),
        (
            {"messages": [ASKED, BOTH, ANSWERED, {**ANSWERED, "tool_call_id": "x"}]},
            "the results are of 'c1, x'",
        ),
        (
            {"messages": [{"role": "function_call", "content": "{'name': 'a', 'name': 'b'}"}]},
            "the key .*name.* stands twice",
        ),
        (
            {"messages": [{"role": "function_call", "content": '{"name": "a", "name": "b"}'}]},
            "the key 'name' stands twice",
        ),
        ({"messages": [ASKED, SAID], "tools": [TOOL], "n": 10**400}, "beyond a float"),
        ({"messages": [ASKED, SAID], "tools": [TOOL], "n": "\ud800"}, "half of a surrogate pair"),
    ],
)
def test_a_bad_line_is_one_error_with_its_number(value: Any, fault: str) -> None:
    with pytest.raises(UnusableData, match=rf"^own\.jsonl:2: .*{fault}"):
        read(FORMS["openai"], value)


@pytest.mark.parametrize("place", ["row", "arguments"])
def test_a_key_that_stands_twice_is_refused_where_a_value_would_be_lost(place: str) -> None:
    twice = '{"zone": "Asia/Tokyo", "zone": "Asia/Seoul"}'
    call = {"role": "assistant", "function_call": {"name": "clock", "arguments": twice}}
    line = json.dumps({"messages": [ASKED, call if place == "arguments" else SAID]})
    if place == "row":
        line = f'{line[:-1]}, "messages": []}}'
    with pytest.raises(UnusableData, match=r"^own\.jsonl:1: .*the key '\w+' stands twice"):
        read_own([line], "own.jsonl")
    same = json.dumps({"messages": [ASKED, SAID], "tools": [TOOL], "x": 1})[:-1] + ', "x": 1}'
    assert len(read_own([same], "own.jsonl").rows) == 1


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
    assert {row.split for row in train} == {"train"}
    assert {row.split for row in apart} == {"heldout"}
    once, again = held_out(apart[:1])
    assert (once[0].split, again[0].split) == ("train", "heldout"), "whatever they were before"


def test_own_rows_with_the_servers_tools_take_its_list() -> None:
    listed = ({"type": "function", "function": {**CLOCK, "description": "The time"}},)
    (row,) = with_tools_of(rows(1, "own"), listed)
    assert row.tools is listed
    other = ({"type": "function", "function": {"name": "alarm"}},)
    (row,) = with_tools_of(rows(1, "own"), other)
    assert row.tools == (TOOL,)


@pytest.mark.parametrize(
    "deep",
    ["[" * 100_000, '{"messages":' * 5_000, '{"a":' * 60 + "1" + "}" * 60],
    ids=["lists", "messages", "objects"],
)
def test_a_line_that_is_nested_without_end_is_one_refusal(deep: str) -> None:
    with pytest.raises(UnusableData, match=r"^own\.jsonl:1: [^\n]*$"):
        read_own([deep], "own.jsonl")


def test_arguments_that_are_nested_without_end_are_one_refusal() -> None:
    call = {"name": "f", "arguments": "[" * 100_000}
    row = {"messages": [{"role": "assistant", "function_call": call}], "tools": [{"name": "f"}]}
    with pytest.raises(UnusableData, match=r"^own\.jsonl:1: [^\n]*$"):
        read(row)


@pytest.mark.parametrize("encoding", ["latin-1", "cp1252"])
def test_a_file_in_another_encoding_is_refused_with_its_first_line_that_is(
    encoding: str, tmp_path: Path
) -> None:
    rows = [FORMS["openai"]] * 200 + [{**FORMS["openai"], "note": "Zürich"}]
    text = "\n".join(json.dumps(row, ensure_ascii=False) for row in rows)
    (tmp_path / "own.jsonl").write_text(text, encoding=encoding)
    with pytest.raises(UnusableData, match=r"^own\.jsonl:201: not text in UTF-8 \(invalid"):
        read_own_file(tmp_path / "own.jsonl")


OPTIONAL = {
    "name": "clock",
    "parameters": {
        "type": "object",
        "properties": {"zone": {"type": "string"}, "n": {"type": "integer"}},
    },
}


def test_a_prompt_of_many_objects_takes_no_longer_than_it_is_long() -> None:
    start = time.process_time()
    for text in ('{"name": "x"} ' * 100_000, '{"name":' * 50_000, "[{" * 100_000):
        with pytest.raises(UnusableData, match="has no 'tools'"):
            read({"messages": [{"role": "system", "content": text}, ASKED, SAID]})
    with suppress(UnusableData):
        read({"messages": [ASKED, SAID], "tools": "{} " * 100_000})
    assert time.process_time() - start < 5


def spoken(text: str, **keys: Any) -> Row:
    """A row that ends with an answer of these words."""
    return only({"messages": [ASKED, {**SAID, "content": text, **keys}], "tools": [OPTIONAL]})


@pytest.mark.parametrize(
    "text",
    [
        '[clock(zone="Asia/Tokyo")]',
        "[ clock(zone = 'Asia/Tokyo') ]",
        '{"name": "clock", "parameters": {"zone": "Asia/Tokyo"}}',
        '```json\n[{"name": "clock", "arguments": {"zone": "Asia/Tokyo"}}]\n```',
        '<functioncall> {"name": "clock", "arguments": \'{"zone": "Asia/Tokyo"}\'} <|endoftext|>',
        '<TOOLCALL>[{"name": "clock", "arguments": {"zone": "Asia/Tokyo"}}]</TOOLCALL>',
        '<function_call>{"name": "clock", "arguments": {"zone": "Asia/Tokyo"}}</function_call>',
    ],
)
def test_an_answer_that_is_a_call_without_our_tags_is_read_as_one(text: str) -> None:
    row = spoken(text)
    assert (row.calls, row.answer, row.tool) == ((CALL,), "", "clock")


def test_calls_as_python_may_have_reserved_words_brackets_and_jsons_words_in_them() -> None:
    text = (
        """[pay them(from="A (x), b=1", class='B', n=-1, ok=true, xs=[1, {"a": null}]), clock()]"""
    )
    pay, clock = only(
        {"messages": [ASKED, {**SAID, "content": text}], "tools": [{"name": "pay them"}, CLOCK]}
    ).calls
    values = {"from": "A (x), b=1", "class": "B", "n": -1, "ok": True, "xs": [1, {"a": None}]}
    assert (pay.name, pay.arguments) == ("pay them", values)
    assert (clock.name, clock.arguments) == ("clock", {})


def test_glaives_quotes_may_hold_an_apostrophe_and_a_line_end() -> None:
    row = spoken("""<functioncall> {"name": "clock", "arguments": '{"zone": "It's\\nhere"}'}""")
    assert row.calls[0].arguments == {"zone": "It's\nhere"}


@pytest.mark.parametrize(
    "text",
    [
        '{"name": "Ada", "age": 3}',
        "[1, 2, 3]",
        "[see the docs (here)]",
        "[docs](https://example.com/a(b)]",
        '{"name": "clock", "parameters": {"type": "object", "properties": {}}}',
        '{"tool": "an hourglass", "arguments": {}}',
        "`clock` gives the time (of a zone).",
        "clock (of a zone)",
        'clock(zone="A") is how I would ask.',
        "const calls: Array<ToolCall> = []; Promise<FunctionCall>; <ToolUseBlock />",
        "If 7 < 8, the function calls itself. Action: none",
        "[",
        "{so}",
    ],
)
def test_an_answer_that_only_looks_like_a_call_stays_an_answer(text: str) -> None:
    assert (spoken(text).answer, spoken(text).calls) == (text, ())


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ('[clock("Asia/Tokyo")]', "an argument without a name"),
        ('[clock(zone="Asia/Tokyo)]', "a value that is no literal"),
        ("[clock(zone=[1)]", "are not closed"),
        ("[clock(zone=Tokyo)]", "a value that is no literal"),
        ('[clock(zone="A", zone="B")]', "without a name of its own"),
        ("[clock(n=1)" + ", clock(n=1)" * 1000 + "]", "more than 10000 characters"),
        ('Thought: so\nAction: clock\nAction Input: {"zone": "A"}', "'Action Input:'"),
        ("<|channel|>commentary to=functions.clock<|message|>{}<|call|>", "'<|channel|>'"),
        ('<function_calls><invoke name="clock"></invoke></function_calls>', "neither JSON"),
        ('functools[{"name": "clock", "arguments": {}}]', r"'functools\['"),
        ("<TOOLCALL>[]</TOOLCALL>", "begins with '<TOOLCALL'"),
        ("<｜DSML｜function_calls>\n", "function_calls'"),  # noqa: RUF001
        ("<minimax:tool_call>\n</minimax:tool_call>", "'<minimax:tool_call'"),
        ('<details type="tool_calls" name="clock"></details> Nine.', "tool_calls'"),
        ("<use_mcp_tool>\n<tool_name>clock</tool_name>\n</use_mcp_tool>", "'<use_mcp_tool>'"),
        ('Action Input: {"zone": "A"}', "'Action Input:'"),
        ("```tool_code\nclock()\n```", "'```tool_code'"),
        ('<tool_call>{"name": "clock", "zone": "A"}</tool_call>', "'clock' has 'zone', needed its"),
        ('<tool_call>{"name": "clock", "params": {}, "n": 1}</tool_call>', "'clock' has 'n'"),
    ],
)
def test_a_call_that_cannot_be_read_is_never_trained_as_words(text: str, fault: str) -> None:
    with pytest.raises(UnusableData, match=f"turn 2: .*{fault.replace('|', '.')}"):
        spoken(text)


@pytest.mark.parametrize(
    "text",
    [
        '{"tool": "clock", "tool_input": {"zone": "A"}}',
        'I look. {"function": "clock", "params": {"zone": "A"}}',
        '{"tool_calls": [{"name": "clock", "arguments": {"zone": "A"}}]}',
        '```python\nclock(zone="A")\n```',
        'print(clock(zone="A"))',
        '>>>clock\n{"zone": "A"}',
    ],
)
def test_words_that_call_one_of_the_tools_in_another_form_are_refused(text: str) -> None:
    with pytest.raises(UnusableData, match=r"^own\.jsonl:1: found a call of 'clock' in words"):
        spoken(text)
    unlearned = {**SAID, "content": text, "weight": 0}
    assert only({"messages": [ASKED, unlearned, ASKED, SAID], "tools": [TOOL]}).answer


def test_end_marks_that_an_exporter_kept_are_left_out_and_counted() -> None:
    ended = [
        {**ASKED, "content": "time in Asia/Tokyo?<|im_end|>\n"},
        {**SAID, "content": "It is nine. <|endoftext|>"},
        {**SAID, "content": "Write <|im_end|> behind it."},
    ]
    brought = read({"messages": ended, "tools": [TOOL]})
    said = [message.content for message in brought.rows[0].messages[1:]]
    assert said == ["time in Asia/Tokyo?", "It is nine.", "Write <|im_end|> behind it."]
    assert brought.notes[0].startswith("2 turns end with a model's own end mark")


@pytest.mark.parametrize("nothing", [None, {"name": None, "arguments": None}, []])
def test_a_turn_that_columns_give_a_call_of_nulls_calls_nothing(nothing: Any) -> None:
    padding = {"function_call": nothing, "tool_calls": [nothing]}
    turns = [{**ASKED, **padding}, {**CALLED, "function_call": nothing}, ANSWERED]
    row = only({"messages": [*turns, {**SAID, **padding}], "tools": [TOOL]})
    assert row.calls == (CALL,)


@pytest.mark.parametrize("arguments", [None, [], "[]", "null", "", "{}", {}])
def test_no_arguments_are_read_however_they_are_written(arguments: Any) -> None:
    call = {"function": {"name": "clock", "arguments": arguments}}
    row = only({"messages": [ASKED, {**CALLED, "tool_calls": [call]}], "tools": [OPTIONAL]})
    assert row.calls == (ToolCall(name="clock", arguments={}),)


def test_arguments_may_stand_beside_the_function() -> None:
    call = {"function": {"name": "clock"}, "arguments": '{"zone": "Asia/Tokyo"}'}
    assert only({"messages": [ASKED, {**CALLED, "tool_calls": [call]}], "tools": [TOOL]}).calls == (
        CALL,
    )


def test_a_call_that_stands_in_the_content_and_beside_it_is_one_call() -> None:
    part = {"type": "tool_use", "id": "x", "name": "clock", "input": CALL.arguments}
    beside = {"type": "tool_call", "id": "x", "name": "clock", "args": CALL.arguments}
    for identity in ("x", None):
        turn = {"type": "ai", "content": [part], "tool_calls": [{**beside, "id": identity}]}
        row = only({"messages": [{"type": "human", "content": "time?"}, turn], "tools": [TOOL]})
        assert row.calls == (CALL,)


@pytest.mark.parametrize(
    "thought",
    [
        {"content": [{"type": "reasoning", "text": "hm"}, {"type": "text", "text": "Nine."}]},
        {"content": [{"type": "thinking", "thinking": [{"type": "text", "text": "hm"}]}, "Nine."]},
        {"content": "Nine.", "reasoning": {"summary": [{"text": "hm"}]}},
        {"content": "Nine.", "reasoning_details": [{"type": "reasoning.text", "text": "hm"}]},
    ],
)
def test_a_thought_is_never_taken_for_words_and_never_lost(thought: dict[str, Any]) -> None:
    row = {"messages": [ASKED, {"role": "assistant", **thought}], "tools": [TOOL]}
    (read_row,) = read_own([json.dumps(row)], "own.jsonl", thinks=True).rows
    message = read_row.messages[-1]
    assert (message.content, message.reasoning_content) == ("Nine.", "hm")


def test_a_thought_that_is_encrypted_is_counted() -> None:
    parts = [{"type": "redacted_thinking", "data": "x"}, {"type": "text", "text": "Nine."}]
    brought = read({"messages": [ASKED, {**SAID, "content": parts}], "tools": [TOOL]})
    assert brought.notes == ("1 thoughts are encrypted: left out",)


@pytest.mark.parametrize("mark", [{"loss": 0}, {"train": 0.0}, {"weight": False}])
def test_a_switch_may_be_a_number_or_a_truth_value(mark: dict[str, Any]) -> None:
    row = only({"messages": [ASKED, {**SAID, **mark}, ASKED, SAID], "tools": [TOOL]})
    assert [message.weight for message in row.messages if message.role == "assistant"] == [0, 1]


def test_keys_of_a_turn_that_are_not_read_are_said() -> None:
    brought = read({"messages": [ASKED, {**SAID, "masked": True, "x": None}], "tools": [TOOL]})
    assert brought.notes == ("1 turns have 'masked', which is not read",)


def test_turns_under_two_keys_are_said_and_an_empty_list_is_none() -> None:
    spoken_turns = share_gpt("", ("human", "hi"), ("gpt", "Hello"))
    brought = read({**spoken_turns, "messages": [ASKED, SAID], "tools": [TOOL]})
    assert brought.rows[0].answer == "It is nine."
    assert brought.notes[0].startswith("1 rows have turns under two keys")
    assert only({**spoken_turns, "messages": [], "tools": [TOOL]}).answer == "Hello"


RESPONSES = (
    {"type": "reasoning", "id": "rs", "summary": [{"type": "summary_text", "text": "hm"}]},
    {"type": "function_call", "call_id": "c", **CALL.model_dump()},
    {"type": "function_call_output", "call_id": "c", "output": "09:00"},
    {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": "Nine."}]},
)  # fmt: skip


@pytest.mark.parametrize(
    "value",
    [
        {"messages": [ASKED, *RESPONSES], "tools": [TOOL]},
        {"input": [ASKED, *RESPONSES], "tools": [TOOL]},
        {"input": [ASKED], "output": list(RESPONSES), "tools": [TOOL]},
        {
            "request": {"input": ASKED["content"], "tools": [TOOL]},
            "response": {"output": RESPONSES},
        },
    ],
)
def test_items_of_openais_responses_are_turns(value: Any) -> None:
    brought = read(value)
    assert brought.rows[0].calls == (CALL,)
    assert [message.content for message in brought.rows[0].messages[3:]] == ["09:00", "Nine."]
    assert brought.notes == (
        "1 thoughts were left out: the model does not think before it answers",
    )


@pytest.mark.parametrize(
    "prompt",
    [
        f"Be exact. You can invoke:\n{json.dumps([CLOCK])}. Put calls as [f(a=1)]",
        f"Be exact. Use these -\n{json.dumps(CLOCK)}\n\n{json.dumps({**CLOCK, 'name': 'b'})}\n",
        f"Be exact. {{so}} [{{}}] {json.dumps([TOOL])}",
        f"Be exact.\n[AVAILABLE_TOOLS]{json.dumps([TOOL])}[/AVAILABLE_TOOLS]",
    ],
)
def test_tools_are_found_in_the_words_of_a_prompt(prompt: str) -> None:
    brought = read(share_gpt(prompt, TURNS[0], ("gpt", '[clock(zone="Asia/Tokyo")]')))
    (row,) = brought.rows
    assert (row.calls, row.tools[0]) == ((CALL,), TOOL)
    assert row.messages[0].content.startswith("Be exact.")
    assert not {"[f(a=1)]", "[AVAILABLE_TOOLS]"} & set(row.messages[0].content.split())
    assert brought.notes[0].startswith("1 system turns list their tools")


def test_two_lists_of_tools_are_said() -> None:
    brought = read({"messages": [ASKED, SAID], "tools": [TOOL], "functions": [CLOCK]})
    assert brought.notes[0].startswith("1 rows list tools twice")
    first = {"role": "system", "content": "Be exact.", "tools": [TOOL]}
    assert read({"messages": [first, ASKED, SAID]}).notes == ()


@pytest.mark.parametrize("key", ["toolInvocations", "invalid_tool_calls", "recipient"])
def test_an_answer_whose_calls_stand_elsewhere_is_refused(key: str) -> None:
    value = "functions.clock" if key == "recipient" else [{"toolName": "clock", "args": {}}]
    with pytest.raises(UnusableData, match=f"turn 2: its calls stand under '{key}'"):
        read({"messages": [ASKED, {**SAID, key: value}], "tools": [TOOL]})


def test_what_is_told_of_tools_beside_an_answer_is_no_call() -> None:
    beside = {"tools_used": ["clock"], "tool_choice": {"type": "auto"}, "callbacks": [{"at": 1}]}
    assert only({"messages": [ASKED, {**SAID, **beside}], "tools": [TOOL]}).answer
    written = {**SAID, "content": HERMES_CALL, "toolInvocations": [{"args": {}}]}
    assert only({"messages": [ASKED, written], "tools": [TOOL]}).calls == (CALL,)


def test_every_list_of_calls_of_a_turn_is_read() -> None:
    call = {"name": "clock", "arguments": '{"zone": "Asia/Seoul"}'}
    row = only({"messages": [ASKED, {**CALLED, "function_call": call}], "tools": [TOOL]})
    assert [one.arguments["zone"] for one in row.calls] == ["Asia/Tokyo", "Asia/Seoul"]
    for turn in (
        {"role": "assistant", "toolCalls": CALLED["tool_calls"]},
        {"type": "ai", "content": "", "additional_kwargs": {"tool_calls": CALLED["tool_calls"]}},
        {**CALLED, "function_call": FIRST_CALL["function"]},
    ):
        assert only({"messages": [ASKED, turn], "tools": [TOOL]}).calls == (CALL,)


def test_words_and_calls_that_are_left_out_are_said() -> None:
    asked = {**ASKED, "value": "else", "tool_calls": CALLED["tool_calls"]}
    assert read({"messages": [asked, SAID], "tools": [TOOL]}).notes == (
        "1 turns have 'value', which is not read",
        "1 turns have 'tool_calls', which is not read",
    )


def test_a_harmony_analysis_is_a_thought() -> None:
    thought = {"role": "assistant", "channel": "analysis", "content": "hm"}
    row = {"messages": [ASKED, thought, {**SAID, "channel": "final"}], "tools": [TOOL]}
    message = read_own([json.dumps(row)], "own.jsonl", thinks=True).rows[0].messages[-1]
    assert (message.content, message.reasoning_content) == ("It is nine.", "hm")


def test_an_answer_that_nobody_wants_is_left_out_and_counted() -> None:
    pair = {"prompt": [ASKED], "completion": [SAID], "tools": [TOOL]}
    brought = read({**pair, "label": True}, {**pair, "label": False})
    assert len(brought.rows) == 1
    assert brought.notes[0].startswith("1 rows say 'label': false")


def test_an_argument_that_no_tool_names_is_refused_where_the_schema_is_silent() -> None:
    closed = {**CLOCK, "inputSchema": {**SCHEMA, "additionalProperties": False}}
    closed.pop("parameters")
    opened = {**CLOCK, "parameters": {**SCHEMA, "additionalProperties": True}}
    call = {"name": "clock", "arguments": {"zone": "A", "town": "B"}}
    turns = [ASKED, {"role": "assistant", "function_call": call}]
    check = ROW_RULES["arguments fit the schema"][0]
    for tool in (CLOCK, closed):
        fault = check(only({"messages": turns, "tools": [tool]}))
        assert fault == "clock: 'town' is no parameter of it"
    for tool in (opened, {**opened, "inputSchema": opened["parameters"], "parameters": None}):
        assert not check(only({"messages": turns, "tools": [tool]}))


@pytest.mark.parametrize("key", ["name", "tool_name"])
def test_results_go_by_name_where_calls_have_no_ids(key: str) -> None:
    calls = [{"function": {"name": name, "arguments": {}}} for name in ("clock", "alarm")]
    results = [
        {"role": "tool", "tool_call_id": str(n), key: name, "content": name}
        for n, name in enumerate(("alarm", "clock"))
    ]
    turns = [ASKED, {**CALLED, "tool_calls": calls}, *results, SAID]
    row = only({"messages": turns, "tools": [OPTIONAL, {"name": "alarm"}]})
    assert [message.content for message in row.messages[3:5]] == ["clock", "alarm"]


def test_one_result_is_its_calls_own_whatever_id_it_has() -> None:
    turns = [ASKED, CALLED, {**ANSWERED, "tool_call_id": "another"}, SAID]
    assert only({"messages": turns, "tools": [TOOL]}).messages[3].content == "09:00"


def test_a_result_of_anthropics_in_a_turn_of_the_tools_is_one() -> None:
    part = {"type": "tool_result", "tool_use_id": "c1", "content": "09:00"}
    turns = [ASKED, CALLED, {"role": "tool", "content": [part]}, SAID]
    assert only({"messages": turns, "tools": [TOOL]}).messages[3].content == "09:00"


@pytest.mark.parametrize(
    ("turns", "where"),
    [
        ([ASKED, {**SAID, "content": ""}, ASKED, SAID], "message 3 .* assistant's"),
        ([{**ASKED, "content": None}, SAID], "message 2 .* user's"),
        ([ASKED, {"role": "assistant", "reasoning_content": "hm"}], "ends with an empty answer"),
    ],
)
def test_the_gate_refuses_an_empty_turn(turns: list[dict[str, Any]], where: str) -> None:
    row = only({"messages": turns, "tools": [TOOL]})
    assert re.match(where, ROW_RULES["ends with an answer"][0](row))


def test_files_that_were_put_together_keep_the_marks_of_their_beginnings(tmp_path: Path) -> None:
    line = "\ufeff" + json.dumps(FORMS["openai"])
    (tmp_path / "own.jsonl").write_text(f"{line}\r\n\n{line}", encoding="utf-8")
    assert len(read_own_file(tmp_path / "own.jsonl").rows) == 2


@pytest.mark.parametrize(
    ("content", "form"),
    [
        (b"\x1f\x8b\x08", "packed with gzip"),
        (b"PAR1\x15\x04", "a Parquet file"),
        (b"\xff\xfe{\0", "in UTF-16"),
    ],
)
def test_a_file_of_another_kind_is_refused_by_its_kind(
    content: bytes, form: str, tmp_path: Path
) -> None:
    (tmp_path / "own.jsonl").write_bytes(content)
    with pytest.raises(UnusableData, match=rf"^own\.jsonl: is {form}, needed JSONL"):
        read_own_file(tmp_path / "own.jsonl")


def test_a_pipe_is_refused_before_it_is_opened(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "own.jsonl")
    with pytest.raises(UnusableData, match="is a pipe or a device, needed a file"):
        read_own_file(tmp_path / "own.jsonl")


@pytest.mark.parametrize(
    "text",
    [
        "</s>" * 20_000,
        "```\n" + " " * 100_000 + "x",
        " " * 200_000 + "x",
        '[f(a="' + '\\"' * 4_000,
        "[f(a=[" + "1," * 4_000 + "1])]",
        "[f(a=" + "(" * 4_000 + ")]",
        "[f(a=" + "-" * 9_000 + "1)]",
        '<functioncall> {"name": "f", "arguments": ' + "'" * 50_000,
        "<tool_response>" * 20_000,
        '"' + "arg" * 60_000,
        "```" + "a" * 100_000,
        "f(" + ")" * 100_000 + "x",
        "<" * 100_000,
    ],
)
def test_no_answer_takes_longer_than_it_is_long(text: str) -> None:
    start = time.process_time()
    with suppress(UnusableData):
        spoken(text)
    assert time.process_time() - start < 2
