"""Start or reach one MCP server, list its tools and call them: plain functions over async code.

The event loop runs in a thread of its own, so that one session serves many calls.
"""

import json
import logging
import os
import re
import shutil
import sys
import tempfile
import time
import uuid
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import Future, wait
from contextlib import ExitStack, asynccontextmanager, contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TextIO

import anyio
import httpx2
import psutil
from anyio.abc import TaskStatus
from anyio.from_thread import BlockingPortal, start_blocking_portal
from mcp import Client, MCPError, StdioServerParameters, stdio_client
from mcp.client.streamable_http import streamable_http_client
from mcp.types import (
    CONNECTION_CLOSED,
    CallToolResult,
    ContentBlock,
    EmbeddedResource,
    JSONRPCResponse,
    ListToolsResult,
    ResourceLink,
    TextContent,
)
from pydantic import ValidationError

from profiles import Server
from tasks.domain.errors import CallFailed, ServerFailed, UnusableData, UnusableTool
from tasks.domain.products import ToolResult, Toolset
from tasks.domain.toolcalls import ToolCall
from tasks.domain.toollists import tool_from_value, toolset_from_value
from tasks.external.workspace import located

# They write a traceback for each line or body that is not a message; our errors quote it instead.
for _logger in ("mcp.client.stdio", "mcp.client.streamable_http"):
    logging.getLogger(_logger).setLevel(logging.CRITICAL)

_CLOSE_SECONDS = 10.0
_TAIL_LINES, _TAIL_CHARS = 5, 600
_MARK = "MCP_FORGE_SESSION"
_VARIABLE = re.compile(r"\$\{(\w+)\}")
_TOOL_KEYS = {"name", "title", "description", "inputSchema", "outputSchema", "annotations"}
# All that connecting, listing and calling were seen to raise; a group holds others beside them.
_FAULTS = (
    MCPError,
    OSError,
    TimeoutError,
    ValueError,
    RuntimeError,
    httpx2.HTTPError,
    httpx2.InvalidURL,
    ExceptionGroup,
)


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
    line = _Line(_ready(server, workspace))
    with ExitStack() as stack:
        stack.callback(line.end_strays)
        folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="mcp-forge-"))
        line.log = stack.enter_context(Path(folder, "stderr").open("w", encoding="utf-8"))
        portal = stack.enter_context(start_blocking_portal())
        session = McpSession(line, portal, start_timeout_seconds, call_timeout_seconds)
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
        self, line: "_Line", portal: BlockingPortal, start_seconds: float, call_seconds: float
    ) -> None:
        self._line = line
        self._portal = portal
        self._start_seconds = start_seconds
        self._call_seconds = call_seconds
        self._held: Future[None] | None = None

    def open(self) -> None:
        """Shake hands; ServerFailed when it does not work out in time."""
        deadline = time.monotonic() + self._start_seconds
        # Some servers die of the newer protocol's first question: ask again in the older one.
        for mode in ("auto", "legacy"):
            try:
                self._held, (self._client, self._closing) = self._portal.start_task(
                    self._hold, mode, deadline - time.monotonic()
                )
                return
            except _FAULTS as error:
                fault = _leaf(error)
                if not _is_closed(fault) or mode == "legacy":
                    reason = self._line.reason(fault, "to the handshake", self._start_seconds)
                    needed = "needed an MCP server"
                    raise ServerFailed(f"{reason}; {needed}{self._line.tail()}") from error
            self._line.restart_log()

    def close(self) -> None:
        """End the connection; what goes wrong in closing changes nothing any more."""
        if self._held is not None:
            self._portal.call(self._closing.set)
            wait([self._held])

    def toolset(self) -> Toolset:
        """List the tools, all pages, without those that ``include_tools`` leaves out.

        Raises:
            ServerFailed: no tools, no list, or ``include_tools`` names a tool that is not there.
            UnusableTool: a tool has no usable schema, or two have one name.
        """
        self._check_open()
        line, server = self._line, self._line.server
        line.unusable.clear()
        try:
            listed = self._portal.call(self._list)
        except _FAULTS as error:
            reason = line.reason(_leaf(error), "to tools/list", self._start_seconds)
            raise ServerFailed(f"{reason}; needed its tools{line.tail()}") from error
        known = [tool["name"] for tool in listed] + list(line.unusable)
        if not known:
            raise ServerFailed(f"{line.place}: lists no tools, needed at least one")
        wanted = server.include_tools or known
        if unknown := [name for name in wanted if name not in known]:
            raise ServerFailed(
                f"{line.place}: include_tools names {', '.join(map(repr, unknown))}, "
                f"the server has {', '.join(map(repr, known))}"
            )
        if faults := [fault for name, fault in line.unusable.items() if name in wanted]:
            raise UnusableTool(" / ".join(faults))
        kept = [tool for tool in listed if tool["name"] in wanted]
        info = self._client.server_info
        version = f"{info.name} {info.version}".strip() if info else ""
        return toolset_from_value({"version": version, "tools": kept}, line.place).model_copy(
            update={"server": server.name}
        )

    def call(self, call: ToolCall, timeout_seconds: float | None = None) -> ToolResult:
        """Call one tool; what the server reports as an error is a result with ``is_error``.

        Raises:
            CallFailed: no answer in time (the session stays usable), a server that is gone, or an
                answer that is no tool result.
        """
        self._check_open()
        line, seconds = self._line, timeout_seconds or self._call_seconds
        line.status = ""
        try:
            result: ToolResult = self._portal.call(self._call, call, seconds)
        except _FAULTS as error:
            fault = _leaf(error)
            # With HTTP 400 a server may refuse a call in its own words; others are the web's.
            spoken = not line.status or line.status.startswith("HTTP 400")
            if isinstance(fault, MCPError) and spoken and not _is_closed(fault):
                return ToolResult(text=fault.message, is_error=True)
            reason = line.reason(fault, f"to a call of {call.name!r}", seconds)
            raise CallFailed(f"{reason}; needed a tool result{line.tail()}") from error
        return result

    def _check_open(self) -> None:
        if self._held is None or self._held.done():
            raise CallFailed(f"{self._line.place}: the connection is closed, needed an open one")

    async def _hold(
        self,
        mode: str,
        seconds: float,
        *,
        task_status: TaskStatus[tuple[Client, anyio.Event]],
    ) -> None:
        """Own the connection in one task from start to end, as its cancel scopes demand."""
        with anyio.fail_after(seconds) as limit:
            async with Client(self._line.streams(), mode=mode, cache=None) as client:
                limit.deadline = float("inf")
                closing = anyio.Event()
                task_status.started((client, closing))
                await closing.wait()
                limit.deadline = anyio.current_time() + _CLOSE_SECONDS

    async def _list(self) -> list[dict[str, Any]]:
        listed: list[dict[str, Any]] = []
        seen: set[str] = set()
        cursor: str | None = None
        with anyio.fail_after(self._start_seconds):
            while True:
                page: ListToolsResult = await self._client.list_tools(cursor=cursor)
                # Only what the server set: a schema's own nulls stay.
                dumped = [tool.model_dump(by_alias=True, exclude_unset=True) for tool in page.tools]
                listed += dumped
                cursor = page.next_cursor
                if not cursor or cursor in seen:
                    return listed
                seen.add(cursor)

    async def _call(self, call: ToolCall, seconds: float) -> ToolResult:
        with anyio.fail_after(seconds):
            try:
                answer = await self._client.call_tool(call.name, call.arguments)
            except RuntimeError as error:
                if self._held is not None and self._held.done():
                    raise
                # The SDK checks results against the tool's output schema.
                return ToolResult(text=str(error).partition("\n")[0], is_error=True)
        return _result(answer)


class _Line:
    """The wire to one server: its transport, what was seen on it, and how its faults are told."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self.place = f"server {server.name!r}"
        self.log: TextIO
        self.mark = uuid.uuid4().hex
        self.unusable: dict[str, str] = {}
        """Faults of listed tools that were kept from the SDK, by tool."""
        self.junk = ""
        """The first thing on stdout that is no message."""
        self.status = ""
        """The last HTTP status that is an error."""

    @asynccontextmanager
    async def streams(self) -> AsyncIterator[tuple["_Inbox", Any]]:
        """The transport that the SDK's client runs on."""
        raw = self._http() if self.server.url else stdio_client(self._parameters(), self.log)
        async with raw as (inbox, outbox):
            yield _Inbox(inbox, self), outbox

    def _parameters(self) -> StdioServerParameters:
        program, *arguments = self.server.command
        return StdioServerParameters(
            command=program,
            args=arguments,
            env={**self.server.env, _MARK: self.mark},
            encoding_error_handler="replace",
        )

    @asynccontextmanager
    async def _http(self) -> AsyncIterator[tuple[Any, Any]]:
        host = httpx2.URL(self.server.url).host
        client = httpx2.AsyncClient(
            headers=self.server.headers,
            # Our own limits bound every answer; this one bounds the connection.
            timeout=httpx2.Timeout(None, connect=_CLOSE_SECONDS),
            event_hooks={"response": [self._note_status]},
            trust_env=not (host in ("localhost", "::1") or host.startswith("127.")),
        )
        async with client, streamable_http_client(self.server.url, http_client=client) as streams:
            yield streams

    async def _note_status(self, response: httpx2.Response) -> None:
        # The SDK drops the status.
        if response.request.method == "POST":
            code, phrase = response.status_code, response.reason_phrase
            self.status = f"HTTP {code} {phrase}".strip() if response.is_error else ""

    def reason(self, fault: BaseException, asked: str, seconds: float) -> str:
        """What went wrong, in words: one clause without a full stop."""
        match fault:
            case TimeoutError():
                found = f"no answer {asked} within {seconds:g} s"
            case MCPError() if _is_closed(fault):
                found = f"ended without an answer {asked}"
            case MCPError() if self.status:
                found = f"{_shown(self.server.url)} answered {self.status} {asked} ({fault})"
            case MCPError():
                found = f"answered {asked} with error {fault.code}: {fault.message}"
            case ValidationError():
                wrong = fault.errors()[0]
                where = ".".join(map(str, wrong["loc"]))
                found = f"its answer {asked} is not MCP: {where}: {wrong['msg']}"
            case httpx2.HTTPError():
                found = f"{_shown(self.server.url)} cannot be reached: {fault}"
            case OSError(strerror=str(text)):
                found = f"cannot be started: {self.server.command[0]!r}: {text}"
            case _:
                found = f"failed to answer {asked}: {fault}"
        return f"{self.place}: {' '.join(found.split())[:_TAIL_CHARS]}"

    def tail(self) -> str:
        """What the server itself said, to end a message with; empty when it said nothing."""
        with Path(self.log.name).open("rb") as log:
            size = log.seek(0, os.SEEK_END)
            log.seek(max(0, size - 10 * _TAIL_CHARS))
            text = log.read().decode("utf-8", "replace")
        lines = [" ".join(line.split()) for line in text.splitlines() if line.strip()]
        said = " | ".join(lines[-_TAIL_LINES:])[-_TAIL_CHARS:]
        junk = f"; its stdout has {self.junk!r}, which is no message" if self.junk else ""
        return f"{junk}; its stderr ends: {said}" if said else junk

    def restart_log(self) -> None:
        """Forget what a first, failed start said."""
        self.log.seek(0)
        self.log.truncate()

    def end_strays(self) -> None:
        """Kill what the server started and left: the SDK ends only what outlives its stdin."""
        for process in psutil.process_iter(["environ"]) if self.server.command else ():
            if (process.info["environ"] or {}).get(_MARK) == self.mark:
                with suppress(psutil.NoSuchProcess):
                    process.kill()


class _Inbox:
    """A server's messages on their way to the SDK.

    The SDK refuses a whole list for one tool without a usable schema: such tools are noted and
    taken out here.
    """

    def __init__(self, stream: Any, line: _Line) -> None:
        self._stream = stream
        self._line = line

    async def receive(self) -> Any:
        """The next message."""
        item = await self._stream.receive()
        if isinstance(item, ValidationError) and not self._line.junk:
            self._line.junk = str(item.errors()[0]["input"])[:80]
        message = getattr(item, "message", None)
        if isinstance(message, JSONRPCResponse) and isinstance(message.result.get("tools"), list):
            message.result["tools"] = self._usable(message.result["tools"])
        return item

    def _usable(self, tools: list[Any]) -> list[Any]:
        usable = []
        for number, tool in enumerate(tools, start=1):
            value = (
                {k: tool[k] for k in _TOOL_KEYS & tool.keys()} if isinstance(tool, dict) else tool
            )
            try:
                tool_from_value(value, f"{self._line.place}: tool {number}")
                usable.append(tool)
            except (UnusableTool, UnusableData) as fault:
                name = str(value.get("name", "")) if isinstance(value, dict) else ""
                self._line.unusable[name] = str(fault)
        return usable

    async def aclose(self) -> None:
        """Close the stream."""
        await self._stream.aclose()

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> Any:
        try:
            return await self.receive()
        except anyio.EndOfStream:
            raise StopAsyncIteration from None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self.aclose()


def _ready(server: Server, workspace: Path | None) -> Server:
    """The spec with the workspace's path and our environment's values filled in."""
    if server.tools_file:
        raise ServerFailed(
            f"server {server.name!r}: is a tool list in a file, needed one that runs"
        )
    placed = located(server, workspace)
    if any("{workspace}" in text for text in (*placed.command, *placed.env.values())):
        raise ServerFailed(f"server {server.name!r}: names {{workspace}}, needed a workspace")
    return placed.model_copy(
        update={
            "command": _program(placed),
            "env": {key: _expanded(text, server.name) for key, text in placed.env.items()},
            "headers": {key: _expanded(text, server.name) for key, text in placed.headers.items()},
        }
    )


def _program(server: Server) -> tuple[str, ...]:
    """The command with its program found: console scripts that are installed beside us first."""
    if not server.command:
        return ()
    program, *arguments = server.command
    own, theirs = Path(sys.executable).parent, server.env.get("PATH", os.environ.get("PATH", ""))
    found = shutil.which(program, path=f"{own}{os.pathsep}{theirs}")
    if found is None:
        raise ServerFailed(
            f"server {server.name!r}: no program {program!r} on PATH; needed an installed command"
        )
    return (found, *arguments)


def _expanded(text: str, name: str) -> str:
    for variable in _VARIABLE.findall(text):
        if variable not in os.environ:
            raise ServerFailed(
                f"server {name!r}: needed the environment variable {variable}, unset"
            )
    return _VARIABLE.sub(lambda match: os.environ[match[1]], text)


def _result(answer: CallToolResult) -> ToolResult:
    structured = answer.structured_content
    text = "\n".join(_text(content) for content in answer.content)
    if not text and structured is not None:
        text = json.dumps(structured, ensure_ascii=False)
    return ToolResult(
        text=text,
        is_error=answer.is_error,
        structured=structured if isinstance(structured, dict) else None,
    )


def _text(content: ContentBlock) -> str:
    match content:
        case TextContent():
            return content.text
        case ResourceLink():
            return f"[{content.type} {content.uri}]"
        case EmbeddedResource():
            return f"[{content.type} {content.resource.uri}]"
        case _:
            return f"[{content.type} {content.mime_type}]"


def _shown(url: str) -> str:
    """A URL without the parts that may hold a secret."""
    return str(httpx2.URL(url).copy_with(userinfo=b"", query=None, fragment=None))


def _is_closed(fault: BaseException) -> bool:
    """Whether the connection is gone; a server may send the same code in an answer of its own."""
    if not isinstance(fault, MCPError):
        return False
    return fault.code == CONNECTION_CLOSED and fault.message == "Connection closed"


def _leaf(error: BaseException) -> BaseException:
    """The first real fault inside nested exception groups; a fault of ours is raised as it is."""
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    if not isinstance(error, _FAULTS):
        raise error
    return error
