"""How large a model is on a device: weights, adapter, and what each linear layer has."""

from typing import Literal

from profiles import Architecture, EvaluationPlan, Lora, Model
from tasks.domain import Frozen

NF4_BYTES = 1 / 2 + 1 / 64 + 4 / (64 * 256)
"""Bytes of a weight in NF4 with double quantisation: 4 bits, an 8-bit scale for each block of 64,
a float32 for each 256 scales (bitsandbytes' block sizes; Unsloth's uploads are stored so)."""

LEAST_CONTEXT = 4096
"""Tokens of context that a model is served with at the least."""


class Device(Frozen):
    """What a training runs on; bytes."""

    kind: Literal["GPU", "CPU"]
    total: int
    free: int
    bf16: bool = False
    """Whether a GPU computes in bfloat16, else float16; a CPU always trains in float32."""

    @property
    def name(self) -> str:
        """As a sentence names it."""
        return "GPU memory" if self.kind == "GPU" else "memory"


def parameters(shape: Architecture) -> int:
    """How many weights a base has; tied embeddings count once."""
    heads = 1 if shape.tie_word_embeddings else 2
    layers = shape.num_hidden_layers
    norms = (shape.norms_per_layer * layers + 1) * shape.hidden_size
    biases = (query_size(shape) + 2 * key_value_size(shape)) * layers
    return (
        heads * shape.vocab_size * shape.hidden_size
        + linear_parameters(shape)
        + norms
        + 2 * head_size(shape) * layers * shape.qk_norm
        + biases * shape.attention_bias
    )


def weight_bytes(shape: Architecture, in_4bit: bool, device: Device) -> int:
    """Bytes of the base: in NF4 only the linear layers, never embeddings, head and norms."""
    each = width(device)
    linear = linear_parameters(shape)
    rest = parameters(shape) - linear
    return round(linear * (NF4_BYTES if in_4bit else each) + rest * each)


def adapter_parameters(shape: Architecture, lora: Lora) -> int:
    """How many weights an adapter has: rank x (in + out) for each module that it adapts."""
    sizes = _modules(shape)
    pairs = [sizes[name] for name in lora.target_modules]
    return shape.num_hidden_layers * lora.rank * sum(ins + outs for ins, outs in pairs)


def width(device: Device) -> int:
    """Bytes of a number in the arithmetic of ``device``."""
    return 2 if device.kind == "GPU" else 4


def head_size(shape: Architecture) -> int:
    """The width of one head."""
    return shape.head_dim or shape.hidden_size // shape.num_attention_heads


def query_size(shape: Architecture) -> int:
    """The width of queries, and of what attention hands on."""
    return head_size(shape) * shape.num_attention_heads


def key_value_size(shape: Architecture) -> int:
    """The width of keys and of values."""
    return head_size(shape) * shape.num_key_value_heads


def context_for(max_seq_length: int) -> int:
    """Tokens of context to serve with: a loop goes on where the longest row of a training ends."""
    return max(LEAST_CONTEXT, 2 * max_seq_length)


def base_at_once(model: Model, plan: EvaluationPlan) -> int:
    """How many prompts a CPU answers at once where the base is asked, each in its own context.

    One for a model that no CPU trains: its contexts would be what a machine is short of. Where a
    CPU trains, training took more.
    """
    return 1 if model.needs_gpu else plan.base_at_once


def _modules(shape: Architecture) -> dict[str, tuple[int, int]]:
    """(in, out) of each linear module of a layer."""
    hidden, inner = shape.hidden_size, shape.intermediate_size
    query, key_value = query_size(shape), key_value_size(shape)
    return {
        "q_proj": (hidden, query),
        "k_proj": (hidden, key_value),
        "v_proj": (hidden, key_value),
        "o_proj": (query, hidden),
        "gate_proj": (hidden, inner),
        "up_proj": (hidden, inner),
        "down_proj": (inner, hidden),
    }


def linear_parameters(shape: Architecture) -> int:
    """Weights of the linear modules of all layers."""
    return shape.num_hidden_layers * sum(ins * outs for ins, outs in _modules(shape).values())


def largest_linear(shape: Architecture) -> int:
    """Weights of the largest linear module."""
    return max(ins * outs for ins, outs in _modules(shape).values())
