"""A regular expression → a string that it matches."""

import random
import re
import string
from collections.abc import Callable
from functools import lru_cache
from re import _constants as codes  # type: ignore[attr-defined]
from re import _parser as parser  # type: ignore[attr-defined]
from typing import Any

from tasks.domain.schemas.limits import MOST_LENGTH
from tasks.domain.schemas.validation import has_hard_patterns, validator

_EXTRA_REPEATS = 4
"""How many repeats beyond the least an open-ended repeat may get: keeps values short."""
_EXTRA_DIGITS = 1
"""The same for digits: "24h" rather than "56688h"."""
_DRAWS = 24
"""Strings written until one is of the length that is asked for."""
_CATEGORIES = {
    codes.CATEGORY_DIGIT: string.digits,
    codes.CATEGORY_SPACE: " ",
    codes.CATEGORY_WORD: string.ascii_letters + string.digits,
    codes.CATEGORY_NOT_DIGIT: string.ascii_lowercase,
    codes.CATEGORY_NOT_SPACE: string.ascii_lowercase,
    codes.CATEGORY_NOT_WORD: "-",
}
_PRINTABLE = string.ascii_letters + string.digits + " -_.,:;!?/+*=()[]{}<>@#%&'"
_UNICODE = {"Lu": "A-Z", "Ll": "a-z", "L": "a-zA-Z", "N": "0-9", "P": ".,!", "Z": " ", "S": "+="}
"""Some signs of each Unicode category, as the inside of a class."""
_ECMA = re.compile(
    r"\\[pP]\{(?:\w+=)?(?P<category>\w+)\}|\(\?<(?P<group>\w+)>|(?P<rest>\\.|[\[\]])"
)


def in_form(text: str, pattern: str, least: int, most: int) -> str | None:
    """A text, or one of its spellings, that a pattern matches and that is of that length."""
    low = text.lower()
    spellings = (text, low, low.replace(" ", "-"), low.replace(" ", "_"), low.replace(" ", ""))
    fitting = (t for t in spellings if least <= len(t) <= most and _matches(pattern, t))
    return next(fitting, None)


def matching(pattern: str, rng: random.Random, least: int, most: int) -> str | None:
    """A string of that length that a pattern matches, or None when the pattern is beyond us."""
    try:
        parsed = _parsed(pattern)
        if parsed.getwidth()[0] > MOST_LENGTH:
            return None
        for draw in range(_DRAWS):
            extra = _EXTRA_REPEATS if draw < 3 else rng.randint(0, max(_EXTRA_REPEATS, least))
            text = _Writer(rng, extra, most).sequence(parsed)
            if least <= len(text) <= most and _matches(pattern, text):
                return text
    except (re.error, KeyError, IndexError, OverflowError, RecursionError):
        return None
    return None


def with_tail(text: str, pattern: str, tail: str, most: int) -> str:
    """A text that a pattern only says the beginning of (``^s3://``), and something behind it."""
    is_beginning = pattern.startswith("^") and not pattern.endswith("$") and "|" not in pattern
    longer = text + tail
    return longer if is_beginning and len(longer) <= most and _matches(pattern, longer) else text


def _matches(pattern: str, text: str) -> bool:
    schema = {"pattern": pattern}
    # A pattern that takes megabytes is compiled once: with the schema that the value is held to.
    return has_hard_patterns(schema) or bool(validator(schema).is_valid(text))


@lru_cache(maxsize=256)
def _parsed(pattern: str) -> Any:
    """The parts of a pattern of ECMA 262, which Python's own parser reads with few changes."""
    is_inside = False

    def translate(match: re.Match[str]) -> str:
        nonlocal is_inside
        if match["category"]:
            signs = _UNICODE.get(match["category"], _UNICODE.get(match["category"][0], "a-z"))
            return signs if is_inside else f"[{signs}]"
        if match["group"]:
            return f"(?P<{match['group']}>"
        if match["rest"] in ("[", "]"):
            is_inside = match["rest"] == "["
        return match["rest"]

    return parser.parse(_ECMA.sub(translate, pattern))


class _Writer:
    """Writes one string, part by part."""

    def __init__(self, rng: random.Random, extra: int, most: int) -> None:
        self._rng = rng
        self._extra = extra
        self._signs_left = most
        """Signs that may still be written: inside of repeats, repeats multiply."""

    def sequence(self, items: Any) -> str:
        return "".join(_WRITERS[op](self, arg) for op, arg in items)

    def repeat(self, arg: Any) -> str:
        low, high, items = arg
        is_number = len(items) == 1 and _signs(items[0]) == string.digits
        extra = min(self._extra, _EXTRA_DIGITS) if is_number else self._extra
        top = max(int(low), min(int(high), int(low) + extra))
        text = ""
        for turn in range(self._rng.randint(int(low), top)):
            if turn >= low and self._signs_left <= 0:
                break
            text += self.sequence(items)
        return f"{self._rng.randint(1, 9)}{text[1:]}" if is_number and len(text) > 1 else text

    def one_of(self, signs: str) -> str:
        self._signs_left -= 1
        return self._rng.choice(signs)


def _signs(item: Any) -> str:
    """The signs that one part of a pattern stands for; empty where it is no set of signs."""
    op, arg = item
    return _characters(arg) if op is codes.IN and arg[0][0] is not codes.NEGATE else ""


def _characters(items: Any) -> str:
    signs = ""
    for op, arg in items:
        if op is codes.LITERAL:
            signs += chr(arg)
        elif op is codes.RANGE:
            signs += "".join(map(chr, range(arg[0], min(arg[1], arg[0] + 200) + 1)))
        elif op is codes.CATEGORY:
            signs += _CATEGORIES[arg]
    return signs


def _class(items: Any) -> str:
    if items[0][0] is not codes.NEGATE:
        return _characters(items)
    excluded = _characters(items)
    allowed = "".join(sign for sign in _PRINTABLE if sign not in excluded)
    return "".join(sign for sign in allowed if sign.isalnum()) or allowed


_WRITERS: dict[Any, Callable[[_Writer, Any], str]] = {
    codes.LITERAL: lambda writer, arg: writer.one_of(chr(arg)),
    codes.NOT_LITERAL: lambda writer, arg: writer.one_of(
        string.ascii_lowercase.replace(chr(arg), "")
    ),
    codes.ANY: lambda writer, _: writer.one_of(string.ascii_lowercase),
    codes.IN: lambda writer, arg: writer.one_of(_class(arg)),
    codes.MAX_REPEAT: _Writer.repeat,
    codes.MIN_REPEAT: _Writer.repeat,
    codes.POSSESSIVE_REPEAT: _Writer.repeat,
    codes.BRANCH: lambda writer, arg: writer.sequence(writer._rng.choice(arg[1])),
    codes.SUBPATTERN: lambda writer, arg: writer.sequence(arg[3]),
    codes.AT: lambda _writer, _arg: "",
    # What must not stand here is left to chance, and looked at in the whole string.
    codes.ASSERT_NOT: lambda _writer, _arg: "",
}
