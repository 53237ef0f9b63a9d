"""What the schemas of a tool's parameters say of them together, and one by one."""

import re
from collections.abc import Callable, Iterator
from typing import Any

from tasks.domain.identifiers import name_words
from tasks.domain.writing.values.amounts import bounds, usual_range
from tasks.domain.writing.values.instances import DRAWS, Place, draw
from tasks.domain.writing.values.meanings import described_in
from tasks.domain.writing.values.settling import type_of

Settle = Callable[[Any], dict[str, Any]]
_WRAPPING = frozenset(
    ("flags", "options", "opts", "params", "parameters", "args", "arguments", "input", "inputs",
     "request", "model", "body", "payload", "kwargs")
)  # fmt: skip
"""Last words of the names of parameters that only hold others."""
UPDATING = frozenset(("update", "edit", "modify", "change", "set", "adjust", "patch"))
"""Verbs whose object is there before, and is to be other than it was."""
ACTIONS = frozenset(("action", "operation", "command"))
"""Parameters whose values say what is done."""
NARROWED = frozenset(("delete", "remove", "update", "drop", "purge", "clear"))
NARROWING = frozenset(("filter", "query", "where", "selector", "condition"))
"""Parameters for which of many things are meant."""
IS_WRITTEN = re.compile(r"^(output|target|destination|dest|dst|to|save|export)(_|\b)")
"""Names of parameters for the file that comes out of a call."""
SEVERAL = frozenset(("multiple", "several", "many", "batch", "bulk"))
"""Words of a tool's name that say how many things it is for."""
_UNSAID = re.compile(
    r"(^|\b(start|end|next|page|after|before|pagination|continuation) )cursor$"
    r"|\b(page|pagination|continuation|next|sync) token$|^(page )?offset$"
    r"|^(user|original) (prompt|query)$"
)
_UNSAID_BY_DESCRIPTION = re.compile(
    r"(?i)\b(original|user'?s?|raw) (user )?(prompt|request|message|input) that\b|\btelemetry\b"
    r"|\bpagination (cursor|token)\b|\bcursor (for|to) pag"
)


def is_unsaid(name: str, described: str) -> bool:
    """Whether nobody speaks of a parameter: where the next page starts, what the user said."""
    return bool(_UNSAID.search(" ".join(name_words(name)))) or bool(
        _UNSAID_BY_DESCRIPTION.search(described)
    )


def is_shape(name: str) -> bool:
    """Whether a parameter only says how the answer is to look."""
    return _SHAPE.search(" ".join(name_words(name))) is not None


_SHAPE = re.compile(r"^((opt|return|response) )?(fields|include|expand|format|pretty|verbose)$")


def is_formless(schema: dict[str, Any]) -> bool:
    """Whether a schema takes an object of which it says nothing."""
    says = ("properties", "patternProperties", "additionalProperties", "enum", "const", "examples")
    return type_of(schema) == "object" and not any(
        isinstance(schema.get(key), (dict, list)) and schema[key] for key in says
    )


def wrapped(schemas: dict[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """The parameters of each parameter that only holds others; ``schemas``: those of all."""
    return {
        name: schema["properties"]
        for name, schema in schemas.items()
        if type_of(schema) == "object"
        and schema.get("properties")
        and not schema["properties"].keys() & schemas.keys()
        and (len(schemas) == 1 or not _WRAPPING.isdisjoint(name_words(name)[-1:]))
    }


def with_descriptions(schema: dict[str, Any], description: str) -> dict[str, Any]:
    """A schema whose parameters are described by the docstring that is the tool's description."""
    properties = schema.get("properties", {})
    lines = {n: described_in(description, n) for n in properties}
    described = {
        n: {**part, "description": lines[n]} if lines[n] and isinstance(part, dict) else part
        for n, part in properties.items()
        if not (isinstance(part, dict) and part.get("description"))
    }
    return {**schema, "properties": {**properties, **described}} if any(lines.values()) else schema


def tries(schema: Any, at: Place, name: str) -> Iterator[Any]:
    """Draws of one value; the last is repeated, so a search for another one ends."""
    for _ in range(DRAWS):
        yield draw(schema, at.inside(name))
    while True:
        yield None


def as_many_as_named(tool_name: str, drawing: Callable[[], Any]) -> Any:
    """A drawn value; where the tool's name says several, a list of two at least.

    Nobody reads one file with ``read_multiple_files`` where ``read_file`` is there.
    """
    value = drawing()
    if not isinstance(value, list) or len(value) != 1 or not SEVERAL & {*name_words(tool_name)}:
        return value
    draws = (drawing() for _ in range(DRAWS))
    return next(([*value, *more] for more in draws if more and more[0] not in value), value)


def with_required(schema: dict[str, Any]) -> dict[str, Any]:
    """A schema's properties; those that it requires without describing them may be anything."""
    properties: dict[str, Any] = schema.get("properties", {})
    return {**{name: {} for name in schema.get("required", ())}, **properties}


def count_numbers(schema: dict[str, Any], name: str) -> int | None:
    """How many numbers a parameter is usually given; None without an end."""
    least, most = bounds(schema)
    if type_of(schema) == "number" and not (least is not None and most is not None):
        return None
    low, high = usual_range(schema, " ".join(name_words(name)))
    return max(int(high - low) + 1, 1)


def leaves(value: Any, schema: dict[str, Any], settle: Settle) -> Iterator[Any]:
    """The single values of an argument, without those that an enum names."""
    schema = settle(schema)
    if "enum" in schema or "const" in schema:
        return
    if isinstance(value, dict):
        for name, part in value.items():
            yield from leaves(part, schema.get("properties", {}).get(name, {}), settle)
    elif isinstance(value, list):
        for part in value:
            yield from leaves(part, schema.get("items", {}), settle)
    else:
        yield value
