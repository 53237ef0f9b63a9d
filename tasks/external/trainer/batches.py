"""Rows become tensors: plain padded batches, or one pack behind a prefix that all rows share.

All rows of a run begin with the same system turn and tool list. Attention is causal, so what the
model computes for that prefix does not depend on what follows it. A pack therefore holds the
prefix once and the rows' remainders after it; each remainder's positions go on from the prefix, and
each of its tokens sees the prefix and its own row only. Loss and gradients are those of separate
rows.
"""

from collections.abc import Sequence
from typing import Any

import torch

IGNORED = -100
"""The label that no loss is computed for (torch's convention)."""


class PaddedBatch:
    """Collator: rows side by side, padded on the right to the longest."""

    def __init__(self, pad_id: int) -> None:
        self._pad_id = pad_id

    def __call__(self, rows: Sequence[dict[str, Any]]) -> dict[str, torch.Tensor]:
        """``input_ids``, ``attention_mask`` and ``labels``, each [rows, longest]."""
        longest = max(len(row["input_ids"]) for row in rows)

        def padded(values: list[int], filler: int) -> list[int]:
            return values + [filler] * (longest - len(values))

        return {
            "input_ids": torch.tensor([padded(row["input_ids"], self._pad_id) for row in rows]),
            "attention_mask": torch.tensor([padded([1] * len(row["labels"]), 0) for row in rows]),
            "labels": torch.tensor([padded(row["labels"], IGNORED) for row in rows]),
        }


class SharedPrefixPack:
    """Collator: one row that holds the shared prefix once, then each row's remainder."""

    def __call__(self, rows: Sequence[dict[str, Any]]) -> dict[str, torch.Tensor]:
        """``input_ids``, ``labels``, ``position_ids`` [1, L], a mask [1, 1, L, L] (True: seen)."""
        prefix = shared_prefix_length(rows)
        ids = list(rows[0]["input_ids"][:prefix])
        labels = [IGNORED] * prefix
        positions = list(range(prefix))
        owners = [0] * prefix
        for number, row in enumerate(rows, start=1):
            rest = row["input_ids"][prefix:]
            ids += rest
            labels += row["labels"][prefix:]
            positions += range(prefix, prefix + len(rest))
            owners += [number] * len(rest)
        owner = torch.tensor(owners)
        seen = (owner == owner[:, None]) | (owner == 0)
        return {
            "input_ids": torch.tensor([ids]),
            "labels": torch.tensor([labels]),
            "position_ids": torch.tensor([positions]),
            "attention_mask": (seen & torch.ones_like(seen).tril())[None, None],
        }


def shared_prefix_length(rows: Sequence[dict[str, Any]]) -> int:
    """How many first tokens all rows share, before any that is trained.

    One token of each row stays outside: the loss of a row's first own token is computed from the
    token before it, which in a pack would be another row's.
    """
    length = min(_untrained_head(row["labels"]) for row in rows) - 1
    first = rows[0]["input_ids"]
    for row in rows[1:]:
        ids = row["input_ids"]
        length = next((i for i in range(length) if ids[i] != first[i]), length)
    return max(length, 0)


def _untrained_head(labels: Sequence[int]) -> int:
    return next((i for i, label in enumerate(labels) if label != IGNORED), len(labels))
