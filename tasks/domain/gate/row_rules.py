"""What may be wrong with one row by itself: its calls, their order, its end."""

import json
from collections.abc import Callable, Iterator
from functools import lru_cache
from itertools import chain
from typing import Any

from tasks.domain.conversations import Message, Row
from tasks.domain.schemas.by_identity import ByIdentity
from tasks.domain.toolcalls import (
    CLOSE,
    OPEN,
    ToolCall,
    faults,
    parse,
    render,
    schemas_of,
    tool_names,
)
from tasks.domain.untrusted.control_tokens import ControlTokens
from tasks.domain.writing.known_values import kind
from tasks.domain.writing.phrasing.spoken import is_mentioned, mentions

_CLOSED = {"type", "properties", "required", "description", "title", "$schema", "$defs"}
"""Keywords of a schema whose properties are all that a tool takes."""

RowRule = Callable[[Row], str]
"""What is wrong with a row, or an empty text."""


def decodable(row: Row) -> list[ToolCall]:
    """The calls of a row whose arguments are JSON objects."""
    return [call for call, fault in _decoded(row) if call is not None and not fault]


def _learned(row: Row) -> list[Message]:
    # An answer with weight 0 may be as wrong as it likes: it is there to be read.
    return [message for message in row.messages if message.is_learned]


def _decoded(row: Row) -> list[tuple[ToolCall | None, str]]:
    return _decoded_once(ByIdentity(row))


@lru_cache(maxsize=1)
def _decoded_once(row: ByIdentity) -> list[tuple[ToolCall | None, str]]:
    # Each rule asks for the calls of the row that the rule before has asked for.
    calls: list[tuple[ToolCall | None, str]] = []
    for message in _learned(row.value):
        for call in message.tool_calls:
            try:
                calls.append((call.decoded(), ""))
            except ValueError:
                calls.append((None, f"{call.function.name}: {call.function.arguments}"))
    return calls


def malformed_call(row: Row) -> str:
    """Arguments that are not a JSON object, or a call that cannot be read off the text."""
    for call, fault in _decoded(row):
        if call is None:
            return f"arguments are not a JSON object: {fault}"
        if parse(render(call)).calls != (call,):
            return f"{call.name}: a value holds {CLOSE} or </think>, which ends what is read"
    if any(mark in message.content for message in _learned(row) for mark in (OPEN, CLOSE)):
        return f"{OPEN} stands in the text instead of in tool_calls"
    return ""


def called_control_token(row: Row, control: ControlTokens) -> str:
    """A call that holds a control token of the model, which a tool would get broken."""
    calls = [
        f"{call.name} {json.dumps(call.arguments, ensure_ascii=False)}" for call in decodable(row)
    ]
    token = next((token for call in calls if (token := control.first_in(call))), "")
    return f"a call holds {token!r}" if token else ""


def unknown_tool(row: Row) -> str:
    """A call of a tool that the row does not offer."""
    offered = set(tool_names(row.tools))
    unknown = [call.name for call in decodable(row) if call.name not in offered]
    return f"calls {unknown[0]!r}, which is not among its tools" if unknown else ""


def unfit_arguments(row: Row) -> str:
    """Arguments that the tool's schema (Draft 2020-12, formats checked) does not accept."""
    offered = set(tool_names(row.tools))
    calls = [call for call in decodable(row) if call.name in offered]
    faults_by_call = [faults(call, row.tools) for call in calls]
    schema_faults = (fault for each in faults_by_call for fault in each)
    undeclared = (_undeclared(call, row) for call in calls)
    return next(chain(schema_faults, filter(None, undeclared)), "")


def _undeclared(call: ToolCall, row: Row) -> str:
    """An argument that its tool does not name, though its schema leaves open whether it may be."""
    schema = schemas_of(row.tools)[call.name]
    parameters = {*(schema.get("properties") or {}), *(schema.get("required") or ())}
    if not parameters or schema.keys() - _CLOSED:
        return ""
    name = next((name for name in call.arguments if name not in parameters), None)
    return "" if name is None else f"{call.name}: {name!r} is no parameter of it"


def other_tool_than_named(row: Row) -> str:
    """``tool`` names the first call; None says that the first answer makes no call."""
    answers = _learned(row)
    tools = [call.function.name for message in answers for call in message.tool_calls]
    if row.tool is not None:
        first = tools[0] if tools else "nothing"
        return "" if first == row.tool else f"says tool {row.tool!r} and calls {first!r}"
    calls = answers[0].tool_calls if answers else ()
    return f"says that no tool is called and calls {calls[0].function.name!r}" if calls else ""


def unanswered_call(row: Row) -> str:
    """Every call is followed by its result, unless the row ends with the call; no other result."""
    waiting = 0
    for number, message in enumerate(row.messages, start=1):
        if message.role == "tool":
            if not waiting:
                return f"message {number} is a tool's result without a call"
            waiting -= 1
        elif waiting:
            return f"message {number} comes where the result of a call is due"
        waiting += len(message.tool_calls)
    at_end = len(row.messages[-1].tool_calls)
    return "" if waiting == at_end else "ends before all results of its calls"


def unfinished(row: Row) -> str:
    """The last turn is the assistant's; no turn of the user's and no answer to learn is empty."""
    last = row.messages[-1]
    if last.role != "assistant":
        return f"ends with the {last.role}'s turn"
    empty = next((n for n, message in enumerate(row.messages, 1) if _is_empty(message)), 0)
    if empty == len(row.messages):
        return "ends with an empty answer"
    role = row.messages[empty - 1].role
    return f"message {empty} is an empty turn of the {role}'s" if empty else ""


def _is_empty(message: Message) -> bool:
    is_due = message.role == "user" or message.is_learned
    return is_due and not (message.content.strip() or message.tool_calls)


def unsaid(row: Row) -> Iterator[tuple[str, str]]:
    """(``tool.parameter``, value as JSON) of each value that cannot be read off the conversation.

    A value may be said by anyone before the call, in any of the forms that ``mentions`` knows; the
    parameter's own schema may name it too, as a default or as what to use when nothing is said.
    What the words mean without saying it (``fixed``) is not looked for.
    """
    schemas, context = schemas_of(row.tools), ""
    for message in row.messages:
        for call in message.tool_calls * message.weight:
            arguments = call.decoded().arguments
            properties = schemas.get(call.function.name, {}).get("properties", {})
            for name, value in arguments.items():
                how = kind(row.tools, call.function.name, name)
                is_named = name in row.fixed or _is_named(value, properties.get(name))
                if not is_named and not is_mentioned(value, context, how):
                    yield f"{call.function.name}.{name}", json.dumps(value, ensure_ascii=False)
        context += f"\n{message.content}"


def _is_named(value: Any, schema: Any) -> bool:
    if not isinstance(schema, dict):
        return False
    return schema.get("default", ...) == value or mentions(str(schema.get("description")), value)
