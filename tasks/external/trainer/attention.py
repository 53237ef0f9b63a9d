"""Attention over a shared-prefix pack: each row looks at the prefix and at itself, nothing else.

A dense mask would compute every pair of tokens of the pack and throw most of them away. Here the
prefix is attended to once, causally, and the remainders of a few rows in one call: for each call
the prefix's keys and values are copied, and its rows' pairs with each other are computed for
nothing. The pack's layout is read from the positions: they go on from the prefix at the start of
every row.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import pairwise
from typing import Any

import torch
from torch.nn.functional import scaled_dot_product_attention
from transformers import AttentionInterface

from tasks.domain.training.memory import ROWS_AT_ONCE

NAME = "mcp_forge_shared_prefix"


def register() -> None:
    """Make the implementation known to transformers under ``NAME``."""
    AttentionInterface.register(NAME, shared_prefix_attention)


@contextmanager
def over_packs(model: Any) -> Iterator[None]:
    """Let ``model`` attend by packs while this is open, and as before afterwards."""
    register()
    before = model.config._attn_implementation
    model.set_attn_implementation(NAME)
    try:
        yield
    finally:
        model.set_attn_implementation(before)


def shared_prefix_attention(
    module: Any,
    query: torch.Tensor,
    key: torch.Tensor,
    value: torch.Tensor,
    attention_mask: torch.Tensor | None,
    *,
    position_ids: torch.Tensor,
    scaling: float | None = None,
    dropout: float = 0.0,
    **_: Any,
) -> tuple[torch.Tensor, None]:
    """Attend over one pack; query [1, heads, L, d], key and value [1, kv heads, L, d]."""
    del attention_mask
    groups = module.num_key_value_groups
    key, value = (x.repeat_interleave(groups, dim=1) for x in (key, value))
    chance = dropout if module.training else 0.0
    prefix, starts = pack_layout(position_ids[0].tolist())
    rows = list(pairwise(starts))
    bands = [rows[n : n + ROWS_AT_ONCE] for n in range(0, len(rows), ROWS_AT_ONCE)]
    # Split once: the gradient of a slice is a whole pack of zeros, one for each row.
    sizes = [prefix, *(band[-1][1] - band[0][0] for band in bands)]
    queries, keys, values = (x.split(sizes, dim=2) for x in (query, key, value))
    parts = []
    if prefix:
        parts.append(
            scaled_dot_product_attention(
                queries[0],
                keys[0],
                values[0],
                dropout_p=chance,
                is_causal=True,
                scale=scaling,
            )
        )
    for number, band in enumerate(bands, start=1):
        parts.append(
            scaled_dot_product_attention(
                queries[number],
                torch.cat((keys[0], keys[number]), dim=2),
                torch.cat((values[0], values[number]), dim=2),
                attn_mask=_mask(prefix, band, key.device),
                dropout_p=chance,
                scale=scaling,
            )
        )
    return torch.cat(parts, dim=2).transpose(1, 2).contiguous(), None


def _mask(prefix: int, band: list[tuple[int, int]], device: torch.device) -> torch.Tensor:
    """What the tokens of a few rows look at: the prefix, and what stands before them in their row.

    Boolean, [tokens of these rows, prefix and tokens of these rows].
    """
    first, end = band[0][0], band[-1][1]
    mask = torch.zeros(end - first, prefix + end - first, dtype=torch.bool, device=device)
    mask[:, :prefix] = True
    for start, stop in band:
        row = slice(start - first, stop - first)
        mask[row, prefix + row.start : prefix + row.stop] = True
    return mask.tril(diagonal=prefix)


def pack_layout(positions: list[int]) -> tuple[int, list[int]]:
    """(length of the prefix, the places where rows begin, and the end of the pack).

    A row begins where the position does not grow; the value there is the prefix's length. A pack of
    one row has no such place: all of it is that row, and nothing is shared.
    """
    restarts = [i for i, (one, other) in enumerate(pairwise(positions), 1) if other <= one]
    prefix = positions[restarts[0]] if restarts else 0
    return prefix, [prefix, *restarts, len(positions)]
