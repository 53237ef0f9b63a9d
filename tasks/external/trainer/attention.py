"""Attention over a shared-prefix pack: each row looks at the prefix and at itself, nothing else.

A dense mask would compute every pair of tokens of the pack and throw most of them away. Here the
prefix is attended to once, causally, and each row's remainder in a call of its own. The pack's
layout is read from the positions: they go on from the prefix at the start of every row.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import pairwise
from typing import Any

import torch
from torch.nn.functional import scaled_dot_product_attention
from transformers import AttentionInterface

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
    parts = []
    if prefix:
        head = slice(0, prefix)
        parts.append(
            scaled_dot_product_attention(
                query[:, :, head],
                key[:, :, head],
                value[:, :, head],
                dropout_p=chance,
                is_causal=True,
                scale=scaling,
            )
        )
    for start, end in pairwise(starts):
        keys, values = (
            torch.cat((x[:, :, :prefix], x[:, :, start:end]), dim=2) for x in (key, value)
        )
        mask = torch.ones(end - start, prefix + end - start, dtype=torch.bool, device=key.device)
        parts.append(
            scaled_dot_product_attention(
                query[:, :, start:end],
                keys,
                values,
                attn_mask=mask.tril(diagonal=prefix),
                dropout_p=chance,
                scale=scaling,
            )
        )
    return torch.cat(parts, dim=2).transpose(1, 2).contiguous(), None


def pack_layout(positions: list[int]) -> tuple[int, list[int]]:
    """(length of the prefix, the places where rows begin, and the end of the pack).

    A row begins where the position does not grow; the value there is the prefix's length. A pack of
    one row has no such place: all of it is that row, and nothing is shared.
    """
    restarts = [i for i, (left, right) in enumerate(pairwise(positions), 1) if right <= left]
    prefix = positions[restarts[0]] if restarts else 0
    return prefix, [prefix, *restarts, len(positions)]
