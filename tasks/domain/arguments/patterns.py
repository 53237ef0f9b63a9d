"""A regular expression → a string that it matches."""

import random
import re
import string
from collections.abc import Callable
from re import _constants as codes  # type: ignore[attr-defined]
from re import _parser as parser  # type: ignore[attr-defined]
from typing import Any

_EXTRA_REPEATS = 4
"""How many repeats beyond the least an open-ended repeat may get: keeps values short."""
_CATEGORIES = {
    codes.CATEGORY_DIGIT: string.digits,
    codes.CATEGORY_SPACE: " ",
    codes.CATEGORY_WORD: string.ascii_letters + string.digits,
    codes.CATEGORY_NOT_DIGIT: string.ascii_lowercase,
    codes.CATEGORY_NOT_SPACE: string.ascii_lowercase,
    codes.CATEGORY_NOT_WORD: "-",
}
_PRINTABLE = string.ascii_letters + string.digits + " -_.,:;!?/+*=()[]{}<>@#%&'"


def matching(pattern: str, rng: random.Random) -> str | None:
    """A string that ``re.search(pattern, …)`` finds, or None when the pattern is beyond us."""
    try:
        text = "".join(_piece(op, arg, rng) for op, arg in parser.parse(pattern))
    except (re.error, KeyError, OverflowError):
        return None
    return text if re.search(pattern, text) else None


def _piece(op: Any, arg: Any, rng: random.Random) -> str:
    return _WRITERS[op](arg, rng)


def _sequence(items: Any, rng: random.Random) -> str:
    return "".join(_piece(op, arg, rng) for op, arg in items)


def _repeat(arg: Any, rng: random.Random) -> str:
    low, high, items = arg
    top = min(int(high), int(low) + _EXTRA_REPEATS)
    return "".join(_sequence(items, rng) for _ in range(rng.randint(int(low), max(int(low), top))))


def _characters(items: Any) -> str:
    found = ""
    for op, arg in items:
        if op is codes.LITERAL:
            found += chr(arg)
        elif op is codes.RANGE:
            found += "".join(map(chr, range(arg[0], min(arg[1], arg[0] + 200) + 1)))
        elif op is codes.CATEGORY:
            found += _CATEGORIES[arg]
    return found


def _one_of(items: Any, rng: random.Random) -> str:
    named = _characters(items)
    if items[0][0] is codes.NEGATE:
        named = "".join(c for c in string.ascii_letters + _PRINTABLE if c not in named)
    return rng.choice(named)


_WRITERS: dict[Any, Callable[[Any, random.Random], str]] = {
    codes.LITERAL: lambda arg, _: chr(arg),
    codes.NOT_LITERAL: lambda arg, rng: rng.choice(string.ascii_lowercase.replace(chr(arg), "")),
    codes.ANY: lambda _, rng: rng.choice(string.ascii_lowercase),
    codes.IN: _one_of,
    codes.MAX_REPEAT: _repeat,
    codes.MIN_REPEAT: _repeat,
    codes.POSSESSIVE_REPEAT: _repeat,
    codes.BRANCH: lambda arg, rng: _sequence(rng.choice(arg[1]), rng),
    codes.SUBPATTERN: lambda arg, rng: _sequence(arg[3], rng),
    codes.AT: lambda _arg, _rng: "",
}
