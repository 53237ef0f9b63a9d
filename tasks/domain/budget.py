"""How many tokens a tool list takes, and whether a conversation still fits behind it."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from tasks.domain.conversations import SYSTEM_PROMPT, Message
from tasks.domain.products import Toolset
from tasks.domain.schemas import functions

ROOM = 384
"""Tokens that a conversation needs: a question of 40, a call of 60, a result of about 200 (600
characters of JSON), an answer of 80."""

Count = Callable[[Sequence[Message], Sequence[dict[str, Any]]], int]


def tool_tokens(toolset: Toolset, count: Count) -> tuple[int, dict[str, int]]:
    """(tokens of the system turn with all tools, tokens that each tool adds)."""
    turns = (Message(role="system", content=SYSTEM_PROMPT), Message(role="user", content=""))
    tools = functions(toolset)
    whole = count(turns, tools)
    sizes = {
        tool["function"]["name"]: whole - count(turns, [other for other in tools if other != tool])
        for tool in tools
    }
    return whole, sizes


def refusal(prefix: int, sizes: Mapping[str, int], max_seq_length: int) -> str:
    """Why the list does not fit, with the largest tools first; empty when it fits."""
    if prefix + ROOM <= max_seq_length:
        return ""
    largest = sorted(sizes.items(), key=lambda item: -item[1])
    listed = ", ".join(f"{name} {size}" for name, size in largest)
    return (
        f"the list of {len(sizes)} tools takes {prefix} tokens; with {ROOM} for a conversation "
        f"at most {max_seq_length - ROOM} of {max_seq_length} are free. Name the tools to include "
        f"(--include-tools a,b,c); tokens each: {listed}"
    )
