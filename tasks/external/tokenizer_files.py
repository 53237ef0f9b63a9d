"""The tokenizer in a model folder: opened as its tokenizer.json says, by us and by everyone else.

transformers 5 rebuilds a tokenizer from the class that tokenizer_config.json names, and some
classes put another pre-tokenizer in the place of tokenizer.json's: ``LlamaTokenizerFast``, which
DeepSeek-R1-Distill-Llama names, gets Metaspace instead of ByteLevel, and every space is lost
(transformers#45488, #46710; its list of exceptions knows names on the hub, not folders). The class
``PreTrainedTokenizerFast`` takes tokenizer.json as it is. So that is the class that we open, and
the class that a base folder names where its own would read otherwise: Unsloth and llama.cpp's
converter open the folder by themselves.
"""

import json
import shutil
from functools import lru_cache
from pathlib import Path
from typing import Any

from tasks.domain.errors import UnusableModel

PROBES = (
    "Hello, world!",
    "In 2024 there were 1,234 cases at 09:45 (see https://example.com/a?b=1&c=2).",
    "  leading spaces\n\nand\ttabs, trailing  ",
    "Grüße aus Zürich — naïve café, 東京 25 °C 🙂",
    '{"name": "x", "arguments": {"a": [1, 2.5, null, true]}}',
    "def f(x):\n    return x ** 2  # 100%",
)
"""Texts that two tokenizers have to read alike before they are taken for the same."""
TOKENIZER_FILES = (
    "tokenizer*",
    "special_tokens_map.json",
    "added_tokens.json",
    "vocab.json",
    "merges.txt",
    "chat_template*",
)
"""What a tokenizer and its chat template may lie in, as patterns of file names."""


def open_tokenizer(folder: Path) -> Any:
    """The tokenizer of tokenizer.json, or what transformers makes of other files where it lacks.

    It is shared: the stages of a run open the same one, and 128,000 tokens take 2.7 s. Whoever
    wants another template renders with it and leaves the tokenizer as it is.

    Raises:
        UnusableModel: no tokenizer there.
    """
    return _opened(folder, _state(folder))


def _state(folder: Path) -> frozenset[tuple[str, int, int]]:
    """Name, size and time of each file that a tokenizer is opened from."""
    files = {file for pattern in TOKENIZER_FILES for file in folder.glob(pattern)}
    facts = ((file.name, file.stat()) for file in files)
    return frozenset((name, fact.st_size, fact.st_mtime_ns) for name, fact in facts)


@lru_cache(maxsize=1)
def _opened(folder: Path, _: frozenset[tuple[str, int, int]]) -> Any:
    is_whole = (folder / "tokenizer.json").is_file()
    try:
        return _as_it_is(folder) if is_whole else _as_others_open(folder)
    except (OSError, ValueError) as error:
        raise UnusableModel(f"{folder}: no tokenizer that opens: {error}") from error


def settle_tokenizer(folder: Path) -> None:
    """Name a class in tokenizer_config.json with which all who open the folder read alike.

    Raises:
        UnusableModel: transformers reads the folder otherwise whatever class is named.
    """
    if not (folder / "tokenizer.json").is_file():
        return
    if (folder / "tokenizer.model").is_file():
        _name_added_tokens(folder)
    probe = _probed(open_tokenizer(folder))
    if _probed(_as_others_open(folder)) == probe:
        return
    path = folder / "tokenizer_config.json"
    config = json.loads(path.read_text(encoding="utf-8"))
    text = json.dumps(config | {"tokenizer_class": "PreTrainedTokenizerFast"}, indent=2)
    path.write_text(text, encoding="utf-8")
    if _probed(_as_others_open(folder)) != probe:
        raise UnusableModel(
            f"{folder.name}: transformers opens its tokenizer ({config.get('tokenizer_class')}) as "
            "another one than its tokenizer.json; needed one that is the same in training and in "
            "llama.cpp's converter"
        )


def _name_added_tokens(folder: Path) -> None:
    """Write tokenizer.json's added tokens into tokenizer_config.json, where they lack.

    Beside a SentencePiece model llama.cpp's converter looks for them there and nowhere else;
    transformers 5 does not write them any more, and a turn's tokens would become plain text.
    """
    path = folder / "tokenizer_config.json"
    config = json.loads(path.read_text(encoding="utf-8"))
    if config.get("added_tokens_decoder"):
        return
    whole = json.loads((folder / "tokenizer.json").read_text(encoding="utf-8"))
    added = {str(token.pop("id")): token for token in whole.get("added_tokens", [])}
    text = json.dumps(config | {"added_tokens_decoder": added}, indent=2, ensure_ascii=False)
    path.write_text(text, encoding="utf-8")


def copy_tokenizer(source: Path, folder: Path) -> None:
    """Copy a model folder's tokenizer and chat template, byte by byte, into another."""
    for file in (file for pattern in TOKENIZER_FILES for file in sorted(source.glob(pattern))):
        if file.is_file():
            shutil.copy(file, folder)


# Unsloth wants to be imported before transformers, so nobody imports that at the top. What only
# AutoTokenizer needs, every model's configuration, takes seconds more to import than the rest.


def _as_it_is(folder: Path) -> Any:
    """As tokenizer.json says."""
    from transformers import PreTrainedTokenizerFast

    return PreTrainedTokenizerFast.from_pretrained(str(folder), local_files_only=True)


def _as_others_open(folder: Path) -> Any:
    """As Unsloth and llama.cpp's converter do."""
    from transformers import AutoTokenizer

    return AutoTokenizer.from_pretrained(str(folder), local_files_only=True)


def _probed(tokenizer: Any) -> list[list[int]]:
    return [tokenizer(text, add_special_tokens=False)["input_ids"] for text in PROBES]
