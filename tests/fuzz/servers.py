"""What a server says: its list and its results, as they come off the wire."""

import json
from typing import Any

import anyio
from hypothesis import strategies as st
from mcp.shared.message import SessionMessage
from mcp.types import CallToolResult, JSONRPCResponse, ListToolsResult
from pydantic import ValidationError

from profiles import Server
from tasks.domain.errors import ForgeError
from tasks.domain.toollists import toolset_from_value
from tasks.external.mcp_wire import Inbox, Wire, tool_result
from tests.fuzz.mutation import ODD_TEXTS, VALUES, altered
from tests.fuzz.refusals import one_line
from tests.fuzz.tool_lists import tools

SERVER = Server(name="any", command=("any",))
KEYS = st.sampled_from(
    [
        *("name", "title", "description", "inputSchema", "outputSchema", "annotations", "icons"),
        *("readOnlyHint", "destructiveHint", "execution", "_meta", "type", "text", "data", "uri"),
        *("mimeType", "resource", "blob", "content", "structuredContent", "isError", "resultType"),
    ]
)
HINTS = {"readOnlyHint": True, "title": "A note"}
LISTED = altered(
    st.lists(tools().map(lambda tool: {"annotations": HINTS, **tool}), min_size=1, max_size=3),
    keys=KEYS,
)
PARTS = (
    {"type": "text", "text": "fine"},
    {"type": "image", "data": "AAAA", "mimeType": "image/png"},
    {"type": "audio", "data": "AAAA", "mimeType": "audio/wav"},
    {"type": "resource_link", "uri": "file:///x", "name": "x"},
    {"type": "resource", "resource": {"uri": "file:///x", "text": "inside"}},
    {"type": "resource", "resource": {"uri": "file:///x", "blob": "AAAA"}},
)
RESULTS = altered(
    st.fixed_dictionaries(
        {"content": st.lists(st.sampled_from(PARTS) | st.just(PARTS[0]), max_size=3)},
        optional={
            "structuredContent": st.dictionaries(st.sampled_from(ODD_TEXTS), VALUES, max_size=2),
            "isError": st.booleans(),
        },
    ),
    keys=KEYS,
)
ANSWERS = st.tuples(st.just("tools/list"), LISTED) | st.tuples(st.just("tools/call"), RESULTS)


def check(answer: tuple[str, Any]) -> str:
    """A list: what is passed on, the SDK takes whole. A result: text that can be kept, or none."""
    request, value = answer
    return _check_list(value) if request == "tools/list" else _check_result(value)


class _Once:
    """A stream of one message."""

    def __init__(self, message: Any) -> None:
        self._item = SessionMessage(message)

    async def receive(self) -> Any:
        return self._item


def _check_list(listed: Any) -> str:
    try:
        message = JSONRPCResponse(jsonrpc="2.0", id=1, result={"tools": listed})
    except ValidationError:
        return "list: no message"
    wire = Wire(SERVER, {})
    item = anyio.run(Inbox(_Once(message), wire).receive)
    assert not [fault for fault in wire.unusable.values() if "\n" in fault]
    if not isinstance(listed, list):
        return "list: no list"
    page = ListToolsResult.model_validate(item.message.result)  # one tool costs no other
    assert len(page.tools) + len(wire.unusable) <= len(listed)
    dumped = [tool.model_dump(by_alias=True, exclude_unset=True) for tool in page.tools]
    try:
        assert len(toolset_from_value({"tools": dumped}, "any").tools) == len(page.tools)
    except ForgeError as refusal:
        return one_line(refusal, "list: refused", "any")
    return "list: read"


def _check_result(value: Any) -> str:
    try:
        answer = CallToolResult.model_validate_json(json.dumps(value))
    except ValidationError:
        return "result: refused"
    result = tool_result(answer)
    result.model_dump_json().encode()
    return "result: read"
