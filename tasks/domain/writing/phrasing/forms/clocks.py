"""Times of a day: ``17:30`` as "5:30 pm", "half past five in the evening", "1730 hours"."""

import re

from tasks.domain.writing.phrasing.forms.counts import in_words

_CLOCK = re.compile(r"([01]\d|2[0-3]):([0-5]\d)")


_OFTEN = 3
"""Times that a form which most people use stands among the forms; a rare one stands once."""


def forms(value: str) -> tuple[str, ...]:
    """The ways to say a time in 24-hour form."""
    match = _CLOCK.fullmatch(value)
    if not match:
        return ()
    hour, minute = int(match[1]), int(match[2])
    twelve, half, part = hour % 12 or 12, "am" if hour < 12 else "pm", _part_of_day(hour)
    texts = [
        *(f"{twelve}:{minute:02} {half}", f"{twelve}:{minute:02}{half}") * _OFTEN,
        *(f"{twelve}:{minute:02} {half.upper()}", f"{twelve}:{minute:02} {half[0]}.m.") * 2,
        *(f"{twelve}:{minute:02} {part}",) * _OFTEN,
        f"{hour:02}{minute:02} hours",
        f"{hour:02}.{minute:02}",
        f"{hour:02}h{minute:02}",
    ]
    if minute == 0:
        texts += [f"{twelve} {half}", f"{twelve}{half}", f"{twelve} {half.upper()}"] * 3 * _OFTEN
        texts += [f"{in_words(twelve)} {part}", f"{twelve} {part}"] * 2 * _OFTEN
    if value in ("00:00", "12:00"):
        texts += ["midnight" if hour == 0 else "noon"] * len(texts)
    return (*texts, *_quarters(hour, minute))


def universal_forms(value: str) -> tuple[str, ...]:
    """The ways to say a time in whole minutes of UTC: ``17:30:00Z``."""
    clock = value.removesuffix(":00Z")
    return tuple(f"{form} UTC" for form in forms(clock)) if clock != value else ()


def _quarters(hour: int, minute: int) -> tuple[str, ...]:
    coming = (hour + 1) % 24
    shapes = {15: ("quarter past", hour), 30: ("half past", hour), 45: ("quarter to", coming)}
    if minute not in shapes:
        return ()
    lead, which = shapes[minute]
    twelve, half = which % 12 or 12, "am" if which < 12 else "pm"
    texts = (
        f"{lead} {in_words(twelve)} {_part_of_day(which)}",
        f"{lead} {twelve} {_part_of_day(which)}",
        f"{lead} {twelve} {half}",
    )
    return texts * _OFTEN


def _part_of_day(hour: int) -> str:
    if 4 <= hour < 12:
        return "in the morning"
    if 12 <= hour < 18:
        return "in the afternoon"
    return "in the evening" if 18 <= hour < 22 else "at night"
