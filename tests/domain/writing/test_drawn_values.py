"""Drawn values beside what is known: file endings of a parameter, and how many a tool is for."""

import random
import re

import pytest

from profiles import Server
from tasks.domain.products import Tool
from tasks.domain.writing.values.draw_options import DrawOptions
from tasks.domain.writing.values.endings import endings_in, endings_of, with_ending
from tasks.domain.writing.values.maker import ArgumentMaker
from tasks.domain.writing.values.parameters import as_many_as_named
from tasks.domain.writing.values.shared_endings import shared_endings
from tests.fakes.unknown_tools import TEXT, drawn, tool_of

BOOKS = ("sales.xlsx", "q3/plan.xlsm")


def test_a_drawn_name_takes_an_ending_of_the_known_ones() -> None:
    known = endings_of(BOOKS)
    endings = {with_ending("notes/plan.log", known, random.Random(seed)) for seed in range(20)}
    assert endings == {"notes/plan.xlsx", "notes/plan.xlsm"}


def test_a_name_that_has_such_an_ending_keeps_it() -> None:
    assert with_ending("a.xlsm", endings_of(BOOKS), random.Random(1)) == "a.xlsm"


def test_where_not_all_known_values_end_so_nothing_changes() -> None:
    assert endings_of((*BOOKS, "docs")) == ()
    assert with_ending("plan.log", (), random.Random(1)) == "plan.log"
    assert with_ending(7, endings_of(BOOKS), random.Random(1)) == 7


@pytest.mark.parametrize(
    ("description", "endings"),
    [
        ("Path to the Word document", (".docx",)),
        ("Workbook to open, e.g. report.xlsx", (".xlsx",)),
        ("List all .docx files in a folder", (".docx",)),
        ("Convert a Word document to PDF", (".docx", ".pdf")),
        ("The word to look for in the file", ()),
        ("Read a file as text", ()),
    ],
)
def test_a_description_says_how_files_end(description: str, endings: tuple[str, ...]) -> None:
    assert tuple(dict.fromkeys(endings_in(description))) == endings


def test_files_of_a_list_end_as_its_descriptions_say() -> None:
    read = _maker("get_text", "Extract all text from a Word document.", "filename")
    delete = _maker("delete_paragraph", "Delete a paragraph.", "filename", "index")
    convert = _maker("to_pdf", "Convert a Word document to PDF.", "filename", "output_filename")
    shared = shared_endings([read, delete, convert])
    assert shared == {"filename": (".docx",)}
    for maker in (read, delete, convert):
        known = ArgumentMaker(maker.tool, maker.server, file_endings=shared)
        for seed in range(10):
            made = known.make(random.Random(seed), DrawOptions())
            assert made["filename"].endswith(".docx")
            assert made.get("output_filename", "a.pdf").endswith(".pdf")


def test_a_picture_is_put_into_a_document() -> None:
    maker = _maker("add_picture", "Add an image to a presentation.", "filename", "image_path")
    made = maker.make(random.Random(2), DrawOptions())
    assert made["filename"].endswith(".pptx")
    assert maker.kind("image_path") == "media file"


def test_a_call_has_few_of_many_optional_parameters() -> None:
    properties = {f"flag_{number}": {"type": "boolean"} for number in range(20)}
    tool = Tool(name="list_all", description="Lists", input_schema={"properties": properties})
    maker = ArgumentMaker(tool, Server(name="office", command=("none",)))
    calls = [maker.make(random.Random(seed), DrawOptions(optional=0.9)) for seed in range(200)]
    assert 1 < sum(map(len, calls)) / len(calls) < 2
    assert {name for call in calls for name in call} == set(properties)


def _maker(name: str, description: str, *parameters: str) -> ArgumentMaker:
    properties = {each: {"type": "string"} for each in parameters}
    schema = {"type": "object", "properties": properties, "required": list(parameters)}
    tool = Tool(name=name, description=description, input_schema=schema)
    return ArgumentMaker(tool, Server(name="office", command=("none",)))


def test_a_tool_for_several_things_gets_two_at_least() -> None:
    drawn = iter((["a"], ["a"], ["b", "c"]))
    assert as_many_as_named("read_multiple_files", lambda: next(drawn)) == ["a", "b", "c"]
    assert as_many_as_named("read_files", lambda: ["a"]) == ["a"]
    assert as_many_as_named("batch_move", lambda: "a") == "a"


def test_a_place_in_a_document_is_no_file() -> None:
    path = {**TEXT, "description": "The JSON path where the value should be set"}
    places = drawn(tool_of("json_set", "Set a JSON value", path=path), "path")
    assert all(re.fullmatch(r"\$[\w.\[\]]+", place) for place in places)


def test_names_inside_an_object_are_words_of_their_own() -> None:
    fields = {"type": "object", "minProperties": 4, "additionalProperties": TEXT}
    objects = drawn(tool_of("xadd", "Add an entry", fields=fields), "fields")
    assert not [name for each in objects for name in each if re.search(r"_\d$", name)]
