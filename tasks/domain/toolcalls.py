"""Render, parse, check and compare one tool call, in the one dialect that every model here speaks.

The dialect is Hermes: ``<tool_call>`` and ``</tool_call>`` around ``{"name": …, "arguments": …}``.
No other module knows how a call is written.
"""

import json
import re
from collections.abc import Collection, Mapping, Sequence
from functools import lru_cache
from typing import Any

from jsonschema_rs import Validator
from pydantic import AliasChoices, Field

from tasks.domain import Frozen
from tasks.domain.schemas.by_identity import ByIdentity
from tasks.domain.schemas.function_spec import FunctionSpec
from tasks.domain.schemas.validation import faults_of, validator
from tasks.domain.untrusted.decoding import json_or_none

OPEN, CLOSE = "<tool_call>", "</tool_call>"
_BLOCK = re.compile(re.escape(OPEN) + r"(.*?)(?:" + re.escape(CLOSE) + r"|\Z)", re.DOTALL)
OPEN_THOUGHT, CLOSE_THOUGHT = "<think>", "</think>"
_THOUGHT = re.compile(r"\A(?:\s*<think>)?.*?</think>|\A\s*<think>.*\Z", re.DOTALL)
_NAME = re.compile(r'"name"\s*:\s*"((?:[^"\\]|\\.)*)"')
Span = tuple[int, int]
"""Where a part of a text begins and ends, in characters."""


class ToolCall(Frozen):
    """One call: the tool's name and its arguments as decoded JSON."""

    name: str
    arguments: dict[str, Any]


class ParsedAnswer(Frozen):
    """What a model's raw text says: the text outside calls, the calls, and what is malformed."""

    text: str
    calls: tuple[ToolCall, ...] = ()
    malformed: tuple[str, ...] = ()

    @property
    def attempts(self) -> int:
        """How many calls the model tried to make, well-formed or not."""
        return len(self.calls) + len(self.malformed)


class AnswerParts(Frozen):
    """Where what stands in a raw completion."""

    begin: int
    """Where it begins behind a thought and white space."""
    calls: tuple[Span, ...]
    names: tuple[Span, ...]
    """Of the tools that are called, in calls that cannot be read too."""


class ConfusedTools(Frozen):
    """A tool that was called instead of another one, and how often."""

    expected_tool: str = Field(validation_alias=AliasChoices("expected_tool", "expected"))
    called_tool: str = Field(validation_alias=AliasChoices("called_tool", "called"))
    """Older reports have the second names."""
    count: int
    example: str
    """What was asked, the first time."""


def render(call: ToolCall) -> str:
    """Write a call as the model is trained to write it."""
    body = json.dumps({"name": call.name, "arguments": call.arguments}, ensure_ascii=False)
    return f"{OPEN}\n{body}\n{CLOSE}"


def parse(answer: str) -> ParsedAnswer:
    """Read a raw completion; a thought is not part of the answer, also one that never ends."""
    without_thought = _THOUGHT.sub("", answer, count=1)
    calls: list[ToolCall] = []
    malformed: list[str] = []
    for body in _BLOCK.findall(without_thought):
        call = _decode(body)
        if call is None:
            malformed.append(body.strip())
        else:
            calls.append(call)
    text = _BLOCK.sub("", without_thought).strip()
    return ParsedAnswer(text=text, calls=tuple(calls), malformed=tuple(malformed))


class UnfitCall(Frozen):
    """A call in an answer that does not parse or does not fit its tool."""

    before: str
    """The answer up to where the call's JSON begins."""
    tool: str | None
    """The tool that it names; None where that is not told or not known."""


def first_unfit(
    answer: str, functions: Sequence[dict[str, Any]], start: int = 0
) -> UnfitCall | None:
    """The first call behind ``start`` that does not fit, if any; a thought has no calls."""
    thought = _THOUGHT.match(answer)
    for block in _BLOCK.finditer(answer, max(start, thought.end() if thought else 0)):
        call = _decode(block[1])
        if call is None or faults(call, functions):
            is_known = call is not None and call.name in schemas_of(functions)
            before = f"{answer[: block.start(1)]}\n"
            return UnfitCall(before=before, tool=call.name if call and is_known else None)
    return None


def closed_call(before: str, body: str) -> str:
    """An answer that goes on with the JSON of a call, up to the call's end."""
    start = before or f"{OPEN}\n"
    return f"{start}{body.strip()}\n{CLOSE}"


def named_tool(beginning: str, names: Collection[str]) -> str | None:
    """The tool that JSON like ``{"name": …}`` names, if it is one of these."""
    value = json_or_none(beginning)
    name = value.get("name") if isinstance(value, dict) else None
    return name if isinstance(name, str) and name in names else None


def parts_of(answer: str) -> AnswerParts:
    """Where a raw completion has its calls, and where these name their tools."""
    thought = _THOUGHT.match(answer)
    begin = thought.end() if thought else 0
    begin += len(answer[begin:]) - len(answer[begin:].lstrip())
    blocks = list(_BLOCK.finditer(answer, begin))
    named = (_NAME.search(answer, *block.span(1)) for block in blocks)
    return AnswerParts(
        begin=begin,
        calls=tuple(block.span() for block in blocks),
        names=tuple(match.span(1) for match in named if match),
    )


def is_inside_thought(prompt: str, text: str) -> bool:
    """Whether a thought that the prompt's end or the answer has opened is not closed by then."""
    is_opened = prompt.rstrip().endswith(OPEN_THOUGHT) or text.lstrip().startswith(OPEN_THOUGHT)
    return is_opened and CLOSE_THOUGHT not in text


def _decode(body: str) -> ToolCall | None:
    value = json_or_none(body)
    if not isinstance(value, dict) or set(value) != {"name", "arguments"}:
        return None
    if not isinstance(value["name"], str) or not isinstance(value["arguments"], dict):
        return None
    return ToolCall(name=value["name"], arguments=value["arguments"])


def tool_names(functions: Sequence[Mapping[str, Any]]) -> tuple[str, ...]:
    """The names of the functions (OpenAI form), in the order of the list."""
    return tuple(FunctionSpec.of(function).name for function in functions)


def schemas_of(functions: Sequence[Mapping[str, Any]]) -> dict[str, dict[str, Any]]:
    """The parameters' schema of each function (OpenAI form); made once per list."""
    return _schemas(ByIdentity(functions))


@lru_cache(maxsize=256)
def _schemas(functions: ByIdentity) -> dict[str, dict[str, Any]]:
    return {spec.name: spec.parameters for spec in map(FunctionSpec.of, functions.value)}


@lru_cache(maxsize=256)
def _check(schema: ByIdentity) -> Validator:
    return validator(schema.value or {"type": "object"})


def faults(call: ToolCall, functions: Sequence[dict[str, Any]]) -> list[str]:
    """What is wrong with a call, given the functions (OpenAI form) it may use; empty when right."""
    schemas = schemas_of(functions)
    if call.name not in schemas:
        return [f"unknown tool {call.name!r}; known: {', '.join(sorted(schemas))}"]
    check = _check(ByIdentity(schemas[call.name]))
    return [f"{call.name}: {fault}" for fault in faults_of(call.arguments, check)]


def canonical(call: ToolCall, functions: Sequence[Mapping[str, Any]] = ()) -> str:
    """A call as text that is equal for equal calls.

    Keys are sorted, 1.0 is 1 (JSON has one kind of number), and an argument that equals the
    schema's default counts as left out, unless the schema requires it.
    """
    schema = schemas_of(functions).get(call.name, {})
    properties, required = schema.get("properties", {}), schema.get("required", ())
    arguments = {
        name: value
        for name, value in call.arguments.items()
        if name in required or not _is_default(value, properties.get(name))
    }
    return json.dumps([call.name, _plain(arguments)], sort_keys=True, ensure_ascii=False)


def _is_default(value: Any, schema: Any) -> bool:
    if not isinstance(schema, dict) or "default" not in schema:
        return False
    # As text, because Python takes True for 1 and JSON does not.
    return json.dumps(_plain(value), sort_keys=True) == json.dumps(
        _plain(schema["default"]), sort_keys=True
    )


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _plain(item) for name, item in value.items()}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value
