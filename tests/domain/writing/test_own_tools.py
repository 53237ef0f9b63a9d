"""Tool lists of rows: every maker's form becomes functions with a JSON Schema."""

import json
from typing import Any

import pytest

from tasks.domain.errors import ForgeError
from tasks.domain.writing.own.tools import functions_of
from tests.fakes.own_rows import CLOCK, SCHEMA, TOOL


def parameters_of(tool: Any) -> Any:
    (function,) = functions_of([tool])
    return function["function"]["parameters"]


@pytest.mark.parametrize(
    "value",
    [
        [TOOL],
        (TOOL,),
        TOOL,
        CLOCK,
        json.dumps(TOOL),
        f"{[TOOL]}",
        [json.dumps(CLOCK)],
        {"tools": [CLOCK]},
        {"clock": {key: CLOCK[key] for key in ("description", "parameters")}},
        [{"functionDeclarations": [CLOCK]}],
        [{"type": "function", **CLOCK}],
    ],
)
def test_a_list_is_read_however_it_is_held(value: Any) -> None:
    assert functions_of(value) == (TOOL,)


def test_equal_lists_are_one_and_the_same() -> None:
    assert functions_of([TOOL]) is functions_of(json.loads(json.dumps([TOOL])))


@pytest.mark.parametrize("value", [None, [], "", "[]", ()])
def test_no_tools_are_no_tools(value: Any) -> None:
    assert functions_of(value) == ()


def test_a_map_of_parameters_becomes_a_schema() -> None:
    parameters = {
        "type": {"description": "giveaway", "type": "str", "default": "game"},
        "rooms": {"description": "which", "type": "List[int]"},
        "share": {"description": "part", "type": "float, optional"},
        "deep": {"description": "really", "type": "bool", "required": False},
        "other": {"description": "anything", "type": "Any"},
    }
    schema = parameters_of({"name": "f", "description": "", "parameters": parameters})
    types = {name: part.get("type") for name, part in schema["properties"].items()}
    assert types == {
        "type": "string",
        "rooms": "array",
        "share": "number",
        "deep": "boolean",
        "other": None,
    }
    assert schema["required"] == ["rooms", "other"]
    assert schema["type"] == "object"


def test_a_schema_whose_parameters_are_called_like_keywords_is_no_map() -> None:
    properties = {"type": {"type": "string"}, "description": {"type": "string"}}
    schema = {"properties": properties}
    assert parameters_of({"name": "f", "parameters": schema})["properties"] == properties


def test_a_parameter_may_say_itself_that_it_is_required() -> None:
    zone, other = {"type": "string", "required": True}, {"type": "object", "properties": []}
    schema = {"type": "object", "properties": {"zone": zone, "other": {**other, "required": False}}}
    assert parameters_of({"name": "f", "inputSchema": schema}) == {
        "type": "object",
        "properties": {
            "zone": {"type": "string"},
            "other": {"type": "object", "properties": {}},
        },
        "required": ["zone"],
    }


def test_phps_empty_lists_are_empty_maps() -> None:
    schema = {"type": "object", "properties": [], "required": []}
    assert parameters_of({"name": "f", "inputSchema": schema})["properties"] == {}


def test_types_as_other_makers_name_them_are_jsons() -> None:
    inner = {"type": "ARRAY", "items": {"type": "tuple"}, "default": {"type": "str"}}
    given = {"type": "dict", "properties": {"a": inner, "type": {"type": "STRING"}}}
    properties = parameters_of({"name": "f", "parameters": given})["properties"]
    assert properties["a"] == {**inner, "type": "array", "items": {"type": "array"}}
    assert properties["type"] == {"type": "string"}


@pytest.mark.parametrize(
    ("word", "schema"),
    [
        ("List[int]", {"type": "array", "items": {"type": "integer"}}),
        ("List[Union[int, float]]", {"type": "array"}),
        ("Optional[List[str]]", {"type": "array", "items": {"type": "string"}}),
        ("Dict[str, Any]", {"type": "object"}),
        ("Tuple[int, int]", {"type": "array"}),
        ("Union[int, str]", {}),
        ("Callable[[float], float]", {}),
        ("str | None", {"type": ["string", "null"]}),
        ("int (optional)", {"type": "integer"}),
        ("STRING", {"type": "string"}),
    ],
)
def test_pythons_types_are_read_as_deep_as_they_say(word: str, schema: dict[str, Any]) -> None:
    given = {"a": {"type": word, "description": "x"}}
    properties = parameters_of({"name": "f", "parameters": given})["properties"]
    assert properties["a"] == {**schema, "description": "x"}


def test_a_parameter_may_be_called_like_a_key_that_holds_values() -> None:
    given = {"type": "dict", "properties": {"default": {"type": "str"}, "enum": {"type": "int"}}}
    properties = parameters_of({"name": "f", "parameters": given})["properties"]
    assert properties == {"default": {"type": "string"}, "enum": {"type": "integer"}}


def test_nullable_means_null_is_a_value() -> None:
    zone = {"type": "STRING", "nullable": True, "enum": ["a"]}
    given = {"type": "OBJECT", "properties": {"zone": zone}}
    properties = parameters_of({"name": "f", "parameters": given})["properties"]
    assert properties["zone"]["type"] == ["string", "null"]
    assert properties["zone"]["enum"] == ["a", None]


@pytest.mark.parametrize(
    "tool",
    [
        {"name": "f"},
        {"name": "f", "parameters": "null"},
        {"name": "f", "parameters": []},
        {"type": "function", "function": {"name": "f"}},
        {"name": "f", "parameters": None},
        {"name": "f", "parameters": {}},
        {"name": "f", "parameters": ""},
        {"name": "f", "inputSchema": {"$schema": "http://json-schema.org/draft-07/schema#"}},
    ],
)
def test_a_function_without_parameters_takes_none(tool: Any) -> None:
    assert parameters_of(tool) == {"type": "object", "properties": {}} or parameters_of(tool) == {
        "type": "object"
    }


def test_what_a_columnar_store_filled_in_is_taken_out_and_a_default_of_null_is_not() -> None:
    zone = {"type": ["string", "null"], "default": None}
    whole = {"name": "f", "parameters": {**SCHEMA, "properties": {"zone": zone}}}
    assert parameters_of(whole)["properties"] == {"zone": zone}
    padded = {
        **whole,
        "parameters": {**SCHEMA, "items": None, "properties": {"zone": zone, "x": None}},
    }
    assert parameters_of(padded)["properties"] == {"zone": {"type": ["string", "null"]}}


@pytest.mark.parametrize(
    ("value", "fault"),
    [
        (7, "the tools are '7', needed a list of tools"),
        ([7], "tool 1: found a number, needed an object"),
        ([CLOCK, {"description": "x"}], "tool 2: no 'name', needed a text"),
        ([CLOCK, TOOL], "the tool 'clock' is listed more than once"),
        ("{", "the tools: neither JSON"),
        ([{"name": "f", "parameters": 7}], "tool 1 'f': the input schema is a number"),
        ([{"name": "f", "parameters": "{"}], "tool 1: its parameters: neither JSON"),
        ([{"name": "f", "parameters": {"type": "array"}}], "tool 1 'f': the input schema's type"),
        (
            [{"name": "f", "parameters": {"zone": "string", "n": "int"}}],
            "tool 1 'f': the input schema has only zone, n; needed a JSON Schema",
        ),
        ([{"type": "computer_20241022", "name": "computer"}], "tool 1 'computer': no input schema"),
        (
            [
                {
                    "name": "f",
                    "parameters": {"properties": {"a": {"type": "texts"}}, "required": ["a"]},
                }
            ],
            "tool 1 'f': .*texts",
        ),
    ],
)
def test_what_cannot_be_read_is_named_with_its_number(value: Any, fault: str) -> None:
    with pytest.raises(ForgeError, match=rf"^{fault}"):
        functions_of(value)
