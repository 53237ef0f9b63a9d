"""A base's weights as a training computes with them, read from its files one at a time.

Nothing is kept: what is read is as large as one tensor, whatever the size of the model.
"""

# isort: off
# Unsloth patches transformers, so it must be imported before it.
from unsloth import is_bfloat16_supported
from unsloth_zoo.peft_utils import SKIP_QUANTIZATION_MODULES
# isort: on

from pathlib import Path
from typing import Any

import torch

from tasks.domain.errors import UnusableModel

_PACKED = ".quant_state.bitsandbytes__"
"""In the name of the tensor that says how bitsandbytes packed another one."""


def plain_model(base: Path) -> Any:
    """The model of a base folder without weights: every tensor is on the device "meta"."""
    from transformers import AutoConfig, AutoModelForCausalLM

    config = AutoConfig.from_pretrained(str(base), local_files_only=True)
    if "quantization_config" in config.to_dict():
        del config.quantization_config
    with torch.device("meta"):
        return AutoModelForCausalLM.from_config(config)


class BaseWeights:
    """Reads the tensors of a base folder by their names in the model."""

    def __init__(self, base: Path, plain: Any, *, in_4bit: bool) -> None:
        """Look which file holds which tensor.

        Args:
            base: a model folder with safetensors files.
            plain: its model without weights.
            in_4bit: read linear layers as a training ``in_4bit`` rounds them when it opens them.

        Raises:
            UnusableModel: the files lack a tensor of the model.
        """
        self._files = _files_by_tensor(base)
        self._packed = {name.partition(_PACKED)[0] for name in self._files if _PACKED in name}
        rounds = in_4bit and not self._packed
        self._rounded = rounded_weights(plain) if rounds else frozenset()
        # float32 holds what any file holds, so that nothing need be made larger.
        self._type = training_type() if in_4bit and training_type() != torch.float32 else None
        tied = plain.all_tied_weights_keys
        self.shapes = {n: v.shape for n, v in plain.state_dict().items() if n not in tied}
        """The shape of each tensor; one that is tied to another has none of its own."""
        missing = sorted(self.shapes.keys() - self._files.keys())
        if missing:
            raise UnusableModel(
                f"{base.name}: no tensor {missing[0]!r} in its files, needed {len(self.shapes)} "
                "under the names of its model"
            )

    def read(self, name: str) -> torch.Tensor:
        """A tensor in main memory, as training computes with it."""
        if name in self._packed:
            return self._unpacked(name)
        value = self._stored(name)
        if name in self._rounded:
            return _as_rounded(value.to(training_type()))
        return value.to(self._type) if self._type and value.is_floating_point() else value

    def _stored(self, name: str) -> torch.Tensor:
        from safetensors import safe_open

        # Read, not mapped: pages of a mapped file count as memory of the process.
        with safe_open(self._files[name], framework="pt", backend="pread") as file:
            value: torch.Tensor = file.get_tensor(name)
        return value

    def _unpacked(self, name: str) -> torch.Tensor:
        from bitsandbytes.functional import QuantState, dequantize_4bit

        parts = {
            part.removeprefix(f"{name}."): self._stored(part)
            for part in self._files
            if part.startswith(f"{name}.")
        }
        state = QuantState.from_dict(parts, device=_device())
        if torch.cuda.is_available():  # where Unsloth gives every layer the type of the training
            state.dtype = training_type()
        return dequantize_4bit(self._stored(name).to(_device()), state).cpu()


def rounded_weights(plain: Any) -> frozenset[str]:
    """The weights that a training in 4 bit rounds when it opens a 16-bit base."""
    from transformers.quantizers.quantizers_utils import should_convert_module

    return frozenset(
        f"{name}.weight"
        for name, module in plain.named_modules()
        if type(module) is torch.nn.Linear
        and should_convert_module(name, SKIP_QUANTIZATION_MODULES)
    )


def precision() -> torch.dtype | None:
    """float32 on a CPU; on a GPU what it does best, which Unsloth knows.

    Left to itself Unsloth takes bfloat16 on a CPU that has it, and the same run would give another
    adapter there than elsewhere.
    """
    return None if torch.cuda.is_available() else torch.float32


def training_type() -> torch.dtype:
    """The type of what a training does not round: Unsloth's own choice where we leave it to it."""
    return precision() or (torch.bfloat16 if is_bfloat16_supported() else torch.float16)


def _device() -> str:
    """Where a training rounds and multiplies: another device would round otherwise."""
    return "cuda" if torch.cuda.is_available() else "cpu"


def _as_rounded(value: torch.Tensor) -> torch.Tensor:
    """To NF4 and back, with the settings of Unsloth's 4-bit loading."""
    from bitsandbytes.functional import dequantize_4bit, quantize_4bit

    packed, state = quantize_4bit(
        value.to(_device()), blocksize=64, compress_statistics=True, quant_type="nf4"
    )
    return dequantize_4bit(packed, state).cpu()


def _files_by_tensor(base: Path) -> dict[str, Path]:
    from safetensors import safe_open

    files: dict[str, Path] = {}
    for path in sorted(base.glob("*.safetensors")):
        with safe_open(path, framework="pt") as file:
            files |= dict.fromkeys(file.keys(), path)
    if not files:
        raise UnusableModel(f"{base.name}: no safetensors files; needed the weights of a model")
    return files
