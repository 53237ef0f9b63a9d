"""How many tokens a tool list takes, and whether a conversation still fits behind it."""

from collections.abc import Callable, Sequence
from typing import Any

from tasks.domain.conversations import SYSTEM_PROMPT, Message
from tasks.domain.products import Toolset
from tasks.domain.toollists import functions

ROOM = 384
"""Tokens that a conversation needs: a question of 40, a call of 60, a result of about 200 (600
characters of JSON), an answer of 80."""

MOST_LISTED = 100
"""Tools that a refusal names."""
_TURNS = (Message(role="system", content=SYSTEM_PROMPT), Message(role="user", content=""))
Count = Callable[[Sequence[Message], Sequence[dict[str, Any]]], int]


def list_tokens(toolset: Toolset, count: Count) -> int:
    """Tokens of the system turn with all tools."""
    return count(_TURNS, functions(toolset))


def tool_tokens(toolset: Toolset, count: Count) -> dict[str, int]:
    """Tokens that each tool adds: each is counted alone, less what all have in common."""
    tools = functions(toolset)
    alone = {tool["function"]["name"]: count(_TURNS, [tool]) for tool in tools}
    if len(tools) == 1:
        shared = count(_TURNS, ())
    else:
        shared = (sum(alone.values()) - count(_TURNS, tools)) // (len(tools) - 1)
    return {name: size - shared for name, size in alone.items()}


def refusal(toolset: Toolset, count: Count, max_seq_length: int) -> str:
    """Why the list does not fit, with the largest tools first; empty when it fits."""
    prefix = list_tokens(toolset, count)
    if prefix + ROOM <= max_seq_length:
        return ""
    largest = sorted(tool_tokens(toolset, count).items(), key=lambda item: -item[1])
    sizes = ", ".join(f"{name} {size}" for name, size in largest[:MOST_LISTED])
    more = f" and {len(largest) - MOST_LISTED} more" if len(largest) > MOST_LISTED else ""
    return (
        f"the list of {len(largest)} tools takes {prefix} tokens; with {ROOM} for a conversation "
        f"at most {max_seq_length - ROOM} of {max_seq_length} are free. Name the tools to include "
        f"(--include-tools a,b,c); tokens each: {sizes}{more}"
    )
