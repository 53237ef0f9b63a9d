"""Rows are readable in a terminal: every turn a line, whatever a server said."""

from tasks.domain.conversations import Message, MessageCall, Row
from tasks.domain.toolcalls import ToolCall
from tasks.domain.writing.row_text import WIDTH, rows_as_text

CALL = MessageCall.of(ToolCall(name="look", arguments={"ort": "Zürich"}))


def row(scenario: str, *messages: Message) -> Row:
    system = Message(role="system", content="You call tools.")
    return Row.model_validate({"scenario": scenario, "messages": (system, *messages), "tools": ()})


def test_each_turn_is_a_line_and_rows_stand_by_scenario() -> None:
    plain = row(
        "no_tool", Message(role="user", content="hi"), Message(role="assistant", content="Hello.")
    )
    calling = row(
        "standard",
        Message(role="user", content="look at Zürich"),
        Message(role="assistant", tool_calls=(CALL,)),
        Message(role="tool", content="grey\nand wet"),
        Message(role="assistant", content="Grey and wet."),
    )
    assert rows_as_text([calling, plain, plain]).splitlines() == [
        "── no_tool (2)",
        "",
        "user    hi",
        "answer  Hello.",
        "",
        "user    hi",
        "answer  Hello.",
        "",
        "── standard (1)",
        "",
        "user    look at Zürich",
        'call    look {"ort": "Zürich"}',
        "result  grey⏎and wet",
        "answer  Grey and wet.",
    ]


def test_a_text_cannot_move_the_cursor_or_flood_the_screen() -> None:
    loud = row("no_tool", Message(role="user", content="\x1b[2J" + "x" * 999))
    line = rows_as_text([loud]).splitlines()[-1]
    assert line.isprintable()
    assert len(line) == WIDTH
