"""What the grammar writes for lists that nobody tuned: a test for each kind of fault."""

import random
import re
from typing import Any

import pytest

from tasks.domain.products import Tool, Toolset
from tasks.domain.writing.phrasing.answers import ask
from tasks.domain.writing.phrasing.own_words import own_words
from tasks.domain.writing.phrasing.wording import wordings
from tasks.domain.writing.rows import write_rows
from tasks.domain.writing.simulation import answer_form, simulate
from tasks.domain.writing.values.draw_options import DrawOptions
from tasks.domain.writing.values.maker import ArgumentMaker
from tests.fakes.toolsets import data, server
from tests.fakes.unknown_tools import COUNT, TEXT, drawn, said, tool_of, wording_of


def test_two_verbs_that_a_name_joins_are_said_together_and_never_as_looking() -> None:
    tool = tool_of("get_or_create_label", "Gets a label or creates it", name=TEXT)
    texts = said(tool, name="travel")
    assert "get or create" in texts
    assert not any(word in texts for word in ("show", "look up", "or create label named"))


def test_a_verb_keeps_the_preposition_of_its_name() -> None:
    described = {"type": "string", "description": "in the form '1234567890.123456'"}
    tool = tool_of("reply_to_thread", "Replies", channel_id=TEXT, thread_ts=described, text=TEXT)
    texts = said(tool, channel_id="C12", thread_ts="17.5", text="Looks good")
    assert "reply to thread" in texts
    assert "in channel c12" in texts
    assert 'looks good"' in texts
    assert "reply the" not in texts


def test_one_thing_of_a_group_is_in_the_singular_and_goes_by_its_name() -> None:
    texts = said(tool_of("pods_delete", "Delete a Kubernetes Pod", name=TEXT), name="web-1")
    assert "delete the pod web-1" in texts
    assert not re.search(r"pods (?!d)", texts)


def test_a_file_is_named_where_the_description_speaks_of_it() -> None:
    tool = tool_of("add_table", "Add a table to a Word document", filename=TEXT, rows=COUNT)
    texts = said(tool, filename="report.docx", rows=3)
    assert "add a table to report.docx with 3 rows" in texts
    assert "word document" not in texts
    tool = tool_of("get_text", "Extract all text from a file", file_path=TEXT)
    assert "extract all text from report.docx" in said(tool, file_path="report.docx")
    tool = tool_of("create_document", "Create a new Word document", filename=TEXT)
    assert "create a new document called report.docx" in said(tool, filename="report.docx")


def test_a_numbered_thing_goes_by_its_number() -> None:
    tool = tool_of("delete_paragraph", "Delete a paragraph.", filename=TEXT, paragraph_index=COUNT)
    texts = said(tool, filename="report.docx", paragraph_index=7)
    assert re.search(r"delete paragraph 7 (from|in) report\.docx", texts)
    assert "the paragraph 7" not in texts


def test_what_is_set_is_set_to_its_value() -> None:
    texts = said(tool_of("set_volume", "Sets the speaker's volume", volume=COUNT), volume=30)
    assert "set the volume to 30" in texts
    assert not re.search(r"(set|change|adjust) 30", texts)


def test_one_change_is_said_by_what_changes() -> None:
    tool = tool_of(
        "update_issue", "Updates an issue", ["title", "state"], issue_id=COUNT, title=TEXT
    )
    texts = said(tool, issue_id=7, title="Login fails")
    assert re.search(r"(set|change|update) the title of issue 7 to", texts)


def test_a_second_name_is_given_with_the_word_of_its_verb() -> None:
    for name, words in (
        ("rename_sheet", 'to "budget"'),
        ("copy_sheet", 'as "budget"'),
        ("create_sheet", 'called "budget"'),
    ):
        tool = tool_of(name, "Works on sheets", path=TEXT, new_name=TEXT)
        texts = said(tool, path="plan.xlsx", new_name="Budget")
        assert words in texts
        assert "for new" not in texts


def test_a_cell_is_said_where_it_is() -> None:
    tool = tool_of("set_note", "Sets a note", path=TEXT, cell=TEXT, note=TEXT)
    assert "in cell b7" in said(tool, path="plan.xlsx", cell="B7", note="Check this")


def test_what_is_looked_for_is_the_object() -> None:
    tool = tool_of("find_text_in_document", "Finds", filename=TEXT, text_to_find=TEXT)
    texts = said(tool, filename="report.docx", text_to_find="open question")
    assert 'find "open question" in report.docx' in texts
    assert "with text to find" not in texts


def test_old_text_is_replaced_with_new() -> None:
    tool = tool_of("str_replace", "Replaces text", path=TEXT, old_str=TEXT, new_str=TEXT)
    texts = said(tool, path="plan.md", old_str="five days", new_str="a week")
    assert 'replace "five days" with "a week" in plan.md' in texts
    assert not re.search("old str|new str", texts)


def test_verbs_joined_by_and_stay_together() -> None:
    tool = tool_of("search_and_replace", "Replaces", filename=TEXT, find_text=TEXT)
    texts = said(tool, filename="a.docx", find_text="old")
    assert "search and replace" in texts
    assert "search the and" not in texts


def test_what_a_name_speaks_of_is_said_where_it_stands() -> None:
    tool = tool_of("add_team_to_project", "Add a team", team_slug=TEXT, project_slug=TEXT)
    assert "add the team red to project web" in said(tool, team_slug="red", project_slug="web")
    tool = tool_of("get_history", "Get recent messages from a channel", channel_id=TEXT)
    assert "recent messages from channel c12" in said(tool, channel_id="C12")


def test_two_dates_are_never_said_alike() -> None:
    days = {"type": "string", "description": "a date (YYYY-MM-DD)"}
    both = {"checkin": days, "checkout": days}
    tool = tool_of("search_rooms", "Search", ("checkin", "checkout"), **both)
    texts = said(tool, checkin="2027-03-01").splitlines()
    assert sum("checkin" in text for text in texts) > 0.95 * len(texts)  # others have a slip


def test_a_search_is_done_and_its_place_is_not_looked_for() -> None:
    texts = said(tool_of("web_search", "Performs a search of the web", query=TEXT), query="tea")
    assert "do a web search for" in texts
    assert "find the web" not in texts
    texts = said(tool_of("search_shops", "Search for shops", query=TEXT), query="tea")
    assert "look for shops" in texts
    assert "for for" not in texts
    assert "find for" not in texts


def test_a_folder_is_where_something_is_done_and_files_are_what_it_is_done_to() -> None:
    tool = tool_of("add", "Adds files", repo_path=TEXT, files={"type": "array", "items": TEXT})
    assert "add the files a.py and b.py in web" in said(
        tool, repo_path="web", files=["a.py", "b.py"]
    )


def test_what_is_written_goes_to_its_file() -> None:
    tool = tool_of("append_content", "Append content to a file", filepath=TEXT, content=TEXT)
    texts = said(tool, filepath="a.md", content="Hello")
    assert "to a.md" in texts
    assert "for a.md" not in texts


def test_a_change_says_what_is_to_be_other() -> None:
    tool = tool_of("update_issue", "Update", ("title", "state"), id=TEXT, title=TEXT, state=TEXT)
    rng = random.Random(1)
    maker = ArgumentMaker(tool, server())
    calls = [maker.make(rng, DrawOptions("train", 0.2)) for _ in range(40)]
    assert all(len(arguments) > 1 for arguments in calls)


DOCSTRING = """List entities

    Args:
        domain: The domain (e.g., 'light', 'switch')
        limit: How many (1-20)

    Returns:
        A list
    """


def test_a_docstring_describes_the_parameters_that_have_no_description() -> None:
    tool = tool_of("list_entities", DOCSTRING, domain=TEXT, limit=COUNT)
    assert set(drawn(tool, "domain")) <= {"light", "switch"}
    assert all(1 <= limit <= 20 for limit in drawn(tool, "limit"))


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
        ("customer", "The ID of the customer", r"[a-z]+-\d+"),
        ("uid", "", r"[a-z]+-\d+"),
        ("project_gid", "Globally unique", r"[a-z]+-\d+"),
        ("dependencies", "Array of task IDs", r"[a-z]+-\d+"),
        ("idBoard", "", r"[a-z]+-\d+"),
        ("database", "Database name", r"[a-z]+-\d+"),
        ("image", "Docker image name", r"[a-z]+-\d+"),
        ("view", "Can be: list, board, calendar", r"list|board|calendar"),
        ("projectPath", "Path to the project directory", r"(?!.*\.\w{2,4}$)\S+"),
        ("name", "The name of the customer", r"\w+ [\w']+"),
        (
            "objectName",
            "API name (e.g. 'Account', 'Custom_Object__c')",
            r"Account|Custom_Object__c",
        ),
        ("start", "format: '2025-01-01T10:00:00', or '2025-01-01', or 'Z'", r"[\d-]{10}T[\d:]{8}"),
        ("window", "e.g. 'now-1h'; valid units are 'ns', 'ms'", r"now-1h"),
        ("code", "Python code to run", r".*[(=].*|import \w+"),
        ("whereClause", "the WHERE clause in SQL", r"\w+ [<>=] .+"),
    ],
)
def test_values_are_what_the_name_and_the_description_ask_for(
    name: str, description: str, expected: str
) -> None:
    values = drawn(tool_of("get", "Gets", **{name: {**TEXT, "description": description}}), name)
    assert all(re.fullmatch(expected, value) for value in values), values[:5]


def test_the_items_of_a_list_are_those_that_its_description_names() -> None:
    states = {"type": "array", "items": TEXT, "description": "one of 'open', 'closed'"}
    assert {v for each in drawn(tool_of("list", "", s=states), "s") for v in each} == {
        "open",
        "closed",
    }


def test_a_label_before_a_description_is_not_said() -> None:
    tool = tool_of("API-post-search", "Notion | Search the pages", q=TEXT)
    assert "search the pages" in said(tool, q="plan")
    assert not re.search(r"post the|notion", said(tool, q="plan"))


def test_the_name_of_a_space_is_not_said() -> None:
    names = ("wit_list_items", "wit_get_item", "wit_delete_item")
    tools = [tool_of(name, "Work item") for name in names]
    assert own_words(tools[0], Toolset(server="s", tools=tuple(tools))) == ("list", "items")
    known = [tool_of(name, "A wit item") for name in names]
    toolset = Toolset(server="s", tools=(*known, tool_of("help", "")))
    assert own_words(known[1], toolset)[0] == "wit"


def test_a_list_that_is_changed_is_not_listed() -> None:
    tool = tool_of("create_access_list", "Allow addresses", addresses=TEXT)
    assert own_words(tool, Toolset(server="s", tools=(tool,)))[0] == "create"
    again = tool_of("recreate_container", "Recreate it", name=TEXT)
    assert re.search(r"recreate (the )?container", said(again, name="web"))


def test_a_parameter_without_a_name_is_no_action() -> None:
    assert "3" in said(tool_of("get_notes", "Get notes", **{"": COUNT}), **{"": 3})


def test_a_new_thing_goes_by_its_name_before_its_place() -> None:
    tool = tool_of("create_label", "Create a label on a board", name=TEXT, board_id=TEXT)
    words = said(tool, name="Urgent", board_id="b-7")
    assert re.search(r"label (called|named) urgent", words)
    assert not re.search(r"board (called|named) urgent", words)


def test_what_most_tools_require_is_not_what_is_found() -> None:
    tools = [
        tool_of(name, f"{name}s it", connection=TEXT, q=TEXT) for name in ("find", "count", "drop")
    ]
    makers = [ArgumentMaker(tool, server()) for tool in tools]
    toolset = Toolset(server="own", tools=tuple(tools))
    assert [wording.identity for wording in wordings(toolset, makers)] == [None] * 3


def test_a_place_is_no_time_zone() -> None:
    zone = {**TEXT, "description": "IANA time zone"}
    words = said(tool_of("list_events", "List events", timeZone=zone), timeZone="Asia/Tehran")
    assert re.search(r"Tehran time|Asia/Tehran", words, re.IGNORECASE)
    assert not re.search(r"in Tehran(?! time)", words, re.IGNORECASE)


def test_a_few_people_travel() -> None:
    tool = tool_of("book", "Book", adults=COUNT, children=COUNT)
    assert max(drawn(tool, "adults")) <= 8
    assert "1 child" in said(tool, adults=2, children=1)


def test_a_question_names_the_thing_that_is_missing() -> None:
    wording = wording_of(tool_of("get_history", "Get history", channel_id=TEXT))
    assert {ask(wording, "channel_id", random.Random(n)) for n in range(20)} == {
        "Which channel?",
        "Which channel do you mean?",
    }
    wording = wording_of(tool_of("find_pages", "Find pages", query=TEXT))
    questions = {ask(wording, "query", random.Random(n)) for n in range(20)}
    assert "What should I search for?" in questions


def test_only_a_tool_that_changes_something_answers_that_it_is_done() -> None:
    assert answer_form(tool_of("reverse_geocode", "Converts coordinates", latitude=COUNT)) is None
    assert answer_form(tool_of("delete_label", "Deletes a label", id=TEXT)) == "change"


def test_a_bare_name_is_of_what_its_description_says() -> None:
    pod = {**TEXT, "description": "Name of the Pod where the command will be executed"}
    command = {**TEXT, "description": "Command to execute"}
    tool = tool_of("pods_exec", "Execute a command in a Kubernetes Pod", name=pod, command=command)
    assert "in pod web-1" in said(tool, name="web-1", command="ls")
    wording = wording_of(tool)
    assert "Which pod?" in {ask(wording, "name", random.Random(n)) for n in range(20)}


def test_what_is_managed_is_asked_for_by_the_action_that_is_named() -> None:
    action = {"type": "string", "enum": ["pause", "add", "get", "get_tracks"]}
    tool = tool_of("playback", "Manage the playback queue", action=action)
    assert "pause the playback queue" in said(tool, action="pause")
    assert "add to the playback queue" in said(tool, action="add")
    assert "get tracks" in said(tool, action="get_tracks")
    assert "get the queue" in said(tool_of("queue", "Queue things", action=action), action="get")
    assert "manage the" not in said(tool, action="pause")


def test_only_names_that_are_listed_are_made_up() -> None:
    assert answer_form(tool_of("list_labels", "Lists labels")) == "list"
    assert answer_form(tool_of("get_thread_replies", "Gets the replies", thread_id=TEXT)) is None


def test_a_change_is_not_made_again_where_it_may_have_been_made() -> None:
    tools = (
        tool_of("delete_label", "Deletes a label", label_id=TEXT),
        tool_of("list_labels", "Lists labels", query=TEXT),
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
    tool = tool_of(
        "set_mass", "Sets the mass", mass={"type": "number", "multipleOf": 5.71659979e17}
    )
    maker = ArgumentMaker(tool, server(), names=frozenset((tool.name,)))
    assert isinstance(maker.make(random.Random(1), DrawOptions())["mass"], float)
