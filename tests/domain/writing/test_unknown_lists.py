"""What the grammar writes for lists that nobody tuned: a test for each kind of fault."""

import random
import re
from collections.abc import Iterable
from typing import Any

import pytest

from tasks.domain.products import Tool, Toolset
from tasks.domain.writing.phrasing.answers import ask
from tasks.domain.writing.phrasing.requests import request
from tasks.domain.writing.phrasing.wording import Wording, wordings
from tasks.domain.writing.rows import write_rows
from tasks.domain.writing.simulation import answer_form, simulate
from tasks.domain.writing.values.draw_options import DrawOptions
from tasks.domain.writing.values.maker import ArgumentMaker
from tests.fakes.toolsets import data, server

TEXT: dict[str, Any] = {"type": "string"}
COUNT: dict[str, Any] = {"type": "integer"}


def _tool(name: str, description: str, optional: Iterable[str] = (), /, **parts: Any) -> Tool:
    required = [part for part in parts if part not in optional]
    schema = {"type": "object", "properties": parts, "required": required}
    return Tool(name=name, description=description, input_schema=schema)


def _wording(tool: Tool) -> Wording:
    names = frozenset((tool.name,))
    maker = ArgumentMaker(tool, server(), names=names)
    return wordings(Toolset(server="own", tools=(tool,)), [maker])[0]


def _said(tool: Tool, /, **arguments: Any) -> str:
    wording = _wording(tool)
    texts = (request(wording, arguments, "train", random.Random(n)).text for n in range(600))
    return "\n".join(texts).casefold()


def _drawn(tool: Tool, name: str, optional: float = 1.0) -> list[Any]:
    maker = ArgumentMaker(tool, server())
    rng = random.Random(1)
    return [maker.make(rng, DrawOptions("train", optional))[name] for _ in range(80)]


def test_two_verbs_that_a_name_joins_are_said_together_and_never_as_looking() -> None:
    tool = _tool("get_or_create_label", "Gets a label or creates it", name=TEXT)
    texts = _said(tool, name="travel")
    assert "get or create" in texts
    assert not any(word in texts for word in ("show", "look up", "or create label named"))


def test_a_verb_keeps_the_preposition_of_its_name() -> None:
    described = {"type": "string", "description": "in the form '1234567890.123456'"}
    tool = _tool("reply_to_thread", "Replies", channel_id=TEXT, thread_ts=described, text=TEXT)
    texts = _said(tool, channel_id="C12", thread_ts="17.5", text="Looks good")
    assert "reply to thread" in texts
    assert "in channel c12" in texts
    assert 'looks good"' in texts
    assert "reply the" not in texts


def test_one_thing_of_a_group_is_in_the_singular_and_goes_by_its_name() -> None:
    texts = _said(_tool("pods_delete", "Delete a Kubernetes Pod", name=TEXT), name="web-1")
    assert "delete the pod web-1" in texts
    assert not re.search(r"pods (?!d)", texts)


def test_a_file_is_named_where_the_description_speaks_of_it() -> None:
    tool = _tool("add_table", "Add a table to a Word document", filename=TEXT, rows=COUNT)
    texts = _said(tool, filename="report.docx", rows=3)
    assert "add a table to report.docx with 3 rows" in texts
    assert "word document" not in texts
    tool = _tool("get_text", "Extract all text from a file", file_path=TEXT)
    assert "extract all text from report.docx" in _said(tool, file_path="report.docx")
    tool = _tool("create_document", "Create a new Word document", filename=TEXT)
    assert "create a new document called report.docx" in _said(tool, filename="report.docx")


def test_a_numbered_thing_goes_by_its_number() -> None:
    tool = _tool("delete_paragraph", "Delete a paragraph.", filename=TEXT, paragraph_index=COUNT)
    texts = _said(tool, filename="report.docx", paragraph_index=7)
    assert re.search(r"delete paragraph 7 (from|in) report\.docx", texts)
    assert "the paragraph 7" not in texts


def test_what_is_set_is_set_to_its_value() -> None:
    texts = _said(_tool("set_volume", "Sets the speaker's volume", volume=COUNT), volume=30)
    assert "set the volume to 30" in texts
    assert not re.search(r"(set|change|adjust) 30", texts)


def test_one_change_is_said_by_what_changes() -> None:
    tool = _tool("update_issue", "Updates an issue", ["title", "state"], issue_id=COUNT, title=TEXT)
    texts = _said(tool, issue_id=7, title="Login fails")
    assert re.search(r"(set|change|update) the title of issue 7 to", texts)


def test_a_second_name_is_given_with_the_word_of_its_verb() -> None:
    for name, words in (
        ("rename_sheet", 'to "budget"'),
        ("copy_sheet", 'as "budget"'),
        ("create_sheet", 'called "budget"'),
    ):
        tool = _tool(name, "Works on sheets", path=TEXT, new_name=TEXT)
        texts = _said(tool, path="plan.xlsx", new_name="Budget")
        assert words in texts
        assert "for new" not in texts


def test_a_cell_is_said_where_it_is() -> None:
    tool = _tool("set_note", "Sets a note", path=TEXT, cell=TEXT, note=TEXT)
    assert "in cell b7" in _said(tool, path="plan.xlsx", cell="B7", note="Check this")


def test_what_is_looked_for_is_the_object() -> None:
    tool = _tool("find_text_in_document", "Finds", filename=TEXT, text_to_find=TEXT)
    texts = _said(tool, filename="report.docx", text_to_find="open question")
    assert 'find "open question" in report.docx' in texts
    assert "with text to find" not in texts


def test_old_text_is_replaced_with_new() -> None:
    tool = _tool("str_replace", "Replaces text", path=TEXT, old_str=TEXT, new_str=TEXT)
    texts = _said(tool, path="plan.md", old_str="five days", new_str="a week")
    assert 'replace "five days" with "a week" in plan.md' in texts
    assert not re.search("old str|new str", texts)


def test_verbs_joined_by_and_stay_together() -> None:
    tool = _tool("search_and_replace", "Replaces", filename=TEXT, find_text=TEXT)
    texts = _said(tool, filename="a.docx", find_text="old")
    assert "search and replace" in texts
    assert "search the and" not in texts


def test_what_a_name_speaks_of_is_said_where_it_stands() -> None:
    tool = _tool("add_team_to_project", "Add a team", team_slug=TEXT, project_slug=TEXT)
    assert "add the team red to project web" in _said(tool, team_slug="red", project_slug="web")
    tool = _tool("get_history", "Get recent messages from a channel", channel_id=TEXT)
    assert "recent messages from channel c12" in _said(tool, channel_id="C12")


def test_two_dates_are_never_said_alike() -> None:
    days = {"type": "string", "description": "a date (YYYY-MM-DD)"}
    both = {"checkin": days, "checkout": days}
    tool = _tool("search_rooms", "Search", ("checkin", "checkout"), **both)
    texts = _said(tool, checkin="2027-03-01").splitlines()
    assert sum("checkin" in text for text in texts) > 0.95 * len(texts)  # others have a slip


def test_a_search_is_done_and_its_place_is_not_looked_for() -> None:
    texts = _said(_tool("web_search", "Performs a search of the web", query=TEXT), query="tea")
    assert "do a web search for" in texts
    assert "find the web" not in texts
    texts = _said(_tool("search_shops", "Search for shops", query=TEXT), query="tea")
    assert "look for shops" in texts
    assert "for for" not in texts
    assert "find for" not in texts


def test_a_folder_is_where_something_is_done_and_files_are_what_it_is_done_to() -> None:
    tool = _tool("add", "Adds files", repo_path=TEXT, files={"type": "array", "items": TEXT})
    assert "add the files a.py and b.py in web" in _said(
        tool, repo_path="web", files=["a.py", "b.py"]
    )


def test_what_is_written_goes_to_its_file() -> None:
    tool = _tool("append_content", "Append content to a file", filepath=TEXT, content=TEXT)
    texts = _said(tool, filepath="a.md", content="Hello")
    assert "to a.md" in texts
    assert "for a.md" not in texts


def test_a_change_says_what_is_to_be_other() -> None:
    tool = _tool("update_issue", "Update", ("title", "state"), id=TEXT, title=TEXT, state=TEXT)
    rng = random.Random(1)
    maker = ArgumentMaker(tool, server())
    drawn = [maker.make(rng, DrawOptions("train", 0.2)) for _ in range(40)]
    assert all(len(arguments) > 1 for arguments in drawn)


DOCSTRING = """List entities

    Args:
        domain: The domain (e.g., 'light', 'switch')
        limit: How many (1-20)

    Returns:
        A list
    """


def test_a_docstring_describes_the_parameters_that_have_no_description() -> None:
    tool = _tool("list_entities", DOCSTRING, domain=TEXT, limit=COUNT)
    assert set(_drawn(tool, "domain")) <= {"light", "switch"}
    assert all(1 <= limit <= 20 for limit in _drawn(tool, "limit"))


@pytest.mark.parametrize(
    ("name", "description", "expected"),
    [
        ("kind", "kind of the resource (e.g. Pod, Service)", r"Pod|Service"),
        ("qtype", "what is searched for (track, album, artist)", r"track|album|artist"),
        ("due", "when it is due, e.g. 'tomorrow' or 'next week'", r"tomorrow|next week"),
        ("issue_id", "the issue, e.g. 'PROJECT-123'", r"PROJECT-[1-9]{3}"),
        ("name", "name of the Pod", r"[a-z]+-\d+"),
        ("namespace", "", r"[a-z]+-\d+"),
        ("to", "recipient's email address", r"\S+@\S+"),
        ("bcc", "", r"\S+@\S+"),
        ("filepaths", "the files to read", r"\S+"),
    ],
)
def test_values_are_what_the_name_and_the_description_ask_for(
    name: str, description: str, expected: str
) -> None:
    values = _drawn(_tool("get", "Gets", **{name: {**TEXT, "description": description}}), name)
    assert all(re.fullmatch(expected, value) for value in values), values[:5]


def test_a_range_begins_before_it_ends() -> None:
    moment = {**TEXT, "format": "date-time"}
    tool = _tool("get_range", "Get", start_time=moment, end_time=moment, min=COUNT, max=COUNT)
    maker = ArgumentMaker(tool, server())
    for seed in range(40):
        arguments = maker.make(random.Random(seed), DrawOptions("train"))
        assert arguments["start_time"] <= arguments["end_time"]
        assert arguments["min"] <= arguments["max"]


def test_a_few_people_travel() -> None:
    tool = _tool("book", "Book", adults=COUNT, children=COUNT)
    assert max(_drawn(tool, "adults")) <= 8
    assert "1 child" in _said(tool, adults=2, children=1)


def test_a_question_names_the_thing_that_is_missing() -> None:
    wording = _wording(_tool("get_history", "Get history", channel_id=TEXT))
    assert {ask(wording, "channel_id", random.Random(n)) for n in range(20)} == {
        "Which channel?",
        "Which channel do you mean?",
    }
    wording = _wording(_tool("find_pages", "Find pages", query=TEXT))
    questions = {ask(wording, "query", random.Random(n)) for n in range(20)}
    assert "What should I search for?" in questions


def test_only_a_tool_that_changes_something_answers_that_it_is_done() -> None:
    assert answer_form(_tool("reverse_geocode", "Converts coordinates", latitude=COUNT)) is None
    assert answer_form(_tool("delete_label", "Deletes a label", id=TEXT)) == "change"


def test_a_bare_name_is_of_what_its_description_says() -> None:
    pod = {**TEXT, "description": "Name of the Pod where the command will be executed"}
    command = {**TEXT, "description": "Command to execute"}
    tool = _tool("pods_exec", "Execute a command in a Kubernetes Pod", name=pod, command=command)
    assert "in pod web-1" in _said(tool, name="web-1", command="ls")
    wording = _wording(tool)
    assert "Which pod?" in {ask(wording, "name", random.Random(n)) for n in range(20)}


def test_what_is_managed_is_asked_for_by_the_action_that_is_named() -> None:
    action = {"type": "string", "enum": ["pause", "add", "get", "get_tracks"]}
    tool = _tool("playback", "Manage the playback queue", action=action)
    assert "pause the playback queue" in _said(tool, action="pause")
    assert "add to the playback queue" in _said(tool, action="add")
    assert "get tracks" in _said(tool, action="get_tracks")
    assert "get the queue" in _said(_tool("queue", "Queue things", action=action), action="get")
    assert "manage the" not in _said(tool, action="pause")


def test_only_names_that_are_listed_are_made_up() -> None:
    assert answer_form(_tool("list_labels", "Lists labels")) == "list"
    assert answer_form(_tool("get_thread_replies", "Gets the replies", thread_id=TEXT)) is None


def test_a_change_is_not_made_again_where_it_may_have_been_made() -> None:
    tools = (
        _tool("delete_label", "Deletes a label", label_id=TEXT),
        _tool("list_labels", "Lists labels", query=TEXT),
    )
    toolset = Toolset(server="own", tools=tools)
    changes = data(240).model_copy(update={"multiple_calls_share": 1.0})
    written = write_rows(
        toolset, server(), changes, lambda call: simulate(toolset.tool(call.name), call, 1)
    )
    repeated = [
        row for row in written.train if len(row.calls) == 2 and row.calls[0] == row.calls[1]
    ]
    deleted = [row for row in repeated if row.calls[0].name == "delete_label"]
    assert deleted
    texts = " ".join(m.content for row in deleted for m in row.messages if m.role == "tool")
    assert not re.search(r"timed out|reset", texts)


@pytest.mark.parametrize(
    ("name", "schema"),
    [
        (":", {"type": "object", "properties": {}}),
        ("get_note", {"type": "object", "properties": {"": TEXT}, "required": [""]}),
        ("read", {"type": "object", "properties": {"_": TEXT}, "required": ["_"]}),
    ],
)
def test_names_without_a_word_are_no_reason_to_stop(name: str, schema: dict[str, Any]) -> None:
    tool = Tool(name=name, description="List all layouts.", input_schema=schema)
    toolset = Toolset(server="own", tools=(tool,))
    written = write_rows(toolset, server(), data(24), lambda call: simulate(tool, call, 1))
    assert len(written.train) == 24


def test_a_condition_that_no_dialect_with_conditions_takes_asks_for_nothing() -> None:
    schema = {
        "type": "object",
        "properties": {"kind": {"enum": ["circle"]}, "radius": {"type": "number"}},
        "required": ["kind"],
        "if": {"properties": {"kind": {"const": "circle"}}},
        "then": {"required": [None, "radius"]},
    }
    tool = Tool(name="create_shape", description="Create a shape", input_schema=schema)
    maker = ArgumentMaker(tool, server(), names=frozenset((tool.name,)))
    assert maker.make(random.Random(1), DrawOptions(optional=0.0)).keys() == {"kind"}


def test_a_multiple_of_more_digits_than_a_float_has_is_written_as_it_is_given() -> None:
    tool = _tool("set_mass", "Sets the mass", mass={"type": "number", "multipleOf": 5.71659979e17})
    maker = ArgumentMaker(tool, server(), names=frozenset((tool.name,)))
    assert isinstance(maker.make(random.Random(1), DrawOptions())["mass"], float)
