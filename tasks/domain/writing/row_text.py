"""Rows as a person reads them in a terminal: what was said, what was called, what came back."""

import json
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby

from tasks.domain.conversations import Message, Row

WIDTH = 160
"""Characters of a line; what is longer is cut."""


def rows_as_text(rows: Iterable[Row]) -> str:
    """All rows by scenario, a line for each message; system turn and tool list are left out."""
    ordered = sorted(rows, key=lambda row: row.scenario)
    lines: list[str] = []
    for scenario, group in groupby(ordered, key=lambda row: row.scenario):
        conversations = ["\n".join(_lines(row.messages)) for row in group]
        lines.append("\n\n".join([f"── {scenario} ({len(conversations)})", *conversations]))
    return "\n\n".join(lines)


def _lines(messages: Sequence[Message]) -> Iterator[str]:
    for message in messages:
        if message.role == "user":
            yield _shortened(f"user    {message.content}")
        elif message.role == "tool":
            yield _shortened(f"result  {message.content}")
        elif message.role == "assistant":
            if message.content:
                yield _shortened(f"answer  {message.content}")
            for message_call in message.tool_calls:
                call = message_call.decoded()
                arguments = json.dumps(call.arguments, ensure_ascii=False)
                yield _shortened(f"call    {call.name} {arguments}")


def _shortened(text: str) -> str:
    """One line of printable characters: a server's text may hold what moves a terminal's cursor."""
    escaped_text = text.replace("\n", "⏎")
    line = "".join(character if character.isprintable() else "�" for character in escaped_text)
    return line if len(line) <= WIDTH else f"{line[: WIDTH - 1]}…"
