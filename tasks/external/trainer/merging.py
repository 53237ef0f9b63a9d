"""An adapter is written, and becomes one 16-bit model together with the base it was trained on."""

# isort: off
# Unsloth patches transformers, so it must be imported before it.
from unsloth import FastLanguageModel
# isort: on

import json
import shutil
from pathlib import Path
from typing import Any

import torch
from peft import PeftModel

from tasks.domain.errors import UnusableModel


def save_adapter(model: Any, folder: Path) -> None:
    """Write the adapter and reopen it, so that a file that cannot be read is noticed here.

    Raises:
        UnusableModel: the written adapter is not the one in memory.
    """
    from peft.utils import get_peft_model_state_dict
    from safetensors.torch import load_file

    model.save_pretrained(str(folder), save_embedding_layers=False)
    written = load_file(str(folder / "adapter_model.safetensors"))
    current = get_peft_model_state_dict(model, save_embedding_layers=False)
    same = written.keys() == current.keys() and all(
        torch.equal(written[name], value.cpu()) for name, value in current.items()
    )
    if not same:
        raise UnusableModel(f"{folder.name}: the adapter on disk is not the one that was trained")


def merge(base: Path, adapter: Path | None, folder: Path, *, in_4bit: bool = False) -> None:
    """Write base and adapter as one 16-bit model; without an adapter, the base itself in 16 bit.

    The sum is taken in float32, so that only one rounding lies between training and file. An
    adapter that was trained ``in_4bit`` learned beside weights rounded to NF4, and is added to
    these, not to the weights before their rounding: it made up for the rounding too.
    """
    from transformers import AutoModelForCausalLM, AutoTokenizer

    if in_4bit or is_4bit(base):
        model = dequantized(base)
    else:
        model = AutoModelForCausalLM.from_pretrained(str(base), dtype=torch.float32)
    if adapter is not None:
        model = PeftModel.from_pretrained(model, str(adapter)).merge_and_unload(safe_merge=True)
    model.to(torch.float16).save_pretrained(str(folder))
    AutoTokenizer.from_pretrained(str(base)).save_pretrained(str(folder))
    vocabulary = (
        base / "tokenizer.model"
    )  # transformers leaves it out, llama.cpp's converter reads it
    if vocabulary.is_file():
        shutil.copy(vocabulary, folder)


def is_4bit(base: Path) -> bool:
    """Whether the folder itself holds weights that bitsandbytes rounded to 4 bit."""
    config = json.loads((base / "config.json").read_text(encoding="utf-8"))
    return bool((config.get("quantization_config") or {}).get("load_in_4bit"))


def dequantized(base: Path) -> Any:
    """A plain float32 model with the very weights that a training in 4 bit computes with."""
    from bitsandbytes.functional import dequantize_4bit
    from bitsandbytes.nn.modules import Linear4bit
    from transformers import AutoConfig, AutoModelForCausalLM

    from tasks.external.trainer.engine import precision

    # Opened as training opens it: the rounding depends on the type that it starts from.
    quantized, _ = FastLanguageModel.from_pretrained(
        str(base), load_in_4bit=True, dtype=precision(), local_files_only=True
    )
    rounded = {
        f"{name}.weight": dequantize_4bit(module.weight.data, module.weight.quant_state)
        for name, module in quantized.named_modules()
        if isinstance(module, Linear4bit)
    }
    config = AutoConfig.from_pretrained(str(base))
    if hasattr(config, "quantization_config"):
        del config.quantization_config
    plain = AutoModelForCausalLM.from_config(config, dtype=torch.float32)
    weights = {**dict(quantized.named_parameters()), **rounded}
    with torch.no_grad():
        for name, value in plain.named_parameters():
            value.copy_(weights[name])
    return plain
