"""How many tokens texts take, without a chat template and without the seconds of transformers."""

import json
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

from tokenizers import Tokenizer

from tasks.domain.conversations import Message
from tasks.domain.errors import UnusableModel

_TEMPLATE_TOKENS = 120
"""What a template writes around a tool list and two turns, about: its words on how to call."""


class TextCounter:
    """Counts the words of conversations and the JSON of tools; the template's part is a guess."""

    def __init__(self, folder: Path) -> None:
        """Open a folder's tokenizer.json.

        Raises:
            UnusableModel: there is none.
        """
        file = folder / "tokenizer.json"
        if not file.is_file():
            raise UnusableModel(f"{folder}: no tokenizer.json; needed one to count tokens with")
        self._tokenizer = Tokenizer.from_file(str(file))
        self._tokens = lru_cache(maxsize=1 << 14)(self._count)

    def count(self, messages: Sequence[Message], tools: Sequence[dict[str, Any]]) -> int:
        """Tokens of a conversation with tools, within a few percent of what its template makes."""
        texts = [*(message.content for message in messages), *map(_text, tools)]
        return sum(map(self._tokens, texts)) + _TEMPLATE_TOKENS * bool(tools)

    def _count(self, text: str) -> int:
        return len(self._tokenizer.encode(text, add_special_tokens=False))


def _text(tool: dict[str, Any]) -> str:
    return json.dumps(tool, ensure_ascii=False) + "\n"
