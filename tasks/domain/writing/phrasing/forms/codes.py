"""Codes by their English names, from CLDR by way of Babel: ``EUR`` as "euro"."""

import re
from collections import Counter
from collections.abc import Mapping
from functools import lru_cache

from babel import Locale

_ENUM = re.compile(r"[A-Za-z]+(?:[_-][A-Za-z]+)+")


def currency_forms(value: str) -> tuple[str, ...]:
    """An ISO 4217 code as the name of its currency."""
    return _named("currencies", value)


def language_forms(value: str) -> tuple[str, ...]:
    """An ISO 639 code as the name of its language."""
    return _named("languages", value)


def country_forms(value: str) -> tuple[str, ...]:
    """An ISO 3166 code as the name of its country."""
    return _named("territories", value)


def word_forms(value: str) -> tuple[str, ...]:
    """An enum's value of several words, with spaces: ``in_progress`` as "in progress"."""
    return (re.sub("[_-]", " ", value).lower(),) if _ENUM.fullmatch(value) else ()


def _named(table: str, code: str) -> tuple[str, ...]:
    name = _unmistakable(table).get(code)
    return (name,) if name else ()


@lru_cache(maxsize=8)
def _unmistakable(table: str) -> dict[str, str]:
    names: Mapping[str, str] = getattr(Locale("en"), table)
    counts = Counter(name.lower() for name in names.values())
    return {code: name for code, name in names.items() if counts[name.lower()] == 1}
