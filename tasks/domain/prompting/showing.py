"""Rows with the tools that their prompts list: as a model is trained, so it is asked and served."""

import random
from collections.abc import Iterable, Sequence
from typing import Any

from tasks.domain.conversations import SYSTEM_PROMPT, Message, Row, listed_tools
from tasks.domain.products import ToolDocuments, ToolPrompt
from tasks.domain.prompting.retriever import Retriever, request_of
from tasks.domain.schemas.by_identity import ByIdentity
from tasks.domain.toolcalls import tool_names

_NAMES = "\n\nYour tools: "


def system_prompt(prompt: ToolPrompt, names: Sequence[str]) -> str:
    """The words of the system turn: with the names of the tools where a prompt has these alone."""
    return SYSTEM_PROMPT + (_NAMES + ", ".join(names) if prompt.mode == "names" else "")


class Showing:
    """Puts tools into prompts, the same way in training, evaluation and serving."""

    def __init__(
        self,
        prompt: ToolPrompt,
        tools: Sequence[dict[str, Any]],
        documents: ToolDocuments | None = None,
        seed: int = 0,
    ) -> None:
        """Prepare for the whole list (OpenAI form); ``documents``: what to choose with."""
        self.prompt = prompt
        self.tools = tuple(tools)
        self.names = tool_names(self.tools)
        self._retriever = (
            Retriever(documents, prompt.selected) if documents and prompt.selected else None
        )
        self._seed = seed

    def for_request(self, messages: Sequence[Message]) -> Sequence[dict[str, Any]]:
        """The tools to list for a conversation so far: what a client sends."""
        names = self._listed_names(request_of(messages))
        return self.tools if names is None else listed_tools(ByIdentity(self.tools), names)

    def rows(self, rows: Iterable[Row]) -> list[Row]:
        """The rows as their prompts show their tools; one with another list keeps all of that."""
        return [self._row(row) for row in rows]

    def _row(self, row: Row) -> Row:
        if row.varied or row.tools != self.tools:
            return row
        row = _with_system_prompt(row, SYSTEM_PROMPT).model_copy(update={"shown": None})
        if self.prompt.mode == "names":
            text = system_prompt(self.prompt, self.names)
            return _with_system_prompt(row, text).model_copy(update={"shown": ()})
        if self.prompt.mode == "mixed" and self._is_hidden(row):
            return row.model_copy(update={"shown": ()})
        is_asked = row.split == "heldout"
        names = self._listed_names(request_of(row.prompt if is_asked else row.messages))
        if names is None:
            return row
        if names and not is_asked:
            names = _with_called(names, row)
        return row.model_copy(update={"shown": names})

    def _listed_names(self, request: str) -> tuple[str, ...] | None:
        """The names of the tools that a prompt lists; None: all."""
        if self._retriever is not None:
            return self._retriever.choose(request)
        return () if self.prompt.mode in ("none", "names") else None

    def _is_hidden(self, row: Row) -> bool:
        return random.Random(f"{self._seed}:{row.user_text}").random() < self.prompt.hidden_share


def _with_called(names: tuple[str, ...], row: Row) -> tuple[str, ...]:
    """The choice with what a row to train on calls, in place of the least likely of the others.

    It would else learn to call what it does not see. Held-out rows keep the retriever's misses.
    """
    called_tools = list(dict.fromkeys(call.name for call in row.calls))
    missing = [name for name in called_tools if name not in names]
    if not missing:
        return names
    others = [name for name in names if name not in called_tools]
    rest = set(others[: max(0, len(others) - len(missing))])
    return (*(name for name in names if name in called_tools or name in rest), *missing)


def _with_system_prompt(row: Row, text: str) -> Row:
    """The row with other words in its system turn, where those are of our own."""
    first, *rest = row.messages
    is_own = first.content == SYSTEM_PROMPT or first.content.startswith(SYSTEM_PROMPT + _NAMES)
    if first.role != "system" or not is_own or first.content == text:
        return row
    return row.model_copy(update={"messages": (first.model_copy(update={"content": text}), *rest)})
