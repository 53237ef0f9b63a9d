"""Small stand-ins of the models that this project is for: their own vocabulary, template and kind
of layers, two layers of noise. The vocabularies lie beside llama.cpp's converter.
"""

import json
from pathlib import Path
from typing import Any

from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers
from tokenizers.processors import TemplateProcessing

from profiles.settings import Settings

R1_TOKENS = ("<｜begin▁of▁sentence｜>", "<｜end▁of▁sentence｜>", "<｜User｜>", "<｜Assistant｜>")  # noqa: RUF001
_R1_IDS = dict(zip((128_000, 128_001, 128_011, 128_012), R1_TOKENS, strict=True))
_R1_THOUGHT = {128_013: "<think>", 128_014: "</think>"}
_CONTROL = 3
_WORDS = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|"
_SIGNS = r"| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
SIZES: dict[str, Any] = {
    "hidden_size": 64,
    "intermediate_size": 128,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "tie_word_embeddings": False,
}


def missing_vocabularies(*names: str) -> list[str]:
    """What is needed to build a stand-in; empty when it is there."""
    absent = [str(_vocabulary(name)) for name in names if not _vocabulary(name).is_file()]
    return [f"{', '.join(absent)}: run infra/fetch_llama_cpp.py"] if absent else []


def write_r1(folder: Path, **sizes: Any) -> Path:
    """DeepSeek-R1-Distill-Llama: Llama 3's vocabulary with R1's tokens, and its tokenizer class.

    The vocabulary puts its first token in front of every text.
    """
    from transformers import LlamaConfig, LlamaForCausalLM

    vocabulary = _read("llama-bpe")
    tokens = dict(enumerate(vocabulary["tokenizer.ggml.tokens"]))
    tokens |= _R1_IDS | _R1_THOUGHT
    tokenizer = _byte_pairs(tokens, vocabulary, _WORDS + r"\p{N}{1,3}" + _SIGNS)
    controls = [token for id_, token in tokens.items() if id_ >= 128_000]
    tokenizer.add_special_tokens([one for one in controls if one not in _R1_THOUGHT.values()])
    tokenizer.add_tokens([AddedToken(one, normalized=False) for one in _R1_THOUGHT.values()])
    first, last = R1_TOKENS[:2]
    tokenizer.post_processor = TemplateProcessing(
        single=f"{first} $A", pair=f"{first} $A $B", special_tokens=[(first, 128_000)]
    )
    named = {"bos_token": first, "eos_token": last, "pad_token": last}
    _save(tokenizer, folder, "LlamaTokenizerFast", add_bos_token=True, **named)
    ids = {"bos_token_id": 128_000, "eos_token_id": 128_001, "vocab_size": len(tokens)}
    _save_model(LlamaForCausalLM(LlamaConfig(**SIZES | ids | sizes)), folder)
    return folder


def write_qwen(folder: Path, template: str, **sizes: Any) -> Path:
    """Qwen2.5-Instruct: its vocabulary, and biases on q, k and v."""
    from transformers import Qwen2Config, Qwen2ForCausalLM

    vocabulary = _read("qwen2")
    names = vocabulary["tokenizer.ggml.tokens"]
    tokens = {id_: token for id_, token in enumerate(names) if not token.startswith("[PAD")}
    tokenizer = _byte_pairs(tokens, vocabulary, _WORDS + r"\p{N}" + _SIGNS)
    tokenizer.normalizer = normalizers.NFC()
    tokenizer.add_special_tokens([token for id_, token in tokens.items() if id_ >= 151_643])
    named = {"eos_token": "<|im_end|>", "pad_token": "<|endoftext|>"}
    _save(tokenizer, folder, "Qwen2Tokenizer", add_bos_token=False, **named)
    (folder / "chat_template.jinja").write_text(template, encoding="utf-8")
    ids = {"bos_token_id": 151_643, "eos_token_id": 151_645, "vocab_size": len(names)}
    _save_model(Qwen2ForCausalLM(Qwen2Config(**SIZES | ids | sizes)), folder)
    return folder


def _vocabulary(name: str) -> Path:
    return Settings().llama_cpp_dir / "models" / f"ggml-vocab-{name}.gguf"


def _read(name: str) -> dict[str, Any]:
    from transformers.integrations.gguf import read_gguf_metadata

    texts = {"tokenizer.ggml.tokens", "tokenizer.ggml.merges"}
    facts: dict[str, Any] = read_gguf_metadata(str(_vocabulary(name)), string_arrays=texts)[0]
    return facts


def _byte_pairs(tokens: dict[int, str], vocabulary: dict[str, Any], words: str) -> Tokenizer:
    merges = [tuple(merge.split(" ", 1)) for merge in vocabulary["tokenizer.ggml.merges"]]
    ids = {token: id_ for id_, token in tokens.items()}
    tokenizer = Tokenizer(models.BPE(vocab=ids, merges=merges, ignore_merges=True))
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(words), behavior="isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    tokenizer.decoder = decoders.ByteLevel()
    return tokenizer


def _save(tokenizer: Tokenizer, folder: Path, kind: str, **named: Any) -> None:
    from transformers import PreTrainedTokenizerFast

    PreTrainedTokenizerFast(tokenizer_object=tokenizer, **named).save_pretrained(str(folder))
    path = folder / "tokenizer_config.json"
    config = json.loads(path.read_text("utf-8")) | {"tokenizer_class": kind} | named
    path.write_text(json.dumps(config), encoding="utf-8")


def _save_model(model: Any, folder: Path) -> None:
    import torch

    with torch.no_grad():
        for number, value in enumerate(model.parameters()):
            if value.dim() == 2:
                value.normal_(std=0.1, generator=torch.Generator().manual_seed(number))
    model.to(torch.bfloat16).save_pretrained(str(folder))
