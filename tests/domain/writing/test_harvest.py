"""tasks/domain/writing/harvest.py: values come from answers, are proven, and nothing is changed."""

import json
import time
from collections.abc import Callable

import pytest

from tasks.domain.errors import CallFailed
from tasks.domain.products import Offer, Tool, ToolResult
from tasks.domain.toolcalls import ToolCall
from tasks.domain.writing.harvest import MOST_CALLS, MOST_TOLD, Harvest, harvest
from tasks.domain.writing.values.maker import ArgumentMaker
from tests.fakes.toolsets import TEXT, server


def tool(name: str, *required: str, read_only: bool = True) -> Tool:
    schema = {"type": "object", "properties": dict.fromkeys(required, TEXT), "required": required}
    words = name.replace("_", " ")
    return Tool(
        name=name,
        description=words,
        input_schema={**schema, "required": list(required)},
        read_only=read_only,
    )


LIST, DESCRIBE, DROP = (
    tool("list_tables"),
    tool("describe_table", "table_name"),
    tool("drop_table", "table_name", read_only=False),
)
MAKERS = [ArgumentMaker(each, server()) for each in (LIST, DESCRIBE, DROP)]


def gathered(
    answers: Callable[[ToolCall], ToolResult], *offers: Offer
) -> tuple[Harvest, list[str]]:
    made: list[str] = []

    def execute(call: ToolCall) -> ToolResult:
        made.append(call.name)
        return answers(call)

    return harvest(MAKERS, execute, lambda: offers), made


def database(listed: str) -> Callable[[ToolCall], ToolResult]:
    def answer(call: ToolCall) -> ToolResult:
        if call.name == "list_tables":
            return ToolResult(text=listed)
        name = call.arguments["table_name"]
        return ToolResult(text=f"no such table {name}", is_error=name not in ("orders", "items"))

    return answer


def test_a_list_in_lines_or_json_names_the_values_and_the_reading_tool_proves_them() -> None:
    lines = "Tables:\n- orders\n- items\n- ghosts"
    rows = json.dumps([{"name": "orders", "rows": 3}, {"name": "items"}, {"name": "ghosts"}])
    for listed in (lines, rows, json.dumps({"tables": ["orders", "items", "ghosts"]})):
        found, made = gathered(database(listed))
        assert found.values["describe_table.table_name"] == ("orders", "items"), listed
        assert "drop_table" not in made


def test_a_tool_that_changes_things_gets_the_values_without_being_called() -> None:
    found, made = gathered(database("orders\nitems"))
    assert found.values["drop_table.table_name"] == ("orders", "items")
    assert "drop_table" not in made


def test_the_call_that_told_the_values_is_linked_to_the_tool_that_reads_them() -> None:
    found, _ = gathered(database("orders\nitems"))
    (link,) = found.links
    assert (link.call.name, link.tool, link.values) == (
        "list_tables",
        "describe_table",
        ("orders", "items"),
    )


def test_a_link_keeps_the_place_of_what_cannot_be_used() -> None:
    """Else "the last table" would be one in the middle of the list that the model reads."""
    found, _ = gathered(database("ghosts\norders\nitems\nshades"))
    (link,) = found.links
    assert link.values == ("ghosts", "orders", "items", "shades")
    assert link.usable == {"orders", "items"}


def test_a_resource_names_values_too() -> None:
    offer = Offer(about=("table", "overview"), text="orders\nitems")
    found, _ = gathered(
        lambda call: ToolResult(text="", is_error=call.name == "list_tables"), offer
    )
    assert found.values["describe_table.table_name"] == ("orders", "items")
    assert not found.links


def test_what_the_operator_gave_is_not_asked_for() -> None:
    given = server(values={"table_name": ["orders"]})
    makers = [ArgumentMaker(each, given) for each in (LIST, DESCRIBE, DROP)]
    assert harvest(makers, lambda _: ToolResult(text="items")).calls == 0


def test_made_up_answers_and_failures_name_nothing() -> None:
    def broken(_: ToolCall) -> ToolResult:
        raise CallFailed("gone")

    found, made = gathered(broken)
    assert (found.values, made) == ({}, ["list_tables"])
    assert found.notes == ("asked for no more values: gone",)
    assert not gathered(lambda _: ToolResult(text="orders", simulated=True))[0].values
    assert not gathered(lambda _: ToolResult(text="Error: orders"))[0].values


def test_calls_stay_within_the_budget() -> None:
    found, made = gathered(lambda _: ToolResult(text="\n".join(f"table{n}" for n in range(500))))
    assert len(made) == found.calls <= MOST_CALLS


def test_the_names_in_a_folder_become_paths_that_a_reading_tool_accepts() -> None:
    tools = (tool("list_roots"), tool("list_directory", "path"), tool("read_text_file", "path"))
    makers = [ArgumentMaker(each, server()) for each in tools]
    answers = {
        "list_roots": "Roots:\n/srv/project",
        "list_directory": "[DIR] docs\n[FILE] menu.txt",
    }

    def execute(call: ToolCall) -> ToolResult:
        if call.name in answers:
            return ToolResult(text=answers[call.name])
        is_file = call.arguments["path"].endswith(".txt")
        return ToolResult(text="soup" if is_file else "is a directory", is_error=not is_file)

    found = harvest(makers, execute)
    assert found.values["list_directory.path"] == ("/srv/project",)
    assert found.values["read_text_file.path"] == ("/srv/project/menu.txt",)


@pytest.mark.parametrize(
    "listed",
    [
        "[" * 100_000,
        "\n".join(f"table {number}" for number in range(300_000)),
        json.dumps(
            [{"name": f"table {number}", "table": str(number)} for number in range(100_000)]
        ),
        json.dumps({"tables": {f"table {number}": number for number in range(200_000)}}),
        "a-" * 200_000,
        "/a" * 200_000,
    ],
    ids=["deep", "lines", "list", "object", "uri", "path"],
)
def test_no_answer_is_searched_for_more_than_a_few_seconds(listed: str) -> None:
    wanted = [tool(f"read_table_{n}", "table_name", "table_uri", "path") for n in range(300)]
    makers = [ArgumentMaker(each, server()) for each in (LIST, DESCRIBE, *wanted)]
    started = time.process_time()
    found = harvest(makers, lambda _: ToolResult(text=listed))
    assert time.process_time() - started < 10
    assert found.calls <= MOST_CALLS
    assert all(len(link.values) <= MOST_TOLD for link in found.links)


def test_a_person_is_told_when_the_search_was_broken_off() -> None:
    listed = json.dumps([{"name": f"table {number}"} for number in range(100_000)])
    wanted = [tool(f"read_table_{n}", "table_name") for n in range(800)]
    makers = [ArgumentMaker(each, server()) for each in (LIST, *wanted)]
    found = harvest(makers, lambda _: ToolResult(text=listed))
    assert "asked for no more values: its answers are too long" in found.notes[-1]
