"""tasks/domain/writing/rows.py: rows of both splits, as many as asked, all valid, none leaking."""

from collections import Counter
from collections.abc import Callable
from itertools import count

import pytest

from profiles import HandWrittenPrompt, Server
from tasks.domain.conversations import Row
from tasks.domain.errors import CallFailed
from tasks.domain.products import Tool, ToolResult, Toolset
from tasks.domain.prompting.results import cap, failed
from tasks.domain.toolcalls import ToolCall, faults
from tasks.domain.toollists import functions
from tasks.domain.writing.rows import WrittenRows, write_rows
from tasks.domain.writing.simulation import answer_form, simulate
from tasks.domain.writing.values.maker import ArgumentMaker
from tests.fakes.toolsets import ALL, CLOCKS, MEMORY, ORDERS, REPOSITORY, data, server

Execute = Callable[[ToolCall], ToolResult]


def _simulating(toolset: Toolset) -> Execute:
    return lambda call: simulate(toolset.tool(call.name), call, 1)


def _written(toolset: Toolset, samples: int = 120, known: Server = REPOSITORY) -> WrittenRows:
    return write_rows(toolset, known, data(samples), _simulating(toolset))


def _of(rows: tuple[Row, ...], scenario: str) -> list[Row]:
    return [row for row in rows if row.scenario == scenario]


@pytest.fixture(scope="module", params=ALL, ids=lambda toolset: toolset.server)
def both(request: pytest.FixtureRequest) -> tuple[Toolset, WrittenRows]:
    return request.param, _written(request.param)


def test_exactly_the_asked_rows_are_written(both: tuple[Toolset, WrittenRows]) -> None:
    _, written = both
    assert len(written.train) == 120
    assert len([row for row in written.heldout if row.tool]) == 40
    assert len(_of(written.heldout, "no_tool")) == 12
    assert len(_of(written.heldout, "ambiguous")) <= 8


def test_every_call_is_valid(both: tuple[Toolset, WrittenRows]) -> None:
    toolset, written = both
    for row in (*written.train, *written.heldout):
        assert row.tools == functions(toolset)
        assert [fault for call in row.calls for fault in faults(call, row.tools)] == []


def test_no_text_stands_twice_in_either_split(both: tuple[Toolset, WrittenRows]) -> None:
    _, written = both
    texts = Counter(row.user_text.casefold() for row in (*written.train, *written.heldout))
    assert max(texts.values()) == 1


def test_open_values_and_families_of_the_splits_are_disjoint(
    both: tuple[Toolset, WrittenRows],
) -> None:
    toolset, written = both
    makers = {tool.name: ArgumentMaker(tool, REPOSITORY) for tool in toolset.tools}
    values, families = [], []
    for rows in (written.train, written.heldout):
        calls = [call for row in rows for call in row.calls]
        values.append({v for c in calls for v in makers[c.name].open_values(c.arguments)})
        families.append({row.phrasing for row in rows})
    assert not values[0] & values[1]
    assert not families[0] & families[1]


def test_a_called_row_goes_from_call_to_result_to_answer(both: tuple[Toolset, WrittenRows]) -> None:
    toolset, written = both
    for row in written.train:
        if row.tool:
            roles = [message.role for message in row.messages]
            assert row.expected_call is not None
            assert row.expected_call.name == row.tool
            if row.scenario == "error" or answer_form(toolset.tool(row.tool)):
                assert roles == ["system", "user", "assistant", "tool", "assistant"]
            else:
                assert roles == ["system", "user", "assistant"]
        assert row.answer or row.calls


def test_an_ambiguous_row_leaves_a_value_out_and_asks_for_it() -> None:
    rows = _of(_written(CLOCKS).train, "ambiguous")
    assert rows
    for row in rows:
        assert row.missing == "time"
        assert row.tool is None
        assert "time" in row.answer
        assert row.answer.endswith("?")


def test_the_same_seed_writes_the_same_rows() -> None:
    assert _written(MEMORY) == _written(MEMORY)


def test_no_row_says_what_the_model_is_asked_afterwards() -> None:
    before = _written(CLOCKS)
    asked = [row.user_text for row in (*before.train[::3], *before.heldout[::3])]
    prompts = tuple(HandWrittenPrompt(prompt=f"{text.upper()} !", call=None) for text in asked)
    after = _written(CLOCKS, known=REPOSITORY.model_copy(update={"test_prompts": prompts}))
    assert len(after.train) == len(before.train)
    said = {row.user_text.casefold() for row in (*after.train, *after.heldout)}
    assert said.isdisjoint(text.casefold() for text in asked)


def test_a_call_that_no_answer_comes_to_costs_no_row() -> None:
    answering, calls = _simulating(MEMORY), count()

    def execute(call: ToolCall) -> ToolResult:
        if next(calls) % 5 == 4:
            raise CallFailed("server 'memory': no answer within 30 s; needed a tool result")
        return answering(call)

    written = write_rows(MEMORY, REPOSITORY, data(), execute)
    assert len(written.train) == len(_written(MEMORY).train)
    assert "no answer within" not in "".join(m.content for r in written.train for m in r.messages)


def test_most_hard_negatives_say_the_values_of_a_row_that_calls() -> None:
    plain = data(400, paraphrase_share=0.0, hard_negative_share=1.0)
    written = write_rows(CLOCKS, server(), plain, _simulating(CLOCKS))
    for rows in (written.train, written.heldout):
        calls = [set(map(str, row.calls[0].arguments.values())) for row in rows if row.calls]
        negatives = [row for row in rows if row.phrasing.startswith("hard-negative-")]
        pairs = [row for row in negatives if any(_says(row, values) for values in calls if values)]
        assert negatives
        assert len(pairs) >= 0.6 * len(negatives)


def _says(row: Row, values: set[str]) -> bool:
    return all(value in row.user_text for value in values)


def test_how_a_text_is_typed_does_not_tell_whether_it_calls() -> None:
    rows = write_rows(ORDERS, REPOSITORY, data(400), _simulating(ORDERS)).train
    calling = [row.user_text for row in rows if row.tool]
    talking = [row.user_text for row in rows if row.scenario == "no_tool"]
    for is_so in (str.islower, lambda text: text.endswith(".")):
        shares = [sum(map(is_so, texts)) / len(texts) for texts in (calling, talking)]
        assert abs(shares[0] - shares[1]) < 0.3


def test_another_seed_writes_other_rows() -> None:
    other = write_rows(CLOCKS, REPOSITORY, data(seed=8), _simulating(CLOCKS))
    assert other.train != _written(CLOCKS).train


def test_a_refused_call_becomes_an_error_row_and_the_standard_row_takes_another_value() -> None:
    refused = ("America/", "Asia/")

    def moody(call: ToolCall) -> ToolResult:
        zone = str(call.arguments.get("timezone", ""))
        if zone.startswith(refused):
            return ToolResult(text=f"unknown zone {zone}", is_error=True)
        return simulate(CLOCKS.tool(call.name), call, 1)

    written = write_rows(CLOCKS, server(), data(), moody)
    standard = [r for r in _of(written.train, "standard") if r.tool == "get_current_time"]
    assert not [r for r in standard if r.calls[0].arguments["timezone"].startswith(refused)]
    errors = [r for r in _of(written.train, "error") if r.tool == "get_current_time"]
    assert errors
    refusals = tuple(f"unknown zone {area}" for area in refused)
    assert all(any(told in row.answer for told in refusals) for row in errors)
    assert not any(row.simulated for row in errors)


def test_an_error_of_a_reading_tool_is_provoked_with_a_value_that_does_not_exist() -> None:
    asked: list[str] = []

    def strict(call: ToolCall) -> ToolResult:
        result = simulate(MEMORY.tool(call.name), call, 1).model_copy(update={"simulated": False})
        if str(call.arguments.get("path", "")).startswith("missing/"):
            asked.append(call.arguments["path"])
            return ToolResult(text="no such file", is_error=True)
        return result

    written = write_rows(MEMORY, server(), data(), strict)
    errors = [r for r in _of(written.train, "error") if r.tool == "read_file"]
    assert errors
    assert asked
    assert all(not row.simulated and "no such file" in row.answer for row in errors)


def test_a_tool_that_changes_things_gets_its_errors_made_up() -> None:
    def never_asked_to_fail(call: ToolCall) -> ToolResult:
        assert "missing/" not in str(call.arguments)
        return simulate(ORDERS.tool(call.name), call, 1)

    written = write_rows(ORDERS, server(), data(), never_asked_to_fail)
    assert all(row.simulated for row in _of(written.train, "error"))


def test_a_tool_that_refuses_everything_is_simulated_and_a_note_says_so() -> None:
    def refusing(_: ToolCall) -> ToolResult:
        return ToolResult(text="not a repository", is_error=True)

    written = write_rows(CLOCKS, server(), data(), refusing)
    assert len(written.train) == 120
    assert any("its results are simulated" in note for note in written.notes)
    for row in _of(written.train, "standard"):
        assert row.simulated == (row.tool == "get_current_time"), "of the other nothing is known"


def test_rows_that_are_not_to_be_answered_end_with_the_call() -> None:
    few = write_rows(CLOCKS, REPOSITORY, data(answered_share=0.25), _simulating(CLOCKS))
    standard = _of(few.train, "standard")
    ending = [row for row in standard if row.messages[-1].tool_calls]
    assert 0.5 < len(ending) / len(standard) < 1
    assert all(row.answer for row in (*_of(few.train, "error"), *_of(few.train, "ambiguous")))
    assert all(row.answer for row in few.heldout if row.tool != "convert_time")


def test_lengths_of_time_are_said_in_any_unit_and_every_call_is_valid() -> None:
    schema = {
        "type": "object",
        "properties": {"duration": {"type": "number", "description": "Duration in seconds"}},
        "required": ["duration"],
    }
    timer = Tool(name="start_timer", description="Start a timer", input_schema=schema)
    toolset = Toolset(server="timer", tools=(timer,))
    written = write_rows(toolset, server(), data(200), _simulating(toolset))
    tools = functions(toolset)
    assert [
        faults(call, tools) for row in written.train for call in row.calls if faults(call, tools)
    ] == []
    texts = [row.user_text for row in written.train if row.calls]
    assert any("minute" in text for text in texts)
    assert any("second" in text for text in texts)


def test_the_planned_shares_are_those_that_the_tools_allow() -> None:
    planned = _written(CLOCKS).planned
    assert sum(planned.values()) == pytest.approx(1)
    assert planned["standard"] == pytest.approx(0.6)


def test_a_long_result_is_cut_and_says_so() -> None:
    shown = cap("word " * 500, 100)
    assert len(shown) <= 100
    assert "2500 characters" in shown
    assert cap("short", 100) == "short"


def test_long_results_are_cut_in_the_rows() -> None:
    written = write_rows(MEMORY, server(), data(), lambda _: ToolResult(text="x" * 5000))
    results = [m.content for row in written.train for m in row.messages if m.role == "tool"]
    assert max(map(len, results)) <= 400


@pytest.mark.parametrize("text", ["Database error: no such table", "Error: missing", "error: x"])
def test_an_error_that_only_the_text_reports_is_one(text: str) -> None:
    assert failed(ToolResult(text=text))
    assert not failed(ToolResult(text="The error rate: 5 %"))
