"""Tiny random models of the families that profiles/models/ names, with their special tokens.

The text tokens are SmolLM2's, the only vocabulary that is here and that llama.cpp knows by its
merges; Gemma's are learned here, as a SentencePiece model like its own. Special tokens, sizes in
proportion and everything that is odd about a family are the family's.
"""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import sentencepiece
import torch
import transformers
from tokenizers import AddedToken
from tokenizers.processors import TemplateProcessing
from transformers.convert_slow_tokenizer import SentencePieceExtractor

ROOT = Path(__file__).parents[2]
_CHATML = ("<|endoftext|>", "<|im_start|>", "<|im_end|>")
_LLAMA3 = ("<|begin_of_text|>", "<|start_header_id|>", "<|end_header_id|>", "<|eot_id|>")
_ROTATION_OF_LLAMA3 = {
    "rope_type": "llama3",
    "rope_theta": 500_000.0,
    "factor": 32.0,
    "low_freq_factor": 1.0,
    "high_freq_factor": 4.0,
    "original_max_position_embeddings": 1024,
}


@dataclass(frozen=True)
class Family:
    """What is special about the models of one maker."""

    architecture: str
    special: tuple[str, ...]
    """The first begins a text, the last ends a turn."""
    kept: tuple[str, ...] = ()
    """Added tokens that stay when special ones are skipped."""
    odd: dict[str, Any] = field(default_factory=dict)
    """Of its configuration, beside the sizes."""
    puts_first: bool = False
    """Whether the vocabulary puts the first token in front of every text by itself."""
    sentencepiece: bool = False
    """Whether its vocabulary is a SentencePiece model."""


FAMILIES = {
    "qwen-3": Family("Qwen3", _CHATML, ("<tool_call>", "</tool_call>"), {"head_dim": 32}),
    "qwen-3-0.6b": Family(
        "Qwen3",
        _CHATML,
        ("<tool_call>", "</tool_call>", "<think>", "</think>"),
        {"head_dim": 32, "tie_word_embeddings": True},
    ),
    "llama-3.1": Family("Llama", _LLAMA3, (), {"rope_parameters": _ROTATION_OF_LLAMA3}),
    "llama-3.2": Family(
        "Llama",
        _LLAMA3,
        (),
        {"rope_parameters": _ROTATION_OF_LLAMA3, "tie_word_embeddings": True},
    ),
    "gemma-3": Family(
        "Gemma3",
        ("<bos>", "<start_of_turn>", "<end_of_turn>"),
        (),
        {
            "head_dim": 32,
            "layer_types": ["sliding_attention", "full_attention"],
            "sliding_window": 64,
            "tie_word_embeddings": True,
        },
        puts_first=True,
        sentencepiece=True,
    ),
    "phi-4": Family("Llama", ("<|endoftext|>", "<|im_start|>", "<|im_sep|>", "<|im_end|>")),
    "smollm-3": Family(
        "SmolLM3",
        ("<|begin_of_text|>", *_CHATML),
        ("<tool_call>", "</tool_call>", "<think>", "</think>"),
        {"no_rope_layers": [1, 0], "tie_word_embeddings": True},
    ),
    "granite-4.1": Family(
        "Granite",
        ("<|pad|>", "<|start_of_role|>", "<|end_of_role|>", "<|end_of_text|>"),
        ("<tool_call>", "</tool_call>", "<tool_response>", "</tool_response>"),
        {
            "attention_multiplier": 0.0625,
            "embedding_multiplier": 12.0,
            "residual_multiplier": 0.22,
            "logits_scaling": 10.0,
            "tie_word_embeddings": True,
        },
    ),
}


def write_sentencepiece(family: Family, folder: Path, template: str) -> int:
    """A tokenizer as Gemma's, learned from our documentation; how many tokens there are."""
    texts = [file.read_text("utf-8") for file in sorted((ROOT / "docs").glob("*.md"))]
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter([line for text in texts for line in text.splitlines()]),
        model_prefix=str(folder / "tokenizer"),
        model_type="bpe",
        vocab_size=1200,
        byte_fallback=True,
        split_digits=True,
        add_dummy_prefix=False,
        remove_extra_whitespaces=False,
        normalization_rule_name="identity",
        pad_id=0,
        eos_id=1,
        bos_id=2,
        unk_id=3,
        pad_piece="<pad>",
        eos_piece="<eos>",
        bos_piece="<bos>",
        user_defined_symbols=["<mask>", *family.special[1:]],
        minloglevel=2,
    )
    known = SentencePieceExtractor(str(folder / "tokenizer.model")).extract(None)
    made = transformers.GemmaTokenizer(
        vocab=known["vocab"],
        merges=known["merges"],
        eos_token=family.special[-1],
        chat_template=template,
    )
    made.add_tokens([AddedToken(t, special=True, normalized=False) for t in family.special])
    put_first(family.special[0], made.backend_tokenizer)
    made.save_pretrained(str(folder))
    return len(made)


def put_first(token: str, tokenizer: Any) -> None:
    """Let a tokenizer begin every text with ``token``."""
    known = [(token, tokenizer.token_to_id(token))]
    tokenizer.post_processor = TemplateProcessing(single=f"{token} $A", special_tokens=known)


def write_tokenizer(family: Family, base: Path, folder: Path, template: str) -> int:
    """A tokenizer with SmolLM2's text tokens and the family's own; how many tokens there are."""
    opened = transformers.AutoTokenizer.from_pretrained(str(base))
    opened.add_tokens([AddedToken(t, special=True, normalized=False) for t in family.special])
    opened.add_tokens([AddedToken(t, special=False, normalized=False) for t in family.kept])
    inner = opened.backend_tokenizer
    if family.puts_first:
        put_first(family.special[0], inner)
    made = transformers.PreTrainedTokenizerFast(
        tokenizer_object=inner,
        bos_token=family.special[0],
        eos_token=family.special[-1],
        pad_token=family.special[0],
        model_max_length=2048,
        chat_template=template,
    )
    made.save_pretrained(str(folder))
    return len(made)


def write_model(family: Family, base: Path, folder: Path, template: str) -> Path:
    """A whole folder: tokenizer, configuration, random weights of two layers."""
    if family.sentencepiece:
        size = write_sentencepiece(family, folder, template)
    else:
        size = write_tokenizer(family, base, folder, template)
    kind = f"{family.architecture}TextConfig" if family.architecture == "Gemma3" else ""
    config = getattr(transformers, kind or f"{family.architecture}Config")(
        **{
            "vocab_size": size,
            "hidden_size": 64,
            "intermediate_size": 128,
            "num_hidden_layers": 2,
            "num_attention_heads": 4,
            "num_key_value_heads": 2,
            "max_position_embeddings": 2048,
            "tie_word_embeddings": False,
            "bos_token_id": size - 1,
            "eos_token_id": size - 1,
            "pad_token_id": 0,
        }
        | family.odd
    )
    torch.manual_seed(3407)
    model = getattr(transformers, f"{family.architecture}ForCausalLM")(config)
    with torch.no_grad():
        for name, value in model.named_parameters():
            if "norm" in name:  # left at one or zero, a norm that is not exported would not be seen
                value.add_(torch.randn_like(value) * 0.1)
    model.to(torch.float16).save_pretrained(str(folder))
    return folder
