"""Lengths of time that are plain numbers of a unit: ``300`` seconds as "five minutes"."""

from collections.abc import Callable

from tasks.domain.writing.phrasing.forms.counts import forms as in_words

_SIZES = {"hour": 3600, "minute": 60, "second": 1}
"""Seconds."""


def forms_of(unit: str) -> Callable[[str], tuple[str, ...]]:
    """The forms of numbers of a unit: in it, and in the largest that divides them evenly."""

    def forms(value: str) -> tuple[str, ...]:
        if not value.isdigit() or value == "0":
            return ()
        seconds = int(value) * _SIZES[unit]
        largest = next(name for name, size in _SIZES.items() if seconds % size == 0)
        phrases = _in_unit(seconds // _SIZES[largest], largest)
        return phrases if largest == unit else (*phrases * 2, *_in_unit(int(value), unit))

    return forms


def counted(number: int, unit: str) -> str:
    """A number with its unit: "1 hour", "30 minutes"."""
    return f"{number} {unit}" if number == 1 else f"{number} {unit}s"


def _in_unit(number: int, unit: str) -> tuple[str, ...]:
    if number == 1:
        return counted(1, unit), f"one {unit}", f"{'an' if unit == 'hour' else 'a'} {unit}"
    return counted(number, unit), *(f"{word} {unit}s" for word in in_words(str(number)))
