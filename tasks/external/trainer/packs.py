"""Which rows of an optimiser step go into one pack: the split that computes the fewest tokens.

A pack holds what its rows begin with once. Rows with other tool lists share little with each other,
and a pack must not grow beyond what the memory holds, so one step may be several packs.
"""

from collections.abc import Sequence
from typing import Any

from tasks.domain.training.common_prefix import common_prefix_length

IGNORED = -100
"""The label that no loss is computed for (torch's convention)."""

Rows = Sequence[dict[str, Any]]
"""Each with ``input_ids`` and ``labels``, two lists of one length."""


def fewest_tokens(rows: Rows, budget: int) -> list[list[dict[str, Any]]]:
    """Split ``rows`` into packs of at most ``budget`` tokens that compute the fewest together.

    Rows are sorted by their tokens, so that those that share most stand side by side; among all
    ways to cut that order the one with the fewest tokens wins, and of equal ones that with the
    fewest packs. A row that shares with no other is a pack of its own, and so is one that is longer
    than the budget: rows are never cut.
    """
    ordered = sorted(rows, key=lambda row: list(row["input_ids"]))
    best = [(0, 0, 0)]  # for the first n rows: tokens, packs, where the last pack begins
    for end in range(1, len(ordered) + 1):
        best.append(
            min(
                (best[start][0] + tokens, best[start][1] + 1, start)
                for start, tokens in _packs_that_end(ordered[:end], budget)
            )
        )
    packs = []
    end = len(ordered)
    while end:
        start = best[end][2]
        packs.append(ordered[start:end])
        end = start
    return packs[::-1]


def shared_prefix_length(rows: Rows) -> int:
    """How many first tokens all rows share, before any that is trained.

    One token of each row stays outside: the loss of a row's first own token is computed from the
    token before it, which in a pack would be another row's.
    """
    length = min(_shareable(row) for row in rows)
    return min([length, *(_common(rows[0], row, length) for row in rows[1:])])


def _packs_that_end(rows: Rows, budget: int) -> list[tuple[int, int]]:
    """(where it begins, its tokens) of each pack that ends with the last of ``rows``."""
    last = len(rows) - 1
    tokens = len(rows[last]["input_ids"])
    packs = [(last, tokens)]
    shared, total = _shareable(rows[last]), tokens
    for start in range(last - 1, -1, -1):
        total += len(rows[start]["input_ids"])
        shared = _common(rows[start], rows[start + 1], min(shared, _shareable(rows[start])))
        tokens = total - (last - start) * shared
        if not shared or tokens > budget:  # more rows share less and need more
            break
        packs.append((start, tokens))
    return packs


def _common(one: dict[str, Any], other: dict[str, Any], most: int) -> int:
    return common_prefix_length(one["input_ids"][:most], other["input_ids"][:most])


def _shareable(row: dict[str, Any]) -> int:
    labels = row["labels"]
    untrained = next((i for i, label in enumerate(labels) if label != IGNORED), len(labels))
    return max(untrained - 1, 0)
