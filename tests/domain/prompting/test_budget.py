"""How many tokens a tool list takes, with words as tokens."""

from collections.abc import Sequence
from typing import Any

from tasks.domain.gate.budget import ROOM, list_tokens, refusal, tool_tokens

from tasks.domain.conversations import Message
from tasks.domain.products import Tool, Toolset


def _count(messages: Sequence[Message], tools: Sequence[dict[str, Any]]) -> int:
    return sum(len(m.content.split()) for m in messages) + sum(len(str(t).split()) for t in tools)


def _toolset(*descriptions: str) -> Toolset:
    tools = (
        Tool(name=f"tool{n}", description=text, input_schema={"type": "object"})
        for n, text in enumerate(descriptions)
    )
    return Toolset(server="words", tools=tuple(tools))


def test_each_tools_size_is_what_the_list_shrinks_by_without_it() -> None:
    toolset = _toolset("one two three", "one", "one two")
    for tool in toolset.tools:
        rest = tuple(other for other in toolset.tools if other != tool)
        shorter = list_tokens(toolset.model_copy(update={"tools": rest}), _count)
        assert tool_tokens(toolset, _count)[tool.name] == list_tokens(toolset, _count) - shorter


def test_one_tools_size_is_that_of_the_list_less_a_list_without_tools() -> None:
    toolset = _toolset("one two three")
    empty = list_tokens(toolset.model_copy(update={"tools": ()}), _count)
    assert tool_tokens(toolset, _count) == {"tool0": list_tokens(toolset, _count) - empty}


def test_a_list_that_leaves_room_is_not_refused() -> None:
    toolset = _toolset("one", "two")
    assert refusal(toolset, _count, list_tokens(toolset, _count) + ROOM) == ""


def test_a_list_that_is_too_long_is_refused_with_its_size_and_the_largest_tool_first() -> None:
    toolset = _toolset("small", "a large one of many words")
    size = list_tokens(toolset, _count)
    text = refusal(toolset, _count, size + ROOM - 1)
    assert f"2 tools takes {size} tokens" in text
    assert text.index("tool1 ") < text.index("tool0 ")
    assert "--include-tools" in text


def test_six_hundred_tools_are_judged_with_a_few_counts_each() -> None:
    counts: list[int] = []

    def count(messages: Sequence[Message], tools: Sequence[dict[str, Any]]) -> int:
        counts.append(len(tools))
        return _count(messages, tools)

    text = refusal(_toolset(*["one two"] * 600), count, 2048)
    assert text.endswith(" and 500 more")
    assert sum(counts) <= 3 * 600
