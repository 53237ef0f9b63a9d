"""Tiny models of the families that we train, built in this process, with a stirred adapter."""

from typing import Any

import torch
from peft import LoraConfig, get_peft_model
from torch.nn.functional import scaled_dot_product_attention
from transformers import LlamaConfig, LlamaForCausalLM, Qwen2Config, Qwen2ForCausalLM
from transformers.models.llama.modeling_llama import LlamaAttention, apply_rotary_pos_emb

VOCABULARY = 500
SIZES: dict[str, Any] = {
    "vocab_size": VOCABULARY,
    "hidden_size": 64,
    "intermediate_size": 128,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "tie_word_embeddings": True,
    "attention_dropout": 0.0,
}
MODULES = ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"]


def tiny_llama() -> Any:
    """Two layers of Llama with a LoRA adapter."""
    return _adapted(LlamaForCausalLM(LlamaConfig(**SIZES)))


def tiny_qwen2() -> Any:
    """Two layers of Qwen 2 with a LoRA adapter."""
    return _adapted(Qwen2ForCausalLM(Qwen2Config(**SIZES)))


def _adapted(base: Any) -> Any:
    torch.manual_seed(3407)
    model = get_peft_model(base, LoraConfig(r=4, lora_alpha=8, target_modules=MODULES))
    stir(model)
    return model.train()


def stir(model: Any) -> None:
    """Fill the half of an adapter that begins at zero, so that every weight has a gradient."""
    with torch.no_grad():
        for name, value in model.named_parameters():
            if "lora_B" in name:
                value.normal_(std=0.05)


class BlindAttention(LlamaAttention):  # type: ignore[misc]
    """Causal over all it is given: asks neither mask nor implementation, as a kernel may do."""

    def forward(self, hidden_states: Any, position_embeddings: Any, *_: Any, **__: Any) -> Any:
        """Attend; [batch, length, hidden] in and out."""
        shape = (*hidden_states.shape[:-1], -1, self.head_dim)
        projections = (self.q_proj, self.k_proj, self.v_proj)
        query, key, value = (p(hidden_states).view(shape).transpose(1, 2) for p in projections)
        query, key = apply_rotary_pos_emb(query, key, *position_embeddings)
        seen = scaled_dot_product_attention(query, key, value, is_causal=True, enable_gqa=True)
        return self.o_proj(seen.transpose(1, 2).flatten(2)), None


class RefusingAttention(LlamaAttention):  # type: ignore[misc]
    """Computes separate rows only, as a kernel that does not compile for this device."""

    error: Exception
    """What a pack gets."""
    only_backward = False
    """Whether it is the way back that fails."""

    def forward(self, hidden_states: Any, *args: Any, **kwargs: Any) -> Any:
        """Attend, unless positions begin again in the middle."""
        positions = kwargs.get("position_ids")
        is_pack = positions is not None and bool((positions.diff() <= 0).any())
        if is_pack and not self.only_backward:
            raise self.error
        output, weights = super().forward(hidden_states, *args, **kwargs)
        if is_pack and output.requires_grad:
            output.register_hook(self._refuse)
        return output, weights

    def _refuse(self, _gradient: Any) -> None:
        raise self.error


def make_blind(model: Any) -> None:
    """Put ``BlindAttention`` into every layer of a Llama."""
    for module in _attentions(model):
        module.__class__ = BlindAttention


def make_refusing(model: Any, error: Exception, *, only_backward: bool = False) -> None:
    """Put ``RefusingAttention`` into every layer of a Llama."""
    for module in _attentions(model):
        module.__class__ = RefusingAttention
        module.error, module.only_backward = error, only_backward


def _attentions(model: Any) -> list[Any]:
    return [module for module in model.modules() if isinstance(module, LlamaAttention)]
