"""File names that end as the files of their parameter do: a workbook is no ``plan.log``."""

import random
import re
from collections.abc import Iterable, Sequence
from typing import Any

from tasks.domain.identifiers import name_words
from tasks.domain.products import Tool
from tasks.domain.writing.values import words
from tasks.domain.writing.values.meanings import MEDIA
from tasks.domain.writing.values.parameters import IS_WRITTEN

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


def told_endings(described: str, tool: Tool) -> tuple[str, ...]:
    """How the files of a parameter end by its name and description, its tool's words or name."""
    texts = (described, tool.description.split(". ")[0], " ".join(name_words(tool.name)))
    endings = next(filter(None, map(endings_in, texts)), ())
    return endings[-1:] if IS_WRITTEN.search(described) else endings[:1]


def holds_media(described: str, others: Iterable[str]) -> bool:
    """Whether a file is not the picture itself but the document that it is put into."""
    is_document = bool(endings_in(described)) or any(map(MEDIA.search, others))
    return is_document and not MEDIA.search(described)
