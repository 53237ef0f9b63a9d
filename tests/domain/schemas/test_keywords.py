"""A keyword that a schema's dialect does not know may hold anything, and is passed over."""

import random
from typing import Any

import pytest

from profiles import Server
from tasks.domain.errors import UnusableTool
from tasks.domain.schemas.validation import validator
from tasks.domain.toollists import toolset_from_value
from tasks.domain.writing.usable_tools import with_usable_tools
from tasks.domain.writing.values.draw_options import DrawOptions
from tasks.domain.writing.values.maker import ArgumentMaker

SERVER = Server(name="w", tools_file="w")
UNKNOWN: tuple[dict[str, Any], ...] = (
    {"$dynamicRef": [[], 9]},
    {"$recursiveRef": {"a": 1}},
    {"if": 7, "then": "x", "else": []},
    {"contains": "x", "minContains": "many"},
    {"prefixItems": {"a": 1}},
    {"prefixItems": 3},
    {"dependentRequired": {"zone": [5]}},
    {"dependentRequired": ["zone"]},
    {"dependentSchemas": {"zone": 5}},
    {"unevaluatedProperties": "no"},
    {"propertyNames": 3},
    {"examples": 5},
    {"if": {"$ref": False}, "then": {"$ref": []}, "else": True},
    {"contains": {"type": "no"}, "propertyNames": {"$ref": 3}},
    {"dependentSchemas": {"zone": {"if": {"$ref": 3}}}},
)


@pytest.mark.parametrize("unknown", UNKNOWN, ids=str)
def test_values_are_written_past_what_the_dialect_does_not_know(unknown: dict[str, Any]) -> None:
    parts: dict[str, Any] = {"zone": {"type": "string"}, "tags": {"type": "array"}, "more": {}}
    schema = {
        "$schema": "http://json-schema.org/draft-04/schema#",
        "type": "object",
        "properties": {name: {**part, **unknown} for name, part in parts.items()},
        "required": ["zone"],
        **unknown,
    }
    listed = toolset_from_value([{"name": "set_zone", "inputSchema": schema}], "w")
    (tool,) = with_usable_tools(listed, SERVER).tools
    arguments = ArgumentMaker(tool, SERVER).make(random.Random(1), DrawOptions(optional=1.0))
    assert arguments.keys() == parts.keys()


@pytest.mark.parametrize(
    ("inner", "said"),
    [
        ({"properties": {"x": "string"}}, r'\$defs\.A\.properties\.x: "string" is not of type'),
        ({"description": {}}, r"\$defs\.A\.description: \{\} is not of type"),
    ],
)
def test_what_lies_in_defs_is_a_schema_though_old_dialects_do_not_know_them(
    inner: dict[str, Any], said: str
) -> None:
    schema = {
        "type": "object",
        "properties": {"zone": {"$ref": "#/$defs/A"}},
        "$defs": {"A": inner, "B": {"minimum": 3, "exclusiveMinimum": True}},
    }
    with pytest.raises(UnusableTool, match=said):
        validator(schema)
    schema["$defs"]["A"] = {"$ref": "#/$defs/B"}
    assert not validator(schema).is_valid({"zone": 3})
