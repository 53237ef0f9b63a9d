"""Forms of one schema: compact, as models read it; JSON Schema, where a list has another form."""

from collections.abc import Callable
from typing import Any

from tasks.domain.schemas.browser_patterns import in_unicode_mode
from tasks.domain.schemas.limits import SIZES
from tasks.domain.schemas.type_words import is_map_of_parameters, schema_of_map, schema_of_type

_FIRST_KEYS = ("type", "properties", "required")
_MAPS = (
    *("properties", "$defs", "definitions", "patternProperties"),
    *("dependentSchemas", "dependencies"),
)
_LISTS = ("anyOf", "oneOf", "allOf", "prefixItems")
_SINGLE = (
    *("not", "if", "then", "else", "contains", "propertyNames", "additionalProperties"),
    *("items", "additionalItems", "unevaluatedProperties", "unevaluatedItems"),
)
_TYPES = frozenset(("array", "boolean", "integer", "null", "number", "object", "string"))
_LONELY_REFERENCES = ("draft-04", "draft-06", "draft-07")
"""Dialects in which ``$ref`` hides the rules beside it."""
_BESIDE_REFERENCES = frozenset(
    ("$ref", "$schema", "$id", "id", "$defs", "definitions", "title", "description", "default")
)
_OF_OBJECTS = ("required", "minProperties", "maxProperties", "dependentRequired", "enum", "const")
KEYWORDS = frozenset(
    (*_FIRST_KEYS, *_MAPS, *_LISTS, *_SINGLE, *_OF_OBJECTS, "title", "description", "default")
)
"""Keywords of JSON Schema that say something of an object."""


def compact(schema: Any) -> Any:
    """A schema without titles, dialect and open/closed flags; type, properties, required first."""
    return mapped(schema, _compacted)


def undescribed(schema: Any) -> Any:
    """A schema without the texts that describe it: what it allows."""
    return mapped(schema, lambda part: {k: v for k, v in part.items() if k != "description"})


def in_json_schema(schema: dict[str, Any]) -> dict[str, Any]:
    """A tool's input schema as JSON Schema has it, where a list has another form of it.

    Gemini writes types in capitals and sizes as texts, xLAM a map of parameters with Python's
    types; what libraries leave empty is null; no type means an object, for arguments are always
    one.
    """
    if is_map_of_parameters(schema):
        schema = schema_of_map(schema)
    if any(name in str(schema.get("$schema")) for name in _LONELY_REFERENCES):
        schema = mapped(schema, _reference_alone)
    whole: dict[str, Any] = mapped(schema, _plain)
    return whole if "type" in whole else {**whole, "type": "object"}


def mapped(schema: Any, change: Callable[[dict[str, Any]], dict[str, Any]]) -> Any:
    """A schema with a change made to it and to every schema inside it."""
    if not isinstance(schema, dict):
        return schema
    return {key: _mapped_part(key, part, change) for key, part in change(schema).items()}


def _mapped_part(key: str, part: Any, change: Callable[[dict[str, Any]], dict[str, Any]]) -> Any:
    if key in _MAPS and isinstance(part, dict):
        return {name: mapped(inner, change) for name, inner in part.items()}
    if isinstance(part, list) and (key in _LISTS or key == "items"):
        return [mapped(inner, change) for inner in part]
    return mapped(part, change) if key in _SINGLE else part


def _compacted(schema: dict[str, Any]) -> dict[str, Any]:
    ordered = [k for k in _FIRST_KEYS if k in schema] + [k for k in schema if k not in _FIRST_KEYS]
    return {key: schema[key] for key in ordered if _is_kept(key, schema[key])}


def _is_kept(key: str, value: Any) -> bool:
    return key not in ("title", "$schema") and not (
        key == "additionalProperties" and isinstance(value, bool)
    )


def _reference_alone(schema: dict[str, Any]) -> dict[str, Any]:
    """A schema without the rules beside its ``$ref``; in prompts it no longer says its dialect."""
    if not isinstance(schema.get("$ref"), str):
        return schema
    return {key: schema[key] for key in schema if key in _BESIDE_REFERENCES}


def _with_required_names(schema: dict[str, Any]) -> dict[str, Any]:
    """A schema that names what is required, where properties say it themselves (draft-03)."""
    properties = schema.get("properties")
    if not isinstance(properties, dict):
        return schema
    flags = {
        name: part["required"]
        for name, part in properties.items()
        if isinstance(part, dict) and isinstance(part.get("required"), bool)
    }
    names = schema.get("required") or []
    if not flags or not isinstance(names, list):
        return schema
    rest = {
        name: {key: value for key, value in part.items() if key != "required"}
        if name in flags
        else part
        for name, part in properties.items()
    }
    required = [*names, *(name for name, is_required in flags.items() if is_required)]
    return {**schema, "properties": rest, "required": required}


def _plain(schema: dict[str, Any]) -> dict[str, Any]:
    schema = _with_required_names(schema)
    word = schema.get("type")
    of_type = schema_of_type(word) if isinstance(word, str) and word not in _TYPES else None
    if of_type is not None:
        rest = {key: value for key, value in schema.items() if key != "type"}
        schema = {**of_type, **rest}
    return {
        key: _plain_value(key, value)
        for key, value in schema.items()
        if value is not None or key in ("const", "default", "example")
    }


def _plain_value(key: str, value: Any) -> Any:
    if key == "required" and isinstance(value, list) and all(isinstance(n, str) for n in value):
        return list(dict.fromkeys(value))
    if key in _MAPS and value == []:
        return {}  # PHP's empty map
    if key == "pattern" and isinstance(value, str):
        return in_unicode_mode(value)
    if key in SIZES and isinstance(value, str) and value.isdecimal():
        return int(value)
    return value
