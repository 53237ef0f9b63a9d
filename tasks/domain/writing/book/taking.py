"""A value for the next call, out of the result before it."""

import re
from typing import Any

from tasks.domain.untrusted.decoding import from_json


def taken(pattern: str, text: str) -> str | int | float | None:
    """What a path (``items.0.name``) or else a pattern finds in a result; None for nothing.

    Of a pattern with a group, the first group counts.
    """
    try:
        value = _at(from_json(text), pattern.split("."))
    except ValueError:
        value = None
    if value is not None:
        return value
    found = re.search(pattern, text)
    if found is None:
        return None
    return found[1] if found.re.groups else found[0]


def _at(value: Any, path: list[str]) -> str | int | float | None:
    for part in path:
        if isinstance(value, dict) and part in value:
            value = value[part]
        elif isinstance(value, list) and part.isdecimal() and int(part) < len(value):
            value = value[int(part)]
        else:
            return None
    return value if isinstance(value, str | int | float) else None
