"""A tool's schema → the compact form that models read."""

from typing import Any

from tasks.domain.products import Tool, Toolset

_FIRST_KEYS = ("type", "properties", "required")
_MAPS = ("properties", "$defs", "definitions", "patternProperties", "dependentSchemas")
_LISTS = ("anyOf", "oneOf", "allOf", "prefixItems")
_SINGLE = (
    "items",
    "additionalProperties",
    "not",
    "if",
    "then",
    "else",
    "contains",
    "propertyNames",
)


def functions(toolset: Toolset) -> tuple[dict[str, Any], ...]:
    """The tools in the OpenAI form, compact: what training, serving and the bundle all show."""
    return tuple(
        {
            "type": "function",
            "function": {
                "name": tool.name,
                "description": tool.description,
                "parameters": parameters(tool),
            },
        }
        for tool in toolset.tools
    )


def parameters(tool: Tool) -> dict[str, Any]:
    """A tool's input schema in the compact form."""
    whole = {"type": "object", "properties": {}, **tool.input_schema}
    compacted: dict[str, Any] = compact(whole)
    return compacted


def compact(schema: Any) -> Any:
    """A schema without titles, dialect and open/closed flags; type, properties, required first."""
    if not isinstance(schema, dict):
        return schema
    ordered = [k for k in _FIRST_KEYS if k in schema] + [k for k in schema if k not in _FIRST_KEYS]
    return {key: _compact_part(key, schema[key]) for key in ordered if _is_kept(key, schema[key])}


def _is_kept(key: str, value: Any) -> bool:
    return key not in ("title", "$schema") and not (
        key == "additionalProperties" and isinstance(value, bool)
    )


def _compact_part(key: str, value: Any) -> Any:
    if key in _MAPS and isinstance(value, dict):
        return {name: compact(part) for name, part in value.items()}
    if key in _LISTS and isinstance(value, list):
        return [compact(part) for part in value]
    return compact(value) if key in _SINGLE else value
