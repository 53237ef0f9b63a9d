"""Is a GGUF file the model it was made from? Header, weights, tokens, template, one completion."""

import json
from collections.abc import Sequence
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import Any

import httpx
import numpy as np

from profiles import Quantization
from tasks.domain.conversations import Message, opening
from tasks.domain.errors import ExportFailed
from tasks.domain.toolcalls import ToolCall
from tasks.domain.training.common_prefix import common_prefix_length
from tasks.external.gguf_file import GgufFile
from tasks.external.gguf_names import GgufNames
from tasks.external.student import Student, student
from tasks.external.tokenizer import ChatTokenizer
from tasks.external.tokenizer_files import PROBES

TOLERANCE: dict[Quantization, float] = {"f16": 1e-3, "q8_0": 0.01, "q5_k_m": 0.1, "q4_k_m": 0.1}
"""Largest error of a weight over the tensor's largest weight: 2 to 5 times what was measured."""
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
_CALL = ToolCall(name="look_up", arguments={"word": "Ägypten", "limit": 3})
_TALK = (
    *opening("Look up Ägypten."),
    Message.assistant("", _CALL),
    Message(role="tool", content='{"found": 3}'),
    Message.assistant("There are 3 entries."),
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
        with student(gguf, stop, max_tokens=16, context=2048) as model:
            for text in PROBES:
                if model.tokens(text) != tokenizer.ids(text):
                    raise ExportFailed(f"{gguf.name}: llama.cpp reads {text!r} as other tokens")
            _compare_prompt(model, tokenizer, gguf.name)
            answer = model.answer(_TALK, [_FUNCTION]).text
    except httpx.HTTPError as error:
        raise ExportFailed(f"{gguf.name}: llama.cpp cannot complete a prompt: {error}") from error
    notes.append(f"{len(PROBES)} texts and a conversation equal in tokens; it says {answer!r}")
    return notes


def _compare_header(facts: dict[str, Any], tokenizer: ChatTokenizer, name: str) -> None:
    expected = {
        "tokenizer.ggml.eos_token_id": tokenizer.eos_id,
        "tokenizer.chat_template": tokenizer.chat_template,
    }
    for key, value in expected.items():
        if facts.get(key) != value:
            raise ExportFailed(
                f"{name}: {key} is {str(facts.get(key))[:40]!r}, needed {str(value)[:40]!r}"
            )


def _compare_prompt(model: Student, tokenizer: ChatTokenizer, name: str) -> None:
    """What the server completes has to be what training has seen, token by token.

    Not their texts: where the vocabulary begins every text with a token of its own, llama.cpp
    leaves that token out of what it renders and adds it when it reads.
    """
    expected = tokenizer.ids(tokenizer.render(_TALK, [_FUNCTION], add_generation_prompt=True))
    read = model.prompt_tokens(_TALK, [_FUNCTION])
    if read == expected:
        return
    place = common_prefix_length(read, expected)
    actual, there = (tokenizer.text(tokens[place : place + 5]) for tokens in (read, expected))
    raise ExportFailed(
        f"{name}: llama.cpp reads a conversation as other tokens than training: "
        f"{actual!r} at token {place} of {len(read)}, needed {there!r} of {len(expected)}"
    )


def _compare_weights(file: GgufFile, config: dict[str, Any], source: Path, limit: float) -> str:
    """Block by block: no tensor has to be whole in memory on either side."""
    source_weights, names = _Stored(source), GgufNames(config)
    worst, tensors = 0.0, 0
    blocks = file.blocks(source_weights.names, config)
    for name, parts in groupby(blocks, key=itemgetter(0)):
        # What is stored with something added to it is rounded as that sum.
        off, largest = np.float32(0), np.float32(names.shift(name) or 1e-12)
        for _, row, values in parts:
            expected = source_weights.rows(name, row, row + len(values))
            largest = np.maximum(largest, np.abs(expected).max())
            off = np.maximum(off, np.abs(values - expected).max())
        error = float(off / largest)
        if not error <= limit:  # an error that is not a number is one too
            raise ExportFailed(f"{name}: off by {error:.3g} of its largest weight, limit {limit:g}")
        worst, tensors = max(worst, error), tensors + 1
    tied = {"lm_head.weight"} if config.get("tie_word_embeddings") else set()
    total = len(source_weights.names - tied)
    if tensors != total:
        raise ExportFailed(f"the GGUF file has {tensors} tensors, needed {total}")
    return f"{tensors} tensors compared, largest error {worst:.2g} of a tensor's largest weight"


class _Stored:
    """The tensors of a model folder, read row by row."""

    def __init__(self, folder: Path) -> None:
        from safetensors import safe_open

        self._files: dict[str, Path] = {}
        for path in sorted(folder.glob("*.safetensors")):
            with safe_open(path, framework="numpy") as file:
                self._files |= dict.fromkeys(file.keys(), path)

    @property
    def names(self) -> set[str]:
        return set(self._files)

    def rows(self, name: str, start: int, stop: int) -> "np.ndarray[Any, Any]":
        """Some rows of a tensor in float32."""
        from safetensors import safe_open

        with safe_open(self._files[name], framework="numpy") as file:
            values: np.ndarray[Any, Any] = file.get_slice(name)[start:stop]
        return values.astype(np.float32)
