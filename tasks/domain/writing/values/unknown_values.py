"""Values that look right and do not exist, to get an honest error out of a server."""

import random
from typing import Any

from tasks.domain.writing.values.instances import Place, split_of
from tasks.domain.writing.values.kinds import MISSING, WRITERS
from tasks.domain.writing.values.writers import invented


def unknown_value(kind: str, outer: str, at: Place) -> Any:
    """A value of a kind that no server knows; in a list where the parameter is one."""
    text = _write(kind, at.rng)
    while split_of(text) != at.split:
        text = _write(kind, at.rng)
    return [text] if outer == "array" else text


def _write(kind: str, rng: random.Random) -> str:
    shape, name = MISSING.get(kind, "{}"), invented(rng)
    text = shape.format(
        name if kind == "zone" or shape == "{}" else name.lower(),
        area=rng.choice(("Africa", "America", "Asia", "Europe")),
        hour=rng.randint(24, 99),
        minute=rng.randint(60, 99),
    )
    return text or WRITERS[kind](rng)
