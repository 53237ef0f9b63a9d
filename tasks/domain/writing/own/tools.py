"""Tool lists as people's rows have them → functions in the OpenAI form, judged like a server's."""

import json
import re
from collections.abc import Iterator
from contextlib import suppress
from functools import lru_cache
from itertools import islice
from typing import Any

from tasks.domain.errors import UnusableData, UnusableTool
from tasks.domain.products import Toolset
from tasks.domain.schemas.forms import mapped
from tasks.domain.schemas.type_words import schema_of_type
from tasks.domain.toolcalls import tool_names
from tasks.domain.toollists import functions as compact_functions
from tasks.domain.toollists import tool_from_value
from tasks.domain.untrusted.decoding import unambiguous
from tasks.domain.writing.own.calls import behind_gap, excerpt, values_of

_LISTS = ("functionDeclarations", "function_declarations", "tools", "functions")
_SCHEMAS = ("parameters", "inputSchema", "input_schema", "parametersJsonSchema")
_BEGINNING = re.compile(r"""\[\s*\{|\{\s*["'](?:name|type)["']""")
_MOST_BEGINNINGS = 20
_OPENING = re.compile(r"^[<\[][^\n]*\Z", re.M)
"""The tag or token in front of a list: ``<functions>``, ``[AVAILABLE_TOOLS]``."""
_VALUES = ("default", "const", "enum", "example", "examples")
"""Keys of a schema that hold values, in which null is one."""


def functions_of(value: Any) -> tuple[dict[str, Any], ...]:
    """A row's tools, from a list or its text; equal lists give one and the same tuple.

    Raises:
        UnusableData: no list of tools, or one without a name; the message has its number.
        UnusableTool: a tool without a usable schema, or two of one name.
    """
    if not value:
        return ()
    return _functions(value if isinstance(value, str) else json.dumps(value))


def tools_in_words(text: str) -> tuple[str, list[Any]]:
    """The words in front of a list of tools in a prompt, and the list; ToolACE, Glaive have it so.

    Without one, all the words and an empty list.
    """
    decoder = json.JSONDecoder(object_pairs_hook=unambiguous)
    for match in islice(_BEGINNING.finditer(text), _MOST_BEGINNINGS):
        values, at = [], match.start()
        with suppress(ValueError, RecursionError):
            while text.startswith(("[", "{"), at):
                value, at = decoder.raw_decode(text, at)
                values += value if isinstance(value, list) else [value]
                at = behind_gap(text, at)
        if values and all(map(_is_tool, values)):
            return _OPENING.sub("", text[: match.start()]), [values]
    return text, []


def _is_tool(value: Any) -> bool:
    body = (value.get("function") or value) if isinstance(value, dict) else {}
    return isinstance(body, dict) and "name" in body and bool({*_SCHEMAS} & body.keys())


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
    elif not value or not all(map(_is_described, value.values())):
        yield value
    else:
        yield from ({"name": name, **tool} for name, tool in value.items())


def _is_described(value: Any) -> bool:
    """Whether it is a tool of a map by name: an empty object is one of a maker's own tools."""
    return isinstance(value, dict) and bool({"description", *_SCHEMAS} & value.keys())


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
        schema = (values[0] or {}) if len(values) == 1 else values
    if not isinstance(schema, dict):
        return {**body, key: schema}
    return {**body, key: mapped(schema, _with_null)}


def _with_null(schema: dict[str, Any]) -> dict[str, Any]:
    """A schema in which what may be null says so as JSON Schema does: ``nullable`` is OpenAPI's."""
    kind = schema.get("type")
    if schema.get("nullable") is not True or not isinstance(kind, str):
        return schema
    enum = schema.get("enum")
    values = {"enum": [*enum, None]} if isinstance(enum, list) and None not in enum else {}
    return {
        **schema,
        **values,
        "type": [*(schema_of_type(kind) or {"type": kind}).values(), "null"],
    }


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
