"""What a teacher is shown, how its values are typed, and when a reader agrees with a label."""

import json
from typing import Any

import pytest

from profiles import PhrasebookPlan, Server, load_phrasebook_limits
from tasks.domain.products import Tool, Toolset
from tasks.domain.toolcalls import ToolCall
from tasks.domain.toollists import functions
from tasks.domain.writing.phrasebook import BookCall, CallsLine, ClarifyLine, RequestLine
from tasks.domain.writing.teaching.answers import as_typed, lines_of
from tasks.domain.writing.teaching.filling import Example, Filler
from tasks.domain.writing.teaching.questions import Style, questions
from tasks.domain.writing.teaching.reading import Reading, disagreement
from tasks.domain.writing.teaching.sifting import sift
from tasks.domain.writing.teaching.tool_view import full_view, short_view
from tasks.domain.writing.values.maker import ArgumentMaker
from tests.fakes.toolsets import CLOCKS
from tests.fakes.tracker import TRACKER
from tests.fakes.unknown_tools import tool_of

SERVER = Server(name="tracker", tools_file="tracker.json")
STYLE = Style(language="en", temperature=0.9)


def makers(toolset: Toolset, server: Server = SERVER) -> dict[str, ArgumentMaker]:
    return {tool.name: ArgumentMaker(tool, server) for tool in toolset.tools}


def call(tool: str, **arguments: Any) -> ToolCall:
    return ToolCall(name=tool, arguments=arguments)


def verdict(example: Example | None, *calls: ToolCall, missing: tuple[str, ...] = ()) -> str:
    assert example is not None
    toolset = (
        CLOCKS if {c.name for c in example.calls} & {t.name for t in CLOCKS.tools} else TRACKER
    )
    reading = Reading(calls=calls, missing=frozenset(missing))
    return disagreement(example, reading, functions(toolset), makers(toolset))


def test_questions_about_a_tool_do_not_change_with_the_list_around_it() -> None:
    alone = questions([*makers(TRACKER).values()][3:4], PhrasebookPlan(), STYLE)
    beside = questions([*makers(TRACKER).values()], PhrasebookPlan(), STYLE)
    about = [question for question in beside if question.tools == ("close_task",)]
    assert len(about) == 2
    assert about == [q for q in alone if q.topic in ("requests", "material")]


def test_tools_that_have_lines_are_not_asked_about_alone() -> None:
    known = {tool.name for tool in TRACKER.tools} - {"close_task"}
    asked = questions([*makers(TRACKER).values()], PhrasebookPlan(), STYLE, known)
    assert {q.tools for q in asked if len(q.tools) == 1} == {("close_task",)}
    everything = {tool.name for tool in TRACKER.tools}
    assert questions([*makers(TRACKER).values()], PhrasebookPlan(), STYLE, everything) == []


def test_a_constant_of_the_server_is_not_shown() -> None:
    server = SERVER.model_copy(update={"constants": {"project": "secret-project"}})
    view = full_view(makers(TRACKER, server)["export_tasks"])
    assert "secret-project" not in json.dumps(view)
    assert (list(view["parameters"]), view["required"]) == (["format"], ["format"])


def test_a_very_long_enumeration_is_cut() -> None:
    values = [f"value number {number} of many" for number in range(500)]
    schema = {"type": "object", "properties": {"kind": {"type": "string", "enum": values}}}
    maker = ArgumentMaker(Tool(name="long", input_schema=schema), SERVER)
    assert len(json.dumps(full_view(maker))) < 1000
    assert len(short_view([maker])[0]) < 1000


@pytest.mark.parametrize(
    ("value", "schema", "typed"),
    [
        ("5", {"type": "integer"}, 5),
        (5, {"type": "string"}, "5"),
        ("true", {"type": "boolean"}, True),
        ('{"a": 1}', {"type": "object"}, {"a": 1}),
        ("README.md", {"type": "array", "items": {"type": "string"}}, ["README.md"]),
        ("{file}", {"type": "array", "items": {"type": "string"}}, "{file}"),
        ("many", {"type": "integer"}, "many"),
        ("Infinity", {"type": "number"}, "Infinity"),
        ("12", {"type": "string"}, "12"),
    ],
)
def test_a_value_gets_the_type_that_the_schema_wants(
    value: Any, schema: dict[str, Any], typed: Any
) -> None:
    assert as_typed(value, schema) == typed


def test_an_object_is_said_by_the_slots_inside_of_it() -> None:
    tool = tool_of("find", "Find documents", filter={"type": "object"})
    known = {"find": ArgumentMaker(tool, SERVER)}
    question = questions([*known.values()], PhrasebookPlan(values=8), STYLE)[0]
    rules, task = (message["content"] for message in question.request["messages"])
    assert "parameters filter are never slots" in rules
    assert json.loads(task)["values_each"] == 8
    fixed = {"parameter": "filter", "value": '{"state": "{state}", "age": {"$gt": "{age}"}}'}
    content = {
        "requests": [{"text": "who is {state} and older than {age}", "fixed": [fixed]}],
        "clarifying": [],
        "values": [
            {"parameter": "state", "values": ["new", "open", "paid"]},
            {"parameter": "age", "values": [18, 30, 65]},
        ],
    }
    lines = lines_of(question, json.dumps(content), known).lines
    toolset = Toolset(server="own", tools=(tool,))
    good, out = sift(lines, toolset, SERVER, known, load_phrasebook_limits())
    assert (len(good), out) == (3, [])
    example = Filler.of(known, good).example(good[0])
    assert example is not None
    (found,) = example.calls
    state, age = found.arguments["filter"]["state"], found.arguments["filter"]["age"]["$gt"]
    assert (state in ("new", "open", "paid"), age in (18, 30, 65)) == (True, True)
    assert example.text == f"who is {state} and older than {age}"


def test_a_reader_agrees_where_only_case_or_a_default_differs() -> None:
    line = RequestLine(tool="search_tasks", text="find {query}", fixed={"max_results": 20})
    example = Filler(makers(TRACKER), {("search_tasks", "query"): ["Safari"]}).example(line)
    assert example is not None
    assert example.text == "find Safari"
    assert verdict(example, call("search_tasks", query="safari")) == ""
    assert verdict(example, call("search_tasks", query="chrome")) == "back-check: other arguments"
    assert verdict(example, call("list_tasks")) == "back-check: another tool"
    assert verdict(example) == "back-check: no tool does it"


def test_a_value_that_the_schema_settles_may_be_said_or_be_missing() -> None:
    filler = Filler(makers(CLOCKS), {})
    example = filler.example(RequestLine(tool="get_current_time", text="what's the time"))
    berlin = call("get_current_time", timezone="Europe/Berlin")
    assert verdict(example, berlin) == ""
    assert verdict(example, call("get_current_time"), missing=("timezone",)) == ""
    assert verdict(example, call("get_current_time", timezone="Asia/Tokyo")) == (
        "back-check: other arguments"
    )


def test_a_question_for_a_missing_value_needs_the_same_value_missing() -> None:
    line = ClarifyLine(
        tool="assign_task",
        text="hand {task_id} over",
        missing=("assignee",),
        question="To whom?",
        answer="to {assignee}",
    )
    example = Filler(makers(TRACKER), {("assign_task", "task_id"): ["OPS-1"]}).example(line)
    told = call("assign_task", task_id="OPS-1")
    assert verdict(example, told, missing=("assignee",)) == ""
    wrong = "back-check: not the same values are missing"
    assert verdict(example, told) == wrong
    assert verdict(example, told, missing=("assignee", "task_id")) == wrong


def test_dependent_calls_keep_their_order_and_take_the_value_from_the_result() -> None:
    calls = (
        BookCall(tool="search_tasks", arguments={"query": "{what}"}),
        BookCall(tool="close_task", arguments={"task_id": {"result": "[A-Z]+-[0-9]+"}}),
    )
    line = CallsLine(order="sequential", text="close the one on {what}", calls=calls)
    example = Filler(makers(TRACKER), {("search_tasks", "query"): ["invoice"]}).example(line)
    search = call("search_tasks", query="invoice")
    assert verdict(example, search, call("close_task", task_id={"result": "id"})) == ""
    assert verdict(example, call("close_task", task_id={"result": "id"}), search)
    assert verdict(example, search, call("close_task", task_id="OPS-1"))


def test_parallel_calls_may_be_read_in_any_order() -> None:
    calls = tuple(BookCall(tool="close_task", arguments={"task_id": f"{{{n}}}"}) for n in "ab")
    line = CallsLine(order="parallel", text="close {a} and {b}", calls=calls)
    values = {("close_task", "task_id"): [f"OPS-{number}" for number in range(1000)]}
    example = Filler(makers(TRACKER), values).example(line)
    assert example is not None
    first, second = example.calls
    assert first != second
    assert verdict(example, second, first) == ""
    assert verdict(example, first, first) == "back-check: other arguments"
