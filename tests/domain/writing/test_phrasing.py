"""tasks/domain/writing/phrasing: what users and assistants say agrees with the call."""

import json
import random
import re
from dataclasses import replace
from typing import Any

import pytest

from tasks.domain.conversations import Split
from tasks.domain.identifiers import name_words, plural, singular, spoken, with_a
from tasks.domain.products import Tool, ToolResult, Toolset
from tasks.domain.writing.phrasing.answers import answer, ask, report
from tasks.domain.writing.phrasing.clauses import clause
from tasks.domain.writing.phrasing.frames import CONTEXTS, FRAMES
from tasks.domain.writing.phrasing.hard_negatives import hard_negative, unsupported_request
from tasks.domain.writing.phrasing.requests import Request, request
from tasks.domain.writing.phrasing.spoken import mentions, quoted
from tasks.domain.writing.phrasing.tool_context import ToolContext
from tasks.domain.writing.phrasing.verbs import base_form, is_changing, past_participle
from tasks.domain.writing.phrasing.wording import Wording, wordings
from tasks.domain.writing.values.draw_options import DrawOptions
from tasks.domain.writing.values.maker import ArgumentMaker
from tasks.domain.writing.values.meanings import kind_of
from tests.fakes.toolsets import ALL, CLOCKS, MEMORY, ORDERS, REPOSITORY, VERSIONS, server


def _wording(toolset: Toolset, name: str) -> Wording:
    makers = [ArgumentMaker(tool, REPOSITORY) for tool in toolset.tools]
    return next(w for w in wordings(toolset, makers) if w.tool.name == name)


def _texts(toolset: Toolset, name: str, arguments: dict[str, Any], split: Split = "train") -> str:
    wording = _wording(toolset, name)
    said = [request(wording, arguments, split, random.Random(n)).text for n in range(6000)]
    return "\n".join(said)


CONVERSION = {
    "source_timezone": "Asia/Dushanbe",
    "time": "14:30",
    "target_timezone": "Africa/Mogadishu",
}


@pytest.mark.parametrize(
    ("toolset", "name", "arguments", "expected"),
    [
        (CLOCKS, "get_current_time", {"timezone": "Asia/Dushanbe"}, "What time is it in Asia/Dush"),
        (
            CLOCKS,
            "convert_time",
            CONVERSION,
            "Convert 14:30 from Asia/Dushanbe to Africa/Mogadishu",
        ),
        (VERSIONS, "git_status", {"repo_path": "/srv"}, "Show the working tree status"),
        (VERSIONS, "git_log", {"max_count": 5}, "Show the commit logs limited to 5"),
        (VERSIONS, "git_log", {"since": "yesterday"}, "Show the commit logs since yesterday"),
        (
            VERSIONS,
            "git_create_branch",
            {"branch_name": "docs/menu"},
            "new branch called docs/menu",
        ),
        (VERSIONS, "git_add", {"files": ["a.py", "b.py"]}, "Add the files a.py and b.py"),
        (
            MEMORY,
            "read_file",
            {"path": "a.txt", "head": 3},
            "the file a.txt showing only the first 3",
        ),
        (ORDERS, "set_volume", {"room": "hall", "level": 3}, "Set the volume with"),
    ],
)
def test_a_request_reads_as_a_person_would_say_it(
    toolset: Toolset, name: str, arguments: dict[str, Any], expected: str
) -> None:
    assert expected in _texts(toolset, name, arguments)


@pytest.mark.parametrize("toolset", ALL, ids=lambda toolset: toolset.server)
@pytest.mark.parametrize("split", ["train", "heldout"])
def test_every_value_can_be_read_off_the_text(toolset: Toolset, split: Split) -> None:
    for wording in wordings(toolset, [ArgumentMaker(t, REPOSITORY) for t in toolset.tools]):
        for seed in range(40):
            rng = random.Random(seed)
            arguments = wording.maker.make(rng, DrawOptions(split, 0.6, seed % 3 == 0))
            text = request(wording, arguments, split, rng).text
            assert wording.says(text, arguments), (text, arguments)


def test_a_constant_of_the_server_is_never_said() -> None:
    assert "/srv/project" not in _texts(
        VERSIONS, "git_create_branch", {"repo_path": "/srv/project", "branch_name": "docs/menu"}
    )


def test_a_zone_is_said_as_a_city_of_it_or_as_it_is() -> None:
    texts = _texts(CLOCKS, "get_current_time", {"timezone": "America/Los_Angeles"}).splitlines()
    cities = [text for text in texts if "america/los_angeles" not in text.lower()]
    assert 0.7 < len(cities) / len(texts) < 0.95
    assert any("Seattle" in text for text in cities)
    assert any("Los Angeles" in text for text in cities)


def test_the_two_splits_share_no_family_and_no_sentence() -> None:
    families = {split: {frame.family for frame in frames} for split, frames in FRAMES.items()}
    texts = {
        split: {frame.text for frame in frames if "{context}" not in frame.text}
        for split, frames in FRAMES.items()
    }
    assert not families["train"] & families["heldout"]
    assert not texts["train"] & texts["heldout"]
    assert not set(CONTEXTS["train"]) & set(CONTEXTS["heldout"])


def test_a_request_names_the_family_it_comes_from() -> None:
    wording = _wording(VERSIONS, "git_status")
    said = [request(wording, {}, "heldout", random.Random(n)) for n in range(50)]
    known = {frame.family for frame in FRAMES["heldout"]} | {"by-name-heldout"}
    assert {asked.family for asked in said} <= known


def test_a_missing_value_is_left_out_and_its_name_takes_its_place() -> None:
    partly = {key: value for key, value in CONVERSION.items() if key != "time"}
    texts = _texts(CLOCKS, "convert_time", partly)
    assert "onvert a time from Asia/Dushanbe to Africa/Mogadishu" in texts
    assert "14:30" not in texts


@pytest.mark.parametrize("name", ['"', "--", "查询"])
def test_a_tool_whose_name_has_no_word_is_asked_for_by_its_name(name: str) -> None:
    tool = Tool(name=name, description="", input_schema={"type": "object"})
    assert name in _texts(Toolset(server="odd", tools=(tool,)), name, {})


def test_objects_are_said_with_what_they_are_called_first() -> None:
    entity = {"name": "Ada Rossi", "entityType": "person", "observations": ["Likes tea"]}
    texts = _texts(MEMORY, "create_entities", {"entities": [entity]})
    assert 'these entities: "Ada Rossi" (entity type person, observations "Likes tea")' in texts


def test_a_text_with_quotes_is_put_between_other_quotes() -> None:
    assert quoted('say "hi"') == "'say \"hi\"'"
    assert quoted('it\'s "it"') == '«it\'s "it"»'


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("source_timezone", "source timezone"),
        ("branchId", "branch id"),
        ("get-HTTPStatus2", "get http status 2"),
        ("repo_path", "repository path"),
        ("sourceURL", "source URL"),
    ],
)
def test_names_are_said_in_words(name: str, words: str) -> None:
    assert spoken(name) == words
    assert len(name_words(name)) == len(words.split())


def test_nouns_have_their_other_number_and_their_article() -> None:
    assert [plural(noun) for noun in ("entity", "branch", "file", "status")] == [
        "entities",
        "branches",
        "files",
        "status",
    ]
    assert [singular(noun) for noun in ("entities", "branches", "files", "status")] == [
        "entity",
        "branch",
        "file",
        "status",
    ]
    assert [with_a(noun) for noun in ("file", "entity", "URL", "user", "hour", "files")] == [
        "a file",
        "an entity",
        "a URL",
        "a user",
        "an hour",
        "some files",
    ]


def test_a_descriptions_verb_is_found_in_its_plain_form() -> None:
    found = [base_form(word) for word in ("Fetches", "Copies", "Shows", "Switches", "Menu")]
    assert found == ["fetch", "copy", "show", "switch", None]


@pytest.mark.parametrize(
    ("name", "description", "changes"),
    [
        ("llen", "Get the length of a list.", False),
        ("db-stats", "Returns statistics of a database", False),
        ("scan_all", "Scan and return all keys", False),
        ("lpop", "Remove and return the first element", True),
        ("API-post-search", "Search by title", False),
        ("get_commit", "Details of a commit", False),
        ("get_or_create_label", "Get or create a label", True),
        ("run_delete", "Delete what is old", True),
        ("search_and_replace", "Search for text and replace it", True),
        ("checkout", "Check out a branch", True),
        ("label", "Get or create a label", True),
        ("rotate", "List the keys and delete the old ones", True),
        ("update_list", "List what is there", True),
        ("hset", "Set a field. Returns a message", True),
    ],
)
def test_a_tool_that_is_said_to_read_changes_nothing(
    name: str, description: str, changes: bool
) -> None:
    tool = Tool(name=name, description=description, input_schema={"type": "object"})
    assert is_changing(tool) == changes


def test_an_answer_carries_the_values_of_the_result() -> None:
    wording = _wording(CLOCKS, "get_current_time")
    shown = json.dumps({"timezone": "Asia/Dushanbe", "datetime": "2026-01-02T03:04:00"})
    told = answer(wording, {"timezone": "Asia/Dushanbe"}, shown, random.Random(1))
    assert "03:04 on 2026-01-02" in told


@pytest.mark.parametrize(
    ("shown", "expected"),
    [
        ("[]", "There are no"),
        ('["menu.txt", "notes.md"]', "menu.txt; notes.md"),
        ("one line", "one line"),
        ("first\nsecond\nthird\nfourth", "1 more line"),
        ("", "nothing to add"),
        ("{}", "{}"),
    ],
)
def test_an_answer_fits_the_form_of_the_result(shown: str, expected: str) -> None:
    told = answer(_wording(MEMORY, "read_graph"), {}, shown, random.Random(1))
    assert expected in told


def test_an_answer_to_json_that_was_cut_off_names_its_first_values() -> None:
    shown = (
        '{\n "entities": [\n  {"name": "Ada Rossi", "age": 41, "city": "Lima",\n[cut: 900 chars]'
    )
    told = answer(_wording(MEMORY, "read_graph"), {}, shown, random.Random(1))
    assert "name Ada Rossi; age 41; city Lima" in told
    assert "{" not in told


def test_an_answer_to_json_that_was_cut_off_passes_over_texts_that_json_does_not_have() -> None:
    shown = (
        '{"path": "C:\\q", "digits": ' + "9" * 5000 + ', "city": "Lima", "x": 1,\n[cut: 9 chars]'
    )
    told = answer(_wording(MEMORY, "read_graph"), {}, shown, random.Random(1))
    assert "city Lima" in told
    assert "path" not in told


def test_a_failure_is_reported_with_the_tools_words() -> None:
    result = ToolResult(text="Error: no such file: a.txt", is_error=True)
    told = report(_wording(MEMORY, "read_file"), result, random.Random(2))
    assert "could not read the file" in told or "not able to read the file" in told
    assert "no such file: a.txt" in told


def test_a_question_asks_for_the_one_parameter_by_its_spoken_name() -> None:
    asked = ask(_wording(CLOCKS, "convert_time"), "source_timezone", random.Random(1))
    assert "source timezone" in asked
    assert asked.endswith("?")


def test_no_request_offers_help_with_a_tool_by_its_name() -> None:
    wording = _wording(CLOCKS, "convert_time")
    said: list[Request] = [
        request(wording, CONVERSION, split, random.Random(n))
        for split in ("train", "heldout")
        for n in range(100)
    ]
    assert not [asked for asked in said if "convert_time" in asked.text]


@pytest.mark.parametrize("split", ["train", "heldout"])
def test_a_hard_negative_has_a_calls_values_and_asks_for_nothing(split: Split) -> None:
    wording, rng = _wording(CLOCKS, "convert_time"), random.Random(3)
    said = [
        hard_negative([replace(wording, paraphrase_share=0.0)], {}, split, rng) for _ in range(40)
    ]
    texts = [found[0] for found in said if found]
    assert len(texts) == 40
    assert all(re.search(r"\d\d:\d\d", text) for text in texts)
    how = re.compile(r"how (do|would)|which \w+ function|is there a book", re.IGNORECASE)
    questions = [text for text in texts if "?" in text]
    assert all(how.match(text) for text in questions)
    assert not [text for text in texts if text.startswith("Convert")]


def test_a_server_whose_tools_take_nothing_has_no_near_misses() -> None:
    assert hard_negative([], {}, "train", random.Random(3)) is None


def test_a_request_beyond_every_tool_names_no_verb_that_one_has() -> None:
    wording, context = _wording(VERSIONS, "git_create_branch"), ToolContext.of(VERSIONS)
    said = [unsupported_request([wording], context, "train", random.Random(n)) for n in range(80)]
    texts = [found[0].lower() for found in said if found]
    assert len(texts) == 80
    assert not [text for text in texts if re.search(r"\b(create|show|add|stage)", text)]
    assert [text for text in texts if "the branch " in text]
    assert all("tool" in found[1] for found in said if found)
    by_name = [text for text in texts if text.startswith("git ")]
    assert 5 < len(by_name) < 30


def test_a_request_beyond_every_tool_sounds_like_one_only_where_they_share_a_first_word() -> None:
    assert ToolContext.of(VERSIONS).first_word == "git"
    assert ToolContext.of(CLOCKS).first_word == ""
    assert (
        ToolContext.of(VERSIONS.model_copy(update={"tools": VERSIONS.tools[:1]})).first_word == ""
    )


def test_a_reading_tool_without_a_verb_is_asked_for_by_its_noun() -> None:
    for name, description, expected in (
        ("vcs_diff_staged", "Shows changes that are staged for commit", "show the staged diff"),
        ("vcs_log", "Shows the commit logs", "show the log"),
        ("vcs_branch", "List branches", "show the branches"),
    ):
        tool = VERSIONS.tools[0].model_copy(update={"name": name, "description": description})
        tools = (tool, *VERSIONS.tools[1:])
        toolset = VERSIONS.model_copy(update={"server": "vcs", "tools": tools})
        (wording,) = wordings(toolset, [ArgumentMaker(tool, REPOSITORY)])
        assert expected in [phrase.text for phrase in wording.phrases]


def test_a_verb_that_is_a_noun_too_is_made() -> None:
    tool = Tool(
        name="vcs_commit",
        description="Records changes",
        input_schema={
            "type": "object",
            "properties": {"message": {"type": "string"}},
            "required": ["message"],
        },
        read_only=False,
    )
    toolset = VERSIONS.model_copy(update={"server": "vcs", "tools": (tool, *VERSIONS.tools)})
    told = _texts(toolset, "vcs_commit", {"message": "Sort entries"})
    assert re.search(r"[Mm]ake a commit with the message [\"']Sort entries", told)


def test_a_thing_is_asked_to_be_done_where_nothing_else_is_said_of_it() -> None:
    told = _texts(VERSIONS, "git_add", {"files": ["a.py", "b.py"]}).splitlines()
    assert [text for text in told if "the files a.py and b.py have to be added" in text.lower()]
    one = _texts(VERSIONS, "git_add", {"files": ["a.py"]}).splitlines()
    assert [text for text in one if "a.py has to be added" in text.lower()]
    shown = _texts(VERSIONS, "git_log", {"max_count": 5}).splitlines()
    assert not [text for text in shown if re.search(r"be (shown|displayed|printed)", text)]


def test_what_is_to_be_made_is_asked_for_as_a_thing() -> None:
    texts = _texts(VERSIONS, "git_create_branch", {"branch_name": "docs/menu"})
    assert "I need a new branch called docs/menu." in texts
    assert "\nBranch named docs/menu, please" in texts
    assert "I need the branch docs/menu." not in texts


@pytest.mark.parametrize(
    ("verb", "participle"),
    [
        ("add", "added"),
        ("create", "created"),
        ("copy", "copied"),
        ("stop", "stopped"),
        ("clear", "cleared"),
        ("play", "played"),
        ("send", "sent"),
        ("check out", "checked out"),
        ("open", "opened"),
    ],
)
def test_a_verb_has_its_participle(verb: str, participle: str) -> None:
    assert past_participle(verb) == participle


def test_a_question_about_a_tool_is_answered_from_its_description() -> None:
    context = ToolContext.of(VERSIONS)
    told = [context.words(random.Random(n)) for n in range(200)]
    purposes = {words["tool"]: words["purpose"] for words in told if "purpose" in words}
    assert purposes["git status"] == "Shows the working tree status."


def test_words_of_the_tools_agree_with_each_other() -> None:
    told = [ToolContext.of(MEMORY).words(random.Random(n)) for n in range(200)]
    assert {words["noun"] for words in told} == {"entity", "file", "graph"}
    for words in told:
        assert words["nouns"] == plural(words["noun"])
        assert words["noun"] in singular(words["tool"])
        assert words["other_noun"] != words["noun"]


def test_what_cannot_be_counted_has_no_plural() -> None:
    told = [ToolContext.of(CLOCKS).words(random.Random(n)) for n in range(200)]
    assert {words["a_noun"] for words in told if "nouns" not in words} == {"time"}


ZONE = {"type": "string", "description": "An IANA timezone"}
CLOCK = {"type": "string", "description": "A time, as HH:MM"}


@pytest.mark.parametrize(
    ("name", "properties", "is_asked"),
    [
        ("get_time", {"timezone": ZONE}, True),
        ("now", {"tz": ZONE}, True),
        ("convert_timezone", {"time": CLOCK, "from_tz": ZONE, "to_tz": ZONE}, True),
        ("log_time", {"timezone": ZONE}, False),
        ("get_travel_time", {"timezone": ZONE}, False),
    ],
)
def test_any_servers_clock_is_asked_in_questions(
    name: str, properties: dict[str, Any], is_asked: bool
) -> None:
    schema = {"type": "object", "properties": properties, "required": list(properties)}
    tool = CLOCKS.tools[0].model_copy(update={"name": name, "input_schema": schema})
    wording = _wording(Toolset(server="mine", tools=(tool,)), name)
    arguments = wording.maker.make(random.Random(1), DrawOptions())
    families = {request(wording, arguments, "train", random.Random(n)).family for n in range(60)}
    assert any(family.startswith("question-") for family in families) is is_asked


def test_a_tool_is_asked_for_by_its_name_now_and_then() -> None:
    assert "git create branch docs/menu" in _texts(
        VERSIONS, "git_create_branch", {"branch_name": "docs/menu"}
    )


def _listing(properties: dict[str, Any]) -> Toolset:
    tool = Tool(
        name="list_issues",
        description="List issues of a project",
        input_schema={"type": "object", "properties": properties},
        read_only=True,
    )
    return Toolset(server="tracker", tools=(tool,))


@pytest.mark.parametrize(
    ("parameter", "value", "expected", "never"),
    [
        ("state", "open", "the open issues", "the open issues with"),
        ("issue_type", "all", "how all issues", "the all issues"),
        ("limit", 5, "the last five issues", "five issues limited"),
        ("branch_type", "remote", "issues with the branch type remote", "remote issues"),
        ("limit", 1, "issues limited to 1", "1 latest"),
        ("state", "won't fix", 'with state "won', "the won't fix issues"),
    ],
)
def test_what_narrows_a_thing_stands_before_it_where_a_person_says_it_so(
    parameter: str, value: object, expected: str, never: str
) -> None:
    schema = {"type": "integer" if isinstance(value, int) else "string"}
    told = _texts(_listing({parameter: schema}), "list_issues", {parameter: value})
    assert expected in told
    assert never not in told


def test_a_text_stands_between_quotes_of_one_sort() -> None:
    told = _texts(ORDERS, "place-order", {"title": "wool prices"}).splitlines()
    single = [text for text in told if "'wool prices'" in text]
    assert single
    assert not any('"' in text for text in single)


def test_quotes_and_commas_of_a_value_stay_as_they_are() -> None:
    arguments = {"entities": [{"name": 'a "b" , c', "entityType": "x", "observations": []}]}
    wording = _wording(MEMORY, "create_entities")
    said = [request(wording, arguments, "train", random.Random(n)).text for n in range(400)]
    assert all('a "b" , c' in text for text in said)


def test_a_value_with_braces_goes_beyond_the_tools_as_it_is() -> None:
    create = VERSIONS.tools[2]
    schema = {**create.input_schema, "required": ["branch_name"]}
    schema["properties"] = {"branch_name": {"type": "string", "enum": ["{release}/{}"]}}
    tools = (create.model_copy(update={"input_schema": schema}), *VERSIONS.tools[:2])
    toolset = VERSIONS.model_copy(update={"tools": tools})
    choices, context = [_wording(toolset, create.name)], ToolContext.of(toolset)
    told = [unsupported_request(choices, context, "train", random.Random(n)) for n in range(200)]
    assert any(found and "{release}/{}" in found[0] for found in told)


@pytest.mark.parametrize(
    ("text", "value", "is_said"),
    [
        ("switch to main.", "main", True),
        ("what remains of it", "main", False),
        ("contact me", "on", False),
        ("main_old, then main", "main", True),
        ('{"stdout": "main\\\\ndev-2"}', "dev-2", True),
        ("see docs/a.md!", "docs/a.md", True),
        ("東京の時間", "東京", True),
        ("anything", "", True),
    ],
)
def test_a_value_is_said_as_a_whole_word(text: str, value: str, is_said: bool) -> None:
    assert mentions(text, value) is is_said


@pytest.mark.parametrize(
    ("name", "description", "kind", "text"),
    [
        ("timeout_seconds", "", "seconds", "with a timeout of 5 minutes"),
        ("duration", "Duration of the operation in seconds.", "seconds", "for five minutes"),
        ("delay", "In milliseconds", "integer", "with a delay of 300"),
        ("seconds", "", "seconds", "for 300 seconds"),
        ("limit", "Maximum number of articles of the last 24 hours", "integer", "at most 300"),
        ("since", "Unix timestamp in seconds", "integer", "since 300"),
    ],
)
def test_a_number_of_seconds_is_a_length_of_time(
    name: str, description: str, kind: str, text: str
) -> None:
    schema = {"type": "integer", "description": description}
    tool = Tool(
        name="wait",
        description="Wait",
        input_schema={"type": "object", "properties": {name: schema}},
    )
    assert ArgumentMaker(tool, server()).kind(name) == kind
    said = {clause(name, 300, kind, frozenset(), random.Random(n)).text for n in range(80)}
    assert text in said


def test_a_list_of_lengths_of_time_is_said_by_its_name() -> None:
    said = clause("delay_minutes", [60, 300], "minutes", frozenset(), random.Random(1)).text
    assert "delay minutes" in said


@pytest.mark.parametrize(
    ("name", "description", "kind"),
    [
        ("language code", "", "language code"),
        ("language code", "such as 'en'", "language code"),
        ("language code", "BCP-47, such as 'en-US'", "identifier"),
        ("country code", "ISO 3166-1 alpha-3", "identifier"),
        ("country", "ISO 3166-1 alpha-2 code", "country code"),
    ],
)
def test_a_code_has_two_letters_where_its_description_says_nothing_else(
    name: str, description: str, kind: str
) -> None:
    assert kind_of(name, description, "") == kind


@pytest.mark.parametrize(
    ("name", "description", "about", "kind"),
    [
        ("query", "SELECT SQL query to execute", "", "select"),
        ("query", "", "Execute an INSERT, UPDATE, or DELETE query", "sql change"),
        ("query", "", "Search the docs. Select the best library first.", "search"),
        ("query", "", "Find tickets to update or delete", "search"),
        ("at", "Top-left cell.", "", "cell"),
        ("changing cell", "", "", "cell"),
        ("at", "", "", "datetime"),
        ("range", "", "", "cells"),
    ],
)
def test_sql_and_cells_are_told_by_more_than_a_word_that_means_other_things_too(
    name: str, description: str, about: str, kind: str
) -> None:
    assert kind_of(name, description, about) == kind


def test_an_answer_does_not_drop_the_point_of_a_result() -> None:
    wording = wordings(CLOCKS, [ArgumentMaker(tool, server()) for tool in CLOCKS.tools])[0]
    result = {"format": "ISO", "length": 7, "country": "DE", "checked": True, "valid": False}
    told = answer(wording, {}, json.dumps(result), random.Random(1))
    assert "valid no" in told
