"""What a tool would answer, made up from its schemas: the same call gets the same answer."""

import json
import random
from collections.abc import Sequence
from typing import Any, Literal

from tasks.domain.conversations import fingerprint
from tasks.domain.errors import UnusableTool
from tasks.domain.identifiers import name_words, pieces, spoken
from tasks.domain.products import Tool, ToolResult
from tasks.domain.schemas.references import document
from tasks.domain.schemas.validation import faults_of, usable, validator
from tasks.domain.toolcalls import ToolCall
from tasks.domain.writing.phrasing.verbs import CHANGING, leading_verb, without_verb
from tasks.domain.writing.values.instances import Place, draw
from tasks.domain.writing.values.kinds import WRITERS

_TRIES = 10
NOTHING_SHARE = 0.1
"""Simulated answers of reading tools whose lists are empty."""
_SUCCESS = frozenset(pieces("success ok done created deleted updated"))
"""Yes-or-no fields that say that a call succeeded, which it did."""


_Form = Literal["schema", "change", "list"]


def answer_form(tool: Tool) -> _Form | None:
    """What an answer of a tool looks like: as its output schema, the word that a change was made, a
    list of names. None where nothing says so: a made-up answer is then prose that does not answer.
    """
    if tool.output_schema:
        return "schema"
    words = name_words(tool.name)
    verb = _verb(words)
    if not tool.read_only and verb in CHANGING:
        return "change"
    return "list" if verb == "list" else None


def simulate(tool: Tool, call: ToolCall, seed: int) -> ToolResult:
    """A plausible result; an error that names them when the arguments are invalid."""
    faults = list(faults_of(call.arguments, validator(tool.input_schema)))
    if faults:
        text = f"Invalid arguments for {tool.name}: {'; '.join(faults)}"
        return ToolResult(text=text, is_error=True, simulated=True)
    rng = _source(tool, call, seed)
    is_empty = tool.read_only and _source(tool, call, seed + 1).random() < NOTHING_SHARE
    structured = _structured(tool, call, rng, is_empty) if tool.output_schema else None
    if structured is None:
        return ToolResult(text=_plain(tool, call, rng, is_empty), simulated=True)
    text = json.dumps(structured, ensure_ascii=False)
    return ToolResult(text=text, structured=structured, simulated=True)


def simulate_error(tool: Tool, call: ToolCall, seed: int) -> ToolResult:
    """A plausible failure of a right call: not found, not allowed, too slow, …"""
    rng = _source(tool, call, seed)
    properties = tool.input_schema.get("properties", {})
    about = [
        f"{spoken(name)} {value}"
        for name, value in call.arguments.items()
        if isinstance(value, str) and _is_of_a_thing(name, value, properties.get(name))
    ]
    failures = [
        "Permission denied",
        "The request timed out after 30 seconds",
        "The service is not available at the moment, try again later",
        "Too many requests, try again in 60 seconds",
    ]
    if about:
        thing = rng.choice(about)
        failures += [f"Not found: {thing}", f"Access denied for {thing}"] * 2
    return ToolResult(text=f"Error: {rng.choice(failures)}", is_error=True, simulated=True)


def _is_of_a_thing(name: str, value: str, schema: Any) -> bool:
    """Whether a value names a thing that may be missing: no sentence, and none of a fixed few."""
    is_text = len(value.split()) > _LONGEST_NAME or not _TEXTS.isdisjoint(name_words(name)[-1:])
    return not (is_text or (isinstance(schema, dict) and schema.keys() & {"enum", "const"}))


_LONGEST_NAME = 4
"""Words; what has more is no name."""
_TEXTS = frozenset(pieces("text content message body note comment description code"))


def _source(tool: Tool, call: ToolCall, seed: int) -> random.Random:
    return random.Random(fingerprint([tool.name, call.arguments, seed]))


def _structured(
    tool: Tool, call: ToolCall, rng: random.Random, is_empty: bool
) -> dict[str, Any] | None:
    about = f"{spoken(tool.name)}. {tool.description}"
    for _ in range(_TRIES):
        try:
            schema, check = usable(tool.output_schema), validator(tool.output_schema)
            value = draw(schema, Place(rng, document(schema), about, "train", optional=0.9))
        except UnusableTool:
            return None
        echoed = _echo(value, call.arguments, ())
        if not tool.read_only and isinstance(echoed, dict) and "message" in echoed:
            echoed["message"] = f"Done: {spoken(tool.name)}"
        for candidate in ([_emptied(echoed)] if is_empty else []) + [echoed, value]:
            if isinstance(candidate, dict) and check.is_valid(candidate):
                return candidate
    return None


def _echo(value: Any, arguments: dict[str, Any], path: tuple[str, ...]) -> Any:
    """A result whose fields repeat the arguments of the same name: source.zone, source_zone."""
    if isinstance(value, dict):
        return {
            key: (type(part) is bool and key in _SUCCESS)
            or _echo(part, arguments, (*path, *name_words(key)))
            for key, part in value.items()
        }
    for name, argument in arguments.items():
        same_type = type(argument) is type(value)
        if name_words(name) == path and (same_type or not isinstance(argument, (dict, list))):
            return argument
    return value


def _emptied(value: Any) -> Any:
    """A result whose lists hold nothing."""
    if not isinstance(value, dict):
        return value
    return {key: [] if isinstance(part, list) else part for key, part in value.items()}


def _plain(tool: Tool, call: ToolCall, rng: random.Random, is_empty: bool) -> str:
    required = [n for n in tool.input_schema.get("required", ()) if n in call.arguments]
    form = answer_form(tool)
    if form == "change":
        values = ", ".join(f"{spoken(n)} {_short(call.arguments[n])}" for n in required[-1:])
        return f"Done: {spoken(tool.name)}" + (f" ({values})" if values else "")
    if form == "list":
        if is_empty:
            return f"No {' '.join(without_verb(name_words(tool.name)))} found"
        return "\n".join(dict.fromkeys(WRITERS["title"](rng) for _ in range(rng.randint(2, 4))))
    return f"{WRITERS['text'](rng)}."


def _verb(words: Sequence[str]) -> str | None:
    return next((word for word in words[:2] if leading_verb((word, ""))), None)


def _short(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 60 else text[:59] + "…"
