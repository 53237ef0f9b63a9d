"""How many tokens a tool list takes, with words as tokens."""

from collections.abc import Sequence
from typing import Any

from tasks.domain.budget import ROOM, refusal, tool_tokens
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
    whole, sizes = tool_tokens(_toolset("one two three", "one"), _count)
    assert sizes["tool0"] - sizes["tool1"] == 2
    assert whole > sum(sizes.values())


def test_a_list_that_leaves_room_is_not_refused() -> None:
    assert refusal(100, {"a": 50}, 100 + ROOM) == ""


def test_a_list_that_is_too_long_is_refused_with_its_size_and_the_largest_tool_first() -> None:
    text = refusal(2011, {"small": 10, "large": 900}, 2048)
    assert "2 tools takes 2011 tokens" in text
    assert text.index("large 900") < text.index("small 10")
    assert "--include-tools" in text
