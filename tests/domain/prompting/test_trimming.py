"""Tool lists with shorter texts."""

import json

import pytest

from tasks.domain.products import Tool, Toolset
from tasks.domain.prompting.trimming import LONG, STEPS, first_sentence, trimmed
from tasks.domain.toollists import functions

LONG_TEXT = "Moves a file, e.g. a picture. " + "It says so in many more words than are needed. " * 5
SCHEMA = {
    "type": "object",
    "title": "MoveArguments",
    "properties": {
        "path": {"type": "string", "description": LONG_TEXT, "examples": ["a.txt"]},
        "title": {"type": "string", "description": "A new title"},
        "mode": {
            "type": "object",
            "description": "How",
            "properties": {"force": {"type": "boolean", "description": "Whether to overwrite"}},
            "required": ["force"],
        },
    },
    "required": ["path"],
}
LIST = Toolset(
    server="files", tools=(Tool(name="move", description=LONG_TEXT, input_schema=SCHEMA),)
)


def test_no_step_changes_nothing() -> None:
    assert trimmed(LIST, 0) == LIST


def test_each_step_makes_the_list_shorter_and_says_so() -> None:
    lists = [trimmed(LIST, steps) for steps in range(len(STEPS) + 1)]
    sizes = [len(json.dumps(functions(each))) for each in lists]
    assert sizes == sorted(set(sizes), reverse=True)
    assert len(lists[-1].notes) == 1
    assert all(what in lists[-1].notes[0] for what, _ in STEPS)


def test_names_types_and_required_parameters_stay() -> None:
    schema = trimmed(LIST, len(STEPS)).tools[0].input_schema
    assert list(schema["properties"]) == ["path", "title", "mode"]
    assert schema["required"] == ["path"]
    assert schema["properties"]["mode"]["properties"] == {"force": {"type": "boolean"}}
    assert schema["properties"]["mode"]["required"] == ["force"]


def test_a_parameter_keeps_its_own_description() -> None:
    properties = trimmed(LIST, len(STEPS)).tools[0].input_schema["properties"]
    assert properties["mode"]["description"] == "How"
    assert properties["path"]["description"] == "Moves a file, e.g. a picture."


def test_a_parameter_called_title_is_no_title_of_a_schema() -> None:
    assert "title" in trimmed(LIST, 1).tools[0].input_schema["properties"]


@pytest.mark.parametrize(
    ("text", "short"),
    [
        ("Short. But two.", "Short. But two."),
        (LONG_TEXT, "Moves a file, e.g. a picture."),
        ("no end " * LONG, ("no end " * LONG)[: 2 * LONG].rsplit(" ", 1)[0] + "…"),
    ],
)
def test_a_long_description_is_its_first_sentence(text: str, short: str) -> None:
    assert first_sentence(text) == short


def test_trimming_twice_is_trimming_once() -> None:
    once = trimmed(LIST, len(STEPS))
    assert trimmed(once, len(STEPS)).tools == once.tools
