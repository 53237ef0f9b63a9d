"""File names that end as the known ones of their parameter do: a workbook is no ``plan.log``."""

import random
import re
from collections.abc import Sequence
from typing import Any

_ENDING = re.compile(r"(?<=[^/.])\.[A-Za-z][A-Za-z0-9]{0,4}$")


def ended_like(value: Any, listed: Sequence[Any], rng: random.Random) -> Any:
    """The value with an ending of the listed ones, where all of these have one."""
    endings = [match[0] for each in listed if (match := _ENDING.search(str(each)))]
    if not isinstance(value, str) or not endings or len(endings) < len(listed):
        return value
    if _ENDING.search(value) and not value.endswith(tuple(endings)):
        return _ENDING.sub(rng.choice(endings), value)
    return value
