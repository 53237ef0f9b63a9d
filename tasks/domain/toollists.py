"""Read a tool list in any of the forms that people have, and write it as MCP does."""

from collections import Counter
from collections.abc import Collection, Sequence
from fnmatch import fnmatchcase
from typing import Any

from tasks.domain.errors import UnusableData, UnusableTool
from tasks.domain.products import Tool, Toolset
from tasks.domain.schemas.forms import KEYWORDS, compact, in_json_schema
from tasks.domain.schemas.limits import excess
from tasks.domain.schemas.validation import check_schema
from tasks.domain.untrusted.control_tokens import looks_like_one
from tasks.domain.untrusted.printable import on_one_line

MOST_TOOLS = 1000
"""Tools of one list: the largest public one has 597."""
MOST_PARAMETERS = 256
"""Of one tool."""
MOST_OF_NAME = 200
"""Characters of a name in a message."""
MOST_NAMED = 20
"""Faults in one message."""
_LISTS = ("tools", "functions", "functionDeclarations", "function_declarations")
_DECLARED = _LISTS[2:]
"""Where Gemini's form has its tools, inside of one entry of the list."""
_INPUT = ("inputSchema", "input_schema", "parameters", "parametersJsonSchema")
_OUTPUT = ("outputSchema", "output_schema")


def toolset_from_value(
    value: Any, name: str, include: Sequence[str] = (), *, strict: bool = True
) -> Toolset:
    """Read decoded JSON in any form: MCP's tools/list, OpenAI's, Anthropic's or Gemini's tools.

    Args:
        value: the list, or what holds it; also what ``mcp-forge inspect`` writes.
        name: the server's where the value does not say it.
        include: the tools that are read, by name or pattern (``issue_*``); all when empty. Others
            are not looked at.
        strict: whether a tool that cannot be used is an error; else a note, unless it is included
            by name or no other is left.

    Raises:
        UnusableData: not a tool list, an empty one or only its first page, or a nameless tool.
        UnusableTool: a tool without a usable name or schema, or two tools of one name.
    """
    envelope = value if isinstance(value, dict) else {"tools": value}
    if isinstance(envelope.get("result"), dict):
        envelope = envelope["result"]
    tools = _selection(_list_in(envelope, value, name), name, include)
    usable: list[Tool] = []
    faults: list[UnusableTool | UnusableData] = []
    is_wanted = strict
    for tool_name, place, tool in tools:
        try:
            usable.append(tool_from_value(tool, place))
        except (UnusableTool, UnusableData) as fault:
            faults.append(fault)
            is_wanted |= tool_name in include
    if faults and (is_wanted or not usable):
        raise type(faults[0])(on_one_line(" / ".join(map(str, faults[:MOST_NAMED]))))
    server = envelope.get("server")
    return Toolset(
        server=server if isinstance(server, str) and server else name,
        version=_version(envelope),
        tools=tuple(usable),
        notes=tuple(on_one_line(f"left out: {fault}") for fault in faults),
    )


def _list_in(envelope: dict[str, Any], value: Any, name: str) -> list[Any]:
    tools = next((envelope[key] for key in _LISTS if key in envelope), None)
    if not isinstance(tools, list | tuple):
        keys = ", ".join(map(str, envelope)) or "none"
        description = f"keys {keys}" if isinstance(value, dict) else _kind(value)
        raise UnusableData(f"{name}: found {description}, needed a list of tools")
    if envelope.get("nextCursor"):
        raise UnusableData(f"{name}: only one page (it has a nextCursor), needed the whole list")
    listed = [tool for entry in tools for tool in _declared(entry)]
    if not listed:
        raise UnusableData(f"{name}: the tool list is empty, needed at least one tool")
    return listed


def _declared(entry: Any) -> list[Any]:
    """The tools of one entry of a list: itself, or those that Gemini's form groups in it."""
    inner = [entry[key] for key in _DECLARED if key in entry] if isinstance(entry, dict) else []
    if not inner or not isinstance(inner[0], list):
        return [entry]
    return [{"type": "function", **tool} if isinstance(tool, dict) else tool for tool in inner[0]]


def _selection(
    parts: Sequence[Any], name: str, include: Sequence[str]
) -> list[tuple[str, str, Any]]:
    """(name, place in messages, tool) of those that are to be read; a nameless one's is empty."""
    by_name = [
        (_name_in(tool), f"{name}: tool {number}", tool)
        for number, tool in enumerate(parts, start=1)
    ]
    if fault := misnamed(include, [part[0] for part in by_name], "list"):
        raise UnusableData(f"{name}: {fault}")
    selection = [part for part in by_name if is_included(part[0], include)]
    counts = Counter(tool for tool, _, _ in selection)
    twice = [repr(tool) for tool, count in counts.items() if tool and count > 1]
    if twice:
        raise UnusableTool(f"{name}: listed more than once: {', '.join(twice)}; needed one each")
    if len(selection) > MOST_TOOLS:
        raise UnusableData(
            f"{name}: {len(selection)} tools, at most {MOST_TOOLS} are read. Name the tools to "
            "include (--include-tools a,b,c)"
        )
    return selection


def is_included(name: str, include: Sequence[str]) -> bool:
    """Whether ``include_tools`` has a tool, by name or pattern; an empty one has all."""
    return not include or any(name == each or fnmatchcase(name, each) for each in include)


def misnamed(include: Sequence[str], listed_names: Sequence[str], lister: str) -> str:
    """What of ``include_tools`` is no tool of a lister (server, list); empty when all is."""
    unknown = [
        each for each in include if not any(is_included(name, [each]) for name in listed_names)
    ]
    if not unknown:
        return ""
    missing, there = (", ".join(map(repr, names[:MOST_NAMED])) for names in (unknown, listed_names))
    more = f" and {len(listed_names) - MOST_NAMED} more" * (len(listed_names) > MOST_NAMED)
    return f"include_tools names {missing}, the {lister} has {there}{more}"


def _tool_name(value: Any, place: str) -> str:
    if not isinstance(value, dict):
        raise UnusableData(f"{place}: found {_kind(value)}, needed an object")
    if name := _name_in(value):
        return name
    raise UnusableData(f"{place}: no 'name', needed a text")


def _name_in(value: Any) -> str:
    name = _body(value).get("name") if isinstance(value, dict) else None
    return name if isinstance(name, str) else ""


def _body(value: dict[str, Any]) -> dict[str, Any]:
    """What of a tool names and describes it: OpenAI and Bedrock put it one level deeper."""
    inner = [value[key] for key in ("function", "toolSpec") if isinstance(value.get(key), dict)]
    return inner[0] if inner else value


def _unfit_name(name: str) -> str:
    """Why a tool or parameter cannot be called by its name; empty when it can be."""
    if not name.strip() or on_one_line(name) != name:
        return f"the name {on_one_line(name)[:80]!r} is blank, or has control characters"
    return f"the name {name[:80]!r} reads like a control token" if looks_like_one(name) else ""


def tool_from_value(value: Any, place: str) -> Tool:
    """Read one tool; ``place`` opens every message.

    Raises:
        UnusableData: not an object, or without a name.
        UnusableTool: without a usable schema, or with a text that is not one.
    """
    name = _tool_name(value, place)
    place = f"{place} {name[:MOST_OF_NAME]!r}"
    if fault := excess(value) or _unfit_name(name):
        raise UnusableTool(f"{place}: {fault}")
    body = _body(value)
    hints = body["annotations"] if isinstance(body.get("annotations"), dict) else {}
    is_function = value.get("type") == "function"
    return Tool(
        name=name,
        title=_text(body, "title", place) or _text(hints, "title", place),
        description=_text(body, "description", place),
        input_schema=_input_schema(body, place, is_function),
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


def _input_schema(body: dict[str, Any], place: str, is_function: bool) -> dict[str, Any]:
    default: dict[str, Any] | None = {} if is_function else None
    schema = next((body[key] for key in _INPUT if key in body), default)
    expectation = "needed a JSON Schema of type 'object'"
    if schema is None:
        raise UnusableTool(f"{place}: no input schema; {expectation}")
    if not isinstance(schema, dict):
        raise UnusableTool(f"{place}: the input schema is {_kind(schema)}; {expectation}")
    schema = in_json_schema(_unwrapped(schema))
    others = [key for key in schema if not key.startswith(("$", "x-")) and key != "type"]
    if others and not KEYWORDS & schema.keys() - {"type"}:
        keys = on_one_line(", ".join(others))[:MOST_OF_NAME]
        raise UnusableTool(f"{place}: the input schema has only {keys}; {expectation}")
    if schema.get("type") not in ("object", ["object"]):
        raise UnusableTool(
            f"{place}: the input schema's type is {schema.get('type')!r}; {expectation}"
        )
    properties = schema.get("properties")
    if isinstance(properties, dict) and (fault := _unfit_parameters(properties)):
        raise UnusableTool(f"{place}: {fault}")
    try:
        check_schema(schema)
    except UnusableTool as fault:
        raise UnusableTool(f"{place}: {fault}; {expectation}") from fault
    return schema


def _unwrapped(schema: dict[str, Any]) -> dict[str, Any]:
    """A schema that is held as ``{"json": schema}`` (Bedrock) or ``{"jsonSchema": schema}``."""
    inner = next(iter(schema.values()), None) if {*schema} <= {"json", "jsonSchema"} else None
    return inner if isinstance(inner, dict) and {"type", "properties"} & {*inner} else schema


def _unfit_parameters(names: Collection[str]) -> str:
    """Why there are no calls with parameters of these names; empty when there may be."""
    if len(names) > MOST_PARAMETERS:
        return f"more than {MOST_PARAMETERS} parameters"
    token = next(filter(looks_like_one, names), "")
    return f"the parameter's name {token[:80]!r} reads like a control token" if token else ""


def _output_schema(body: dict[str, Any], place: str) -> dict[str, Any] | None:
    schema = next((body[key] for key in _OUTPUT if key in body), None)
    if schema is not None and not isinstance(schema, dict):
        raise UnusableTool(f"{place}: the output schema is {_kind(schema)}, needed an object")
    return None if schema is None else in_json_schema(schema)


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


def _kind(value: Any) -> str:
    kinds = {dict: "an object", list: "a list", str: "a text", bool: "a boolean"}
    return "null" if value is None else kinds.get(type(value), "a number")


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
    # Whoever says so wants names that the schema does not have.
    is_open = whole.get("additionalProperties") is True
    return {**compacted, "additionalProperties": True} if is_open else compacted
