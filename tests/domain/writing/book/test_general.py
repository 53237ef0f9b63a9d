"""tasks/domain/writing/book/general.py: said to every server, and never what a tool of it does."""

import pytest

from tasks.domain.conversations import Split
from tasks.domain.products import Tool, Toolset
from tasks.domain.writing.book.choice import choose_book
from tasks.domain.writing.book.drawing import Book
from tasks.domain.writing.phrasebook import Line, ValuesLine, read_phrasebook, skeleton, slots
from tasks.domain.writing.rows import write_rows
from tasks.domain.writing.simulation import simulate
from tests.fakes.toolsets import ALL, CLOCKS, MEMORY, REPOSITORY, VERSIONS, data, server
from tests.helpers.general_book import FILES, general_book

SPLITS: tuple[Split, Split] = ("train", "heldout")


def texts(book: Book) -> set[str]:
    found: list[Line] = []
    for split in SPLITS:
        found += [*book.chat(split), *book.about_tools(split), *book.off_topic(split)]
    return {line.text for line in found if hasattr(line, "text")}


def one_tool(name: str, description: str, *parameters: str) -> Toolset:
    properties = {parameter: {"type": "string"} for parameter in parameters}
    schema = {"type": "object", "properties": properties}
    tool = Tool(name=name, description=description, input_schema=schema)
    return Toolset(server="mine", tools=(tool,))


@pytest.mark.parametrize(
    ("name", "description", "met"),
    [
        ("get_forecast", "The forecast for a place", "will it rain tomorrow?"),
        ("calculate", "Work out an expression", "7*8"),
        ("convert_units", "Convert between units", "convert {count} miles to kilometres"),
        ("send_message", "Send a text to somebody", "call {person}"),
        ("create_order", "Order something to be delivered", "order {count} sandwiches"),
        ("set_alarm", "Ring at a time", "wake me up in {count} minutes"),
        ("create_entities", "Add to a knowledge graph", "remember that {person} is vegetarian"),
        ("search", "Search the web", "who painted the Mona Lisa"),
        ("play_song", "Play music", "can you play the newest album of that band?"),
        ("switch_light", "Turn a lamp on", "turn on the heating"),
        ("translate", "Translate a text", 'translate "good evening" into Spanish'),
        ("flip_coin", "A random side", "heads or tails?"),
        ("execute_code", "Run python code", "square root of 81?"),
    ],
)
def test_what_a_tool_could_meet_is_left_out(name: str, description: str, met: str) -> None:
    assert met in texts(general_book(VERSIONS))
    assert met not in texts(general_book(one_tool(name, description, "x")))


def test_another_thing_with_a_tools_own_verb_is_asked_for() -> None:
    assert "convert {count} miles to kilometres" in texts(general_book(CLOCKS))
    alone = texts(general_book(one_tool("convert", "Convert whatever there is", "x")))
    assert not [text for text in alone if "convert" in text]


def test_a_slot_that_is_a_parameter_is_the_tools_own() -> None:
    left = texts(general_book(one_tool("greet", "Say hello", "person")))
    assert left
    assert not [text for text in left if "person" in slots(text)]


def test_what_the_lists_own_book_says_is_not_said_by_both() -> None:
    own = read_phrasebook('{"kind":"chat","text":"Thank you!","reply":"Welcome."}', "mine.jsonl")
    book = choose_book(VERSIONS, REPOSITORY, FILES, own).book
    said = [line.reply for split in SPLITS for line in book.chat(split) if "thank you" in line.text]
    assert "My pleasure." not in said
    assert "Welcome." in [line.reply for split in SPLITS for line in book.chat(split)]


@pytest.mark.parametrize("toolset", ALL, ids=lambda toolset: toolset.server)
def test_no_entry_stands_in_both_splits(toolset: Toolset) -> None:
    book = general_book(toolset)
    for said in (book.chat, book.about_tools, book.off_topic):
        train, heldout = ({skeleton(line.text) for line in said(split)} for split in SPLITS)
        assert train
        assert heldout
        assert not train & heldout
    for name in {line.parameter for line in book.general if isinstance(line, ValuesLine)}:
        train_values, heldout_values = (set(book.general_values(name, split)) for split in SPLITS)
        assert train_values
        assert heldout_values
        assert not train_values & heldout_values


def test_a_list_without_a_book_talks_as_much_and_never_says_a_thing_twice() -> None:
    chosen = data(800, phrasebook_share=0.0)
    written = write_rows(
        MEMORY,
        server(),
        chosen,
        lambda call: simulate(MEMORY.tool(call.name), call, 1),
        book=general_book(MEMORY),
    )
    talk = [row for row in written.train if row.scenario == "no_tool"]
    assert len({row.user_text.casefold() for row in talk}) == len(talk) == 120
    assert len({row.phrasing for row in talk}) > 90
    about = [row for row in talk if any(noun in row.user_text for noun in ("entit", "file"))]
    assert 0.1 * len(talk) < len(about) < 0.6 * len(talk)


def test_talk_does_not_run_out() -> None:
    shares = {"standard": 0.0, "no_tool": 1.0, "error": 0.0, "ambiguous": 0.0, "edge": 0.0}
    chosen = data(1600, phrasebook_share=0.0, hard_negative_share=0.0, scenarios=shares)
    written = write_rows(
        CLOCKS,
        server(),
        chosen,
        lambda call: simulate(CLOCKS.tool(call.name), call, 1),
        book=general_book(CLOCKS),
    )
    said = [row.user_text.casefold() for row in written.train]
    assert len(set(said)) == len(said) == 1600
