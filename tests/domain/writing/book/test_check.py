"""tasks/domain/writing/book/check.py: each fault of a book is named by its line."""

import pytest

from profiles import HandWrittenPrompt, PhrasebookLimits
from tasks.domain.writing.book.check import check_general, check_phrasebook
from tasks.domain.writing.book.fingerprints import with_tools
from tasks.domain.writing.phrasebook import read_line
from tasks.domain.writing.phrasing.verbs import is_changing
from tests.fakes.phrasebooks import TEXTS, book_lines
from tests.fakes.toolsets import REPOSITORY, VERSIONS

LIMITS = PhrasebookLimits(
    name="limits",
    requests=4,
    clarifying=2,
    calls=3,
    unsupported=3,
    values=8,
    alike=0.93,
    most_words=8,
)


def faults(*more: str, texts: str = TEXTS) -> list[str]:
    lines = book_lines(texts + "\n".join(more))
    return list(check_phrasebook(lines, VERSIONS, REPOSITORY, LIMITS).faults)


def test_a_book_that_fits_its_tools_has_no_faults() -> None:
    assert faults() == []


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ('{"kind":"request","tool":"git_push","text":"push"}', "no tool 'git_push'"),
        (
            '{"kind":"request","tool":"git_log","text":"log {many}"}',
            "'many' is no parameter of git_log",
        ),
        (
            '{"kind":"request","tool":"git_log","text":"five","fixed":{"max_count":"five"}}',
            "fixed max_count: ",
        ),
        (
            '{"kind":"request","tool":"git_create_branch","text":"new branch"}',
            "git_create_branch requires 'branch_name'",
        ),
        (
            '{"kind":"request","tool":"git_status","text":"state of {repo_path}"}',
            "'repo_path' is a constant of the server",
        ),
        ('{"kind":"request","tool":"git_status","text":"Git status!"}', "is like small.jsonl:1"),
        (
            '{"kind":"request","tool":"git_log","text":"git add {since}"}',
            "says what small.jsonl:13 says, for git_add",
        ),
        ('{"kind":"chat","text":"is the tree clean","reply":"Yes."}', "says what small.jsonl:2"),
        (
            '{"kind":"request","tool":"git_add","text":"can you show me {files}"}',
            "git_add may change something, and 'can you show' only reads",
        ),
        (
            '{"kind":"clarify","tool":"git_log","text":"some log","missing":["since"],'
            '"question":"Since when?","answer":"{since}"}',
            "'since' is optional",
        ),
        (
            '{"kind":"calls","order":"parallel","text":"a {b}","calls":[{"tool":"git_status"},'
            '{"tool":"git_log","arguments":{"max_count":{"result":"n"}}}]}',
            "no call before it",
        ),
        (
            '{"kind":"calls","order":"parallel","text":"look {b}","calls":[{"tool":"git_status"},'
            '{"tool":"git_log"}]}',
            "the slot 'b' is in no call",
        ),
        (
            '{"kind":"calls","order":"sequential","text":"look","calls":[{"tool":"git_log"},'
            '{"tool":"git_create_branch","arguments":{"branch_name":{"result":"("}}}]}',
            "'(' is no pattern",
        ),
        ('{"kind":"unsupported","text":"push {x}","reply":"No."}', "the slot 'x' is no parameter"),
        ('{"kind":"result","tool":"git_add","text":"{x}"}', "'x' is no parameter of git_add"),
        ('{"kind":"values","parameter":"who","values":["a"]}', "'who' is no parameter of any tool"),
        (
            '{"kind":"values","parameter":"max_count","values":[1,2,3,4,5,6,7,"eight"]}',
            "git_log: max_count: ",
        ),
        ('{"kind":"values","parameter":"since","values":["a","b"]}', "2 different values"),
    ],
)
def test_a_fault_is_named_with_its_line(line: str, said: str) -> None:
    number = len(TEXTS.splitlines()) + 1
    found = [fault for fault in faults(line) if fault.startswith(f"small.jsonl:{number}: ")]
    assert any(said in fault for fault in found), faults(line)


def test_a_test_prompt_of_the_server_is_refused_in_any_case_and_with_slots() -> None:
    prompts = tuple(
        HandWrittenPrompt(prompt=text, call=None)
        for text in (
            "IS THE TREE CLEAN",
            "please put the file a.py into the index for me now",
        )
    )
    server = REPOSITORY.model_copy(update={"test_prompts": prompts})
    line = (
        '{"kind":"request","tool":"git_add",'
        '"text":"please put the file {files} into the index for me now"}'
    )
    verdict = check_phrasebook(book_lines(TEXTS + line), VERSIONS, server, LIMITS)
    places = [fault for fault in verdict.faults if "test prompt" in fault]
    assert [fault.split(": ")[0] for fault in places] == ["small.jsonl:2", "small.jsonl:33"]


def test_too_few_lines_are_counted_by_tool_and_kind() -> None:
    few = "\n".join(TEXTS.splitlines()[1:17]) + "\n"
    assert faults(texts=few) == [
        "3 git_status: request lines, needed at least 4",
        "0 git_create_branch: clarify lines, needed at least 2",
        "0 git_add: clarify lines, needed at least 2",
        "0 unsupported lines, needed at least 3",
        "1 calls lines, needed at least 3",
    ]


def test_long_texts_and_drifted_schemas_are_notes_and_no_faults() -> None:
    long = '{"kind":"request","tool":"git_status","text":"well before I go home did I leave any"}'
    lines = with_tools(book_lines(TEXTS + long), VERSIONS)
    drifted = VERSIONS.tools[1].model_copy(
        update={"input_schema": {"type": "object", "properties": {"max_count": {}}}}
    )
    tools = (VERSIONS.tools[0], drifted, *VERSIONS.tools[2:])
    toolset = VERSIONS.model_copy(update={"tools": tools})
    notes = check_phrasebook(lines, toolset, REPOSITORY, LIMITS).notes
    assert any("9 words" in note for note in notes)
    assert "git_log: its schema has changed since the book was written" in notes


def test_a_tool_that_says_nothing_changes_things_unless_its_name_reads() -> None:
    def named(name: str) -> bool:
        return is_changing(VERSIONS.tools[2].model_copy(update={"name": name}))

    assert named("jira_delete_issue")
    assert named("orders_refund")
    assert named("get_or_create_user")
    assert not named("read_query")
    assert not named("list_orders")
    assert not is_changing(VERSIONS.tools[0])


def test_a_book_for_every_server_is_for_no_tool_and_fills_its_own_slots() -> None:
    lines = [
        read_line('{"kind":"chat","text":"{person} likes {nouns}","reply":"Ha!"}', "general:1"),
        read_line('{"kind":"unsupported","text":"call {person}","reply":"Dial!"}', "general:2"),
        read_line('{"kind":"values","parameter":"person","values":["Ada","Bo"]}', "general:3"),
        read_line('{"kind":"chat","text":"hi {name}","reply":"Hello!"}', "general:4"),
        read_line('{"kind":"request","tool":"git_log","text":"log"}', "general:5"),
    ]
    faults = check_general(lines, LIMITS).faults
    assert [fault.split(": ")[0] for fault in faults] == ["general:4", "general:5"]


FILE_OF_DOCS = (
    '{"kind":"request","tool":"git_add","text":"the page {page} of docs goes in",'
    '"fixed":{"files":["docs/{page}"]}}'
)
PAGES = (
    '{"kind":"values","parameter":"page","values":["a.md","b.md","c.md","d.md","e.md","f.md",'
    '"g.md","h.md"]}'
)


def test_a_slot_inside_an_argument_needs_values_that_no_parameter_has() -> None:
    assert [each.partition(": ")[2] for each in faults(FILE_OF_DOCS)] == [
        "the slot 'page' in 'fixed' has no 'values' line"
    ]
    assert faults(FILE_OF_DOCS, PAGES) == []
    assert any("'page' is no parameter" in each for each in faults(PAGES))


def test_a_pattern_that_no_result_of_the_call_before_holds_is_a_fault() -> None:
    line = (
        '{"kind":"calls","order":"sequential","text":"branch {b} and stage its file","calls":['
        '{"tool":"git_create_branch","arguments":{"branch_name":"{b}"}},'
        '{"tool":"git_add","arguments":{"files":{"result":"PATTERN"}}}]}'
    )
    assert faults(line.replace("PATTERN", "branch '(.+)'")) == []
    assert any("is in none of" in each for each in faults(line.replace("PATTERN", "hash (.+)")))
