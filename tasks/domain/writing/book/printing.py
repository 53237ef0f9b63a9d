"""What a server prints for a call, from a phrasebook's examples."""

import json
import random
from typing import Any

from tasks.domain.products import ToolResult
from tasks.domain.toolcalls import ToolCall
from tasks.domain.writing.answered import Answered
from tasks.domain.writing.book.drawing import Book
from tasks.domain.writing.phrasebook import fill, slots


def printed(
    book: Book, call: ToolCall, rng: random.Random, *, error: bool = False
) -> Answered | None:
    """One of the book's results with the call's values in it; None where it has none for these."""
    fitting = [
        line
        for line in book.results(call.name, error=error)
        if set(slots(line.text + (line.answer or ""))) <= call.arguments.keys()
    ]
    if not fitting:
        return None
    line = rng.choice(fitting)
    values = {name: _as_text(value) for name, value in call.arguments.items()}
    result = ToolResult(text=fill(line.text, values), is_error=error, simulated=True)
    return Answered(result, fill(line.answer, values) if line.answer else "")


def _as_text(value: Any) -> str:
    if isinstance(value, list) and all(isinstance(part, str) for part in value):
        return ", ".join(value)
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
