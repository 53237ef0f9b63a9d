"""Text that reads like a control token of the model stays text, in training as in serving.

The rule: a blank behind the first character of each, as in ``< |im_end|>``. Tokenizers and
llama.cpp make a control token of its name wherever that stands in a rendered conversation, so that
a tool's result could end a turn. All that is put into a template is escaped first. In a call the
tool would get another value than was meant, so the gate refuses such a call.
"""

import re
from collections.abc import Iterable
from functools import lru_cache
from typing import Any

from tasks.domain.schemas.by_identity import ByIdentity

_LOOKS = re.compile(r"<[|｜][^<>]*[|｜]>")  # noqa: RUF001


def looks_like_one(text: str) -> bool:
    """Whether a text holds what the families that are used here write control tokens like."""
    return bool(_LOOKS.search(text))


class ControlTokens:
    """The control tokens of one model."""

    def __init__(self, names: Iterable[str]) -> None:
        # The longest first: one may begin like another. A single character cannot be broken.
        longest_first = sorted({name for name in names if len(name) > 1}, key=len, reverse=True)
        self._pattern = re.compile("|".join(map(re.escape, longest_first)) or r"(?!)")

    def first_in(self, text: str) -> str:
        """The first control token that stands in a text; empty when none does."""
        match = self._pattern.search(text)
        return match[0] if match else ""

    def escape(self, value: Any) -> Any:
        """A text, or a value with texts in it, with each control token broken by a blank."""
        if isinstance(value, str):
            while self._pattern.search(value):  # a broken one may leave a shorter one behind
                value = self._pattern.sub(lambda token: f"{token[0][0]} {token[0][1:]}", value)
            return value
        if isinstance(value, dict):
            return {self.escape(key): self.escape(part) for key, part in value.items()}
        if isinstance(value, list | tuple):
            return [self.escape(part) for part in value]
        return value

    def escape_tools(self, tools: Any) -> Any:
        """The same of a tool list; made once per list."""
        return _escaped_tools(ByIdentity(tools), self)


@lru_cache(maxsize=256)
def _escaped_tools(tools: ByIdentity, control: ControlTokens) -> Any:
    return control.escape(tools.value)
