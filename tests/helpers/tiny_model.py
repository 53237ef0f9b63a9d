"""The sizes of a model of two layers, and random weights for it."""

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np

HIDDEN, HEADS, KV_HEADS, INNER, LAYERS, VOCABULARY = 64, 4, 2, 128, 2, 49_152


def tiny_weights() -> dict[str, Any]:
    """Random float16 weights of a two-layer Llama; the embeddings are tied."""
    rng = np.random.default_rng(3407)
    key_value = HIDDEN // HEADS * KV_HEADS
    shapes: dict[str, tuple[int, ...]] = {"model.embed_tokens.weight": (VOCABULARY, HIDDEN)}
    for layer in range(LAYERS):
        inner = {
            "self_attn.q_proj": (HIDDEN, HIDDEN),
            "self_attn.k_proj": (key_value, HIDDEN),
            "self_attn.v_proj": (key_value, HIDDEN),
            "self_attn.o_proj": (HIDDEN, HIDDEN),
            "mlp.gate_proj": (INNER, HIDDEN),
            "mlp.up_proj": (INNER, HIDDEN),
            "mlp.down_proj": (HIDDEN, INNER),
        }
        shapes |= {f"model.layers.{layer}.{name}.weight": size for name, size in inner.items()}
    weights = {
        name: rng.normal(scale=0.1, size=size).astype(np.float16) for name, size in shapes.items()
    }
    norms = [
        f"layers.{n}.{name}"
        for n in range(LAYERS)
        for name in ("input_layernorm", "post_attention_layernorm")
    ]
    ones = {f"model.{name}.weight": np.ones(HIDDEN, np.float16) for name in (*norms, "norm")}
    return weights | ones


def build_tiny(smollm2: Path, folder: Path) -> None:
    """A model of two layers and random weights, with SmolLM2's tokenizer and our template."""
    from safetensors.numpy import save_file

    for file in smollm2.iterdir():
        if "token" in file.name or file.suffix == ".jinja":
            shutil.copy(file, folder)
    config = json.loads((smollm2 / "config.json").read_text(encoding="utf-8"))
    config |= {
        "hidden_size": HIDDEN,
        "intermediate_size": INNER,
        "num_hidden_layers": LAYERS,
        "num_attention_heads": HEADS,
        "num_key_value_heads": KV_HEADS,
    }
    (folder / "config.json").write_text(json.dumps(config), encoding="utf-8")
    save_file(tiny_weights(), folder / "model.safetensors", metadata={"format": "pt"})
