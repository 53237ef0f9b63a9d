"""JSON Schemas of one call, for a grammar that lets a model say nothing else."""

from collections.abc import Mapping, Sequence
from typing import Any

from tasks.domain.schemas.function_spec import FunctionSpec

_SHARED = ("$defs", "definitions")
"""Where a schema keeps what its references lead to."""

_OTHER_PLACES = {"$ref", "allOf", "anyOf", "oneOf", "patternProperties"}
"""Where parameters may stand beside ``properties``."""
_AS_TRAINED = {"whitespace_flexible": False, "item_separator": ", ", "key_separator": ": "}
"""For llguidance, which builds of llama.cpp may have: JSON as ``json.dumps`` writes it. Elsewhere a
key that nobody knows."""


def call_schema(function: Mapping[str, Any]) -> dict[str, Any]:
    """What a call of this function (OpenAI form) looks like inside its tags."""
    spec = FunctionSpec.of(function)
    schema = dict(spec.parameters or {"type": "object"})
    if "properties" in schema and not _OTHER_PLACES & schema.keys():
        # Unsaid, any other parameter would do, and a small model goes on for ever.
        schema.setdefault("additionalProperties", False)
    # A reference leads from the whole schema's root, which is now the call's.
    shared = {key: schema.pop(key) for key in _SHARED if key in schema}
    return _call({"const": spec.name}, schema) | shared


def any_call_schema(name: str) -> dict[str, Any]:
    """What a call of one function looks like, with any arguments."""
    return _call({"const": name}, {"type": "object"})


def name_schema(names: Sequence[str]) -> dict[str, Any]:
    """The beginning of a call, its name, as JSON of its own."""
    return _object({"name": {"enum": list(names)}})


def _call(name: dict[str, Any], arguments: dict[str, Any]) -> dict[str, Any]:
    return _object({"name": name, "arguments": arguments})


def _object(properties: dict[str, Any]) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
        "x-guidance": _AS_TRAINED,
    }
