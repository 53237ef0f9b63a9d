"""Spoken forms of values, a small file for each format; a new format is one file and one line here.

A form is a text that stands for one value only, so that a label made from the value stays exact:
whoever reads "half past five in the evening" can write 17:30.
"""

import random
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

from tasks.domain.writing.phrasing.forms import clocks, codes, counts, dates, spans, zones


@dataclass(frozen=True)
class Format:
    """How the values of a kind are said."""

    forms: Callable[[str], tuple[str, ...]]
    """The texts that a value may be said as besides itself; none where it is not of this format.
    A form that is said more often stands there more than once."""
    share: float
    """The share of values that are said in such a form."""


FORMATS: dict[str, Format] = {
    "clock": Format(clocks.forms, 0.85),
    "zone": Format(zones.forms, 0.85),
    "date": Format(dates.forms, 0.5),
    "datetime": Format(dates.forms, 0.3),
    "date-time": Format(dates.forms, 0.3),
    "time": Format(clocks.universal_forms, 0.5),
    "duration": Format(dates.duration_forms, 0.8),
    "currency": Format(codes.forms_of("currencies"), 0.4),
    "language": Format(codes.forms_of("languages"), 0.8),
    "language code": Format(codes.forms_of("languages"), 0.8),
    "country": Format(codes.forms_of("territories"), 0.8),
    "country code": Format(codes.forms_of("territories"), 0.8),
    "enum": Format(codes.word_forms, 0.6),
    "integer": Format(counts.forms, 0.2),
    "seconds": Format(spans.forms_of("second"), 0.7),
    "minutes": Format(spans.forms_of("minute"), 0.7),
    "hours": Format(spans.forms_of("hour"), 0.7),
}
"""By kind of value (``tasks/domain/writing/values/meanings.py``)."""


def spoken_form(value: object, kind: str, rng: random.Random) -> str | None:
    """One of the forms of a value, in the share of cases that is usual for its kind."""
    forms = _forms_of(value, kind)
    return rng.choice(forms) if forms and rng.random() < FORMATS[kind].share else None


def is_said(text: str, value: object, kind: str) -> bool:
    """Whether a text holds one of the forms of a value, whatever its capitals."""
    forms = _forms_of(value, kind)
    return bool(forms) and _any_of(forms).search(text) is not None


@lru_cache(maxsize=65_536)
def _any_of(forms: tuple[str, ...]) -> re.Pattern[str]:
    # Made once for each value: compiling took half of the time in which rows are written.
    either = "|".join(map(re.escape, dict.fromkeys(forms)))
    return re.compile(rf"(?<!\w)(?:{either})(?!\w)", re.IGNORECASE)


def _forms_of(value: object, kind: str) -> tuple[str, ...]:
    if kind not in FORMATS or isinstance(value, bool) or not isinstance(value, (str, int)):
        return ()
    return FORMATS[kind].forms(str(value))
