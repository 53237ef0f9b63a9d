"""Is a GGUF file the model it was made from? Header, weights, tokens, template, one completion."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import httpx
import numpy as np

from profiles import Quantization
from tasks.domain.conversations import SYSTEM_PROMPT, Message, MessageCall
from tasks.domain.errors import ExportFailed
from tasks.domain.toolcalls import ToolCall
from tasks.external.gguf_file import GgufFile
from tasks.external.student import student
from tasks.external.tokenizer import ChatTokenizer

TOLERANCE: dict[Quantization, float] = {"f16": 1e-3, "q8_0": 0.01, "q5_k_m": 0.1, "q4_k_m": 0.1}
"""Largest error of a weight over the tensor's largest weight: 2 to 5 times what was measured."""
_TEXTS = (
    "Hello, world!",
    "In 2024 there were 1,234 cases at 09:45 (see https://example.com/a?b=1&c=2).",
    "  leading spaces\n\nand\ttabs, trailing  ",
    "Grüße aus Zürich — naïve café, 東京 25 °C 🙂",
    '{"name": "x", "arguments": {"a": [1, 2.5, null, true]}}',
    "def f(x):\n    return x ** 2  # 100%",
)
_FUNCTION = {
    "type": "function",
    "function": {
        "name": "look_up",
        "description": "Look up «a word» & more",
        "parameters": {
            "type": "object",
            "properties": {"word": {"type": "string"}, "limit": {"type": "integer"}},
            "required": ["word"],
        },
    },
}
_CALL = MessageCall.of(ToolCall(name="look_up", arguments={"word": "Ägypten", "limit": 3}))
_TALK = (
    Message(role="system", content=SYSTEM_PROMPT),
    Message(role="user", content="Look up Ägypten."),
    Message(role="assistant", tool_calls=(_CALL,)),
    Message(role="tool", content='{"found": 3}'),
    Message(role="assistant", content="There are 3 entries."),
    Message(role="user", content="What is the capital of France?"),
)


def check_gguf(
    gguf: Path, source: Path, quantization: Quantization, stop: Sequence[str]
) -> list[str]:
    """Compare a GGUF file with the 16-bit model folder that it was converted from; what was seen.

    Raises:
        ExportFailed: the first difference that matters.
    """
    file = GgufFile(gguf)
    config = json.loads((source / "config.json").read_text(encoding="utf-8"))
    tokenizer = ChatTokenizer(source)
    _compare_header(file.facts, tokenizer, gguf.name)
    notes = [_compare_weights(file, config, source, TOLERANCE[quantization])]
    try:
        with student(gguf, stop, max_tokens=16, context=2048) as served:
            for text in _TEXTS:
                if served.tokens(text) != tokenizer.ids(text):
                    raise ExportFailed(f"{gguf.name}: llama.cpp reads {text!r} as other tokens")
            rendered = tokenizer.render(_TALK, [_FUNCTION], add_generation_prompt=True)
            if served.prompt(_TALK, [_FUNCTION]) != rendered:
                raise ExportFailed(f"{gguf.name}: llama.cpp renders the chat template differently")
            said = served.answer(_TALK, [_FUNCTION]).text
    except httpx.HTTPError as error:
        raise ExportFailed(f"{gguf.name}: llama.cpp cannot complete a prompt: {error}") from error
    notes.append(f"{len(_TEXTS)} texts and the chat template equal in tokens; it says {said!r}")
    return notes


def _compare_header(facts: dict[str, Any], tokenizer: ChatTokenizer, name: str) -> None:
    wanted = {
        "tokenizer.ggml.eos_token_id": tokenizer.eos_id,
        "tokenizer.chat_template": tokenizer.chat_template,
    }
    for key, value in wanted.items():
        if facts.get(key) != value:
            raise ExportFailed(
                f"{name}: {key} is {str(facts.get(key))[:40]!r}, needed {str(value)[:40]!r}"
            )


def _compare_weights(file: GgufFile, config: dict[str, Any], source: Path, limit: float) -> str:
    from safetensors.numpy import load_file

    wanted: dict[str, Any] = {}
    for shard in sorted(source.glob("*.safetensors")):
        wanted |= load_file(shard)
    worst, seen = 0.0, 0
    for name, values in file.weights(wanted, config):
        expected = wanted[name].astype(np.float32)
        error = float(np.abs(values - expected).max() / max(np.abs(expected).max(), 1e-12))
        if not error <= limit:  # an error that is not a number is one too
            raise ExportFailed(f"{name}: off by {error:.3g} of its largest weight, limit {limit:g}")
        worst, seen = max(worst, error), seen + 1
    tied = {"lm_head.weight"} if config.get("tie_word_embeddings") else set()
    if seen != len(set(wanted) - tied):
        raise ExportFailed(f"the GGUF file has {seen} tensors, needed {len(set(wanted) - tied)}")
    return f"{seen} tensors compared, largest error {worst:.2g} of a tensor's largest weight"
