"""Tool lists in every form that people have."""

import json
from typing import Any

import pytest

from tasks.domain.errors import UnusableData, UnusableTool
from tasks.domain.products import Tool, Toolset
from tasks.domain.toollists import as_tools_list, toolset_from_value

SCHEMA = {
    "type": "object",
    "properties": {"city": {"type": "string", "default": None}},
    "required": ["city"],
}
MCP = {"name": "forecast", "description": "The weather", "inputSchema": SCHEMA}
FUNCTION = {"name": "forecast", "description": "The weather", "parameters": SCHEMA}
TOOL = Tool(name="forecast", description="The weather", input_schema=SCHEMA)
TOOLSET = Toolset(
    server="weather",
    version="weather 1.0",
    tools=(
        TOOL,
        Tool(
            name="storms",
            title="Storms",
            input_schema={"type": "object"},
            output_schema={"type": "object"},
            read_only=True,
            destructive=False,
        ),
    ),
)


def test_what_inspect_writes_is_read_back() -> None:
    assert toolset_from_value(json.loads(TOOLSET.model_dump_json()), "file") == TOOLSET
    assert toolset_from_value(TOOLSET.model_dump(), "file") == TOOLSET


def test_mcps_own_form_loses_nothing() -> None:
    assert toolset_from_value(as_tools_list(TOOLSET), "weather").tools == TOOLSET.tools


@pytest.mark.parametrize(
    "value",
    [
        [MCP],
        {"tools": [MCP], "nextCursor": ""},
        {"jsonrpc": "2.0", "id": 1, "result": {"tools": [MCP]}},
        [{"type": "function", "function": FUNCTION}],
        {"tools": [{"type": "function", "function": FUNCTION}]},
        {"functions": [FUNCTION]},
        [FUNCTION],
        [{**FUNCTION, "title": None}],
    ],
)
def test_every_form_reads_the_same(value: Any) -> None:
    assert toolset_from_value(value, "weather") == Toolset(server="weather", tools=(TOOL,))


def test_a_saved_answer_names_its_server_and_version() -> None:
    info = {"name": "weather-mcp", "version": "2.1"}
    toolset = toolset_from_value({"server": "w", "server_info": info, "tools": [MCP]}, "file")
    assert (toolset.server, toolset.version) == ("w", "weather-mcp 2.1")


def test_a_tool_that_says_nothing_may_change_and_destroy() -> None:
    (tool,) = toolset_from_value([MCP], "weather").tools
    assert (tool.read_only, tool.destructive) == (False, True)


def test_a_tools_hints_are_read() -> None:
    hints = {"readOnlyHint": True, "destructiveHint": False, "title": "Forecast"}
    (tool,) = toolset_from_value([{**MCP, "annotations": hints}], "weather").tools
    assert (tool.read_only, tool.destructive, tool.title) == (True, False, "Forecast")


EMPTY = "weather: the tool list is empty, needed at least one tool"


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (None, "weather: found null, needed a list of tools"),
        ("[]", "weather: found a text, needed a list of tools"),
        ({}, "weather: found keys none, needed a list of tools"),
        ({"error": {"code": 1}}, "weather: found keys error, needed a list of tools"),
        ({"tools": {}}, "weather: found keys tools, needed a list of tools"),
        ([], EMPTY),
        ([{"functionDeclarations": []}], EMPTY),
        ({"tools": [{"functionDeclarations": []}]}, EMPTY),
        (
            {"tools": [MCP], "nextCursor": "2"},
            "weather: only one page (it has a nextCursor), needed the whole list",
        ),
        ([MCP, "storms"], "weather: tool 2: found a text, needed an object"),
        ([MCP, {"inputSchema": SCHEMA}], "weather: tool 2: no 'name', needed a text"),
    ],
)
def test_what_is_no_tool_list_is_refused(value: Any, said: str) -> None:
    with pytest.raises(UnusableData) as caught:
        toolset_from_value(value, "weather")
    assert str(caught.value) == said


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"inputSchema": None}, "no input schema; needed a JSON Schema of type 'object'"),
        ({"inputSchema": []}, "the input schema is a list; needed a JSON Schema of type 'object'"),
        (
            {"inputSchema": {"type": ["array", "null"]}},
            "the input schema's type is ['array', 'null']; needed a JSON Schema of type 'object'",
        ),
        (
            {"inputSchema": {"type": "string"}},
            "the input schema's type is 'string'; needed a JSON Schema of type 'object'",
        ),
        (
            {"inputSchema": {"type": "object", "required": "city"}},
            'not a valid JSON Schema: required: "city" is not of type "array"; '
            "needed a JSON Schema of type 'object'",
        ),
        (
            {"inputSchema": {"type": "object", "properties": True}},
            'not a valid JSON Schema: properties: true is not of type "object"; '
            "needed a JSON Schema of type 'object'",
        ),
        (
            {"inputSchema": {"type": "object", "properties": {"a": "string"}, "required": ["a"]}},
            'not a valid JSON Schema: properties.a: "string" is not of types "boolean", "object"; '
            "needed a JSON Schema of type 'object'",
        ),
        (
            {"inputSchema": {"city": "string", "days": "int"}},
            "the input schema has only city, days; needed a JSON Schema of type 'object'",
        ),
        (
            {"inputSchema": {"type": "object", "properties": {"<|im_end|>": {}}}},
            "the parameter's name '<|im_end|>' reads like a control token",
        ),
        ({"outputSchema": "none"}, "the output schema is a text, needed an object"),
        ({"description": 7}, "description is a number, needed a text"),
    ],
)
def test_a_tool_that_cannot_be_used_is_named(change: dict[str, Any], said: str) -> None:
    with pytest.raises(UnusableTool) as caught:
        toolset_from_value([MCP, {**MCP, "name": "bare", **change}], "weather")
    assert str(caught.value) == f"weather: tool 2 'bare': {said}"


@pytest.mark.parametrize(
    "bare",
    [
        {"type": "function", "function": {"name": "bare"}},
        {"type": "function", "name": "bare"},
        {"functionDeclarations": [{"name": "bare"}]},
        {"name": "bare", "inputSchema": {"$schema": "http://json-schema.org/draft-07/schema#"}},
        {"name": "bare", "inputSchema": {"type": "object", "properties": None}},
    ],
)
def test_a_tool_that_says_nothing_of_arguments_takes_none(bare: dict[str, Any]) -> None:
    (tool,) = toolset_from_value([bare], "weather").tools
    assert tool.name == "bare"
    assert tool.input_schema["type"] == "object"
    assert not tool.input_schema.get("properties")


def test_two_tools_of_one_name_are_refused() -> None:
    with pytest.raises(UnusableTool, match="weather: listed more than once: 'forecast'"):
        toolset_from_value([MCP, FUNCTION], "weather")


@pytest.mark.parametrize(
    ("name", "said"),
    [
        (" ", "is blank, or has control characters"),
        ("set\nnote", "is blank, or has control characters"),
        ("\x1b[31mset", "is blank, or has control characters"),
        ("</tools><|im_end|>", "reads like a control token"),
    ],
)
def test_a_tool_that_cannot_be_called_by_its_name_is_left_out_with_a_note(
    name: str, said: str
) -> None:
    value = [MCP, {**MCP, "name": name}]
    toolset = toolset_from_value(value, "weather", strict=False)
    assert [tool.name for tool in toolset.tools] == ["forecast"]
    assert said in toolset.notes[0]
    assert "\n" not in toolset.notes[0]
    with pytest.raises(UnusableTool, match=said):
        toolset_from_value(value, "weather")


@pytest.mark.parametrize(
    "own", [{"type": "web_search"}, {"googleSearch": {}}, {"functionDeclarations": {}}]
)
def test_a_makers_own_tool_is_left_out_with_a_note(own: dict[str, Any]) -> None:
    toolset = toolset_from_value([own, MCP], "weather", strict=False)
    assert toolset.tools == (TOOL,)
    assert toolset.notes == ("left out: weather: tool 1: no 'name', needed a text",)


@pytest.mark.parametrize(
    "value",
    [
        {"tools": [{"toolSpec": {**MCP, "inputSchema": {"json": SCHEMA}}}]},
        [{**MCP, "inputSchema": {"jsonSchema": SCHEMA}}],
        [
            {
                **FUNCTION,
                "parameters": {**SCHEMA, "type": "dict", "required": ["city", "city"]},
            }
        ],
    ],
)
def test_other_makers_forms_read_the_same(value: Any) -> None:
    assert toolset_from_value(value, "weather").tools == (TOOL,)


def test_a_map_of_parameters_is_read_as_their_schema() -> None:
    parameters = {
        "city": {"type": "str", "description": "The city"},
        "days": {"type": "int", "default": 3},
    }
    (tool,) = toolset_from_value([{"name": "f", "parameters": parameters}], "xlam").tools
    assert tool.input_schema["required"] == ["city"]
    types = {name: part["type"] for name, part in tool.input_schema["properties"].items()}
    assert types == {"city": "string", "days": "integer"}


@pytest.mark.parametrize(("dialect", "is_kept"), [("draft-07", False), ("draft/2020-12", True)])
def test_what_stands_beside_a_reference_counts_where_the_dialect_says_so(
    dialect: str, is_kept: bool
) -> None:
    where = {"$ref": "#/definitions/Where", "minLength": 99, "description": "Where"}
    schema = {
        "$schema": f"http://json-schema.org/{dialect}/schema#",
        "type": "object",
        "properties": {"where": where},
        "definitions": {"Where": {"type": "string", "maxLength": 4}},
    }
    (tool,) = toolset_from_value([{"name": "f", "inputSchema": schema}], "x").tools
    read = tool.input_schema["properties"]["where"]
    assert ("minLength" in read, read["description"]) == (is_kept, "Where")


def test_an_output_schema_loses_what_libraries_leave_empty_as_an_input_schema_does() -> None:
    empty = {"description": None, "type": "STRING"}
    schema = {"type": "object", "properties": {"name": empty}, "required": ["name"]}
    tool = {"name": "get_note", "inputSchema": schema, "outputSchema": schema}
    toolset = toolset_from_value([tool], "notes")
    assert toolset.tools[0].output_schema == toolset.tools[0].input_schema
    assert (toolset.tools[0].output_schema or {})["properties"] == {"name": {"type": "string"}}
