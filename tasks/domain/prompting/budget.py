"""How many tokens a tool list takes, and whether a conversation still fits behind it."""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from tasks.domain.conversations import Message, opening
from tasks.domain.products import Toolset
from tasks.domain.toollists import functions

ROOM = 384
"""Tokens that a conversation needs: a question of 40, a call of 60, a result of about 200 (600
characters of JSON), an answer of 80."""

_FIRST_WORD = re.compile(r"[^\W_]+[_.\-/]")
_TURNS = opening("")
Count = Callable[[Sequence[Message], Sequence[dict[str, Any]]], int]


def text_tokens(system: str, count: Count) -> int:
    """Tokens of a system turn without tools."""
    return count(opening("", system), ())


def list_tokens(toolset: Toolset, count: Count) -> int:
    """Tokens of the system turn with all tools."""
    return count(_TURNS, functions(toolset))


def tool_tokens(toolset: Toolset, count: Count) -> dict[str, int]:
    """Tokens that each tool adds: each is counted alone, less what all have in common."""
    tools = functions(toolset)
    alone = {
        tool.name: count(_TURNS, [one]) for tool, one in zip(toolset.tools, tools, strict=True)
    }
    if len(tools) == 1:
        shared = count(_TURNS, ())
    else:
        shared = (sum(alone.values()) - count(_TURNS, tools)) // (len(tools) - 1)
    return {name: size - shared for name, size in alone.items()}


def sizes_by_group(sizes: Mapping[str, int]) -> dict[str, list[int]]:
    """The sizes of tools by the pattern of their names' first word: ``issue_*``."""
    groups: dict[str, list[int]] = {}
    for name, size in sizes.items():
        first = _FIRST_WORD.match(name)
        groups.setdefault(f"{first[0]}*" if first else name, []).append(size)
    return groups
