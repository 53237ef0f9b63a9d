"""What a server prints for a call, from a phrasebook's examples."""

import json
import random
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

from tasks.domain.products import ToolResult
from tasks.domain.toolcalls import ToolCall
from tasks.domain.writing.answered import Answered
from tasks.domain.writing.book.drawing import Book
from tasks.domain.writing.phrasebook import fill, slots


def printed_after(
    book: Book, changes: Sequence[ToolCall], call: ToolCall, rng: random.Random
) -> Answered | None:
    """One of the book's results that shows what earlier calls have changed; None without any.

    ``{write_file.content}`` in a result line is an argument of the last such call, of one that
    was about the same thing: parameters of the same name have the same values.
    """
    earlier = {
        f"{change.name}.{name}": value
        for change in changes
        if all(call.arguments.get(name, value) == value for name, value in change.arguments.items())
        for name, value in change.arguments.items()
    }
    return printed(book, call, rng, earlier) if earlier else None


def printed(
    book: Book,
    call: ToolCall,
    rng: random.Random,
    earlier: Mapping[str, Any] = MappingProxyType({}),
    *,
    error: bool = False,
) -> Answered | None:
    """One of the book's results with the call's values in it; None where it has none for these.

    ``earlier``: arguments of calls before, of which the result has to show one.
    """
    values = {**earlier, **call.arguments}
    fitting = []
    for line in book.results(call.name, error=error):
        names = set(slots(line.text + (line.answer or "")))
        is_after = not earlier or bool(names & earlier.keys())
        one_each = not any(_is_several(values.get(name)) for name in slots(line.text))
        if names <= values.keys() and is_after and one_each:
            fitting.append(line)
    if not fitting:
        return None
    line = rng.choice(fitting)
    texts = {name: in_words(value) for name, value in values.items()}
    result = ToolResult(text=fill(line.text, texts), is_error=error, simulated=True)
    return Answered(result, fill(line.answer, texts) if line.answer else "")


def _is_several(value: Any) -> bool:
    """Whether a result prints each part of a value in a place of its own."""
    return isinstance(value, list) and len(value) > 1 and isinstance(value[0], str)


def in_words(value: Any) -> str:
    """A value as a person types it, and as a server prints it."""
    if isinstance(value, list) and all(isinstance(part, str) for part in value):
        return ", ".join(value)
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
