"""A value for the next call, out of the result before it."""

from typing import Any

import regex

from tasks.domain.untrusted.decoding import from_json, json_or_none, leaves

_MOST_SECONDS = 0.5
"""Of one search: a teacher may have written a pattern that backtracks without an end."""


def take_value(pattern: str, text: str) -> str | int | float | None:
    """What a path (``items.0.name``) or else a pattern finds in a result; None for nothing.

    Of a pattern with a group, the first group counts.
    """
    value = _at(json_or_none(text), pattern.split("."))
    if value is not None:
        return value
    try:
        match = regex.search(pattern, text, timeout=_MOST_SECONDS)
    except (TimeoutError, regex.error, RecursionError):
        return None
    if match is None:
        return None
    text_found: str | None = match[1] if match.re.groups else match[0]
    return text_found


def holds_nothing(text: str) -> bool:
    """Whether a result is empty: no text, or JSON without a single value in it."""
    try:
        return all(leaf is None for leaf in leaves(from_json(text)))
    except ValueError:
        return not text.strip()


def _at(value: Any, path: list[str]) -> str | int | float | None:
    for part in path:
        if isinstance(value, dict) and part in value:
            value = value[part]
        elif isinstance(value, list) and part.isdecimal() and int(part) < len(value):
            value = value[int(part)]
        else:
            return None
    return value if isinstance(value, str | int | float) else None
