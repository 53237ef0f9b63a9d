"""What changed between two tool lists is said tool by tool."""

from typing import Any

from tasks.domain.bundle.tool_changes import changes_markdown, compare
from tasks.domain.products import Tool
from tests.fakes.toolsets import CLOCKS


def with_tools(*tools: Tool) -> Any:
    return CLOCKS.model_copy(update={"tools": tools})


NOW, CONVERT = CLOCKS.tools[:2]


def test_the_same_tools_are_no_change() -> None:
    assert compare(CLOCKS, CLOCKS.model_copy(update={"version": "2"})) is None


def test_a_tool_that_came_and_one_that_went_are_named() -> None:
    changes = compare(with_tools(NOW), with_tools(CONVERT))
    assert changes is not None
    assert (changes.added, changes.removed, changes.changed) == (
        ("convert_time",),
        ("get_current_time",),
        {},
    )
    text = changes_markdown(changes)
    assert "| convert_time | added |" in text
    assert "| get_current_time | removed |" in text


def test_another_schema_and_another_description_are_told_apart() -> None:
    other = NOW.model_copy(update={"input_schema": {"type": "object"}})
    reworded = CONVERT.model_copy(update={"description": "Convert", "input_schema": {}})
    changes = compare(with_tools(NOW, CONVERT), with_tools(other, reworded))
    assert changes is not None
    assert changes.changed == {
        "get_current_time": ("input_schema",),
        "convert_time": ("description", "input_schema"),
    }
    assert "| convert_time | other description and input_schema |" in changes_markdown(changes)


def test_another_order_is_a_change_too_for_a_model_reads_the_list_as_it_stands() -> None:
    changes = compare(with_tools(NOW, CONVERT), with_tools(CONVERT, NOW))
    assert changes is not None
    assert "another order" in changes_markdown(changes)
