"""What a GGUF file holds, in Hugging Face's words: facts, tensor names, weights."""

from collections.abc import Iterator
from functools import cached_property
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import Any

import numpy as np

from tasks.domain.errors import UnusableModel

CONTROL_TOKEN = 3
"""The token type of a control token (gguf's TokenType.CONTROL)."""
_BLOCK_VALUES = 2**24
"""Weights in float32 that are in memory together where a tensor is read in blocks: 64 MiB."""
_LAYER = {
    "attn_norm": "input_layernorm",
    "attn_q": "self_attn.q_proj",
    "attn_k": "self_attn.k_proj",
    "attn_v": "self_attn.v_proj",
    "attn_output": "self_attn.o_proj",
    "ffn_norm": "post_attention_layernorm",
    "ffn_gate": "mlp.gate_proj",
    "ffn_up": "mlp.up_proj",
    "ffn_down": "mlp.down_proj",
}
_OUTER = {
    "token_embd.weight": "model.embed_tokens.weight",
    "output_norm.weight": "model.norm.weight",
    "output.weight": "lm_head.weight",
}


class GgufFile:
    """One GGUF file, memory-mapped."""

    def __init__(self, path: Path) -> None:
        """Open a file.

        Raises:
            UnusableModel: it is not a GGUF file.
        """
        from gguf import GGUFReader

        try:
            self._reader = GGUFReader(path)
        except (OSError, ValueError, IndexError) as error:
            raise UnusableModel(f"{path.name}: not a GGUF file: {error}") from error

    @cached_property  # reading the vocabulary takes seconds
    def facts(self) -> dict[str, Any]:
        """Every key and value of the header."""
        return {
            key: field.contents()
            for key, field in self._reader.fields.items()
            if not key.startswith("GGUF.")
        }

    @property
    def tensor_names(self) -> set[str]:
        """The tensors' names as llama.cpp writes them."""
        return {tensor.name for tensor in self._reader.tensors}

    def weights(self, heads: int, kv_heads: int) -> Iterator[tuple[str, "np.ndarray[Any, Any]"]]:
        """Whole tensors, as ``blocks`` has them."""
        for name, blocks in groupby(self.blocks(heads, kv_heads), key=itemgetter(0)):
            yield name, np.concatenate([values for _, _, values in blocks])

    def blocks(
        self, heads: int, kv_heads: int
    ) -> Iterator[tuple[str, int, "np.ndarray[Any, Any]"]]:
        """(name, first row, rows): tensors in float32, a few rows at a time.

        The names are Hugging Face's, and rotary halves are put back in order: llama.cpp reorders
        query and key rows for the architecture «llama» only.

        Raises:
            UnusableModel: a tensor that this family does not have.
        """
        is_llama = self.facts["general.architecture"] == "llama"
        interleaved = {"attn_q": heads, "attn_k": kv_heads} if is_llama else {}
        for tensor in self._reader.tensors:
            if tensor.name == "rope_freqs.weight":  # derived from the configuration
                continue
            name = _hf_name(tensor.name)
            kind = tensor.name.removesuffix(".weight").rpartition(".")[2]
            if kind in interleaved:
                yield name, 0, _in_halves(_whole(tensor), interleaved[kind])
            else:
                yield from ((name, row, values) for row, values in _in_blocks(tensor))


def _whole(tensor: Any) -> "np.ndarray[Any, Any]":
    from gguf.quants import dequantize

    values: np.ndarray[Any, Any] = dequantize(tensor.data, tensor.tensor_type)
    return values


def _in_blocks(tensor: Any) -> Iterator[tuple[int, "np.ndarray[Any, Any]"]]:
    """(first row, rows in float32): an embedding of 150,000 words is 3 GiB when it is whole."""
    from gguf.quants import dequantize

    rows = max(1, _BLOCK_VALUES * len(tensor.data) // int(tensor.n_elements))
    for row in range(0, len(tensor.data), rows):
        yield row, dequantize(tensor.data[row : row + rows], tensor.tensor_type)


def _hf_name(name: str) -> str:
    if name in _OUTER:
        return _OUTER[name]
    block, layer, kind, suffix = name.split(".")
    if block != "blk" or kind not in _LAYER:
        raise UnusableModel(f"unknown tensor {name!r} in the GGUF file")
    return f"model.layers.{layer}.{_LAYER[kind]}.{suffix}"


def _in_halves(values: "np.ndarray[Any, Any]", heads: int) -> "np.ndarray[Any, Any]":
    """Undo llama.cpp's interleaving of rotary halves; rows are [head, pair, half]."""
    rows, columns = values.shape
    pairs = values.reshape(heads, rows // heads // 2, 2, columns)
    return pairs.swapaxes(1, 2).reshape(rows, columns)
