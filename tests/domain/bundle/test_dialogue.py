"""What a client of the endpoint may send, and the form in which it is answered."""

import json
from typing import Any

import pytest

from tasks.domain.bundle.checks import Agent
from tasks.domain.bundle.dialogue import (
    Assurance,
    ChatRequest,
    Reply,
    Step,
    Usage,
    chunks,
    completion,
    conversation,
)
from tasks.domain.conversations import SYSTEM_PROMPT
from tasks.domain.errors import UnusableData
from tasks.domain.toolcalls import ToolCall, parse, render

AGENT = Agent.model_validate(
    {
        "file": {"name": "model.gguf"},
        "toolset_fingerprint": "0",
        "stop": [],
        "max_seq_length": 512,
        "max_result_chars": 40,
    }
)
HELLO = {"role": "user", "content": "Hello"}
CALL = ToolCall(name="now", arguments={"zone": "é"})
HEAD = {"id": "chatcmpl-1", "created": 1, "model": "time-smollm2"}


def called(*pairs: str) -> dict[str, Any]:
    """The assistant's message with calls of these ids and arguments."""
    calls = [
        {"id": name, "type": "function", "function": {"name": "now", "arguments": arguments}}
        for name, arguments in zip(pairs[::2], pairs[1::2], strict=True)
    ]
    return {"role": "assistant", "content": None, "tool_calls": calls}


def test_the_trained_system_turn_is_put_in_front_where_a_client_sends_none() -> None:
    assert [m.content for m in conversation([HELLO], AGENT)] == [SYSTEM_PROMPT, "Hello"]
    own = conversation([{"role": "developer", "content": "Be brief."}, HELLO], AGENT)
    assert [(m.role, m.content) for m in own] == [("system", "Be brief."), ("user", "Hello")]


def test_a_result_is_cut_as_in_training_and_parts_of_a_text_are_joined() -> None:
    call = {"id": "1", "type": "function", "function": {"name": "now", "arguments": "{}"}}
    talk = conversation(
        [
            {"role": "user", "content": [{"type": "text", "text": "a"}, {"text": "b"}]},
            {"role": "assistant", "content": None, "tool_calls": [call]},
            {"role": "tool", "tool_call_id": "1", "content": "x" * 100},
        ],
        AGENT,
    )
    assert talk[1].content == "a\nb"
    assert talk[2].tool_calls[0].decoded() == ToolCall(name="now", arguments={})
    assert len(talk[3].content) <= AGENT.max_result_chars
    assert talk[3].content.endswith("[cut: 100 characters in all]")


@pytest.mark.parametrize(
    ("messages", "fault"),
    [
        ([], "nothing behind the system turn, needed a user's message"),
        ([{"role": "system", "content": "x"}], "nothing behind the system turn"),
        ([{"role": "assistant", "content": "x"}], "assistant behind the system turn"),
        ([HELLO, {"role": "assistant", "content": "x"}], "the last one is the assistant's"),
        ([{"role": "chef", "content": "x"}], "number 1: role: "),
        ([{"role": "user", "content": [{"type": "image_url"}]}], "parts that are no text"),
        ([HELLO, {"role": "assistant", "tool_calls": [{"function": {}}]}, HELLO], "number 2: "),
        ([HELLO, called("1", "{zone"), HELLO], "number 2: the arguments of a call are no JSON: "),
        ([HELLO, called("1", "[]"), HELLO], "number 2: arguments: "),
        ([HELLO, {"role": "assistant", "tool_calls": 5}, {"role": "tool"}], "number 2: tool_calls"),
    ],
)
def test_messages_that_cannot_be_asked_are_refused(
    messages: list[dict[str, Any]], fault: str
) -> None:
    with pytest.raises(UnusableData, match=fault):
        conversation(messages, AGENT)


def test_calls_are_given_as_openai_gives_them_whole_and_as_a_stream() -> None:
    said = parse(f"One moment.\n{render(CALL)}")
    usage = Usage(prompt_tokens=9, completion_tokens=3)
    whole = completion(said, (), "stop", usage, Assurance(confidence=0.75), **HEAD)
    (choice,) = whole["choices"]
    assert choice["finish_reason"] == "tool_calls"
    assert choice["message"]["content"] == "One moment."
    (call,) = choice["message"]["tool_calls"]
    assert (call["type"], call["id"]) == ("function", "call_chatcmpl-1_0")
    assert json.loads(call["function"]["arguments"]) == CALL.arguments
    assert whole["usage"]["total_tokens"] == 12
    first, last, end = (event.removeprefix("data: ").strip() for event in chunks(whole))
    delta = json.loads(first)["choices"][0]["delta"]
    assert delta["tool_calls"][0] | {"index": 0} == {"index": 0} | call
    assert json.loads(last)["choices"][0]["finish_reason"] == "tool_calls"
    assert json.loads(last)["object"] == "chat.completion.chunk"
    assert json.loads(last)["choices"][0]["confidence"] == choice["confidence"] == 0.75
    assert "message" not in json.loads(last)["choices"][0]
    assert end == "[DONE]"


def test_results_stand_in_the_order_of_their_calls_however_they_came_in() -> None:
    first, second, strange = (
        {"role": "tool", "tool_call_id": name, "content": f"of {name}"} for name in ("a", "b", "c")
    )
    turn = called("a", '{"zone": "Rome"}', "b", "")
    talk = conversation([HELLO, turn, second, first], AGENT)
    assert [message.content for message in talk[3:]] == ["of a", "of b"]
    assert talk[2].tool_calls[1].decoded().arguments == {}, "an empty text stands for no arguments"
    unknown = conversation([HELLO, turn, second, strange], AGENT)
    assert [message.content for message in unknown[3:]] == ["of b", "of c"]


def test_a_stream_tells_its_tokens_once_and_only_where_they_are_asked_for() -> None:
    step = Step(name="now", arguments={}, result="ten")
    usage = Usage(prompt_tokens=9, completion_tokens=3)
    whole = completion(parse("Ten."), (step,), "stop", usage, Assurance(), **HEAD)
    plain, asked = (
        [json.loads(event.removeprefix("data: ")) for event in chunks(whole, with_usage=on)[:-1]]
        for on in (False, True)
    )
    assert not any("usage" in event for event in plain)
    assert ["executed_calls" in event for event in plain] == [False, True]
    assert asked[:-1] == plain
    assert (asked[-1]["choices"], asked[-1]["usage"]["total_tokens"]) == ([], 12)


def test_half_a_character_is_a_question_mark_wherever_it_stands() -> None:
    cut = json.loads('{"messages": [{"role": "user", "content": "a \\ud83d b"}]}')
    assert ChatRequest.model_validate(cut).messages[0]["content"] == "a ? b"


@pytest.mark.parametrize(("wish", "count"), [(None, 2), (True, 2), (False, 1)])
def test_a_client_that_takes_one_call_at_a_time_gets_the_first(
    wish: bool | None, count: int
) -> None:
    request = ChatRequest.model_validate({"messages": [], "parallel_tool_calls": wish})
    both = parse(render(CALL) + render(ToolCall(name="then", arguments={})))
    assert [call.name for call in request.part_of(both).calls] == ["now", "then"][:count]


def test_a_call_that_cannot_be_read_is_shown_instead_of_lost() -> None:
    said = parse("<tool_call>\n{now}\n</tool_call>")
    (choice,) = completion(said, (), "stop", Usage(), Assurance(), **HEAD)["choices"]
    assert choice["message"] == {"role": "assistant", "content": "{now}"}
    assert choice["finish_reason"] == "stop"


@pytest.mark.parametrize(
    ("answer", "calls", "asks"),
    [("Which zone? ", (), True), ("It is ten.", (), False), ("Is it?", ("now",), False)],
)
def test_only_a_question_without_a_call_asks_back(
    answer: str, calls: tuple[str, ...], asks: bool
) -> None:
    steps = tuple(Step(name=name, arguments={}, result="") for name in calls)
    assert Reply(question="?", calls=steps, answer=answer).asks_back is asks
