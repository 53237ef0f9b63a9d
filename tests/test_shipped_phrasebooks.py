"""The phrasebooks that ship, held against the tools of their servers."""

from pathlib import Path

import pytest

import profiles
from profiles import load_phrasebook_limits, load_server
from tasks.domain.writing.book.check import check_general, check_phrasebook
from tasks.domain.writing.phrasebook import (
    ChatLine,
    Line,
    RequestLine,
    UnsupportedLine,
    read_phrasebook,
)
from tasks.external.servers import read_toolset_of
from tasks.external.tool_files import read_toolset

FOLDER = Path(profiles.__file__).parent
GENERAL = FOLDER / "phrasebooks" / "general.jsonl"
TOOLLISTS = Path(__file__).parent / "fakes" / "toollists"
"""What servers list that a test cannot start: it fetches no packages."""
BOOKS = sorted(FOLDER.glob("servers/*.phrasebook.jsonl"))
SHORT, SHORT_SHARE = 8, 0.4
"""Words below which a request is a short one, and the least share of these: people type briefly."""
REFUSING_SHARE = 0.1
"""With a book of refusals a model refused what it can do, too."""


def _lines(book: Path) -> tuple[Line, ...]:
    return read_phrasebook(book.read_text(encoding="utf-8"), book.name)


def test_every_server_with_test_prompts_has_a_book() -> None:
    names = {file.name.partition(".")[0] for file in FOLDER.glob("servers/*.prompts.jsonl")}
    assert names == {book.name.partition(".")[0] for book in BOOKS}
    assert len(names) >= 13


@pytest.mark.parametrize("book", BOOKS, ids=lambda book: book.name)
def test_a_shipped_book_fits_its_servers_tools_and_holds_no_test_prompt(book: Path) -> None:
    server = load_server(book.name.partition(".")[0])
    kept = TOOLLISTS / f"{server.name}.json"
    toolset = read_toolset(kept, server.include_tools) if kept.exists() else read_toolset_of(server)

    verdict = check_phrasebook(_lines(book), toolset, server, load_phrasebook_limits())

    assert verdict.faults == ()
    assert not any("schema" in note or "'tools'" in note for note in verdict.notes)


def test_the_book_for_every_server_passes_its_check() -> None:
    assert check_general(_lines(GENERAL), load_phrasebook_limits()).faults == ()


@pytest.mark.parametrize("book", BOOKS, ids=lambda book: book.name)
def test_many_of_a_books_requests_are_short(book: Path) -> None:
    words = [len(each.text.split()) for each in _lines(book) if isinstance(each, RequestLine)]

    assert sum(count < SHORT for count in words) >= SHORT_SHARE * len(words)


@pytest.mark.parametrize("book", [*BOOKS, GENERAL], ids=lambda book: book.name)
def test_replies_help_and_do_not_teach_refusing(book: Path) -> None:
    replies = [each.reply for each in _lines(book) if isinstance(each, UnsupportedLine | ChatLine)]

    refusing = [reply for reply in replies if reply.startswith(("I can't", "I cannot", "I'm not"))]
    assert len(refusing) <= REFUSING_SHARE * len(replies)
    assert len(set(replies)) >= 0.95 * len(replies)
