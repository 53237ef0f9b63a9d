"""The sizes of a model of two layers, and random weights for it."""

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
