"""Generated rows and a person's own → one set of rows, own ones at a stated share."""

import random
from collections.abc import Mapping, Sequence
from typing import Any

from tasks.domain.conversations import Row, Split, normalized
from tasks.domain.errors import UnusableData
from tasks.domain.toolcalls import tool_names

HELD_OUT = 10
"""Of own rows every tenth is held out."""


def unreserved(rows: Sequence[Row], reserved: Sequence[str]) -> list[Row]:
    """The rows whose user says none of the texts that the model is asked afterwards."""
    reserved_texts = {normalized(text) for text in reserved}
    return [
        row
        for row in rows
        if not any(
            m.role == "user" and normalized(m.content) in reserved_texts for m in row.messages
        )
    ]


def held_out(rows: Sequence[Row]) -> tuple[list[Row], list[Row]]:
    """(rows to train on, every tenth row); a single row is both."""
    apart = rows[::HELD_OUT] if len(rows) > 1 else rows
    rest = [row for place, row in enumerate(rows) if place % HELD_OUT] or rows
    return of_split(rest, "train"), of_split(apart, "heldout")


def of_split(rows: Sequence[Row], split: Split) -> list[Row]:
    """The rows as those of a split, whatever they were in another dataset."""
    return [row.model_copy(update={"split": split}) for row in rows]


def mixed(generated: Sequence[Row], own: Sequence[Row], share: float, seed: int) -> list[Row]:
    """As many rows as were generated, ``share`` of them own, in an order that the seed decides.

    Raises:
        UnusableData: there are fewer own rows than the share needs; none is taken twice.
    """
    if not 0 <= share <= 1:
        raise UnusableData(f"found a share of {share} for own rows, needed one from 0 to 1")
    count = round(share * len(generated))
    if count > len(own):
        raise UnusableData(
            f"found {len(own)} own rows to train on, needed {count} for {share:.0%} of "
            f"{len(generated)} rows; bring more, or ask for a share of at most "
            f"{len(own) / len(generated):.2f}"
        )
    rng = random.Random(f"{seed}:own")
    rows = rng.sample(list(generated), len(generated) - count) + rng.sample(list(own), count)
    rng.shuffle(rows)
    return rows


def with_tools_of(rows: Sequence[Row], listed: tuple[dict[str, Any], ...]) -> list[Row]:
    """The rows; where one names the same tools as the server does, it takes the server's list.

    Rows with one and the same list share their prefix in training.
    """
    names = set(tool_names(listed))
    return [
        row.model_copy(update={"tools": listed}) if set(tool_names(row.tools)) == names else row
        for row in rows
    ]


def scaled(planned: Mapping[str, float] | None, part: float) -> dict[str, float] | None:
    """The planned shares of the scenarios when only ``part`` of the rows was planned."""
    return None if planned is None else {name: share * part for name, share in planned.items()}
