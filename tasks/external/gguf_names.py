"""What a model's tensors are called in a GGUF file, and what llama.cpp's converter does to them.

The names are those of the ``gguf`` package; what is listed here is what the converter changes in
the values, without which a file could not be compared with the model that it was made from.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np

from tasks.domain.errors import UnusableModel

Values = np.ndarray[Any, Any]

ARCHITECTURES = {
    "LlamaForCausalLM": "llama",
    "MistralForCausalLM": "llama",
    "Qwen2ForCausalLM": "qwen2",
    "Qwen3ForCausalLM": "qwen3",
    "Gemma3ForCausalLM": "gemma3",
    "SmolLM3ForCausalLM": "smollm3",
    "GraniteForCausalLM": "granite",
}
"""transformers' class of each model that can be exported, and llama.cpp's name for it."""
_REFUSED = {
    "Phi3ForCausalLM": "joins q, k and v, which no profile adapts; unsloth/phi-4 has them apart",
    "Gemma3ForConditionalGeneration": "sees pictures; gemma-3-1b-it does not",
    "GraniteMoeHybridForCausalLM": "has layers of another kind; Granite 4.1 has none",
}
"""Of models that somebody may well try, why they are not forged."""
_INTERLEAVED = {"llama", "smollm3", "granite"}
"""Where rows of q and k stand as (pair, half) instead of (half, pair): llama.cpp's own rotation."""
_SHIFTED_NORMS = {"gemma3"}
"""Where norms are stored with the 1 that the model adds to them."""


class GgufNames:
    """The names and changes of one model, told by its config.json."""

    def __init__(self, config: Mapping[str, Any]) -> None:
        """Find the architecture.

        Raises:
            UnusableModel: its architecture is none whose weights can be compared after export.
        """
        import gguf

        self.architecture = gguf_architecture(config)
        kinds = {name: kind for kind, name in gguf.MODEL_ARCH_NAMES.items()}
        layers = config["num_hidden_layers"]
        self._names = gguf.get_tensor_name_map(kinds[self.architecture], layers)
        heads = config["num_attention_heads"]
        self._heads = {"q_proj": heads, "k_proj": config.get("num_key_value_heads") or heads}

    def of(self, name: str) -> str:
        """What a tensor of the model is called in the file; UnusableModel when it has no name."""
        gguf_name: str | None = self._names.get_name(name, try_suffixes=(".weight", ".bias"))
        if gguf_name is None:
            raise UnusableModel(
                f"only tensors that llama.cpp's {self.architecture} has: found {name!r}"
            )
        return gguf_name

    def reorders(self, name: str) -> bool:
        """Whether the file has the rows of a tensor in another order, so that it is read whole."""
        return self.architecture in _INTERLEAVED and _module(name) in self._heads

    def restored(self, name: str, values: Values) -> Values:
        """The values of a tensor as the model has them, from those of the file in float32."""
        if self.reorders(name):
            return _in_halves(values, self._heads[_module(name)])
        return values - np.float32(self.shift(name))

    def shift(self, name: str) -> float:
        """What the file's values of a tensor have added to them."""
        is_norm = _module(name).endswith("norm")
        return 1.0 if self.architecture in _SHIFTED_NORMS and is_norm else 0.0


def gguf_architecture(config: Mapping[str, Any]) -> str:
    """llama.cpp's name of a model's architecture; UnusableModel when it cannot be exported here."""
    architecture = (config.get("architectures") or ["no architecture"])[0]
    if architecture not in ARCHITECTURES:
        reason = f" ({architecture} {_REFUSED[architecture]})" if architecture in _REFUSED else ""
        supported = ", ".join(sorted(ARCHITECTURES))
        raise UnusableModel(
            f"an architecture that can be exported, {supported}: found {architecture}{reason}"
        )
    return ARCHITECTURES[architecture]


def _module(name: str) -> str:
    return name.rsplit(".", 2)[-2]


def _in_halves(values: Values, heads: int) -> Values:
    """Undo the interleaving of rotary halves; rows are [head, pair, half]."""
    rows = len(values)
    pairs = values.reshape(heads, rows // heads // 2, 2, *values.shape[1:])
    return pairs.swapaxes(1, 2).reshape(values.shape)
