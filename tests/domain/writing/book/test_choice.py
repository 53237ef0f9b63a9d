"""tasks/domain/writing/book/choice.py: which book speaks for which tool of a list."""

from typing import get_args

from profiles import PhrasebookFile, PhrasebookFiles
from tasks.domain.conversations import Split
from tasks.domain.products import Toolset
from tasks.domain.writing.book.choice import choose_book
from tasks.domain.writing.book.drawing import Book
from tasks.domain.writing.book.fingerprints import with_tools
from tasks.domain.writing.phrasebook import write_phrasebook
from tests.fakes.phrasebooks import TEXTS, book_lines
from tests.fakes.toolsets import MEMORY, REPOSITORY, VERSIONS, server

OWN = PhrasebookFiles(own=PhrasebookFile("small.jsonl", TEXTS))
SHARED = PhrasebookFiles(
    others=(PhrasebookFile("git.jsonl", write_phrasebook(with_tools(book_lines(), VERSIONS))),)
)


def requests(toolset: Toolset, files: PhrasebookFiles, name: str) -> int:
    book = choose_book(toolset, REPOSITORY, files).book
    return len(book.requests(name, "train")) + len(book.requests(name, "heldout"))


def test_a_server_with_a_book_of_its_own_is_drawn_from_it() -> None:
    chosen = choose_book(VERSIONS, REPOSITORY, OWN)
    assert chosen.requests == "requests were drawn from a phrasebook (small.jsonl)"
    assert chosen.notes == ()
    assert requests(VERSIONS, OWN, "git_log") == 4


def test_a_list_without_a_book_is_said_to_be_written_from_the_schema_alone() -> None:
    chosen = choose_book(MEMORY, REPOSITORY, SHARED)
    assert chosen.requests == "requests were written from the schema alone"
    assert not chosen.book.lines


def test_tools_of_the_same_name_and_schema_share_a_books_lines() -> None:
    mixed = Toolset(server="mine", tools=(*MEMORY.tools, VERSIONS.tools[1]))
    assert requests(mixed, SHARED, "git_log") == 4
    assert choose_book(mixed, REPOSITORY, SHARED).requests == (
        "requests were drawn from a phrasebook (git.jsonl); those of create_entities, read_graph, "
        "read_file were written from the schema alone"
    )


def test_another_description_shares_the_lines_and_another_schema_does_not() -> None:
    log = VERSIONS.tools[1]
    properties = dict(log.input_schema["properties"])
    told = {**properties, "max_count": {**properties["max_count"], "description": "How many"}}
    typed = {**properties, "max_count": {"type": "string"}}
    for changed, shared in ((told, 4), (typed, 0)):
        schema = {**log.input_schema, "properties": changed}
        tool = log.model_copy(update={"input_schema": schema, "description": "Other words"})
        assert requests(Toolset(server="mine", tools=(tool,)), SHARED, "git_log") == shared


def test_requests_that_no_tool_meets_are_shared_by_a_list_that_has_no_other_tools() -> None:
    part = VERSIONS.model_copy(update={"tools": VERSIONS.tools[:2]})
    more = VERSIONS.model_copy(update={"tools": (*VERSIONS.tools, MEMORY.tools[1])})
    for toolset, kept in ((part, 3), (more, 0)):
        book = choose_book(toolset, REPOSITORY, SHARED).book
        assert len(book.unsupported("train")) + len(book.unsupported("heldout")) == kept


def test_requests_that_a_tool_may_meet_that_an_own_book_does_not_know_are_left_out() -> None:
    part = VERSIONS.model_copy(update={"tools": VERSIONS.tools[:2]})
    text = write_phrasebook(with_tools(book_lines(), part))
    files = PhrasebookFiles(own=PhrasebookFile("own.jsonl", text))
    known = choose_book(part, REPOSITORY, files)
    new = {"name": "git_push", "description": "Sends commits to a remote"}
    tools = (*part.tools, VERSIONS.tools[2].model_copy(update=new))
    more = choose_book(part.model_copy(update={"tools": tools}), REPOSITORY, files)
    assert texts_of(known.book) - texts_of(more.book) == {"push it to origin"}
    assert more.notes[0] == (
        "requests that no tool meets, left out of own.jsonl since a tool that it was not "
        "written for may meet them: 1"
    )


def test_a_teacher_has_seen_the_whole_list_though_it_wrote_for_some_tools_only() -> None:
    new = {"name": "git_push", "description": "Sends commits to a remote"}
    tools = (*VERSIONS.tools, VERSIONS.tools[2].model_copy(update=new))
    more = VERSIONS.model_copy(update={"tools": tools})
    lines = with_tools(book_lines(), VERSIONS)
    chosen = choose_book(more, REPOSITORY, PhrasebookFiles(), lines)
    assert "push it to origin" in texts_of(chosen.book)


def texts_of(book: Book) -> set[str]:
    return {line.text for split in get_args(Split) for line in book.unsupported(split)}


def test_what_a_shared_line_does_not_say_may_be_said_in_the_schemas_words() -> None:
    """The other server had the repository as a constant; this one has not."""
    chosen = choose_book(VERSIONS, server(), SHARED)
    assert chosen.book.requests("git_status", "train")
    assert not chosen.book.clarifying("git_add", "train")
    assert "requires 'repo_path'" in chosen.notes[0]


def test_a_line_that_does_not_fit_is_left_out_with_a_note() -> None:
    files = PhrasebookFiles(
        own=PhrasebookFile("mine.jsonl", TEXTS + '{"kind":"request","tool":"git_log","text":"{x}"}')
    )
    chosen = choose_book(VERSIONS, REPOSITORY, files)
    assert chosen.notes == (
        "1 lines of mine.jsonl are left out: mine.jsonl:33: 'x' is no parameter of git_log; it has "
        "repo_path, max_count, since",
    )


def test_chat_for_every_server_leaves_out_what_the_tools_deal_with() -> None:
    general = PhrasebookFile(
        "general.jsonl",
        '{"kind":"chat","text":"good morning","reply":"Good morning!"}\n'
        '{"kind":"chat","text":"what is a branch in a tree?","reply":"A limb of it."}\n',
    )
    book = choose_book(VERSIONS, REPOSITORY, PhrasebookFiles(general=general)).book
    texts = [line.text for split in ("train", "heldout") for line in book.chat(split)]  # type: ignore[arg-type]
    assert texts == ["good morning"]


def test_a_teachers_lines_speak_for_the_tools_that_no_own_book_has() -> None:
    taught = book_lines()[4:8]
    chosen = choose_book(VERSIONS, REPOSITORY, PhrasebookFiles(), taught)
    assert chosen.requests.startswith("requests were drawn from a phrasebook (a teacher); those of")
    assert chosen.book.requests("git_log", "train")


def test_the_book_that_knows_most_of_a_list_speaks_first() -> None:
    few = write_phrasebook(
        with_tools(book_lines()[:8], VERSIONS.model_copy(update={"tools": VERSIONS.tools[:2]}))
    )
    files = PhrasebookFiles(others=(PhrasebookFile("a.jsonl", few), *SHARED.others))
    chosen = choose_book(VERSIONS, REPOSITORY, files)
    assert chosen.requests == "requests were drawn from a phrasebook (git.jsonl)"
    assert len(chosen.book.unsupported("train")) > 0


def test_requests_are_not_said_to_be_a_books_where_the_profile_takes_none() -> None:
    chosen = choose_book(VERSIONS, REPOSITORY, OWN)
    assert chosen.requests_at(0.7) == chosen.requests
    assert chosen.requests_at(0.0) == (
        "requests were written from the schema alone: the profile takes none from a phrasebook"
    )
    none = choose_book(VERSIONS, REPOSITORY, PhrasebookFiles())
    assert none.requests_at(0.0) == "requests were written from the schema alone"
