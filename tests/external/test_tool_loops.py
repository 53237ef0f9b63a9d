"""Whole tool loops: a real model's calls on a real server, until its final answer."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from profiles import Server, load_model
from tasks.domain.conversations import MessageCall, Row, row_of
from tasks.domain.errors import CallFailed
from tasks.domain.products import ToolResult, Toolset
from tasks.domain.toolcalls import ToolCall, render
from tasks.domain.toollists import functions
from tasks.external.base_model import gguf_in_package
from tasks.external.llama_cpp import missing_server
from tasks.external.servers import executing_with_stub, read_toolset_of
from tasks.external.student import Student, student
from tasks.external.tool_loops import run_loops
from tests.helpers.needs import need

READ = ToolCall(name="get_book", arguments={"book_id": "comets-003"})
DELETED = ToolCall(name="delete_book", arguments={"book_id": "comets-003"})


@pytest.fixture(scope="module")
def toolset(library: Server) -> Toolset:
    """What it lists."""
    return read_toolset_of(library)


@pytest.fixture(scope="module")
def model() -> Iterator[Student]:
    """The untrained model: it says something behind a result."""
    need(*missing_server())
    family = load_model("smollm2")
    with student(gguf_in_package(family.source.package), ["<|im_end|>"], 48, 2048) as running:
        yield running


def row(toolset: Toolset, *calls: ToolCall) -> Row:
    """A request that these calls answer one after the other."""
    turns = [{"role": "user", "content": "Tell me about the book comets-003"}]
    for call in calls:
        made = MessageCall.of(call).model_dump()
        turns += [{"role": "assistant", "content": "", "tool_calls": [made]}]
        turns += [{"role": "tool", "content": "It was printed in 1907."}]
    turns += [{"role": "assistant", "content": "It was printed in 1907."}]
    return row_of({"messages": turns, "tools": functions(toolset)}, "row 1")


def test_a_call_is_executed_and_its_result_read_before_the_answer(
    library: Server, toolset: Toolset, model: Student
) -> None:
    with executing_with_stub(library, toolset, 1) as execute:
        (case,) = run_loops([(row(toolset, READ), render(READ))], model, execute, 20)
    assert case.result == "comets-003 is about comets and was printed in 1907."
    assert case.answer
    assert not case.simulated
    assert (case.tool, case.first_answer) == ("get_book", render(READ))


def test_what_changes_something_is_never_called_on_the_server(
    library: Server, toolset: Toolset, model: Student, deleted: Path
) -> None:
    with executing_with_stub(library, toolset, 1) as execute:
        (case,) = run_loops([(row(toolset, DELETED), render(DELETED))], model, execute, 200)
    assert case.simulated
    assert case.result
    assert not deleted.exists()


@pytest.mark.parametrize(
    ("first", "reason"),
    [
        ("I do not know.", "no tool"),
        (render(ToolCall(name="get_book", arguments={"book_id": 3})), "not of type"),
        (render(ToolCall(name="find_book", arguments={})), "find_book"),
        (None, "thought"),
    ],
)
def test_what_cannot_be_called_ends_the_loop_before_the_server(
    toolset: Toolset, model: Student, first: str | None, reason: str
) -> None:
    calls: list[ToolCall] = []

    def execute(call: ToolCall) -> ToolResult:
        calls.append(call)
        return ToolResult(text="never")

    (case,) = run_loops([(row(toolset, READ), first)], model, execute, 200)
    assert (case.completed, calls) == (False, [])
    assert reason in case.reason


def test_a_call_that_does_not_come_back_is_no_completed_loop(
    toolset: Toolset, model: Student
) -> None:
    def execute(call: ToolCall) -> ToolResult:
        raise CallFailed(f"{call.name}: no answer in time")

    (case,) = run_loops([(row(toolset, READ), render(READ))], model, execute, 200)
    assert not case.completed
    assert "no answer in time" in case.result


def test_of_two_turns_the_second_has_to_call_too(
    library: Server, toolset: Toolset, model: Student
) -> None:
    chain = row(toolset, ToolCall(name="list_books", arguments={"room": "comets"}), READ)
    first = render(chain.calls[0])
    with executing_with_stub(library, toolset, 1) as execute:
        (case,) = run_loops([(chain, first)], model, execute, 200)
    assert not case.completed
    assert "expected get_book" in case.reason
