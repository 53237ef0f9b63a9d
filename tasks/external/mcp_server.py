"""Start or reach one MCP server, list its tools and call them: plain functions over async code.

The event loop runs in a thread of its own, so that one session serves many calls.
"""

import os
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator
from concurrent.futures import Future, wait
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import anyio
from anyio.abc import TaskStatus
from anyio.from_thread import BlockingPortal, start_blocking_portal
from mcp import Client, MCPError
from mcp.types import ListToolsResult

from profiles import Server
from tasks.domain.errors import CallFailed, ServerFailed, UnusableTool
from tasks.domain.products import Offer, ToolResult, Toolset
from tasks.domain.schemas.validation import faults_of, validator
from tasks.domain.toolcalls import ToolCall
from tasks.domain.toollists import MOST_NAMED, MOST_TOOLS, is_included, misnamed, toolset_from_value
from tasks.domain.untrusted.masking import secrets_in
from tasks.external.mcp_limits import MOST_PAGES
from tasks.external.mcp_wire import (
    CLOSE_SECONDS,
    FAULTS,
    Wire,
    is_closed,
    leaf,
    offer,
    ready,
    tool_result,
)

MOST_OFFERS = 20
"""Resources, and prompts, that are read of a server."""
_MOST_LISTED = 10 * MOST_TOOLS
"""Tools of all pages, before ``include_tools`` chooses among them."""


@contextmanager
def connect(
    server: Server,
    workspace: Path | None = None,
    start_timeout_seconds: float = 60,
    call_timeout_seconds: float = 30,
) -> Iterator["McpSession"]:
    """Start a stdio server or reach an HTTP one; it is closed, and its processes ended, after.

    ``start_timeout_seconds`` bounds connecting, and listing the tools, each as a whole.

    Raises:
        ServerFailed: it cannot be started or reached, does not speak MCP or is too slow.
    """
    prepared_server = ready(server, workspace)  # which says what is unset
    wire = Wire(prepared_server, secrets_in({name: os.environ[name] for name in server.variables}))
    with ExitStack() as stack:
        stack.callback(wire.end_strays)
        folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="mcp-forge-"))
        wire.log = stack.enter_context(Path(folder, "stderr").open("w", encoding="utf-8"))
        portal = stack.enter_context(start_blocking_portal())
        session = McpSession(wire, portal, start_timeout_seconds, call_timeout_seconds)
        stack.callback(session.close)
        session.open()
        yield session


def inspect(server: Server, workspace: Path | None = None) -> Toolset:
    """Connect, list the tools, close.

    Raises:
        ServerFailed: as ``connect`` and ``McpSession.toolset``.
        UnusableTool: as ``McpSession.toolset``.
    """
    with connect(server, workspace) as session:
        return session.toolset()


class McpSession:
    """One open connection; made by ``connect``."""

    def __init__(
        self, wire: Wire, portal: BlockingPortal, start_seconds: float, call_seconds: float
    ) -> None:
        self._wire = wire
        self._portal = portal
        self._start_seconds = start_seconds
        self._call_seconds = call_seconds
        self._connection: Future[None] | None = None
        self._is_gone = False

    def open(self) -> None:
        """Shake hands; ServerFailed when it does not work out in time."""
        deadline = time.monotonic() + self._start_seconds
        # Some servers die of the newer protocol's first question: ask again in the older one.
        for mode in ("auto", "legacy"):
            try:
                self._connection, (self._client, self._closing) = self._portal.start_task(
                    self._hold, mode, deadline - time.monotonic()
                )
                return
            except FAULTS as error:
                fault = leaf(error)
                if not is_closed(fault) or mode == "legacy" or self._wire.excess:
                    reason = self._wire.reason(fault, "to the handshake", self._start_seconds)
                    tail = self._wire.tail() + self._wire.way_to_install()
                    raise ServerFailed(f"{reason}; needed an MCP server{tail}") from error
            self._wire.forget()

    def close(self) -> None:
        """End the connection; what goes wrong in closing changes nothing any more."""
        if self._connection is not None:
            self._portal.call(self._closing.set)
            wait([self._connection])

    def toolset(self) -> Toolset:
        """List the tools, all pages, without those that ``include_tools`` leaves out.

        Raises:
            ServerFailed: no tools, no list, or ``include_tools`` names a tool that is not there.
            UnusableTool: a tool has no usable schema, or two have one name.
        """
        self._check_open()
        wire, server = self._wire, self._wire.server
        wire.unusable.clear()
        try:
            tools = self._portal.call(self._list)
        except FAULTS as error:
            reason = wire.reason(leaf(error), "to tools/list", self._start_seconds)
            raise ServerFailed(f"{reason}; needed its tools{wire.tail()}") from error
        listed_names = [tool["name"] for tool in tools] + list(wire.unusable)
        if not listed_names:
            raise ServerFailed(f"{wire.place}: lists no tools, needed at least one")
        include = server.include_tools
        if fault := misnamed(include, listed_names, "server"):
            raise ServerFailed(f"{wire.place}: {fault}")
        faults = {
            name: fault for name, fault in wire.unusable.items() if is_included(name, include)
        }
        included = [tool for tool in tools if is_included(tool["name"], include)]
        is_wanted = server.strict or any(name in include for name in faults)
        if faults and (is_wanted or not included):
            raise UnusableTool(" / ".join(list(faults.values())[:MOST_NAMED]))
        info = self._client.server_info
        version = f"{info.name} {info.version}".strip() if info else ""
        return toolset_from_value({"version": version, "tools": included}, wire.place).model_copy(
            update={
                "server": server.name,
                "notes": tuple(f"left out: {fault}" for fault in faults.values()),
            }
        )

    def offers(self) -> tuple[Offer, ...]:
        """Resources and prompts that need no argument, as text; what cannot be read is left out.

        At most ``MOST_OFFERS`` of each, all within the time that listing the tools may take.
        """
        self._check_open()
        collected: list[Offer] = []
        try:
            self._portal.call(self._read_offers, collected)
        except FAULTS as error:
            leaf(error)  # raises a fault of ours; a server may break off what it offers
        return tuple(collected)

    def call(self, call: ToolCall) -> ToolResult:
        """Call one tool; what the server reports as an error is a result with ``is_error``.

        A server that is gone since an earlier call is started, or reached, again.

        Raises:
            CallFailed: no answer in time (the session stays usable), a server that is gone, or an
                answer that is no tool result.
            ServerFailed: it does not come up again.
        """
        if self._is_gone:
            self._open_again()
        self._check_open()
        wire, seconds = self._wire, self._call_seconds
        wire.status = ""
        try:
            result: ToolResult = self._portal.call(self._call, call, seconds)
        except FAULTS as error:
            fault = leaf(error)
            # With HTTP 400 a server may refuse a call in its own words; others are the web's.
            is_answered = not wire.excess and (
                not wire.status or wire.status.startswith("HTTP 400")
            )
            if isinstance(fault, MCPError) and is_answered and not is_closed(fault):
                return ToolResult(text=wire.without_secrets(fault.message), is_error=True)
            self._is_gone = is_closed(fault) or bool(wire.excess)
            reason = wire.reason(fault, f"to a call of {call.name!r}", seconds)
            raise CallFailed(f"{reason}; needed a tool result{wire.tail()}") from error
        return result

    def _open_again(self) -> None:
        self.close()
        self._wire.forget()
        self.open()
        self._is_gone = False

    def _check_open(self) -> None:
        if self._connection is None or self._connection.done():
            raise CallFailed(f"{self._wire.place}: the connection is closed, needed an open one")

    async def _hold(
        self,
        mode: str,
        seconds: float,
        *,
        task_status: TaskStatus[tuple[Client, anyio.Event]],
    ) -> None:
        """Own the connection in one task from start to end, as its cancel scopes demand."""
        with anyio.fail_after(seconds) as limit:
            async with Client(self._wire.streams(), mode=mode, cache=None) as client:
                limit.deadline = float("inf")
                closing = anyio.Event()
                task_status.started((client, closing))
                await closing.wait()
                limit.deadline = anyio.current_time() + CLOSE_SECONDS

    async def _list(self) -> list[dict[str, Any]]:
        tools: list[dict[str, Any]] = []
        cursors: set[str] = set()
        cursor: str | None = None
        with anyio.fail_after(self._start_seconds):
            for _ in range(MOST_PAGES):
                page: ListToolsResult = await self._client.list_tools(cursor=cursor)
                # Only what the server set: a schema's own nulls stay.
                dumped = [tool.model_dump(by_alias=True, exclude_unset=True) for tool in page.tools]
                tools += [{**tool, **self._wire.outputs.get(tool["name"], {})} for tool in dumped]
                if len(tools) > _MOST_LISTED:
                    raise ValueError(f"more than {_MOST_LISTED} tools")
                cursor = page.next_cursor
                if not cursor or cursor in cursors:
                    return tools
                cursors.add(cursor)
        raise ServerFailed(
            f"{self._wire.place}: lists its tools on more than {MOST_PAGES} pages, needed them all"
        )

    async def _read_offers(self, offers: list[Offer]) -> None:
        can = self._client.server_capabilities
        with anyio.move_on_after(self._start_seconds):
            if can.resources is not None:
                for resource in (await self._client.list_resources()).resources[:MOST_OFFERS]:
                    texts = await self._tried(self._client.read_resource, str(resource.uri))
                    offers.append(offer(resource.name, texts, str(resource.uri)))
            if can.prompts is not None:
                for prompt in (await self._client.list_prompts()).prompts[:MOST_OFFERS]:
                    if not any(argument.required for argument in prompt.arguments or ()):
                        texts = await self._tried(self._client.get_prompt, prompt.name)
                        offers.append(offer(prompt.name, texts))

    async def _tried(self, ask: Callable[[str], Awaitable[Any]], name: str) -> Any:
        """What the server says; None where it refuses this one."""
        try:
            return await ask(name)
        except MCPError as error:
            if is_closed(error):
                raise
            return None

    async def _call(self, call: ToolCall, seconds: float) -> ToolResult:
        with anyio.fail_after(seconds):
            answer = await self._client.call_tool(call.name, call.arguments)
        result = tool_result(answer)
        fault = "" if result.is_error else self._fault(call.name, result)
        return ToolResult(text=f"{call.name}: {fault}", is_error=True) if fault else result

    def _fault(self, tool: str, result: ToolResult) -> str:
        """What is wrong with a result, by the tool's output schema; empty when nothing is."""
        schema = self._wire.outputs.get(tool, {}).get("outputSchema")
        if schema is None:
            return ""
        if result.structured is None:
            return "has an output schema but did not return structured content"
        try:
            return next(faults_of(result.structured, validator(schema)), "")
        except UnusableTool:
            return ""  # then nobody can say
