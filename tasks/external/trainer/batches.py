"""Rows become tensors: plain padded batches, or packs behind a prefix that their rows share.

All rows of a run begin with the same system turn and tool list. Attention is causal, so what the
model computes for that prefix does not depend on what follows it. A pack therefore holds the
prefix once and the rows' remainders after it; each remainder's positions go on from the prefix, and
each of its tokens sees the prefix and its own row only. Loss and gradients are those of separate
rows.
"""

from collections.abc import Iterator
from itertools import pairwise

import torch

from tasks.external.trainer.packs import IGNORED, Rows, fewest_tokens, shared_prefix_length

Batch = dict[str, torch.Tensor]


class PaddedBatch:
    """Collator: rows side by side, padded on the right to the longest."""

    def __init__(self, pad_id: int) -> None:
        self._pad_id = pad_id

    def __call__(self, rows: Rows) -> Batch:
        """``input_ids``, ``attention_mask`` and ``labels``, each [rows, longest]."""
        longest = max(len(row["input_ids"]) for row in rows)

        def padded(values: list[int], filler: int) -> list[int]:
            return values + [filler] * (longest - len(values))

        return {
            "input_ids": torch.tensor([padded(row["input_ids"], self._pad_id) for row in rows]),
            "attention_mask": torch.tensor([padded([1] * len(row["labels"]), 0) for row in rows]),
            "labels": torch.tensor([padded(row["labels"], IGNORED) for row in rows]),
        }


class SharedPrefixPacks:
    """Collator: the rows of an optimiser step as packs of at most ``budget`` tokens.

    The packs stand one behind the other in one row; each begins at position 0, and nothing else
    does. ``in_parts`` takes them apart.
    """

    def __init__(self, budget: int) -> None:
        self.budget = budget

    def __call__(self, rows: Rows) -> Batch:
        """``input_ids``, ``labels`` and ``position_ids``, each [1, tokens of all packs]."""
        ids: list[int] = []
        labels: list[int] = []
        positions: list[int] = []
        for pack in fewest_tokens(rows, self.budget):
            prefix = shared_prefix_length(pack) if len(pack) > 1 else 0
            ids += pack[0]["input_ids"][:prefix]
            labels += [IGNORED] * prefix
            positions += range(prefix)
            for row in pack:
                ids += row["input_ids"][prefix:]
                labels += row["labels"][prefix:]
                positions += range(prefix, len(row["input_ids"]))
        # A row's first token has none before it to be told from; here one of another pack would be.
        labels = [IGNORED if place == 0 else x for place, x in zip(positions, labels, strict=True)]
        return {
            "input_ids": torch.tensor([ids]),
            "labels": torch.tensor([labels]),
            "position_ids": torch.tensor([positions]),
        }


def is_packed(batch: Batch) -> bool:
    """Whether ``SharedPrefixPacks`` made this batch."""
    return "position_ids" in batch


def in_parts(batch: Batch, rows_at_once: int) -> Iterator[Batch]:
    """What is computed at once: each pack, or at most ``rows_at_once`` padded rows."""
    if not is_packed(batch):
        rows = len(batch["input_ids"])
        for start in range(0, rows, rows_at_once):
            yield {name: value[start : start + rows_at_once] for name, value in batch.items()}
        return
    positions = batch["position_ids"][0]
    begins = [*(positions == 0).nonzero().flatten().tolist(), len(positions)]
    for start, end in pairwise(begins):
        yield {name: value[:, start:end] for name, value in batch.items()}


def labels_of(batch: Batch) -> int:
    """How many tokens of a batch the loss sees, counted as transformers does."""
    return int((batch["labels"][:, 1:] != IGNORED).sum())
