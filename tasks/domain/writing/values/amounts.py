"""Plausible numbers: what a parameter's name and bounds allow."""

import math
import random
import re
from functools import lru_cache
from typing import Any, TypeGuard

from tasks.domain.writing.values.settling import type_of

_RANGES: tuple[tuple[str, int, int], ...] = (
    (r"\bthoughts?\b", 1, 30),
    (r"\byear", 1995, 2030),
    (r"\bmonth", 1, 12),
    (r"\b(day|days)\b", 1, 28),
    (r"\bhours?\b", 0, 23),
    (r"\bminutes?\b", 0, 59),
    (r"percent|\bratio\b|quality|confidence", 1, 100),
    (r"\bport\b", 1024, 9999),
    (r"\b(adults|guests|people|persons|passengers|rooms|nights)\b", 1, 8),
    (r"\b(children|infants|pets)\b", 1, 3),
    (r"\bradius\b", 100, 5000),
    (r"\b(page|chapter|volume|level|priority|rating|stars|floor)\b", 1, 20),
    (r"\b(timeout|seconds|duration|delay|interval)\b", 1, 120),
    (r"\b(lat|latitude)\b", -80, 80),
    (r"\b(lon|lng|long|longitude)\b", -170, 170),
    (r"\b(font|text|title|label) size\b", 8, 72),
    (r"\b(max length|length|characters|chars|max tokens|size|bytes)\b", 50, 5000),
    (r"\b(width|height|depth)\b", 10, 2000),
    (r"\b(price|amount|cost|budget|salary|total|weight|distance)\b", 5, 900),
    (r"\bage\b", 1, 95),
    (r"\btemperature\b", -20, 40),
    (r"\b(limit|max|top|first|last|head|tail|results)\b", 2, 60),
    (r"\b(count|number of|quantity|steps|copies|lines|rows)\b", 1, 40),
    (r"\bindex\b", 0, 40),
    (r"\b(offset|start|skip)\b", 1, 500),
    (r"\b(id|key|number|code)\b", 1, 999),
)
_DECIMALS = re.compile(r"\b(lat|latitude|lon|lng|long|longitude|price|amount|cost|weight)\b")
_USUAL = (2, 90)
_PLACES = 2
_LEAST_STEP = 1e-9
"""Every whole number counts as a multiple of a smaller step."""
_MOST_STEPS = 2**53
"""Steps from which on a float has no digits left for a single one."""
_POWERS = 50
"""How many times the least value the greatest one is where their powers of ten matter."""
_AT_A_BOUND = 0.7
"""Share of unusual numbers that lie at the edge of what is allowed."""


def draw_number(
    schema: dict[str, Any], name: str, rng: random.Random, unusual: bool
) -> int | float:
    """A number for a parameter of that spoken name; one near a bound when ``unusual``."""
    whole = schema.get("type") != "number" and "number" not in schema.get("type", type_of(schema))
    step = schema.get("multipleOf", 0)
    if step >= _LEAST_STEP:
        return _multiple(schema, name, rng, step)
    low, high = usual_range(schema, name)
    if unusual and rng.random() < _AT_A_BOUND:
        return _neat(rng.choice((low, low + 1, high)) if high - low >= 1 else low)
    if not whole and (_DECIMALS.search(name) or high - low < 1):
        return _neat(_decimal(low, high, rng))
    return rng.randint(math.ceil(low), max(math.ceil(low), math.floor(high)))


def _decimal(low: float, high: float, rng: random.Random) -> float:
    """A number with few digits; in a range over powers of ten (learning rates) any of them."""
    if 0 < low < 1 and high / low >= _POWERS:
        value = float(f"{math.exp(rng.uniform(math.log(low), math.log(high))):.1g}")
    else:
        width = high - low
        places = max(1 - math.floor(math.log10(width)), _PLACES) if 0 < width < 1 else _PLACES
        value = round(rng.uniform(low, high), places)
    return min(max(value, low), high)


def _neat(value: float) -> int | float:
    """A whole number without a point, where a float has all of its digits."""
    return int(value) if abs(value) < _MOST_STEPS and float(value).is_integer() else value


def bounds(schema: dict[str, Any]) -> tuple[float | None, float | None]:
    """The least and the greatest value that a schema allows; None where it sets no bound."""
    low, above = schema.get("minimum"), schema.get("exclusiveMinimum")
    high, below = schema.get("maximum"), schema.get("exclusiveMaximum")
    # Until draft-04 these said whether the bound itself is left out.
    low, above = (None, low) if above is True else (low, above)
    high, below = (None, high) if below is True else (high, below)
    ends: list[float] = [value for value in (low, above, high, below) if _is_number(value)]
    if not ends:
        return stated_bounds(schema.get("description", ""))
    width = max(ends, default=0) - min(ends, default=0)
    step = 1 if schema.get("type") == "integer" else min(10**-_PLACES, width / 10 or 1)
    lows = [low, above + step if _is_number(above) else None]
    highs = [high, below - step if _is_number(below) else None]
    return (
        max((value for value in lows if _is_number(value)), default=None),
        min((value for value in highs if _is_number(value)), default=None),
    )


_STATED = re.compile(
    r"(?:\b(?:between|from)|\() ?(?P<low>\d+)(?: \([^)]*\))? ?(?:-|to|and) ?(?P<high>\d+)\b(?!-)"
    r"|\b(?:max(?:imum)?(?: of| is|:)?|up to) (?P<most>\d+)\b",
    re.IGNORECASE,
)


@lru_cache(maxsize=4096)
def stated_bounds(description: str) -> tuple[int | None, int | None]:
    """The bounds that a description tells and its schema does not: "(1-20, default 10)"."""
    match = _STATED.search(description)
    if match is None:
        return None, None
    return (int(match["low"]), int(match["high"])) if match["low"] else (None, int(match["most"]))


def _is_number(value: Any) -> TypeGuard[float]:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def usual_range(schema: dict[str, Any], name: str) -> tuple[float, float]:
    """The usual range where the bounds allow it, else one as wide inside the bounds."""
    named_ranges = ((low, high) for rule, low, high in _RANGES if re.search(rule, name))
    usual_low, usual_high = next(named_ranges, _USUAL)
    least, most = bounds(schema)
    low = usual_low if least is None else max(usual_low, least)
    high = usual_high if most is None else min(usual_high, most)
    if low <= high:
        return low, high
    width = usual_high - usual_low
    if least is not None and usual_high < least:
        return least, least + width if most is None else min(most, least + width)
    edge = usual_low if most is None else most
    return edge - width if least is None else max(least, edge - width), edge


def _multiple(schema: dict[str, Any], name: str, rng: random.Random, step: float) -> int | float:
    low, high = usual_range({k: v for k, v in schema.items() if k != "multipleOf"}, name)
    if max(abs(low), abs(high)) / step > _MOST_STEPS:
        return _neat(low)
    first, last = math.ceil(low / step), math.floor(high / step)
    if last < first:
        _, most = bounds(schema)
        last = first if most is None else min(first, math.floor(most / step))
    return _neat(round(rng.randint(min(first, last), max(first, last)) * step, 10))
