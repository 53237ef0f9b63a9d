"""What a GGUF file holds, in Hugging Face's words: facts, tensor names, weights."""

from collections.abc import Iterator
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from tasks.domain.errors import UnusableModel

CONTROL_TOKEN = 3
"""The token type of a control token (gguf's TokenType.CONTROL)."""
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
        """Tensors in float32 under Hugging Face's names, rotary halves put back in order.

        llama.cpp reorders query and key rows for the architecture «llama» only.

        Raises:
            UnusableModel: a tensor that this family does not have.
        """
        from gguf.quants import dequantize

        is_llama = self.facts["general.architecture"] == "llama"
        interleaved = {"attn_q": heads, "attn_k": kv_heads} if is_llama else {}
        for tensor in self._reader.tensors:
            if tensor.name == "rope_freqs.weight":  # derived from the configuration
                continue
            values = dequantize(tensor.data, tensor.tensor_type)
            kind = tensor.name.removesuffix(".weight").rpartition(".")[2]
            if kind in interleaved:
                values = _in_halves(values, interleaved[kind])
            yield _hf_name(tensor.name), values


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
