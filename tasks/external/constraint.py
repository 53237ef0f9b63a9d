"""Constrained decoding: a call that does not fit its tool is said again, by llama.cpp's grammar.

What fits stays as it is: a grammar takes the likeliest of the tokens that it allows, so it would
not have changed it. Before the first call that does not fit nothing is constrained, and whether to
call at all is left to the model.
"""

import json
from collections.abc import Sequence
from typing import Any

from tasks.domain.conversations import Message, Row
from tasks.domain.errors import RequestRefused
from tasks.domain.schemas.call_schema import any_call_schema, call_schema, name_schema
from tasks.domain.toolcalls import (
    closed_call,
    first_unfit,
    named_tool,
    parse,
    tool_names,
)
from tasks.external.student import Student

_MOST_CALLS = 8
"""In one answer: a small model may repeat itself."""
_SMALL_TALK, _CALL_BEGINS, _TRIED_TOKENS = "Good morning", '{"name":', 4
"""What only a constraint makes a model go on with like that, spaces aside."""

Functions = Sequence[dict[str, Any]]


class Constraint:
    """Keeps a served model's calls to what the schemas of its tools allow."""

    def __init__(self, model: Student) -> None:
        self._model = model
        self._expressible: dict[str, bool] = {}

    def free_tools(self, functions: Functions) -> tuple[str, ...]:
        """The tools whose schema llama.cpp cannot express: their calls may have any arguments."""
        pairs = zip(tool_names(functions), functions, strict=True)
        return tuple(name for name, function in pairs if not self._can_express(function))

    def applied(
        self, messages: Sequence[Message], listed: Functions, functions: Functions, text: str
    ) -> str:
        """What the model says with the constraint, given what it says without.

        ``functions``: what may be called; ``listed``: those of them that the prompt lists. The text
        itself comes back where no call can be made of it, as where the token limit ends one.
        """
        answer, checked, prompt = text, 0, ""
        for _ in range(_MOST_CALLS):
            unfit = first_unfit(answer, functions, checked)
            if unfit is None:
                return answer
            prompt = prompt or self._model.prompt(messages, listed)
            body = self._call(prompt + unfit.before, unfit.tool, functions)
            answer = closed_call(unfit.before, body)
            if not parse(closed_call("", body)).calls:
                return text
            checked = len(answer)
            answer += self._model.continued(prompt + answer)
        return text

    def answers(self, rows: Sequence[Row], texts: Sequence[str | None]) -> list[str | None]:
        """What the model says to the rows with the constraint, given what it says without."""
        if rows:
            # Before the first prompt: what is tried pushes prompts out of the server's cache.
            self.free_tools(rows[0].tools)
        return [
            text and self.applied(row.prompt, row.listed, row.tools, text)
            for row, text in zip(rows, texts, strict=True)
        ]

    def _call(self, prompt: str, tool: str | None, functions: Functions) -> str:
        """The JSON of a call, of this tool or of one that the model chooses."""
        by_name = dict(zip(tool_names(functions), functions, strict=True))
        if tool is None and functions:
            name = self._model.continued(prompt, name_schema(list(by_name)))
            tool = named_tool(name, by_name)
        if tool is None:
            return ""
        function = by_name[tool]
        schema = call_schema(function) if self._can_express(function) else any_call_schema(tool)
        return self._model.continued(prompt, schema)

    def _can_express(self, function: dict[str, Any]) -> bool:
        """Whether llama.cpp has a grammar for a tool's calls; each is tried once."""
        schema = call_schema(function)
        text = json.dumps(schema)
        if text not in self._expressible:
            self._expressible[text] = self._begins_a_call(schema)
        return self._expressible[text]

    def _begins_a_call(self, schema: dict[str, Any]) -> bool:
        """Whether the constraint is kept where nothing else makes the model call."""
        try:
            answer = self._model.continued(_SMALL_TALK, schema, max_tokens=_TRIED_TOKENS)
        except RequestRefused:
            return False
        beginning = "".join(answer.split())[: len(_CALL_BEGINS)]
        return bool(beginning) and _CALL_BEGINS.startswith(beginning)
