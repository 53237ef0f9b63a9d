"""Rows about a server's own books: its read-only tools, resource and prompt are really asked."""

import re
from pathlib import Path

import pytest

from profiles import Server
from tasks.domain.conversations import Row
from tasks.domain.gate.quality import ROW_RULES
from tasks.domain.gate.row_rules import unsaid
from tasks.domain.writing.rows import WrittenRows, write_rows
from tasks.external.mcp_server import connect
from tasks.external.servers import executing_read_only, read_toolset_of
from tests.fakes.toolsets import data


@pytest.fixture(scope="module")
def written(library: Server) -> WrittenRows:
    """Rows about it, a third of them with two calls."""
    toolset = read_toolset_of(library)
    with executing_read_only(library, toolset, 7) as execute:
        return write_rows(
            toolset,
            library,
            data(300, multiple_calls_share=0.4, max_result_chars=900),
            execute,
            execute.offers,
        )


def _called(rows: tuple[Row, ...], tool: str) -> list[Row]:
    return [row for row in rows if row.tool == tool and row.scenario == "standard"]


def test_answered_rows_ask_for_what_the_server_has(written: WrittenRows) -> None:
    books = _called(written.train, "get_book")
    assert books
    assert all(
        "was printed in 1907" in row.messages[3].content for row in books if len(row.calls) == 1
    )
    assert any("the server named" in note for note in written.notes)


def test_nothing_was_changed_on_the_server(written: WrittenRows, deleted: Path) -> None:
    assert _called(written.train, "delete_book")
    assert not deleted.exists()


def test_a_chain_takes_its_second_value_from_the_first_answer(written: WrittenRows) -> None:
    chains = [row for row in written.train if row.phrasing == "several-then-train"]
    assert chains
    for row in chains:
        first, second = row.calls
        told = row.messages[3].content
        assert first.name in ("list_rooms", "list_books")
        (value,) = map(str, second.arguments.values())
        named = re.findall(r'"book_id": "(.+)"', told) or re.findall(r"- (.+)", told)
        (which,) = (word for word in ("first", "second", "last") if f"the {word}" in row.user_text)
        places = {"first": 0, "second": 1, "last": -1}
        assert value in told
        assert named[places[which]] == value, (row.user_text, told)
        assert not row.simulated


def test_two_calls_stand_side_by_side_and_one_is_made_again(written: WrittenRows) -> None:
    beside = [row for row in written.train if row.phrasing == "several-beside-train"]
    assert all(len(row.call_turns[0]) == 2 for row in beside)
    again = [row for row in written.train if len(row.calls) == 2 and row.calls[0] == row.calls[1]]
    assert beside
    assert again
    assert all(row.messages[3].content.startswith("Error: ") and row.simulated for row in again)
    assert not [row for row in written.heldout if row.messages[3:] and row in again]


def test_every_row_passes_the_rules_of_the_gate(written: WrittenRows) -> None:
    for row in (*written.train, *written.heldout):
        assert [fault for rule, _ in ROW_RULES.values() if (fault := rule(row))] == []
        assert row.scenario == "ambiguous" or list(unsaid(row)) == []


def test_what_a_server_offers_is_read(library: Server) -> None:
    with connect(library) as session:
        catalogue, reading_list = session.offers()
    assert (catalogue.uri, catalogue.about) == ("library://catalogue", ("book", "catalogue"))
    assert "harps-012" in catalogue.text
    assert "fables" in reading_list.text
