"""The card says how many rows there are, where they come from and under what licence."""

import yaml

from tasks.domain.conversations import Message, Row, Source
from tasks.domain.gate.dataset_card import card, census_of
from tasks.domain.toolcalls import ToolCall

TOOLS = ({"type": "function", "function": {"name": "clock", "parameters": {"type": "object"}}},)
FILES = {"train": "train.jsonl", "test": "heldout.jsonl"}


def row(text: str, source: Source = "generated", called: bool = True, phrasing: str = "") -> Row:
    call = ToolCall(name="clock", arguments={"zone": "UTC"})
    said = Message.assistant("", call) if called else Message.assistant("Hi")
    return Row(
        scenario="standard" if called else "no_tool",
        tool="clock" if called else None,
        source=source,
        phrasing=phrasing,
        messages=(Message(role="user", content=text), said),
        tools=TOOLS,
    )


TRAIN = [
    row("time?", phrasing="short"),
    row("what time", "teacher"),
    row("hi", "own", called=False),
]
HELDOUT = [row("now", phrasing="please")]


def header(text: str) -> dict[str, object]:
    _, head, _ = text.split("---\n", 2)
    value: dict[str, object] = yaml.safe_load(head)
    return value


def test_the_header_is_what_the_hub_reads() -> None:
    text = card(census_of(TRAIN, HELDOUT), "time", {"generated": "MIT"}, (), FILES)
    head = header(text)
    assert head["license"] == "other"
    assert head["size_categories"] == ["n<1K"]
    assert head["configs"] == [
        {
            "config_name": "default",
            "data_files": [
                {"split": "train", "path": "train.jsonl"},
                {"split": "test", "path": "heldout.jsonl"},
            ],
        }
    ]
    only = card(census_of(TRAIN[:1], HELDOUT), "time", {"generated": "MIT"}, (), FILES)
    assert header(only)["license"] == "mit"


def test_rows_are_counted_by_split_scenario_tool_source_and_family() -> None:
    text = card(
        census_of(TRAIN, HELDOUT), "time", {"generated": "MIT", "own": "CC0-1.0"}, ["a note"], FILES
    )
    lines = text.splitlines()
    assert "| standard | 2 | 1 |" in lines
    assert "| no_tool | 1 | 0 |" in lines
    assert "| all rows | 3 | 1 |" in lines
    assert "| clock | 2 | 1 |" in lines
    assert "| conversations that a person brought | 1 | 25.0 % | CC0-1.0 |" in lines
    assert any("put into other words | 1 | 25.0 % | not stated |" in line for line in lines)
    assert "| please | 1 |" in lines
    assert "* a note" in lines


def test_no_text_of_a_row_can_end_its_example_or_the_table() -> None:
    text = card(census_of([row("```\n# Hello\n|x|")], []), "a|b", {}, (), FILES)
    assert "\n# Hello" not in text
    assert "````json" in text
    assert "a\\|b" in text.splitlines()[text.splitlines().index("---", 1) + 2]
