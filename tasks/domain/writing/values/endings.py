"""File names that end as the files of their parameter do: a workbook is no ``plan.log``."""

import random
import re
from collections.abc import Sequence
from typing import Any

from tasks.domain.writing.values import words

_ENDING = re.compile(r"(?<=[^/.])\.[A-Za-z][A-Za-z0-9]{0,4}$")
_LITERAL = re.compile(rf"(?<![\w.])\*?(\.(?:{'|'.join(words.DOCUMENT_ENDINGS)}))\b", re.IGNORECASE)


def endings_of(listed: Sequence[Any]) -> tuple[str, ...]:
    """The endings of known files; none where one of them has no ending."""
    endings = [match[0] for each in listed if (match := _ENDING.search(str(each)))]
    return tuple(endings) if len(endings) == len(listed) else ()


def endings_in(text: str) -> tuple[str, ...]:
    """The endings of the documents that a description speaks of, in its order: "a Word file"."""
    literal = [(match.start(), match[1].lower()) for match in _LITERAL.finditer(text)]
    named = [
        (match.start(), f".{ending}")
        for ending, pattern in words.DOCUMENTS.items()
        if (match := re.search(rf"(?i)\b(?:{pattern})\b", text))
    ]
    return tuple(ending for _, ending in sorted(literal + named))


def with_ending(value: Any, endings: Sequence[str], rng: random.Random) -> Any:
    """The value with one of the endings, instead of its own."""
    if not isinstance(value, str) or not endings or value.endswith(tuple(endings)):
        return value
    return _ENDING.sub("", value) + rng.choice(endings)
