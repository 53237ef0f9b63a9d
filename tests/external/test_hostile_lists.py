"""Tool lists made to stop their reader: each is refused in a line or trimmed, quickly and small."""

import json
import subprocess
import sys
from functools import cache
from typing import Any

import pytest

from tests.fakes.hostile_lists import lists

MOST_SECONDS, MOST_MEGABYTES = 10, 300


@cache
def outcome() -> dict[str, Any]:
    """What a process of its own says of all lists."""
    command = [sys.executable, "-m", "tests.fakes.hostile_lists"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    said: dict[str, Any] = json.loads(done.stdout)
    return said


def test_no_list_takes_time_or_memory_without_end() -> None:
    assert outcome()["said"].keys() == lists().keys()
    assert outcome()["seconds"] < MOST_SECONDS
    assert outcome()["megabytes"] < MOST_MEGABYTES


def test_what_is_said_of_a_list_is_one_short_line_each() -> None:
    for notes in outcome()["said"].values():
        assert not [note for note in notes if "\n" in note or len(note) > 1000]


@pytest.mark.parametrize(
    ("name", "said"),
    [
        (
            "nested repeats, required",
            "left out: bad: not a valid JSON Schema: properties.x.pattern",
        ),
        (
            "nested repeats, optional",
            "bad: x is never given: not a valid JSON Schema: properties.x",
        ),
        ("a long text, optional", "bad: x is never given: not a usable JSON Schema: minLength is"),
        ("a long list of long lists, required", "left out: bad: one value would take more than"),
        (
            "a value doubled with each level, in a result",
            "read_note: its output schema is not used",
        ),
        ("doubled with each level, required", "left out: tools: tool 2 'bad': not a usable JSON"),
        ("an integer beyond a float, optional", "left out: tools: tool 2 'bad': a whole number of"),
        ("half a character, required", "left out: tools: tool 2 'bad': half of a surrogate pair"),
        ("a deep schema, required", "left out: tools: tool 2 'bad': nested more than 100 levels"),
        ("thousands of tools", "refused: tools: 3000 tools, at most 1000 are read."),
    ],
)
def test_a_list_is_trimmed_or_refused_with_its_reason(name: str, said: str) -> None:
    assert outcome()["said"][name][0].startswith(said)


@pytest.mark.parametrize(
    "address", ["http://127.0.0.1:9/x.json", "file:///etc/passwd", "http://[::1"]
)
def test_a_reference_out_of_the_document_is_named_and_never_followed(address: str) -> None:
    said = "\n".join(note for notes in outcome()["said"].values() for note in notes)
    assert f"$ref '{address}' leaves the document" in said


@pytest.mark.parametrize(
    "name",
    [
        "pattern that backtracks, required",
        "true, required",
        "more properties than names, required",
        "the smallest step, required",
        "the largest numbers, required",
        "a name that is not there",
        "more parameters than names",
    ],
)
def test_what_only_looks_hostile_is_used(name: str) -> None:
    assert outcome()["said"][name] == []
