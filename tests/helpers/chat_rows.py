"""Rows of the shapes that a chat template has to render."""

from tasks.domain.conversations import Message, Row, opening
from tasks.domain.toolcalls import ToolCall
from tasks.domain.toollists import functions
from tests.fakes.toolsets import CLOCKS

TOOLS = functions(CLOCKS)
TOKYO = ToolCall(name="get_current_time", arguments={"timezone": "Asia/Tokyo"})
ZURICH = ToolCall(name="get_current_time", arguments={"timezone": "Zürich «old»"})


def row(*turns: Message) -> Row:
    return Row(scenario="standard", messages=(*opening("What time?"), *turns), tools=TOOLS)


def result(text: str) -> Message:
    return Message(role="tool", content=text)


ROWS = {
    "a call, its result, an answer": row(
        Message.assistant("", TOKYO), result("12:30"), Message.assistant("It is 12:30.")
    ),
    "an answer only": row(Message.assistant("Which city do you mean?")),
    "words and two calls": row(
        Message.assistant("Both.", TOKYO, ZURICH),
        result("12:30"),
        result("04:30"),
        Message.assistant("12:30 and 04:30."),
    ),
    "two questions": row(
        Message.assistant("It is late."),
        Message(role="user", content="How late in 2024?"),
        Message.assistant("Very."),
    ),
}
