"""Whole numbers: small ones in words."""

from tasks.domain.identifiers import pieces

_UNITS = pieces(
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen "
    "sixteen seventeen eighteen nineteen"
)
_TENS = pieces("twenty thirty forty fifty sixty seventy eighty ninety")
_LARGEST_ALONE = 12
"""Larger numbers are written in digits, as style guides have it."""


def forms(value: str) -> tuple[str, ...]:
    """A number up to twelve in words."""
    if not value.isdigit() or not 1 < int(value) <= _LARGEST_ALONE:
        return ()
    return (in_words(int(value)),)


def in_words(number: int) -> str:
    """0 to 99 in words."""
    if number < len(_UNITS):
        return _UNITS[number]
    tens, unit = divmod(number, 10)
    return _TENS[tens - 2] + (f"-{_UNITS[unit]}" if unit else "")
