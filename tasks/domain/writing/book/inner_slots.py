"""Slots inside what a line fixes: ``{person}`` in an entity, ``{table}`` in an SQL statement.

Such a slot is a free name that stands in the words too, and takes one of the values that the book
has for it. ``{person2}`` is another value of ``person``.
"""

import random
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, TypeVar

from tasks.domain.conversations import Split
from tasks.domain.untrusted.decoding import leaves
from tasks.domain.writing.book.filling import slots_inside, whole_slots
from tasks.domain.writing.phrasebook import (
    CallsLine,
    ClarifyLine,
    Line,
    RequestLine,
    ValuesLine,
    fill_some,
    only_slot,
    slots,
)
from tasks.domain.writing.values.instances import split_of

OneCallLine = TypeVar("OneCallLine", RequestLine, ClarifyLine, RequestLine | ClarifyLine)
Draw = Callable[[str, Sequence[Any]], Any]
"""A value for a name that is none of those taken already; None where there is none."""
_WORD = re.compile(r"\w+")


def inner_slots(line: RequestLine | ClarifyLine) -> tuple[str, ...]:
    """The slots of a line's words that stand inside its fixed arguments."""
    inside = {*slots_inside(line.fixed)}
    return tuple(name for name in _said_slots(line) if name in inside)


def free_names(lines: Iterable[Line]) -> frozenset[str]:
    """All names of slots inside arguments, also without their number."""
    names: set[str] = set()
    for line in lines:
        if isinstance(line, RequestLine | ClarifyLine):
            names |= {*inner_slots(line)}
        elif isinstance(line, CallsLine):
            for call in line.calls:
                whole = whole_slots(call)
                parts = [value for name, value in call.arguments.items() if name not in whole]
                names |= {*slots_inside(parts)}
    return frozenset(names | {base_name(name) for name in names})


def values_by_name(lines: Iterable[Line]) -> dict[str, tuple[Any, ...]]:
    """The values of each name, whatever tool they are for."""
    values: dict[str, tuple[Any, ...]] = {}
    for line in lines:
        if isinstance(line, ValuesLine):
            values[line.parameter] = values.get(line.parameter, ()) + line.values
    return values


def base_name(name: str) -> str:
    """``person2`` → ``person``."""
    return name.rstrip("0123456789") or name


def with_inner_values(line: OneCallLine, draw: Draw) -> OneCallLine | None:
    """The line with values for its inner slots; None where one of them has no value left."""
    values: dict[str, Any] = {}
    for name in inner_slots(line):
        value = draw(name, tuple(values.values()))
        if value is None:
            return None
        values[name] = value
    if not values:
        return line
    words = {name: str(value) for name, value in values.items()}
    texts: dict[str, str] = {
        part: fill_some(getattr(line, part), words)
        for part in ("text", "question", "answer")
        if part in type(line).model_fields
    }
    fixed = {name: _filled_in(value, values, words) for name, value in line.fixed.items()}
    return line.model_copy(update={**texts, "fixed": fixed})


def values_for(name: str, values: Mapping[str, Sequence[Any]]) -> Sequence[Any]:
    """The values of a name, or else of the name without its number."""
    return values.get(name) or values.get(base_name(name), ())


def kept_words(text: str, arguments: Mapping[str, Any]) -> frozenset[str]:
    """The words of a text that its call repeats: no slip of the fingers may touch them."""
    texts = (leaf for leaf in leaves(dict(arguments)) if isinstance(leaf, str))
    return words_of(text) & {word for leaf in texts for word in words_of(leaf)}


def words_of(text: str) -> frozenset[str]:
    """Its words as they are spelled."""
    return frozenset(_WORD.findall(text))


def drawing_from(
    values: Mapping[str, Sequence[Any]], rng: random.Random, split: Split | None = None
) -> Draw:
    """Draws from the values of a name; from those that are for a split, where it has some."""

    def draw(name: str, others: Sequence[Any]) -> Any:
        left = [value for value in values_for(name, values) if value not in others]
        usable = [value for value in left if split and split_of(value) == split] or left
        return rng.choice(usable) if usable else None

    return draw


def _said_slots(line: RequestLine | ClarifyLine) -> tuple[str, ...]:
    return slots(line.text if isinstance(line, RequestLine) else f"{line.text} {line.answer}")


def _filled_in(value: Any, values: Mapping[str, Any], words: dict[str, str]) -> Any:
    """A fixed value with its slots filled; other braces are its own."""
    if isinstance(value, str):
        slot = only_slot(value)
        return values[slot] if slot and slot in values else _put(value, words)
    if isinstance(value, list):
        return [_filled_in(part, values, words) for part in value]
    if isinstance(value, dict):
        return {key: _filled_in(part, values, words) for key, part in value.items()}
    return value


def _put(value: str, words: Mapping[str, str]) -> str:
    for name, text in words.items():
        value = value.replace(f"{{{name}}}", text)
    return value
