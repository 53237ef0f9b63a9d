"""Values that look right and do not exist, to get an honest error out of a server."""

import random
from typing import Any

from tasks.domain.writing.values.instances import Place, split_of
from tasks.domain.writing.values.values import KINDS, invented
from tasks.domain.writing.values.words import pieces

ALWAYS_KNOWN = frozenset(
    pieces(
        "enum boolean integer number seconds minutes hours object array null date datetime "
        "date-time time duration json ipv4 ipv6"
    )
)
"""Kinds whose every right-looking value exists, so that none can be unknown."""

_UNKNOWN: dict[str, str] = {
    "zone": "{area}/{}",
    "clock": "{hour}:{minute}",
    "file": "missing/{}.txt",
    "media file": "missing/{}.png",
    "folder": "missing/{}",
    "uri": "https://www.{}.invalid/page",
    "email": "nobody@{}.invalid",
    "hostname": "{}.invalid",
    "branch": "feature/{}",
    "revision": "feature/{}",
    "sha": "feature/{}",
    "select": "SELECT * FROM {}",
    "create table": "CREATE TABLE {} (id INTEGER, id TEXT)",
    "table": "{}_items",
    "sql change": "DELETE FROM {} WHERE id = 1",
    "uuid": "",
}
"""Values that look right and do not exist, by kind; an empty one is drawn as usual."""


def unknown_value(kind: str, outer: str, at: Place) -> Any:
    """A value of a kind that no server knows; in a list where the parameter is one."""
    text = _write(kind, at.rng)
    while split_of(text) != at.split:
        text = _write(kind, at.rng)
    return [text] if outer == "array" else text


def _write(kind: str, rng: random.Random) -> str:
    shape, name = _UNKNOWN.get(kind, "{}"), invented(rng)
    text = shape.format(
        name if kind == "zone" or shape == "{}" else name.lower(),
        area=rng.choice(("Africa", "America", "Asia", "Europe")),
        hour=rng.randint(24, 99),
        minute=rng.randint(60, 99),
    )
    return text or KINDS[kind](rng)
