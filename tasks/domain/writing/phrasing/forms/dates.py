"""Dates, moments and durations: ``2024-03-05`` as "March 5, 2024", ``PT30M`` as "30 minutes"."""

import calendar
import re
from datetime import date

from tasks.domain.writing.phrasing.forms import clocks, spans

_MOMENT = re.compile(r"(\d{4}-\d{2}-\d{2})T(\d{2}:\d{2}):00(Z?)")
_DURATION = re.compile(r"PT(\d+)([HMS])")
_SPANS = {"H": "hour", "M": "minute", "S": "second"}


def forms(value: str) -> tuple[str, ...]:
    """The ways to say a date, or a date with a time in whole minutes, of UTC where it says so."""
    moment = _MOMENT.fullmatch(value)
    if moment:
        hours = (moment[2], *clocks.forms(moment[2])[:2])
        zone = " UTC" if moment[3] else ""
        return tuple(f"{day} at {hour}{zone}" for day in _days(moment[1])[:2] for hour in hours)
    return _days(value)


def duration_forms(value: str) -> tuple[str, ...]:
    """An ISO 8601 duration of one unit."""
    match = _DURATION.fullmatch(value)
    if not match:
        return ()
    return (spans.counted(int(match[1]), _SPANS[match[2]]),)


def _days(value: str) -> tuple[str, ...]:
    try:
        day = date.fromisoformat(value)
    except ValueError:
        return ()
    month, short = calendar.month_name[day.month], calendar.month_abbr[day.month]
    return (
        f"{day.day} {month} {day.year}",
        f"{month} {day.day}, {day.year}",
        f"{month} {day.day}{_ending(day.day)}, {day.year}",
        f"the {day.day}{_ending(day.day)} of {month} {day.year}",
        f"{short} {day.day} {day.year}",
    )


def _ending(day: int) -> str:
    if 11 <= day <= 13:
        return "th"
    return {1: "st", 2: "nd", 3: "rd"}.get(day % 10, "th")
