"""Codes by their English names, from CLDR by way of Babel: ``EUR`` as "euro"."""

import re
from collections import Counter
from collections.abc import Callable, Mapping
from functools import lru_cache

from babel import Locale

_ENUM = re.compile(r"[A-Za-z]+(?:[_-][A-Za-z]+)+")


def forms_of(table: str) -> Callable[[str], tuple[str, ...]]:
    """The forms of a table's codes: their names, where no other code has the same."""

    def forms(code: str) -> tuple[str, ...]:
        name = _unmistakable(table).get(code)
        return (name,) if name else ()

    return forms


def word_forms(value: str) -> tuple[str, ...]:
    """An enum's value of several words, with spaces: ``in_progress`` as "in progress"."""
    return (re.sub("[_-]", " ", value).lower(),) if _ENUM.fullmatch(value) else ()


@lru_cache(maxsize=8)
def _unmistakable(table: str) -> dict[str, str]:
    names: Mapping[str, str] = getattr(Locale("en"), table)
    counts = Counter(name.lower() for name in names.values())
    return {code: name for code, name in names.items() if counts[name.lower()] == 1}
