"""How many tokens a tool list takes, with words as tokens."""

from collections.abc import Sequence
from typing import Any

from tasks.domain.conversations import Message
from tasks.domain.products import Tool, Toolset
from tasks.domain.prompting.budget import list_tokens, sizes_by_group, tool_tokens


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


def test_a_group_is_the_tools_with_one_first_word() -> None:
    names = ("issue_create", "get-file", "repo.list", "echo", "listIssues", "issue_close")
    assert sizes_by_group({name: size for size, name in enumerate(names)}) == {
        "issue_*": [0, 5],
        "get-*": [1],
        "repo.*": [2],
        "echo": [3],
        "listIssues": [4],
    }
