"""Rows of the shapes that a chat template has to render."""

from tasks.domain.conversations import SYSTEM_PROMPT, Message, MessageCall, Row
from tasks.domain.toolcalls import ToolCall
from tasks.domain.toollists import functions
from tests.fakes.toolsets import CLOCKS

TOOLS = functions(CLOCKS)
TOKYO = ToolCall(name="get_current_time", arguments={"timezone": "Asia/Tokyo"})
ZURICH = ToolCall(name="get_current_time", arguments={"timezone": "Zürich «old»"})


def row(*turns: Message) -> Row:
    start = (
        Message(role="system", content=SYSTEM_PROMPT),
        Message(role="user", content="What time?"),
    )
    return Row(scenario="standard", messages=(*start, *turns), tools=TOOLS)


def reply(text: str, *calls: ToolCall) -> Message:
    return Message(
        role="assistant", content=text, tool_calls=tuple(MessageCall.of(call) for call in calls)
    )


def result(text: str) -> Message:
    return Message(role="tool", content=text)


ROWS = {
    "a call, its result, an answer": row(reply("", TOKYO), result("12:30"), reply("It is 12:30.")),
    "an answer only": row(reply("Which city do you mean?")),
    "words and two calls": row(
        reply("Both.", TOKYO, ZURICH), result("12:30"), result("04:30"), reply("12:30 and 04:30.")
    ),
    "two questions": row(
        reply("It is late."), Message(role="user", content="How late in 2024?"), reply("Very.")
    ),
}
