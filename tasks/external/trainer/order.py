"""In what order rows are trained: at random, rows with one tool list together in a step."""

import random
from collections.abc import Iterator, Sequence

from torch.utils.data import Sampler

LIST = "list"
"""The dataset's column that numbers the rows' tool lists; it is not there when they have one."""


class StepsOfOneList(Sampler[int]):  # type: ignore[misc]
    """Places of rows, shuffled so that as many optimiser steps as can hold rows of one list only.

    Rows with one tool list share their prefix, so such a step computes it once. What is left over
    of each list fills the steps between; the order of all steps is random, and the same for the
    same seed and epoch.
    """

    def __init__(self, lists: Sequence[int], rows_per_step: int, seed: int) -> None:
        self._lists = lists
        self._rows = rows_per_step
        self._seed = seed
        self._epoch = 0

    def set_epoch(self, epoch: int) -> None:
        """Take another order; the data loader says when."""
        self._epoch = epoch

    def __len__(self) -> int:
        return len(self._lists)

    def __iter__(self) -> Iterator[int]:
        rng = random.Random(f"{self._seed}:{self._epoch}")
        groups: dict[int, list[int]] = {}
        for place, number in enumerate(self._lists):
            groups.setdefault(number, []).append(place)
        steps: list[list[int]] = []
        leftover: list[int] = []
        for places in groups.values():
            rng.shuffle(places)
            whole = len(places) - len(places) % self._rows
            steps += self._cut(places[:whole])
            leftover += places[whole:]
        rest = self._cut(leftover)
        # Only the last step of an epoch may be a short one.
        short = rest.pop() if rest and len(rest[-1]) < self._rows else []
        steps += rest
        rng.shuffle(steps)
        yield from (place for step in [*steps, short] for place in step)

    def _cut(self, places: list[int]) -> list[list[int]]:
        return [places[start : start + self._rows] for start in range(0, len(places), self._rows)]
