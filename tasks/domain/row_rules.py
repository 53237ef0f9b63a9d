"""What may be wrong with one row by itself: its calls, their order, its end."""

from collections.abc import Callable

from tasks.domain.conversations import Row
from tasks.domain.toolcalls import CLOSE, OPEN, ToolCall, faults

RowRule = Callable[[Row], str]
"""What is wrong with a row, or an empty text."""


def decodable(row: Row) -> list[ToolCall]:
    """The calls of a row whose arguments are JSON objects."""
    return [call for call, fault in _decoded(row) if call is not None and not fault]


def _decoded(row: Row) -> list[tuple[ToolCall | None, str]]:
    calls: list[tuple[ToolCall | None, str]] = []
    for message in row.messages:
        for call in message.tool_calls:
            try:
                calls.append((call.decoded(), ""))
            except ValueError:
                calls.append((None, f"{call.function.name}: {call.function.arguments}"))
    return calls


def malformed_call(row: Row) -> str:
    """Arguments that are not a JSON object, or a call that is written into the text."""
    for call, fault in _decoded(row):
        if call is None:
            return f"arguments are not a JSON object: {fault}"
    texts = [message.content for message in row.messages if message.role == "assistant"]
    if any(OPEN in text or CLOSE in text for text in texts):
        return f"{OPEN} stands in the text instead of in tool_calls"
    return ""


def unknown_tool(row: Row) -> str:
    """A call of a tool that the row does not offer."""
    known = {tool["function"]["name"] for tool in row.tools}
    unknown = [call.name for call in decodable(row) if call.name not in known]
    return f"calls {unknown[0]!r}, which is not among its tools" if unknown else ""


def unfit_arguments(row: Row) -> str:
    """Arguments that the tool's schema (Draft 2020-12, formats checked) does not accept."""
    known = {tool["function"]["name"] for tool in row.tools}
    found = [faults(call, row.tools) for call in decodable(row) if call.name in known]
    return next((fault for each in found for fault in each), "")


def other_tool_than_named(row: Row) -> str:
    """``tool`` names the first call; None says that the first answer makes no call."""
    called = [call.function.name for message in row.messages for call in message.tool_calls]
    if row.tool is not None:
        first = called[0] if called else "nothing"
        return "" if first == row.tool else f"says tool {row.tool!r} and calls {first!r}"
    answer = next((m for m in row.messages if m.role == "assistant"), None)
    calls = answer.tool_calls if answer else ()
    return f"says that no tool is called and calls {calls[0].function.name!r}" if calls else ""


def unanswered_call(row: Row) -> str:
    """Every call is followed by its result, unless the row ends with the call; no other result."""
    waiting = 0
    for number, message in enumerate(row.messages, start=1):
        if message.role == "tool":
            if not waiting:
                return f"message {number} is a tool's result without a call"
            waiting -= 1
        elif waiting:
            return f"message {number} comes where the result of a call is due"
        waiting += len(message.tool_calls)
    at_end = len(row.messages[-1].tool_calls)
    return "" if waiting == at_end else "ends before all results of its calls"


def unfinished(row: Row) -> str:
    """The last turn is the assistant's and says or calls something."""
    last = row.messages[-1]
    if last.role != "assistant":
        return f"ends with the {last.role}'s turn"
    return "" if last.content.strip() or last.tool_calls else "ends with an empty answer"
