"""Conversations that a person brings → rows, whatever tool wrote them.

One line, or one item of a JSON array, is one of: ``{"messages": […]}`` (OpenAI, Anthropic, TRL,
ms-swift), ``{"conversations": […]}`` (ShareGPT, Hermes, LLaMA-Factory), ``{"contents": […]}``
(Gemini), ``{"prompt": […], "completion": […]}`` (TRL), ``{"query": …, "answers": […]}`` (xLAM),
``{"request": {…}, "response": {…}}`` (a logged chat completion), or a log record of a Prefect run
whose ``message`` is the JSON of one of these. Tools stand beside it in ``tools`` or ``functions``,
or in the system turn between ``<tools>`` and ``</tools>``.
"""

import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import takewhile
from typing import Any

from tasks.domain.conversations import SYSTEM_PROMPT, Row, decoded, labels_of, row_of
from tasks.domain.errors import ForgeError, UnusableData
from tasks.domain.toolcalls import schemas_of
from tasks.domain.untrusted.decoding import unambiguous
from tasks.domain.writing.own.bare_calls import check_no_call_in
from tasks.domain.writing.own.calls import OwnCall, behind_gap, checked
from tasks.domain.writing.own.forms import (
    conversation_of,
    conversations_in,
    is_cut,
    is_unwanted,
    turn_lists,
)
from tasks.domain.writing.own.order import in_order
from tasks.domain.writing.own.own_turn import OwnTurn
from tasks.domain.writing.own.parts import tagged
from tasks.domain.writing.own.tools import functions_of, tools_in_words, without_padding
from tasks.domain.writing.own.turns import turns_of

_TOOLS = ("tools", "functions")
_SYSTEMS = ("system", "systemInstruction", "system_instruction")
_ON_CALLING = re.compile(
    r"(# Tools\b|You are a function calling AI|You are provided with function signatures"
    r"|You may call one or more functions|Here are the available tools|<tools>)"
)
"""How a prompt begins to say what our chat templates say again."""

_ARRAY = "rows are items of one JSON array"
_LOGS = "log records were no conversations"
_UNWANTED = "rows say 'label': false, an answer that nobody wants (KTO): left out"
_LISTED_TWICE = "rows list tools twice: those of 'tools', or of the first list, are read"
_CUT_NOTE = "logged answers were cut off at their token limit, and their rows left out"
_UNTRAINED = "answers have weight 0: they are read, and no loss is taken on them"
_THOUGHTS = "thoughts were left out: the model does not think before it answers"
_PROMPTS = "system turns list their tools: the chat template says it instead, in its own words"
_PADDED = "calls had nulls that their tools do not take, as Arrow fills them in: left out"

_SEVERAL = "rows have turns under two keys: those of 'messages', or of the first, are read"
_MARK = "\ufeff"
"Of a file's beginning: where files were put together, of a line's."

_Tools = Sequence[dict[str, Any]]


@dataclass(frozen=True)
class OwnRows:
    """What stands in a file of conversations."""

    rows: list[Row]
    notes: tuple[str, ...] = ()
    """What was left out or changed, with counts."""


def read_own(
    lines: Iterable[str], source: str, tools: _Tools | None = None, *, thinks: bool = False
) -> OwnRows:
    """Read a file of conversations; those without tools take the ones given.

    Thoughts are kept for a model that ``thinks``.

    Raises:
        UnusableData: no rows, or a line that is none; the message has the line number.
    """
    reader = _Reader(tools, thinks)
    read = (
        reader.row(value, f"{source}:{number}")
        for number, value in _values(lines, source, reader.counts)
    )
    rows = [row for row in read if row is not None]
    notes = tuple(f"{count} {what}" for what, count in reader.counts.items())
    if not rows:
        why = f" ({'; '.join(notes)})" if notes else ""
        raise UnusableData(f"{source}: no rows{why}, needed at least one")
    return OwnRows(rows, notes)


def _values(lines: Iterable[str], source: str, counts: Counter[str]) -> Iterator[tuple[int, Any]]:
    """(line number, value) of each row."""
    rest, has_value = iter(lines), False
    for number, line in enumerate(rest, start=1):
        place = f"{source}:{number}"
        if line.lstrip().startswith("[") and not has_value:
            yield from _items(line + "".join(rest), number, source, counts)
        elif line.strip():
            has_value = True
            try:
                yield number, decoded(line.lstrip(_MARK), unambiguous)
            except (ValueError, RecursionError) as error:
                raise UnusableData(
                    f"{place}: not JSON ({error}); needed one row a line, or one array of rows"
                ) from error


def _items(text: str, first: int, source: str, counts: Counter[str]) -> Iterator[tuple[int, Any]]:
    """(line number, value) of each item of an array; its text begins in the line ``first``."""
    decoder = json.JSONDecoder(object_pairs_hook=unambiguous)
    number, counted_to = first, 0
    at = behind_gap(text, text.index("[") + 1)
    try:
        while not text.startswith("]", at):
            number, counted_to = number + text.count("\n", counted_to, at), at
            value, at = decoder.raw_decode(text, at)
            yield number, value
            counts[_ARRAY] += 1
            at = behind_gap(text, at)
        json.loads("[]" + text[at + 1 :])  # nothing may follow
    except (ValueError, RecursionError) as error:
        raise UnusableData(
            f"{source}:{number}: not JSON ({error}); the file begins as an array of rows"
        ) from error


class _Reader:
    """Makes rows of decoded values, and counts what it leaves out."""

    def __init__(self, tools: _Tools | None, thinks: bool) -> None:
        self._tools = tools
        self._thinks = thinks
        self.counts: Counter[str] = Counter()

    def row(self, value: Any, place: str) -> Row | None:
        """A row; None where a log says something else.

        Raises:
            UnusableData: the value is not a conversation; the message has its place.
        """
        try:
            values = conversations_in(value)
            if not values or is_cut(values[0]):
                self.counts[_CUT_NOTE if values else _LOGS] += 1
                return None
            if is_unwanted(values[0]):
                self.counts[_UNWANTED] += 1
                return None
            value = checked(values[0])
            self.counts.update([_SEVERAL] * (len(turn_lists(value)) > 1))
            body = self._body(conversation_of(value))
        except (ForgeError, ValueError) as error:
            raise UnusableData(f"{place}: {error}") from error
        return row_of({**labels_of(value), **body, "source": "own", "place": place}, place)

    def _body(self, value: dict[str, Any]) -> dict[str, Any]:
        """Messages and tools in the form that is stored."""
        first = value["messages"][:1]
        holders = (value, *first)
        lists = [one[key] for one in holders for key in _TOOLS if one.get(key)]
        bare = [{key: part for key, part in one.items() if key not in _TOOLS} for one in first]
        turns = in_order(turns_of([*bare, *value["messages"][1:]]))
        count = len(list(takewhile(lambda turn: turn.role == "system", turns)))
        systems = [value[key] for key in _SYSTEMS if value.get(key)]
        parts = [one if isinstance(one, dict) else {"content": one} for one in systems]
        beside = turns_of([{**one, "role": "system"} for one in parts])
        self.counts.update(change for turn in (*beside, *turns) for change in turn.changes)
        texts = (turn.text for turn in (*beside, *turns[:count]) if turn.text.strip())
        system, listed = self._without_tools("\n\n".join(dict.fromkeys(texts)), bool(lists))
        lists += [listed] * bool(listed)
        self.counts.update([_LISTED_TWICE] * (len(lists) > 1))
        tools = functions_of(lists[0] if lists else None) or tuple(self._tools or ())
        messages = [self._message(turn, tools) for turn in turns[count:]]
        opening = {"role": "system", "content": system or SYSTEM_PROMPT}
        return {"messages": [opening, *messages], "tools": tools}

    def _without_tools(self, text: str, has_tools: bool) -> tuple[str, Any]:
        """A system turn's own words, and the list of tools that stands in it."""
        # A prompt may speak of the tags, and a first pair of them may hold nothing.
        lists: list[Any] = [inner for inner in tagged(text, "tools")[0] if inner.strip()]
        words = text
        if not lists and not has_tools:
            words, lists = tools_in_words(text)
        if not lists:
            return text, ""
        self.counts[_PROMPTS] += 1
        return _ON_CALLING.split(words, maxsplit=1)[0].strip(), lists[-1]

    def _message(self, turn: OwnTurn, tools: _Tools) -> dict[str, Any]:
        self.counts.update([_UNTRAINED] * (not turn.is_learned))
        self.counts.update([_THOUGHTS] * (bool(turn.thought) and not self._thinks))
        if turn.role == "assistant" and turn.is_learned:
            check_no_call_in(turn.text, schemas_of(tools))
        return {
            "role": turn.role,
            "content": turn.text,
            "reasoning_content": turn.thought if self._thinks else "",
            "tool_calls": [self._call(call, tools) for call in turn.calls],
            "weight": int(turn.is_learned),
        }

    def _call(self, call: OwnCall, tools: _Tools) -> dict[str, Any]:
        arguments = call.arguments
        if not call.is_text:
            arguments = without_padding(arguments, schemas_of(tools).get(call.name))
            self.counts.update([_PADDED] * (arguments != call.arguments))
        text = json.dumps(arguments, ensure_ascii=False)
        return {"function": {"name": call.name, "arguments": text}}
