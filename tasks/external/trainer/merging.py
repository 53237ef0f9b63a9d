"""An adapter is written, and becomes one 16-bit model together with the base it was trained on."""

# isort: off
# Imports Unsloth, which patches transformers, so it must come before it.
from tasks.external.trainer.weights import BaseWeights, plain_model
# isort: on

import json
from pathlib import Path
from typing import Any

import torch

from tasks.domain.errors import UnusableModel
from tasks.domain.training.export_memory import SHARD_BYTES
from tasks.external.tokenizer_files import copy_tokenizer
from tasks.external.trainer.out_of_memory import give_back


def save_adapter(model: Any, folder: Path) -> None:
    """Write the adapter and reopen it, so that a file that cannot be read is noticed here.

    Raises:
        UnusableModel: the written adapter is not the one in memory.
    """
    from peft.utils import get_peft_model_state_dict
    from safetensors.torch import load_file

    model.save_pretrained(str(folder), save_embedding_layers=False)
    tensors = load_file(str(folder / "adapter_model.safetensors"))
    current = get_peft_model_state_dict(model, save_embedding_layers=False)
    same = tensors.keys() == current.keys() and all(
        torch.equal(tensors[name], value.cpu()) for name, value in current.items()
    )
    if not same:
        raise UnusableModel(f"{folder.name}: the adapter on disk is not the one that was trained")


def merge(
    base: Path,
    adapter: Path | None,
    folder: Path,
    *,
    in_4bit: bool = False,
    shard_bytes: int = SHARD_BYTES,
) -> None:
    """Write base and adapter as one 16-bit model; without an adapter, the base itself in 16 bit.

    Tensor by tensor and file by file, so that memory holds one file and never the model. The sum
    is taken in float32, so that only one rounding lies between training and file. An adapter that
    was trained ``in_4bit`` learned beside weights rounded to NF4, and is added to these, not to the
    weights before their rounding: it made up for the rounding too.

    Raises:
        UnusableModel: the base lacks a tensor, or a sum does not fit float16.
    """
    from huggingface_hub import split_torch_state_dict_into_shards
    from safetensors.torch import save_file

    plain = plain_model(base)
    weights = BaseWeights(base, plain, in_4bit=in_4bit)
    deltas = AdapterDeltas(plain, adapter) if adapter else None
    folder.mkdir(parents=True)
    halves = {
        name: torch.empty(shape, dtype=torch.float16, device="meta")
        for name, shape in weights.shapes.items()
    }
    shards = split_torch_state_dict_into_shards(halves, max_shard_size=shard_bytes)
    for file, names in shards.filename_to_tensors.items():
        tensors = {name: _merged(weights, deltas, name) for name in names}
        save_file(tensors, folder / file, metadata={"format": "pt"})
        del tensors  # before the next file's are made
    if shards.is_sharded:
        index = {"metadata": shards.metadata, "weight_map": shards.tensor_to_filename}
        _write_json(folder / "model.safetensors.index.json", index)
    _write_config(base, folder)
    copy_tokenizer(base, folder)
    give_back()


class AdapterDeltas:
    """What an adapter adds to each weight; which weights, and how much, PEFT says."""

    def __init__(self, plain: Any, adapter: Path) -> None:
        """Read an adapter; ``plain``, the model without weights, is changed."""
        from peft import PeftConfig, get_peft_model, load_peft_weights
        from peft.tuners.lora import LoraLayer

        config = PeftConfig.from_pretrained(str(adapter))
        config.base_model_name_or_path = None  # the folder that was trained, which may be moved
        adapted = get_peft_model(plain, config, low_cpu_mem_usage=True)
        self._scaling = {
            f"{name}.weight": module.scaling["default"]
            for name, module in adapted.get_base_model().named_modules()
            if isinstance(module, LoraLayer)
        }
        self._parts = load_peft_weights(str(adapter), device="cpu")

    def of(self, name: str) -> torch.Tensor | None:
        """What is added to a tensor, in float32; None where nothing is."""
        if name not in self._scaling:
            return None
        module = f"base_model.model.{name.removesuffix('.weight')}"
        down = self._parts[f"{module}.lora_A.weight"].float()
        up = self._parts[f"{module}.lora_B.weight"].float()
        return (up @ down).mul_(self._scaling[name])


def _merged(weights: BaseWeights, deltas: AdapterDeltas | None, name: str) -> torch.Tensor:
    value = weights.read(name)
    if not value.is_floating_point():
        return value
    delta = deltas.of(name) if deltas else None
    if delta is not None:
        value = value.float().add_(delta)
    half = value.to(torch.float16)
    if not all(torch.isfinite(end) for end in half.aminmax()):
        raise UnusableModel(f"{name}: a merged weight is no number that float16 holds")
    return half


def _write_config(base: Path, folder: Path) -> None:
    config = json.loads((base / "config.json").read_text(encoding="utf-8"))
    for key in ("quantization_config", "torch_dtype"):
        config.pop(key, None)
    _write_json(folder / "config.json", config | {"dtype": "float16"})
    generation = base / "generation_config.json"
    if generation.is_file():
        (folder / generation.name).write_bytes(generation.read_bytes())


def _write_json(path: Path, value: Any) -> None:
    path.write_text(json.dumps(value, indent=2), encoding="utf-8")
