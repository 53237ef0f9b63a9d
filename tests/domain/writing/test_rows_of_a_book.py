"""Rows that are drawn from a phrasebook: its words, real values, both splits apart."""

import json
from collections.abc import Sequence
from pathlib import Path

import pytest

from profiles import HandWrittenPrompt, Server
from tasks.domain.conversations import Row
from tasks.domain.products import ToolResult, Toolset
from tasks.domain.toolcalls import ToolCall, faults
from tasks.domain.toollists import functions, toolset_from_value
from tasks.domain.writing.book.drawing import Book
from tasks.domain.writing.harvest import Execute
from tasks.domain.writing.phrasebook import read_phrasebook, skeleton
from tasks.domain.writing.phrasing.tool_context import bare
from tasks.domain.writing.rows import WrittenRows, write_rows
from tasks.domain.writing.simulation import simulate
from tests.fakes.phrasebooks import book_lines
from tests.fakes.toolsets import REPOSITORY, VERSIONS, data, server

LOG = "Commit: a1b2c3d\nAuthor: Ada\n"


def git(call: ToolCall) -> ToolResult:
    """A repository: tools that read answer, others would be made up."""
    if VERSIONS.tool(call.name).read_only:
        return ToolResult(text=LOG if call.name == "git_log" else "nothing to commit")
    return simulate(VERSIONS.tool(call.name), call, 1)


def written(
    samples: int = 200, book: Book | None = None, known: Server = REPOSITORY, **changed: object
) -> WrittenRows:
    chosen = data(samples, **{"phrasebook_share": 1.0, **changed})
    return write_rows(VERSIONS, known, chosen, git, book=book or Book(book_lines()))


@pytest.fixture(scope="module")
def rows() -> WrittenRows:
    return written(multiple_calls_share=0.3)


def of_book(found: Sequence[Row], scenario: str = "") -> list[Row]:
    named = [row for row in found if row.phrasing.startswith("book-")]
    return [row for row in named if scenario in ("", row.scenario)]


def test_exactly_the_asked_rows_are_written_and_every_call_is_valid(rows: WrittenRows) -> None:
    assert len(rows.train) == 200
    for row in (*rows.train, *rows.heldout):
        assert [fault for call in row.calls for fault in faults(call, row.tools)] == []


def test_what_a_model_is_asked_afterwards_is_not_trained_with_a_word_of_courtesy_either() -> None:
    texts = [row.user_text for row in of_book(written().train, "no_tool")]
    prompts = tuple(HandWrittenPrompt(prompt=text, call=None) for text in set(texts))
    again = written(known=REPOSITORY.model_copy(update={"test_prompts": prompts}))
    asked = [bare(text) for text in texts if len(text.split()) > 3]
    assert len(again.train) == 200
    assert asked
    assert not [
        text
        for text in asked
        for row in (*again.train, *again.heldout)
        if text in bare(row.user_text)
    ]


def test_no_line_is_in_both_splits(rows: WrittenRows) -> None:
    families = [{row.phrasing for row in found} for found in (rows.train, rows.heldout)]
    assert of_book(rows.train)
    assert of_book(rows.heldout)
    assert not families[0] & families[1]


def test_no_text_stands_twice(rows: WrittenRows) -> None:
    texts = [row.user_text.casefold() for row in (*rows.train, *rows.heldout)]
    assert len(set(texts)) == len(texts)


def test_requests_have_the_words_of_a_line_and_the_values_of_their_call(rows: WrittenRows) -> None:
    words = [set(skeleton(line.text).split()) for line in book_lines() if hasattr(line, "text")]
    for row in of_book(rows.train, "standard"):
        if len(row.calls) == 1 and row.tool == "git_create_branch":
            assert str(row.calls[0].arguments["branch_name"]) in row.user_text
    said = " ".join(row.user_text.casefold() for row in of_book(rows.train))
    assert sum(any(word in said for word in line) for line in words) > 20


def test_what_the_words_mean_is_in_the_call_and_marked(rows: WrittenRows) -> None:
    fixed = [row for row in of_book(rows.train) if row.fixed]
    assert fixed
    for row in fixed:
        assert set(row.fixed) <= {name for call in row.calls for name in call.arguments}


def test_a_question_is_followed_by_the_users_answer_and_the_call(rows: WrittenRows) -> None:
    asked = of_book(rows.train, "ambiguous")
    assert asked
    for row in asked:
        roles = [message.role for message in row.messages]
        assert roles == ["system", "user", "assistant", "user", "assistant"]
        assert row.tool is None
        assert row.messages[2].content.endswith("?")
        (call,) = row.calls
        assert row.missing in call.arguments
        leaf = call.arguments[row.missing or ""]
        value = leaf[0] if isinstance(leaf, list) else leaf
        assert value in row.messages[3].content
        assert value not in row.user_text


def test_replies_to_what_no_tool_does_are_the_books(rows: WrittenRows) -> None:
    replies = {line.reply for line in book_lines() if line.kind in ("unsupported", "chat")}
    told = of_book(rows.train, "no_tool")
    assert told
    assert {row.answer for row in told} <= replies


def test_a_result_that_nobody_knows_is_not_made_up() -> None:
    found = written(answered_share=1.0)
    added = [row for row in found.train if row.tool == "git_add" and row.scenario == "standard"]
    assert added
    assert all(row.messages[-1].tool_calls for row in added)
    read = [row for row in found.train if row.tool == "git_log" and row.scenario == "standard"]
    assert read
    assert all(row.messages[3].content.strip() == LOG.strip() for row in read)
    assert not any(row.simulated for row in read)


def test_a_result_of_the_book_holds_the_calls_values_and_its_answer_is_told() -> None:
    found = written(answered_share=1.0)
    made = [
        row for row in found.train if row.tool == "git_create_branch" and row.scenario == "standard"
    ]
    assert made
    for row in made:
        name = row.calls[0].arguments["branch_name"]
        assert row.messages[3].content == f"Created branch '{name}'"
        assert row.answer == f"{name} is there now."
        assert row.simulated


def test_a_failure_of_the_book_is_told_in_its_words() -> None:
    found = written(answered_share=1.0)
    errors = [
        row for row in found.train if row.tool == "git_create_branch" and row.scenario == "error"
    ]
    assert errors
    for row in errors:
        name = row.calls[0].arguments["branch_name"]
        assert row.messages[3].content == f"Error: '{name}' exists already"
        assert row.answer == f"There is a {name} already."


def test_several_calls_stand_side_by_side_or_take_a_value_from_the_result(
    rows: WrittenRows,
) -> None:
    several = [row for row in of_book(rows.train, "standard") if len(row.calls) > 1]
    beside = [row for row in several if len(row.call_turns[0]) > 1]
    assert beside
    every = [line for line in book_lines() if line.kind == "calls"]
    only = Book(tuple(line for line in every if line.order == "sequential"))
    part = written(400, only, multiple_calls_share=1.0)
    chained = [row for row in of_book((*part.train, *part.heldout)) if len(row.call_turns) > 1]
    assert chained
    assert {row.call_turns[1][0].arguments["branch_name"] for row in chained} == {"a1b2c3d"}


def test_values_of_the_book_are_given_and_others_too() -> None:
    listed = next(line.values for line in book_lines() if line.kind == "values")
    found = written(400, answered_share=0.0)
    names = [
        call.arguments["branch_name"]
        for row in of_book(found.train)
        for call in row.calls
        if "branch_name" in call.arguments
    ]
    known = sum(name in listed for name in names)
    assert 0.3 * len(names) < known < len(names)


def test_the_share_says_how_many_requests_are_lines_of_the_book() -> None:
    none = written(phrasebook_share=0.0)
    assert not of_book(none.train)
    half = written(phrasebook_share=0.5)
    share = len(of_book(half.train)) / len(half.train)
    assert 0.25 < share < 0.75


def test_a_tool_that_the_book_does_not_know_is_asked_for_by_the_grammar() -> None:
    lines = tuple(line for line in book_lines() if getattr(line, "tool", "") != "git_log")
    found = written(book=Book(tuple(line for line in lines if line.kind != "calls")))
    assert not [row for row in of_book(found.train) if row.tool == "git_log"]
    assert [row for row in found.train if row.tool == "git_log"]


def test_a_repository_that_is_no_constant_is_said_in_the_schemas_words() -> None:
    found = written(known=server())
    rows = [row for row in of_book(found.train, "standard") if len(row.calls) == 1]
    assert rows
    for row in rows:
        assert str(row.calls[0].arguments["repo_path"]).casefold() in row.user_text.casefold()


def test_a_real_servers_list_is_written_from_a_small_book() -> None:
    path = Path(__file__).parents[2] / "fakes" / "toollists" / "filesystem.json"
    listed = toolset_from_value(json.loads(path.read_text(encoding="utf-8")), "filesystem")
    texts = [
        '{"kind":"request","tool":"read_text_file","text":"cat {path}"}',
        '{"kind":"request","tool":"read_text_file","text":"open {path} pls"}',
        '{"kind":"request","tool":"read_text_file","text":"head -n {head} {path}"}',
        '{"kind":"request","tool":"move_file","text":"mv {source} {destination}"}',
        '{"kind":"request","tool":"move_file","text":"rename {source} to {destination}"}',
        '{"kind":"request","tool":"create_directory","text":"mkdir {path}"}',
        '{"kind":"unsupported","text":"zip it all up","reply":"Your file manager can do that."}',
        '{"kind":"unsupported","text":"chmod 600 id_rsa","reply":"Rights are set in a shell."}',
    ]
    book = Book(read_phrasebook("\n".join(texts), "files.jsonl"))
    found = write_rows(listed, server(), data(200), _simulating(listed), book=book)
    assert len(found.train) == 200
    tools = functions(listed)
    for row in found.train:
        assert [fault for call in row.calls for fault in faults(call, tools)] == []
    short = [row.user_text for row in of_book(found.train) if row.tool == "move_file"]
    assert any(text.casefold().startswith("mv ") for text in short)


def _simulating(toolset: Toolset) -> Execute:
    return lambda call: simulate(toolset.tool(call.name), call, 1)


def test_chat_for_every_server_leaves_the_results_of_other_tools_as_they_are() -> None:
    chat = Book(tuple(line for line in book_lines() if line.kind == "chat"))
    found = written(book=chat, answered_share=1.0)
    added = [row for row in found.train if row.tool == "git_add" and row.scenario == "standard"]
    assert added
    assert all(row.simulated and row.answer for row in added)


def test_values_inside_an_argument_are_said_and_no_slip_touches_them() -> None:
    lines = (
        '{"kind":"request","tool":"git_add","text":"Chapter {chapter} of the manual, stage that",'
        '"fixed":{"files":["Manual/{chapter}.md"]}}\n'
        '{"kind":"values","parameter":"chapter","values":["Intro","Setup","Usage","Tools","Errors",'
        '"Index","Glossary","Authors","Licence","History"]}\n'
    )
    rows = of_book(written(60, Book(book_lines(lines))).train)

    added = {row.messages[1].content: call.arguments for row in rows for call in row.calls}
    assert len(added) > 2
    for text, arguments in added.items():
        chapter = arguments["files"][0].removeprefix("Manual/").removesuffix(".md")
        assert chapter in text


def test_a_server_is_not_asked_about_what_was_changed_for_the_rows_alone() -> None:
    line = (
        '{"kind":"calls","order":"sequential","text":"new branch {b}, then the log","calls":['
        '{"tool":"git_create_branch","arguments":{"branch_name":"{b}"}},{"tool":"git_log"}]}\n'
    )
    result = '{"kind":"result","tool":"git_create_branch","text":"Created"}\n'
    rows = of_book(written(60, Book(book_lines(line + result)), multiple_calls_share=0.6).train)

    chained = [row for row in rows if len(row.calls) == 2]
    assert chained
    assert {row.messages[-1].tool_calls[0].function.name for row in chained} == {"git_log"}
