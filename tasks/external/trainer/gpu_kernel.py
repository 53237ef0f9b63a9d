"""On a GPU, Unsloth's own kernel attends over a pack: it is told how long prefix and rows are.

Unsloth's Llama and Qwen 2 forward drops any attention mask while it trains and asks no attention
implementation of transformers. What it does take is ``prefix_seg_info``, made for GRPO, whose
completions share a prompt as our rows share a tool list. Written against its source, never run: the
self-check at the start of each training is what it has to pass.
"""

from itertools import pairwise
from typing import Any

from tasks.external.trainer.attention import pack_layout


def with_layout(pack: dict[str, Any]) -> dict[str, Any]:
    """The pack, with the layout that Unsloth's kernel needs; a pack of one row needs none."""
    prefix, lengths = layout(pack["position_ids"][0].tolist())
    if not prefix:
        return pack
    from unsloth.utils.prefix_grouper_kernel import build_seg_info_multigroup

    segments, _ = build_seg_info_multigroup([(prefix, lengths)], pack["input_ids"].device)
    return {**pack, "prefix_seg_info": segments}


def layout(positions: list[int]) -> tuple[int, list[int]]:
    """(length of the prefix, length of each row's remainder)."""
    prefix, starts = pack_layout(positions)
    return prefix, [end - start for start, end in pairwise(starts)]
