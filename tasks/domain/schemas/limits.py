"""Whether a schema is of a size that can be worked with: looked at before anything is built of it.

A tool list comes from a stranger. What takes time or memory without end is refused by counting.
"""

import math
import re
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

from tasks.domain.errors import UnusableTool
from tasks.domain.schemas.references import Document

MOST_PARTS = 20_000
"""Objects, lists and values of one schema; the largest of 600 public tools has some 2,000."""
MOST_DEPTH = 100
"""Levels of objects and lists in one another."""
MOST_LENGTH = 10_000
"""Characters that a value may have to have."""
MOST_MEMBERS = 200
"""Items or properties that it may have to have."""
MOST_TEXT = 20_000
"""Characters of one text: a name, a description, a pattern."""
MOST_CHECKS = 50_000
"""Schemas that may apply to one value, every one counted as often as it is referred to."""
MOST_DIGITS = 300
"""Digits of a whole number: a float has some 308."""
_LEAST = {
    "minLength": MOST_LENGTH,
    **dict.fromkeys(("minItems", "minProperties", "minContains"), MOST_MEMBERS),
}
SIZES = frozenset((*_LEAST, "maxLength", "maxItems", "maxProperties", "maxContains"))
"""Keywords that count characters, items or properties."""
_SAME_VALUE = ("allOf", "anyOf", "oneOf", "not", "if", "then", "else", "dependentSchemas")
"""Keywords whose schemas apply to the value itself, not to a part of it."""
_REFERENCES = ("$ref", "$dynamicRef", "$recursiveRef")
_HALF = re.compile("[\ud800-\udfff]")
"""Half of a surrogate pair, which no text in UTF-8 can hold."""


def excess(value: Any) -> str:
    """Why a schema, or a tool with its schemas, is too much to work with; empty when it is not."""
    for number, (depth, part) in enumerate(_parts(value)):
        if number > MOST_PARTS:
            return f"more than {MOST_PARTS} parts"
        if depth > MOST_DEPTH:
            return f"nested more than {MOST_DEPTH} levels deep"
        if fault := _excess_of_part(part):
            return fault
    return ""


def _parts(value: Any) -> Iterator[tuple[int, Any]]:
    """Every key and value with its depth; without recursion, which Python bounds."""
    waiting: list[tuple[int, Any]] = [(0, value)]
    while waiting:
        depth, part = waiting.pop()
        yield depth, part
        if isinstance(part, dict):
            waiting.extend((depth + 1, inner) for pair in part.items() for inner in pair)
        elif isinstance(part, list | tuple):
            waiting.extend((depth + 1, inner) for inner in part)


def _excess_of_part(part: Any) -> str:
    if isinstance(part, int) and abs(part) >= 10**MOST_DIGITS:
        return f"a whole number of more than {MOST_DIGITS} digits"
    if isinstance(part, float) and not math.isfinite(part):
        return "a number that is not finite"
    if isinstance(part, str) and len(part) > MOST_TEXT:
        return f"a text of more than {MOST_TEXT} characters"
    return "half of a surrogate pair" if isinstance(part, str) and _HALF.search(part) else ""


def oversized(schema: Any) -> str:
    """Which keyword asks for a value that is too long to be written; empty when none does."""
    for _, part in _parts(schema):
        for keyword, most in _LEAST.items() if isinstance(part, dict) else ():
            size = part.get(keyword)
            if isinstance(size, int | float) and size > most:
                return f"{keyword} is more than the {most} that are written here"
    return ""


def endless(schema: Any) -> str:
    """Why checking one value would take too many steps; empty when it would not.

    A schema that refers twice to one that refers twice to a third doubles with each.
    """
    if not any(part in _REFERENCES for _, part in _parts(schema) if isinstance(part, str)):
        return ""
    counter = _Counter(Document(schema))
    for _, part in _parts(schema):
        if counter.steps(part) > MOST_CHECKS:
            return f"it refers to itself without an end, or more than {MOST_CHECKS} times"
    return ""


def lost_reference(schema: Any) -> str:
    """The first reference that leads nowhere or out of the document; empty when none does."""
    document = Document(schema)
    for _, part in _parts(schema):
        if isinstance(part, dict) and isinstance(reference := part.get("$ref"), str):
            try:
                document.lookup(reference)
            except UnusableTool as fault:
                return str(fault)
    return ""


class _Counter:
    """Counts the schemas that apply to one value; each schema is counted once."""

    def __init__(self, document: Document) -> None:
        self._document = document
        self._counts: dict[int, float] = {}

    def steps(self, schema: Any, depth: int = 0) -> float:
        """1, and those of all schemas that apply to the same value; infinite in a circle."""
        if not isinstance(schema, dict):
            return 1
        if depth > MOST_DEPTH:
            return math.inf
        if id(schema) not in self._counts:
            self._counts[id(schema)] = math.inf  # met again before it is counted: a circle
            parts = self._of_same_value(schema)
            self._counts[id(schema)] = 1 + sum(self.steps(part, depth + 1) for part in parts)
        return self._counts[id(schema)]

    def _of_same_value(self, schema: dict[str, Any]) -> Iterator[Any]:
        for keyword in _SAME_VALUE:
            inner = schema.get(keyword)
            if isinstance(inner, list):
                yield from inner
            elif keyword == "dependentSchemas" and isinstance(inner, dict):
                yield from inner.values()
            elif inner is not None:
                yield inner
        for keyword in _REFERENCES:
            if isinstance(reference := schema.get(keyword), str):
                with suppress(UnusableTool):  # the validator says which one leads nowhere
                    yield self._document.lookup(reference)
