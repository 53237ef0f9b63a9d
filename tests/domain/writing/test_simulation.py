"""tasks/domain/writing/simulation.py: made-up results that fit the schemas and never vary."""

import json

import pytest

from tasks.domain.products import Tool, Toolset
from tasks.domain.toolcalls import ToolCall, validator
from tasks.domain.writing.simulation import simulate, simulate_error
from tests.fakes.toolsets import ALL, CLOCKS, MEMORY, ORDERS

CALL = ToolCall(name="get_current_time", arguments={"timezone": "Asia/Tokyo"})
TOOL = CLOCKS.tool("get_current_time")


def test_a_result_fits_the_output_schema_and_is_told_as_json_too() -> None:
    result = simulate(TOOL, CALL, 1)
    assert TOOL.output_schema is not None
    assert validator(TOOL.output_schema).is_valid(result.structured)
    assert json.loads(result.text) == result.structured


def test_fields_named_as_an_argument_repeat_its_value() -> None:
    result = simulate(TOOL, CALL, 1)
    assert result.structured is not None
    assert result.structured["timezone"] == "Asia/Tokyo"


def test_nested_fields_repeat_the_argument_that_bears_their_path() -> None:
    side = {"type": "object", "properties": {"zone": {"type": "string"}}, "required": ["zone"]}
    tool = Tool(
        name="compare",
        input_schema={"type": "object", "properties": {"source_zone": {"type": "string"}}},
        output_schema={"type": "object", "properties": {"source": side}, "required": ["source"]},
    )
    result = simulate(tool, ToolCall(name="compare", arguments={"source_zone": "Asia/Tokyo"}), 1)
    assert result.structured == {"source": {"zone": "Asia/Tokyo"}}


@pytest.mark.parametrize("kind", ["integer", "string", "array"])
def test_a_schema_of_no_object_has_a_text_for_its_result(kind: str) -> None:
    tool = Tool(name="add_note", input_schema={"type": "object"}, output_schema={"type": kind})
    result = simulate(tool, ToolCall(name="add_note", arguments={}), 1)
    assert result.structured is None
    assert result.text


def test_the_same_call_and_seed_get_the_same_answer_and_another_seed_another() -> None:
    assert simulate(TOOL, CALL, 1) == simulate(TOOL, CALL, 1)
    assert simulate(TOOL, CALL, 1) != simulate(TOOL, CALL, 2)


def test_invalid_arguments_are_refused_by_name() -> None:
    result = simulate(TOOL, ToolCall(name=TOOL.name, arguments={"timezone": 5}), 1)
    assert result.is_error
    assert "timezone" in result.text
    missing = simulate(TOOL, ToolCall(name=TOOL.name, arguments={}), 1)
    assert missing.is_error
    assert "timezone" in missing.text


@pytest.mark.parametrize("toolset", ALL, ids=lambda toolset: toolset.server)
def test_every_result_says_something_and_that_it_is_simulated(toolset: Toolset) -> None:
    for tool in toolset.tools:
        result = simulate(tool, ToolCall(name=tool.name, arguments={}), 1)
        assert result.simulated
        assert result.text


def test_a_tool_without_an_output_schema_answers_in_words() -> None:
    graph = simulate(MEMORY.tool("read_graph"), ToolCall(name="read_graph", arguments={}), 1)
    assert graph.structured is None
    assert not graph.is_error
    loud = ToolCall(name="set_volume", arguments={"room": "hall", "level": 3})
    assert "level 3" in simulate(ORDERS.tool("set_volume"), loud, 1).text


def test_a_simulated_error_is_an_error_and_never_varies() -> None:
    result = simulate_error(TOOL, CALL, 4)
    assert result.is_error
    assert result.simulated
    assert result == simulate_error(TOOL, CALL, 4)
    assert len({simulate_error(TOOL, CALL, seed).text for seed in range(30)}) > 3


def test_a_reading_tool_finds_nothing_now_and_then() -> None:
    listing = Tool(name="list_open_orders", input_schema={"type": "object"}, read_only=True)
    lists = {"type": "array", "items": {"type": "string"}}
    schema = {"type": "object", "properties": {"orders": lists}, "required": ["orders"]}
    typed = listing.model_copy(update={"output_schema": schema})
    call = ToolCall(name=listing.name, arguments={})
    plain = [simulate(listing, call, seed).text for seed in range(300)]
    assert 10 < plain.count("No open orders found") < 60
    assert [simulate(typed, call, seed).structured for seed in range(300)].count(
        {"orders": []}
    ) > 10
    changing = listing.model_copy(update={"read_only": False})
    assert not [s for s in range(300) if simulate(changing, call, s).text.startswith("No ")]
