"""The forms (JSON Schema) of a teacher's answers, and their parts as they are read.

Every object names all its properties and no other, which structured output asks for in strict mode.
"""

from typing import Any

from pydantic import BaseModel, ConfigDict, TypeAdapter


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class FromResult(_Part):
    """An argument that is taken from the result of the call before."""

    result: str


class GivenArgument(_Part):
    """One argument; lists of other than texts, and objects, are JSON text."""

    parameter: str
    value: str | bool | int | float | list[str] | FromResult


class RequestPart(_Part):
    """A request of one tool."""

    text: str
    fixed: list[GivenArgument]


class ClarifyPart(_Part):
    """A request that lacks values."""

    text: str
    missing: list[str]
    question: str
    answer: str
    fixed: list[GivenArgument]


class ValuesPart(_Part):
    """Values of one parameter, or of one slot inside an object."""

    parameter: str
    values: list[str | bool | int | float | list[str]]


class ResultPart(_Part):
    """What the server prints."""

    text: str
    answer: str
    error: bool


class CallPart(_Part):
    """One call of several."""

    tool: str
    arguments: list[GivenArgument]


class CallsPart(_Part):
    """A request of several calls."""

    text: str
    calls: list[CallPart]


class ReplyPart(_Part):
    """A request without a call."""

    text: str
    reply: str


class ReadingPart(_Part):
    """How a reader understands one request."""

    number: int
    calls: list[CallPart]
    missing: list[str]


PARTS: dict[str, dict[str, type[_Part]]] = {
    "requests": {"requests": RequestPart, "clarifying": ClarifyPart, "values": ValuesPart},
    "material": {"values": ValuesPart, "results": ResultPart},
    "parallel": {"requests": CallsPart},
    "sequential": {"requests": CallsPart},
    "unsupported": {"requests": ReplyPart},
    "chat": {"requests": ReplyPart},
    "reading": {"readings": ReadingPart},
}
"""What the lists of each answer hold."""


def _form(lists: dict[str, type[_Part]]) -> dict[str, Any]:
    definitions: dict[str, Any] = {}
    properties: dict[str, Any] = {}
    for name, part in lists.items():
        schema = TypeAdapter(list[part]).json_schema()  # type: ignore[valid-type]
        definitions |= schema.pop("$defs")
        properties[name] = schema
    return {
        "type": "object",
        "properties": properties,
        "required": list(lists),
        "additionalProperties": False,
        "$defs": definitions,
    }


FORMS = {topic: _form(lists) for topic, lists in PARTS.items()}
"""The JSON Schema of each answer."""
