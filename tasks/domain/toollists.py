"""Read a tool list in any of the forms that people have, and write it as MCP does."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

from tasks.domain.errors import UnusableData, UnusableTool
from tasks.domain.products import Tool, Toolset
from tasks.domain.validation import validator

_LISTS = ("tools", "functions")
_INPUT = ("inputSchema", "input_schema", "parameters")
_OUTPUT = ("outputSchema", "output_schema")


def toolset_from_value(value: Any, name: str) -> Toolset:
    """Read decoded JSON: what ``mcp-forge inspect`` writes, MCP's tools/list or OpenAI functions.

    ``name`` is the server's where the value does not say it.

    Raises:
        UnusableData: not a tool list, an empty one or only its first page, or a nameless tool.
        UnusableTool: a tool without a usable schema, or two tools of one name.
    """
    envelope = value if isinstance(value, dict) else {"tools": value}
    if isinstance(envelope.get("result"), dict):
        envelope = envelope["result"]
    listed = next((envelope[key] for key in _LISTS if key in envelope), None)
    if not isinstance(listed, list | tuple):
        keys = ", ".join(map(str, envelope)) or "none"
        found = f"keys {keys}" if isinstance(value, dict) else _kind(value)
        raise UnusableData(f"{name}: found {found}, needed a list of tools")
    if not listed:
        raise UnusableData(f"{name}: the tool list is empty, needed at least one tool")
    if envelope.get("nextCursor"):
        raise UnusableData(f"{name}: only one page (it has a nextCursor), needed the whole list")
    tools = [tool_from_value(tool, f"{name}: tool {n}") for n, tool in enumerate(listed, start=1)]
    _refuse_duplicates(tools, name)
    server = envelope.get("server")
    return Toolset(
        server=server if isinstance(server, str) and server else name,
        version=_version(envelope),
        tools=tuple(tools),
    )


def tool_from_value(value: Any, place: str) -> Tool:
    """Read one tool; ``place`` opens every message.

    Raises:
        UnusableData: not an object, or without a name.
        UnusableTool: without a usable schema, or with a text that is not one.
    """
    if not isinstance(value, dict):
        raise UnusableData(f"{place}: found {_kind(value)}, needed an object")
    body = value["function"] if isinstance(value.get("function"), dict) else value
    name = body.get("name")
    if not isinstance(name, str) or not name:
        raise UnusableData(f"{place}: no 'name', needed a text")
    place = f"{place} {name!r}"
    hints = body["annotations"] if isinstance(body.get("annotations"), dict) else {}
    return Tool(
        name=name,
        title=_text(body, "title", place) or _text(hints, "title", place),
        description=_text(body, "description", place),
        input_schema=_input_schema(body, place),
        output_schema=_output_schema(body, place),
        # MCP's defaults: a tool that says nothing may change and destroy.
        read_only=hints.get("readOnlyHint", body.get("read_only")) is True,
        destructive=hints.get("destructiveHint", body.get("destructive")) is not False,
    )


def as_tools_list(toolset: Toolset) -> dict[str, Any]:
    """A toolset as the result of MCP's tools/list."""
    return {"tools": [_mcp_tool(tool) for tool in toolset.tools]}


def _mcp_tool(tool: Tool) -> dict[str, Any]:
    optional = {"title": tool.title, "outputSchema": tool.output_schema}
    return {
        "name": tool.name,
        "description": tool.description,
        "inputSchema": tool.input_schema,
        "annotations": {"readOnlyHint": tool.read_only, "destructiveHint": tool.destructive},
        **{key: value for key, value in optional.items() if value},
    }


def _input_schema(body: dict[str, Any], place: str) -> dict[str, Any]:
    schema = next((body[key] for key in _INPUT if key in body), None)
    needed = "needed a JSON Schema of type 'object'"
    if schema is None:
        raise UnusableTool(f"{place}: no input schema; {needed}")
    if not isinstance(schema, dict):
        raise UnusableTool(f"{place}: the input schema is {_kind(schema)}; {needed}")
    if schema.get("type") != "object":
        raise UnusableTool(f"{place}: the input schema's type is {schema.get('type')!r}; {needed}")
    try:
        validator(schema)
    except UnusableTool as fault:
        raise UnusableTool(f"{place}: {fault}; {needed}") from fault
    return schema


def _output_schema(body: dict[str, Any], place: str) -> dict[str, Any] | None:
    schema = next((body[key] for key in _OUTPUT if key in body), None)
    if schema is not None and not isinstance(schema, dict):
        raise UnusableTool(f"{place}: the output schema is {_kind(schema)}, needed an object")
    return schema


def _text(body: dict[str, Any], key: str, place: str) -> str:
    text = body.get(key)
    if text is not None and not isinstance(text, str):
        raise UnusableTool(f"{place}: {key} is {_kind(text)}, needed a text")
    return text or ""


def _version(envelope: dict[str, Any]) -> str:
    info = envelope.get("server_info")
    if isinstance(info, dict):
        return f"{info.get('name', '')} {info.get('version', '')}".strip()
    version = envelope.get("version")
    return version if isinstance(version, str) else ""


def _refuse_duplicates(tools: Sequence[Tool], name: str) -> None:
    counts = Counter(tool.name for tool in tools)
    twice = [repr(tool) for tool, count in counts.items() if count > 1]
    if twice:
        raise UnusableTool(f"{name}: listed more than once: {', '.join(twice)}; needed one each")


def _kind(value: Any) -> str:
    kinds = {dict: "an object", list: "a list", str: "a text", bool: "a boolean"}
    return "null" if value is None else kinds.get(type(value), "a number")
