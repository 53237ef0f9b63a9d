"""Whatever a schema says: no traceback, and never an invalid call."""

from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from profiles import Server
from tasks.domain.errors import UnusableTool
from tasks.domain.products import Toolset
from tasks.domain.schemas.validation import validator
from tasks.domain.toolcalls import ToolCall, faults
from tasks.domain.toollists import functions, toolset_from_value
from tasks.domain.writing.rows import write_rows
from tasks.domain.writing.simulation import simulate
from tasks.domain.writing.usable_tools import with_usable_tools
from tests.fakes.toolsets import data

names = st.sampled_from(["name", "count", "when", "level", "tags", "note", "kind", "$ref", "type"])
numbers = st.one_of(
    st.integers(-5, 60), st.floats(allow_nan=False), st.sampled_from([10**400, 5e-324, 1e-5, 1e308])
)
sizes = st.one_of(st.integers(0, 12), st.sampled_from([10**9, 9000, -1, 2.0]))
texts = st.one_of(
    st.text(max_size=4),
    st.sampled_from(
        ["^[a-z]+$", r"^\p{Lu}{2}-\d{2,4}$", "(?<y>a|b)+", "(", "^(a+)+$", "date", "uri"]
    ),
)
values = st.recursive(
    st.none() | st.booleans() | numbers | texts,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(names, inner, max_size=2),
    max_leaves=3,
)
references = st.sampled_from(
    ["#", "#/$defs/a", "#/$defs/b", "#/properties/name", "#/nowhere", "http://127.0.0.1:9/x"]
)
types = st.sampled_from(["string", "integer", "number", "boolean", "array", "object", "null"])


def _schemas(part: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    parts = st.dictionaries(names, part, max_size=3)
    several = st.lists(part, min_size=1, max_size=3)
    keywords: dict[str, st.SearchStrategy[Any]] = {
        "type": types | st.lists(types, min_size=1, max_size=2),
        "description": texts,
        "default": values,
        "const": values,
        "enum": st.lists(values, max_size=3),
        "format": texts | st.sampled_from(["uuid", "date-time", "email", "ipv4", "json-pointer"]),
        "pattern": texts,
        **dict.fromkeys(("minimum", "maximum", "exclusiveMinimum", "multipleOf"), numbers),
        **dict.fromkeys(("minLength", "maxLength", "minItems", "maxItems"), sizes),
        **dict.fromkeys(("minProperties", "maxProperties", "minContains"), sizes),
        "uniqueItems": st.booleans(),
        "properties": parts,
        "patternProperties": st.dictionaries(texts, part, max_size=1),
        "required": st.lists(names, max_size=2),
        "dependentRequired": st.dictionaries(names, st.lists(names, max_size=2), max_size=2),
        "dependentSchemas": parts,
        "items": part | several,
        "prefixItems": several,
        **dict.fromkeys(("additionalProperties", "contains", "propertyNames", "not"), part),
        **dict.fromkeys(("if", "then", "else", "unevaluatedProperties"), part),
        **dict.fromkeys(("allOf", "anyOf", "oneOf"), several),
        "$ref": references,
    }
    chosen = st.lists(st.sampled_from(sorted(keywords)), max_size=4, unique=True)
    return chosen.flatmap(lambda keys: st.fixed_dictionaries({key: keywords[key] for key in keys}))


schemas = st.recursive(st.booleans() | _schemas(st.booleans()), _schemas, max_leaves=6)
SERVER = Server(name="any", tools_file="any")


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    properties=st.dictionaries(names, schemas, min_size=1, max_size=3),
    required=st.lists(names, max_size=2),
    more=_schemas(schemas),
    output=schemas,
    definitions=st.dictionaries(st.sampled_from("ab"), schemas, max_size=2),
)
def test_rows_of_any_tool_are_valid_or_there_are_none(
    properties: dict[str, Any],
    required: list[str],
    more: dict[str, Any],
    output: Any,
    definitions: dict[str, Any],
) -> None:
    schema = {**more, "type": "object", "properties": properties, "required": required}
    tool = {"name": "set_note", "inputSchema": {**schema, "$defs": definitions}}
    if isinstance(output, dict):
        tool["outputSchema"] = {**output, "$defs": definitions}
    try:
        toolset = with_usable_tools(toolset_from_value([tool], "any"), SERVER)
        rows = _rows(toolset)
    except UnusableTool:
        return
    known = functions(toolset)
    for call in (call for row in rows for call in row.calls):
        assert validator(toolset.tools[0].input_schema).is_valid(call.arguments)
        assert faults(ToolCall(name=call.name, arguments=call.arguments), known) == []


def _rows(toolset: Toolset) -> tuple[Any, ...]:
    sizes = {"list_augmentation_share": 0.0, "heldout_calls": 3, "heldout_no_tool": 1}
    return write_rows(
        toolset,
        SERVER,
        data(12).model_copy(update=sizes),
        lambda call: simulate(toolset.tool(call.name), call, 1),
    ).train
