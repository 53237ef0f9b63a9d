"""Tool lists as people's rows have them → functions in the OpenAI form, judged like a server's."""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from typing import Any

from tasks.domain.errors import UnusableData, UnusableTool
from tasks.domain.products import Toolset
from tasks.domain.toolcalls import tool_names
from tasks.domain.toollists import functions as compact_functions
from tasks.domain.toollists import tool_from_value
from tasks.domain.writing.own.calls import excerpt, values_of

_LISTS = ("functionDeclarations", "function_declarations", "tools", "functions")
_SCHEMAS = ("parameters", "inputSchema", "input_schema", "parametersJsonSchema")
_VALUES = ("default", "const", "enum", "example", "examples")
"""Keys of a schema that hold values, in which null is one."""
_WORDS = {
    "str": "string",
    "int": "integer",
    "float": "number",
    "bool": "boolean",
    "dict": "object",
    "list": "array",
    "tuple": "array",
    "set": "array",
} | {word: word for word in ("string", "integer", "number", "boolean", "object", "array", "null")}
"""JSON's names of types, from Python's too: xLAM and Berkeley write those, Gemini capitals."""
_WORD = re.compile(r"(?:optional\[)?\s*([a-z]+)")


def functions_of(value: Any) -> tuple[dict[str, Any], ...]:
    """A row's tools, from a list or its text; equal lists give one and the same tuple.

    Raises:
        UnusableData: no list of tools, or one without a name; the message has its number.
        UnusableTool: a tool without a usable schema, or two of one name.
    """
    if not value:
        return ()
    return _functions(value if isinstance(value, str) else json.dumps(value))


@lru_cache(maxsize=256)
def _functions(text: str) -> tuple[dict[str, Any], ...]:
    tools = [tool for value in values_of(text, "the tools") for tool in _tools_in(value)]
    functions = tuple(_function(tool, f"tool {n}") for n, tool in enumerate(tools, start=1))
    names = tool_names(functions)
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise UnusableTool(f"the tool {twice!r} is listed more than once, needed one each")
    return functions


def _tools_in(value: Any) -> Iterator[Any]:
    """The tools of a list; Gemini's lists of declarations and maps by name are laid out."""
    if isinstance(value, str):
        value = values_of(value, "a tool")
    if isinstance(value, list):
        for part in value:
            yield from _tools_in(part) if isinstance(part, dict | str) else [part]
        return
    if not isinstance(value, dict):
        raise UnusableData(f"the tools are {excerpt(value)}, needed a list of tools")
    inner = next((value[key] for key in _LISTS if isinstance(value.get(key), list)), None)
    if inner is not None:
        yield from _tools_in(inner)
    elif not value or {"name", "function"} & set(value) or not _are_objects(value.values()):
        yield value
    else:
        yield from ({"name": name, **tool} for name, tool in value.items())


def _are_objects(values: Iterable[Any]) -> bool:
    return all(isinstance(value, dict) for value in values)


def _function(tool: Any, place: str) -> dict[str, Any]:
    if isinstance(tool, dict):
        tool = _without_nulls(tool) if _is_padded(tool) else tool
        body = tool["function"] if isinstance(tool.get("function"), dict) else tool
        body = {key: value for key, value in body.items() if key != "type"}
        if tool.get("type") in (None, "function", "custom"):
            body = _with_schema(body, place)
        tool = body
    read = tool_from_value(tool, place)
    if tool.get("parameters") == read.input_schema and not set(_SCHEMAS[1:]) & set(tool):
        return {"type": "function", "function": tool}
    return compact_functions(Toolset(server="", tools=(read,)))[0]


def _with_schema(body: dict[str, Any], place: str) -> dict[str, Any]:
    """The tool with a JSON Schema where its text, a map of its parameters, or nothing stands."""
    key = next((key for key in _SCHEMAS if key in body), "parameters")
    schema = body.get(key) or {}
    if isinstance(schema, str):
        values = values_of(schema, f"{place}: its {key}")
        schema = values[0] if len(values) == 1 else values
    if not isinstance(schema, dict):
        return {**body, key: schema}
    if _is_map(schema):
        schema = _schema_of_map(schema)
    schema_with_types = _with_json_types(schema)
    return {
        **body,
        key: schema_with_types
        if "type" in schema_with_types
        else {"type": "object", **schema_with_types},
    }


def _is_map(schema: Mapping[str, Any]) -> bool:
    """Whether it is xLAM's map from a parameter's name to what it is, without a schema around."""
    return bool(schema) and all(
        isinstance(part, dict)
        and any(isinstance(part.get(key), str) for key in ("type", "description"))
        for part in schema.values()
    )


def _schema_of_map(parameters: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    required = [name for name, part in parameters.items() if _is_required(part)]
    properties = {
        name: {
            key: value
            for key, value in part.items()
            if key != "required" or not isinstance(value, bool)
        }
        for name, part in parameters.items()
    }
    return {"type": "object", "properties": properties, "required": required}


def _is_required(parameter: Mapping[str, Any]) -> bool:
    required = parameter.get("required")
    if isinstance(required, bool):
        return required
    return "default" not in parameter and "optional" not in str(parameter.get("type")).lower()


def _with_json_types(schema: Any) -> Any:
    """The schema with JSON's names of types; the type any is left out."""
    if isinstance(schema, list):
        return [_with_json_types(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    converted = {
        key: value if key in _VALUES else _with_json_types(value) for key, value in schema.items()
    }
    if isinstance(converted.get("type"), str):
        converted["type"] = _json_type(converted["type"])
        if converted["type"] == "any":
            del converted["type"]
    return converted


def _json_type(word: str) -> str:
    match = _WORD.match(word.lower())
    return "any" if word.lower() == "any" else _WORDS.get(match[1], word) if match else word


def _is_padded(value: Any) -> bool:
    """Whether a columnar store (Arrow) has filled in keys of the other tools, with null."""
    if isinstance(value, list):
        return any(_is_padded(part) for part in value)
    return isinstance(value, dict) and any(
        part is None or _is_padded(part) for key, part in value.items() if key not in _VALUES
    )


def _without_nulls(value: Any) -> Any:
    if isinstance(value, list):
        return [_without_nulls(part) for part in value]
    if isinstance(value, dict):
        return {key: _without_nulls(part) for key, part in value.items() if part is not None}
    return value


def without_padding(arguments: dict[str, Any], schema: Any) -> dict[str, Any]:
    """The arguments without the nulls that a columnar store puts where a tool has no such value.

    A null stays where the parameter's schema says that it may be null.
    """
    whole: dict[str, Any] = _unpadded(arguments, {"properties": {}, **(schema or {})})
    return whole


def _unpadded(value: Any, schema: Any) -> Any:
    own_schema = schema if isinstance(schema, dict) else {}
    if isinstance(value, list):
        return [_unpadded(part, own_schema.get("items")) for part in value]
    properties = own_schema.get("properties")
    if not isinstance(value, dict) or not isinstance(properties, dict):
        return value  # where any name is allowed, null may be meant
    return {
        name: _unpadded(part, properties.get(name))
        for name, part in value.items()
        if part is not None or _may_be_null(properties.get(name))
    }


def _may_be_null(schema: Any) -> bool:
    if not isinstance(schema, dict):
        return False
    types = [schema.get("type"), *_parts(schema, "type")]
    inner = [*_parts(schema, "anyOf"), *_parts(schema, "oneOf")]
    return (
        "null" in types
        or None in _parts(schema, "enum")
        or schema.get("nullable") is True
        or ("default" in schema and schema["default"] is None)
        or any(_may_be_null(part) for part in inner)
    )


def _parts(schema: dict[str, Any], key: str) -> list[Any]:
    value = schema.get(key)
    return value if isinstance(value, list) else []
