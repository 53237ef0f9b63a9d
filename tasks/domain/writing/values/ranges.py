"""The two ends of a range: in their order, and near each other where they are moments."""

import random
import re
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any

from tasks.domain.identifiers import name_words

_ENDS = (
    ("start", "end"), ("min", "max"), ("since", "until"), ("after", "before"), ("from", "to"),
    ("begin", "end"), ("checkin", "checkout"), ("in", "out"), ("oldest", "latest"),
    ("start", "stop"), ("starts", "ends"), ("south", "north"),
)  # fmt: skip
"""Words of two parameters' names of which the first one's value is the lesser."""
_MOMENT = re.compile(r"(\d{4}-\d\d-\d\d(?:T\d\d:\d\d(?::\d\d)?)?)(.*)")
_TRIES = 40
_DAYS = (1, 1, 2, 3, 5, 6, 7, 13, 14, 20)
_MINUTES = (30, 45, 60, 60, 90, 120)


def in_order(
    arguments: dict[str, Any], rng: random.Random, fits: Callable[[str], bool]
) -> dict[str, Any]:
    """The same with each range's ends in their order: no stay that ends before it begins.

    A range of moments that differ by more than a month ends some days after its start, or within
    hours where they have a time of day: nobody books a meeting of three years.

    ``fits``: whether a text may be a value here.
    """
    by_words = {name_words(name): name for name in arguments}
    for words, name in by_words.items():
        for least, most in _ENDS:
            other = by_words.get(tuple(most if word == least else word for word in words), name)
            low, high = arguments[name], arguments[other]
            if other == name or type(low) is not type(high):
                continue
            if isinstance(low, str):
                arguments |= {other: next(filter(fits, _ends_after(low, high, rng)), high)}
            elif isinstance(low, (int, float)) and not isinstance(low, bool) and low > high:
                arguments |= {name: high, other: low}
    return arguments


def _ends_after(low: str, high: str, rng: random.Random) -> Iterator[str]:
    """Ends of a range that starts with ``low``; none where ``high`` is one, or is no moment."""
    first, second = _MOMENT.fullmatch(low), _MOMENT.fullmatch(high)
    if first is None or second is None or len(first[1]) != len(second[1]):
        return
    try:
        start, end = datetime.fromisoformat(first[1]), datetime.fromisoformat(second[1])
    except ValueError:
        return
    if timedelta(0) < end - start <= timedelta(days=31):
        return
    for _ in range(_TRIES):
        is_day = "T" not in first[1] or rng.random() < 0.5
        days, minutes = (rng.choice(_DAYS), 0) if is_day else (0, rng.choice(_MINUTES))
        end = start + timedelta(days=days, minutes=minutes)
        yield end.isoformat()[: len(first[1])] + second[2]
