"""Slots inside what a line fixes: they take the book's values, in the words and in the call."""

import random
from typing import Any

from pydantic import TypeAdapter

from tasks.domain.writing.book.drawing import Book
from tasks.domain.writing.book.inner_slots import drawing_from, kept_words, with_inner_values
from tasks.domain.writing.phrasebook import RequestLine
from tests.fakes.phrasebooks import book_lines

LINK = RequestLine(
    tool="link",
    text="{person} knows {person2}, says {note}",
    fixed={"edges": [{"from": "{person}", "to": "{person2}", "weight": "{weight}"}]},
)


def edge_of(line: RequestLine) -> dict[str, Any]:
    (edge,) = TypeAdapter(list[dict[str, Any]]).validate_python(line.fixed["edges"])
    return edge


VALUES = {"person": ("Ada", "Luis"), "weight": (3,)}


def test_an_inner_slot_takes_a_value_in_words_and_call_and_its_twin_another() -> None:
    line = with_inner_values(LINK, drawing_from(VALUES, random.Random(1)))
    assert line is not None
    edge = edge_of(line)
    assert {edge["from"], edge["to"]} == {"Ada", "Luis"}
    assert line.text == f"{edge['from']} knows {edge['to']}, says {{note}}"


def test_a_slot_that_the_words_do_not_have_is_no_slot() -> None:
    line = with_inner_values(LINK, drawing_from(VALUES, random.Random(1)))
    assert line is not None
    assert edge_of(line)["weight"] == "{weight}"


def test_a_whole_inner_slot_keeps_the_type_of_its_value() -> None:
    line = RequestLine(tool="put", text="put {weight}", fixed={"rows": [["{weight}", "={weight}"]]})
    filled = with_inner_values(line, drawing_from(VALUES, random.Random(1)))
    assert filled is not None
    assert (filled.text, filled.fixed) == ("put 3", {"rows": [[3, "=3"]]})


def test_a_value_with_braces_stays_as_it_is() -> None:
    line = RequestLine(tool="put", text="write {json}", fixed={"texts": ["{json}"]})
    filled = with_inner_values(line, drawing_from({"json": ('{"a": 1}',)}, random.Random(1)))
    assert filled is not None
    assert (filled.text, filled.fixed) == ('write {{"a": 1}}', {"texts": ['{"a": 1}']})


def test_a_name_without_a_value_gives_no_line() -> None:
    assert with_inner_values(LINK, drawing_from({"person": ("Ada",)}, random.Random(1))) is None


def test_a_book_draws_values_of_one_split_where_it_has_some() -> None:
    values = ",".join(f'"b{number}"' for number in range(20))
    lines = book_lines(f'{{"kind":"values","parameter":"person","values":[{values}]}}')
    drawn = {
        split: {
            Book(lines).drawing(split, random.Random(seed))("person2", ()) for seed in range(60)
        }
        for split in ("train", "heldout")
    }
    assert drawn["train"]
    assert not drawn["train"] & drawn["heldout"]


def test_the_words_that_a_call_repeats_are_kept() -> None:
    arguments = {"query": "UPDATE products SET name = 'Table lamp' WHERE id = 1"}
    assert kept_words("rename product 1 to Table lamp", arguments) == {"1", "Table", "lamp"}
