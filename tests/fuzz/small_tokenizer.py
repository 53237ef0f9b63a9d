"""A tokenizer trained here, with SmolLM2's chat template and control tokens: opened in a second."""

import tempfile
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from profiles import load_model
from tests.helpers.tokenizers import QWEN, write_tokenizer

if TYPE_CHECKING:
    from tasks.external.tokenizer import ChatTokenizer


@cache
def small_tokenizer() -> "ChatTokenizer":
    """Made once in a process."""
    # It takes three seconds of CPU to import, which half of the targets do without.
    from tasks.external.tokenizer import ChatTokenizer

    with tempfile.TemporaryDirectory() as folder:
        template = load_model("smollm2").template_text
        assert template is not None
        return ChatTokenizer(write_tokenizer(Path(folder), template, QWEN))
