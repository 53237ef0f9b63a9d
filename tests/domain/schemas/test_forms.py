"""tasks/domain/schemas/forms.py: the form that models read, and arguments that a schema accepts."""

import json
import random
import zoneinfo
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tasks.domain.errors import UnusableTool
from tasks.domain.products import Tool, Toolset
from tasks.domain.toolcalls import ToolCall, faults, validator
from tasks.domain.toollists import functions
from tasks.domain.writing.values.draw_options import DrawOptions
from tasks.domain.writing.values.maker import ArgumentMaker
from tasks.domain.writing.values.places import famous_cities, zone_cities
from tests.fakes.toolsets import ALL, CLOCKS, MEMORY, ORDERS, REPOSITORY, VERSIONS, server


def _maker(schema: dict[str, Any], **known: Any) -> ArgumentMaker:
    tool = Tool(name="try", description="Try something", input_schema=schema)
    return ArgumentMaker(tool, server(**known))


def _value(schema: dict[str, Any], seed: int = 1, name: str = "thing") -> Any:
    whole = {"type": "object", "properties": {name: schema}, "required": [name]}
    return _maker(whole).make(random.Random(seed), DrawOptions())[name]


def _parameters(toolset: Toolset, name: str) -> dict[str, Any]:
    return next(
        f["function"]["parameters"] for f in functions(toolset) if f["function"]["name"] == name
    )


def test_the_compact_form_drops_the_title_keyword_and_keeps_a_property_called_title() -> None:
    parameters = _parameters(ORDERS, "place-order")
    assert "title" in parameters["properties"]
    assert '"title": "' not in json.dumps(parameters)


def test_the_compact_form_has_no_dialect_and_no_open_or_closed_flag() -> None:
    parameters = _parameters(ORDERS, "place-order")
    assert "$schema" not in parameters
    assert "additionalProperties" not in parameters


def test_local_references_stay_with_their_definitions() -> None:
    parameters = _parameters(ORDERS, "place-order")
    assert parameters["properties"]["address"] == {"$ref": "#/$defs/Address"}
    assert set(parameters["$defs"]) == {"Address"}


def test_keys_come_in_one_order_whatever_the_server_sends() -> None:
    function = functions(ORDERS)[0]["function"]
    assert list(function) == ["name", "description", "parameters"]
    assert list(function["parameters"])[:3] == ["type", "properties", "required"]


def test_values_and_defaults_that_look_like_keywords_are_left_alone() -> None:
    schema = {"type": "object", "properties": {"a": {"default": {"title": "kept"}}}}
    toolset = Toolset(server="s", tools=(Tool(name="t", input_schema=schema),))
    assert _parameters(toolset, "t")["properties"]["a"]["default"] == {"title": "kept"}


@pytest.mark.parametrize("toolset", ALL, ids=lambda toolset: toolset.server)
def test_arguments_of_every_tool_are_valid_in_both_forms(toolset: Toolset) -> None:
    for tool in toolset.tools:
        maker = ArgumentMaker(tool, REPOSITORY)
        for seed in range(20):
            arguments = maker.make(random.Random(seed), DrawOptions(unusual=seed % 2 == 0))
            assert faults(ToolCall(name=tool.name, arguments=arguments), functions(toolset)) == []
            assert validator(tool.input_schema).is_valid(arguments)


_names = st.sampled_from(["name", "count", "path", "query", "when", "level", "tags", "note"])
_leaf_schemas = st.one_of(
    st.just({"type": "string"}),
    st.just({"type": "boolean"}),
    st.just({"type": ["string", "null"]}),
    st.sampled_from([{"type": "string", "format": f} for f in ("uuid", "date", "uri", "email")]),
    st.sampled_from(
        [
            {"type": "string", "pattern": p}
            for p in (r"^[A-Z]{2}-\d+$", r"^\w+@\w+\.com$", "^(a|b)c?$", "^=")
        ]
    ),
    st.builds(
        lambda low, more: {"type": "string", "minLength": low, "maxLength": low + more},
        st.integers(0, 30),
        st.integers(0, 40),
    ),
    st.builds(
        lambda low, more: {"type": "integer", "minimum": low, "maximum": low + more},
        st.integers(-500, 100_000),
        st.integers(0, 1000),
    ),
    st.builds(lambda top: {"type": "number", "exclusiveMaximum": top}, st.integers(-50, 5000)),
    st.builds(lambda step: {"type": "integer", "multipleOf": step}, st.integers(1, 40)),
    st.builds(lambda v: {"enum": v}, st.lists(st.integers(), min_size=1, max_size=4)),
    st.builds(lambda v: {"const": v}, st.text(max_size=5)),
)


def _nested(parts: st.SearchStrategy[dict[str, Any]]) -> st.SearchStrategy[dict[str, Any]]:
    return st.one_of(
        st.builds(
            lambda item, low, more: {
                "type": "array",
                "items": item,
                "minItems": low,
                "maxItems": low + more,
            },
            parts,
            st.integers(0, 3),
            st.integers(0, 3),
        ),
        st.builds(
            lambda properties: {
                "type": "object",
                "properties": properties,
                "required": sorted(properties)[:1],
                "additionalProperties": False,
            },
            st.dictionaries(_names, parts, min_size=1, max_size=3),
        ),
        st.builds(lambda part: {"anyOf": [part, {"type": "null"}]}, parts),
        st.builds(lambda part: {"allOf": [part, {"description": "both"}]}, parts),
        st.builds(
            lambda part: {"type": "object", "additionalProperties": part, "minProperties": 1}, parts
        ),
    )


@settings(max_examples=100, deadline=None)
@given(
    schema=st.recursive(_leaf_schemas, _nested, max_leaves=6),
    name=_names,
    seed=st.integers(0, 1000),
)
def test_a_drawn_value_is_valid_for_whatever_schema_it_was_drawn_from(
    schema: dict[str, Any], name: str, seed: int
) -> None:
    assert validator(schema).is_valid(_value(schema, seed, name))


def test_items_that_cannot_differ_are_not_drawn_without_end() -> None:
    equal = {"type": "array", "items": {"type": "string", "pattern": "^=$"}, "minItems": 3}
    schema = {"type": "array", "items": {**equal, "maxItems": 3}, "minItems": 3}
    assert _value(schema, 0, "query") == [["=", "=", "="]] * 3


def test_a_schema_that_refers_to_itself_comes_to_an_end() -> None:
    tree = {
        "type": "object",
        "properties": {"name": {"type": "string"}, "children": {"$ref": "#/$defs/Trees"}},
        "required": ["name"],
    }
    schema = {
        "type": "object",
        "properties": {"tree": {"$ref": "#/$defs/Tree"}},
        "required": ["tree"],
        "$defs": {"Tree": tree, "Trees": {"type": "array", "items": {"$ref": "#/$defs/Tree"}}},
    }
    arguments = _maker(schema).make(random.Random(3), DrawOptions(optional=1.0))
    assert validator(schema).is_valid(arguments)


@pytest.mark.parametrize(
    ("schema", "reason"),
    [
        ({"$ref": "#/$defs/Loop"}, "without an end"),
        ({"$ref": "https://example.org/schema"}, "leaves the document"),
        ({"type": "integer", "minimum": 5, "maximum": 4}, "try: thing"),
    ],
)
def test_a_schema_without_a_value_names_the_tool_or_the_place(
    schema: dict[str, Any], reason: str
) -> None:
    loop = {"type": "object", "properties": {"a": {"$ref": "#/$defs/Loop"}}, "required": ["a"]}
    whole = {
        "type": "object",
        "properties": {"thing": schema},
        "required": ["thing"],
        "$defs": {"Loop": loop},
    }
    with pytest.raises(UnusableTool, match=reason):
        _maker(whole).make(random.Random(1), DrawOptions())


def test_items_that_must_differ_differ() -> None:
    schema = {"type": "array", "items": {"enum": [1, 2, 3]}, "minItems": 3, "uniqueItems": True}
    assert sorted(_value(schema)) == [1, 2, 3]


def test_keys_follow_the_rule_for_property_names() -> None:
    schema = {
        "type": "object",
        "propertyNames": {"pattern": "^[A-Z]{3}$"},
        "additionalProperties": {"type": "integer"},
        "minProperties": 1,
    }
    assert all(key.isupper() and len(key) == 3 for key in _value(schema))


def test_zones_are_real_and_most_of_well_known_cities() -> None:
    maker = ArgumentMaker(CLOCKS.tools[0], server())
    drawn = {maker.make(random.Random(seed), DrawOptions())["timezone"] for seed in range(80)}
    assert drawn <= zoneinfo.available_timezones()
    assert len(drawn & set(zone_cities())) > 30


def test_time_is_also_asked_for_where_no_city_is() -> None:
    maker = ArgumentMaker(CLOCKS.tools[0], server())
    drawn = [maker.make(random.Random(seed), DrawOptions())["timezone"] for seed in range(400)]
    assert 0 < drawn.count("UTC") < 40


def test_cities_weigh_what_they_are_to_who_asks_in_english() -> None:
    weights = {city: weight for found in famous_cities().values() for city, weight in found.items()}
    # By names in the world's languages and people alone it is the other way round.
    assert weights["Seattle"] > weights.get("Cheboksary", 0)
    assert weights["Prague"] > weights.get("Cheboksary", 0)


def test_both_splits_say_every_full_hour_of_the_day() -> None:
    # That 9 pm is 21:00 is learned by heart: no hour may be missing from training.
    maker = ArgumentMaker(CLOCKS.tools[1], server())
    full = {f"{hour:02}:00" for hour in range(7, 23)}
    for split in ("train", "heldout"):
        calls = [maker.make(random.Random(seed), DrawOptions(split)) for seed in range(500)]
        assert full <= {call["time"] for call in calls}
    assert maker.open_values({"time": "21:00"}) == frozenset()


def test_open_values_of_the_two_splits_never_meet() -> None:
    maker = ArgumentMaker(MEMORY.tools[2], server())
    values = {
        split: {maker.make(random.Random(s), DrawOptions(split))["path"] for s in range(150)}
        for split in ("train", "heldout")
    }
    assert not values["train"] & values["heldout"]


def test_enums_small_lists_of_the_server_and_small_numbers_are_shared_by_both_splits() -> None:
    maker = ArgumentMaker(ORDERS.tools[1], server())
    assert maker.open_values({"room": "hall", "level": 3}) == frozenset()
    known = ArgumentMaker(MEMORY.tools[2], server(values={"path": ("a.txt", "b.txt")}))
    assert known.make(random.Random(1), DrawOptions())["path"] in ("a.txt", "b.txt")
    assert known.open_values({"path": "a.txt"}) == frozenset()


def test_a_long_list_of_the_servers_values_is_halved_too() -> None:
    paths = tuple(f"f{n}.txt" for n in range(40))
    maker = ArgumentMaker(MEMORY.tools[2], server(values={"read_file.path": paths}))
    train, heldout = (
        {maker.make(random.Random(seed), DrawOptions(split))["path"] for seed in range(200)}
        for split in ("train", "heldout")
    )
    assert not train & heldout
    assert train | heldout == set(paths)


def test_a_constant_is_in_every_call_and_no_user_speaks_of_it() -> None:
    maker = ArgumentMaker(VERSIONS.tools[0], REPOSITORY)
    assert maker.make(random.Random(1), DrawOptions()) == {"repo_path": "/srv/project"}
    assert maker.spoken_for == ()


def test_a_default_is_never_given_as_if_it_were_a_wish() -> None:
    maker = ArgumentMaker(ORDERS.tools[0], server())
    drawn = [maker.make(random.Random(seed), DrawOptions(optional=1.0)) for seed in range(30)]
    assert {arguments["speed"] for arguments in drawn} == {"slow", "fast"}
    assert {arguments["gift"] for arguments in drawn} == {True}


def test_different_calls_are_counted_where_they_can_be() -> None:
    assert ArgumentMaker(ORDERS.tools[2], server()).count() == 1
    assert ArgumentMaker(ORDERS.tools[1], server()).count() == 20
    assert ArgumentMaker(VERSIONS.tools[0], REPOSITORY).count() == 1
    assert ArgumentMaker(CLOCKS.tools[0], server()).count() is None
