"""The wire to one MCP server: its transport, what was seen on it, and how its faults are told."""

import json
import logging
import os
import shutil
import sys
import uuid
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TextIO

import anyio
import httpx2
import psutil
from mcp import MCPError, StdioServerParameters, stdio_client
from mcp.client.streamable_http import streamable_http_client
from mcp.types import (
    CONNECTION_CLOSED,
    CallToolResult,
    ContentBlock,
    EmbeddedResource,
    GetPromptResult,
    JSONRPCError,
    JSONRPCResponse,
    ReadResourceResult,
    ResourceLink,
    TextContent,
    TextResourceContents,
)
from pydantic import ValidationError

from profiles import VARIABLE, Server
from tasks.domain.errors import ServerFailed, UnusableData, UnusableTool
from tasks.domain.identifiers import name_words, singular
from tasks.domain.products import Offer, ToolResult
from tasks.domain.toollists import tool_from_value
from tasks.domain.untrusted.masking import masked
from tasks.domain.untrusted.printable import on_one_line
from tasks.external.mcp_limits import (
    ENCODING,
    MOST_CHARACTERS,
    MOST_UNASKED,
    TOO_LARGE,
    BoundedBody,
)
from tasks.external.workspace import located

# They write a traceback for each line, body or notice that is no message; our errors quote it.
for _logger in ("mcp.client.stdio", "mcp.client.streamable_http", "client"):
    logging.getLogger(_logger).setLevel(logging.CRITICAL)

CLOSE_SECONDS = 10.0
MOST_OFFERED = 20_000
"""Characters of one resource or prompt that are searched."""
_TAIL_LINES, _TAIL_CHARS = 5, 600
_MARK = "MCP_FORGE_SESSION"
_HINTS = ("readOnlyHint", "destructiveHint")
_TOOL_KEYS = {"name", "title", "description", "inputSchema", "outputSchema", "annotations"}
# All that connecting, listing and calling were seen to raise; a group holds others beside them.
FAULTS = (
    MCPError,
    OSError,
    TimeoutError,
    ValueError,
    RuntimeError,
    httpx2.HTTPError,
    httpx2.InvalidURL,
    ExceptionGroup,
)


class Wire:
    """The wire to one server: its transport, what was seen on it, and how its faults are told."""

    def __init__(self, server: Server, secrets: Mapping[str, str]) -> None:
        self.server = server
        self._secrets = secrets
        self.place = f"server {server.name!r}"
        self.log: TextIO
        self.mark = uuid.uuid4().hex
        self.unusable: dict[str, str] = {}
        """Faults of listed tools that were kept from the SDK, by tool."""
        self.outputs: dict[str, dict[str, Any]] = {}
        """Output schemas by tool, kept from the SDK too: it runs their patterns without a limit."""
        self.junk = ""
        """The first thing on stdout that is no message."""
        self.status = ""
        """The last HTTP status that is an error."""
        self.excess = ""
        """How the server sent more than any may."""

    @asynccontextmanager
    async def streams(self) -> AsyncIterator[tuple["Inbox", Any]]:
        """The transport that the SDK's client runs on."""
        raw = self._http() if self.server.url else stdio_client(self._parameters(), self.log)
        async with raw as (inbox, outbox):
            yield Inbox(inbox, self), outbox

    def _parameters(self) -> StdioServerParameters:
        program, *arguments = self.server.command
        return StdioServerParameters(
            command=program,
            args=arguments,
            cwd=self.server.folder or None,
            env={**self.server.env, _MARK: self.mark},
            encoding=ENCODING,
            encoding_error_handler="replace",
        )

    @asynccontextmanager
    async def _http(self) -> AsyncIterator[tuple[Any, Any]]:
        host = httpx2.URL(self.server.url).host
        client = httpx2.AsyncClient(
            headers={"Accept-Encoding": "identity", **self.server.headers},
            # Our own limits bound every answer; this one bounds the connection.
            timeout=httpx2.Timeout(None, connect=CLOSE_SECONDS),
            event_hooks={"response": [self._note_status, self._bound]},
            trust_env=not (host in ("localhost", "::1") or host.startswith("127.")),
        )
        transport = streamable_http_client(
            self.server.url, http_client=client, max_sse_event_size=MOST_CHARACTERS
        )
        async with client, transport as streams:
            yield streams

    async def _note_status(self, response: httpx2.Response) -> None:
        # The SDK drops the status.
        if response.request.method == "POST":
            code, phrase = response.status_code, response.reason_phrase
            self.status = f"HTTP {code} {phrase}".strip() if response.is_error else ""

    async def _bound(self, response: httpx2.Response) -> None:
        response.stream = BoundedBody(response, self.refuse)

    def refuse(self, why: str) -> None:
        """Note that the server sent what no server may send; the connection then ends."""
        self.excess = why

    def reason(self, fault: BaseException, request: str, seconds: float) -> str:
        """What went wrong, in words: one clause without a full stop."""
        excess = f"{self.excess}, no answer {request}" if self.excess else ""
        cause = excess or self._cause(fault, request, seconds)
        words = " ".join(self.without_secrets(cause).split())[:_TAIL_CHARS]
        return f"{self.place}: {on_one_line(words)}"

    def without_secrets(self, value: Any) -> Any:
        """Any JSON value without the keys that the server was given."""
        return masked(value, self._secrets)

    def _cause(self, fault: BaseException, request: str, seconds: float) -> str:
        match fault:
            case TimeoutError():
                return f"no answer {request} within {seconds:g} s"
            case MCPError() if is_closed(fault):
                return f"ended without an answer {request}"
            case MCPError() if self.status:
                return (
                    f"{_without_query(self.server.url)} answered {self.status} {request} ({fault})"
                )
            case MCPError():
                return f"answered {request} with error {fault.code}: {fault.message}"
            case ValidationError():
                wrong = fault.errors()[0]
                where = ".".join(map(str, wrong["loc"]))
                return f"its answer {request} is not MCP: {where}: {wrong['msg']}"
            case httpx2.HTTPError():
                return f"{_without_query(self.server.url)} cannot be reached: {fault}"
            case OSError(strerror=str(text)) if self.server.command:
                return f"cannot be started: {self.server.command[0]!r}: {text}"
            case _:
                return f"failed to answer {request}: {fault}"

    def tail(self) -> str:
        """What the server itself said, to end a message with; empty when it said nothing."""
        with Path(self.log.name).open("rb") as log:
            size = log.seek(0, os.SEEK_END)
            log.seek(max(0, size - 10 * _TAIL_CHARS))
            text = log.read().decode("utf-8", "replace")
        text = self.without_secrets(text)
        lines = [" ".join(line.split()) for line in text.splitlines() if line.strip()]
        ending = on_one_line(" | ".join(lines[-_TAIL_LINES:])[-_TAIL_CHARS:])
        junk = f"; its stdout has {self.junk!r}, which is no message" if self.junk else ""
        return f"{junk}; its stderr ends: {ending}" if ending else junk

    def way_to_install(self) -> str:
        """How the server is installed, for a person whose start failed; empty where not known."""
        install = self.server.install
        return f"; if it is not installed: {install}" if install else ""

    def forget(self) -> None:
        """Forget what was seen of a connection that is gone, before the next."""
        self.junk = self.status = self.excess = ""
        self.log.seek(0)
        self.log.truncate()

    def end_strays(self) -> None:
        """Kill what the server started and left: the SDK ends only what outlives its stdin."""
        for process in psutil.process_iter(["environ"]) if self.server.command else ():
            if (process.info["environ"] or {}).get(_MARK) == self.mark:
                with suppress(psutil.NoSuchProcess):
                    process.kill()


class Inbox:
    """A server's messages on their way to the SDK.

    The SDK refuses a whole list for one tool without a usable schema: such tools are noted and
    taken out here, and so are output schemas.
    """

    def __init__(self, stream: Any, wire: Wire) -> None:
        self._stream = stream
        self._wire = wire
        self._unasked = 0

    async def receive(self) -> Any:
        """The next message; the end where the server sends more than any may."""
        item = await self._stream.receive()
        message = getattr(item, "message", None)
        self._note(item, isinstance(message, JSONRPCResponse | JSONRPCError))
        if self._wire.excess:
            raise anyio.EndOfStream
        if isinstance(message, JSONRPCResponse):
            message.result = self._wire.without_secrets(message.result)
        if isinstance(message, JSONRPCResponse) and isinstance(message.result.get("tools"), list):
            message.result["tools"] = self._usable(message.result["tools"])
        return item

    def _note(self, item: Any, is_answer: bool) -> None:
        self._unasked = 0 if is_answer else self._unasked + 1
        if self._unasked > MOST_UNASKED:
            self._wire.refuse(f"sent {MOST_UNASKED} messages that nobody asked for")
        if isinstance(item, ValidationError):
            junk = str(item.errors()[0]["input"])
            if len(junk) >= MOST_CHARACTERS:
                self._wire.refuse(TOO_LARGE)
            else:
                self._wire.junk = self._wire.junk or self._wire.without_secrets(junk)[:80]

    def _usable(self, tools: list[Any]) -> list[Any]:
        usable = []
        for number, tool in enumerate(tools, start=1):
            value = (
                {k: tool[k] for k in _TOOL_KEYS & tool.keys()} if isinstance(tool, dict) else tool
            )
            try:
                parsed = tool_from_value(value, f"{self._wire.place}: tool {number}")
                extras = {key: tool[key] for key in tool if key == "outputSchema"}
                self._wire.outputs[parsed.name] = extras
                usable.append(_for_the_sdk(value))
            except (UnusableTool, UnusableData) as fault:
                name = str(value.get("name", "")) if isinstance(value, dict) else ""
                self._wire.unusable[name] = str(fault)
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


def _for_the_sdk(tool: dict[str, Any]) -> dict[str, Any]:
    """What the SDK reads of a tool: in what we do not use, one fault would cost the whole list."""
    annotations = tool.get("annotations")
    hints = annotations if isinstance(annotations, dict) else {}
    usable = {key: hint for key, hint in hints.items() if key in _HINTS and isinstance(hint, bool)}
    if isinstance(hints.get("title"), str):
        usable["title"] = hints["title"]
    body = {key: part for key, part in tool.items() if key not in ("outputSchema", "annotations")}
    return {**body, "annotations": usable} if usable else body


def ready(server: Server, workspace: Path | None) -> Server:
    """The spec with the workspace's path and our environment's values filled in."""
    if server.tools_file:
        raise ServerFailed(
            f"server {server.name!r}: is a tool list in a file, needed one that runs"
        )
    placed = located(server, workspace)
    if any(
        "{workspace}" in text for text in (*placed.command, placed.folder, *placed.env.values())
    ):
        raise ServerFailed(f"server {server.name!r}: names {{workspace}}, needed a workspace")
    return placed.model_copy(
        update={
            "command": _program(placed),
            "env": {key: _expanded(text, server.name) for key, text in placed.env.items()},
            "headers": {key: _expanded(text, server.name) for key, text in placed.headers.items()},
            "url": _expanded(placed.url, server.name),
        }
    )


def _program(server: Server) -> tuple[str, ...]:
    """The command with its program found: console scripts that are installed beside us first."""
    if not server.command:
        return ()
    program, *arguments = server.command
    own, theirs = Path(sys.executable).parent, server.env.get("PATH", os.environ.get("PATH", ""))
    program_path = shutil.which(program, path=f"{own}{os.pathsep}{theirs}")
    if program_path is None:
        raise ServerFailed(
            f"server {server.name!r}: no program {program!r} on PATH; "
            + (f"install it: {server.install}" if server.install else "needed an installed command")
        )
    return (program_path, *arguments)


def _expanded(text: str, name: str) -> str:
    for variable in VARIABLE.findall(text):
        if variable not in os.environ:
            raise ServerFailed(
                f"server {name!r}: needed the environment variable {variable}, unset"
            )
    return VARIABLE.sub(lambda match: os.environ[match[1]], text)


def tool_result(answer: CallToolResult) -> ToolResult:
    structured = answer.structured_content
    text = "\n".join(_text(content) for content in answer.content)
    if not text and structured is not None:
        text = json.dumps(structured, ensure_ascii=False)
    return ToolResult(
        text=text,
        is_error=answer.is_error,
        structured=structured if isinstance(structured, dict) else None,
    )


def offer(name: str, answer: ReadResourceResult | GetPromptResult | None, uri: str = "") -> Offer:
    """A resource or prompt as text; its binary parts are left out."""
    texts: list[str] = []
    if isinstance(answer, ReadResourceResult):
        texts = [part.text for part in answer.contents if isinstance(part, TextResourceContents)]
    elif answer is not None:
        texts = [_text(message.content) for message in answer.messages]
    about = tuple(singular(word) for word in name_words(name))
    return Offer(about=about, text="\n".join(texts)[:MOST_OFFERED], uri=uri)


def _text(content: ContentBlock) -> str:
    match content:
        case TextContent():
            return content.text
        case ResourceLink():
            return f"[{content.type} {content.uri}]"
        case EmbeddedResource(resource=TextResourceContents(text=text)):
            return text  # a file's content, which the tool was called for
        case EmbeddedResource():
            return f"[{content.type} {content.resource.uri}]"
        case _:
            return f"[{content.type} {content.mime_type}]"


def _without_query(url: str) -> str:
    """A URL without the parts that may hold a secret."""
    return str(httpx2.URL(url).copy_with(userinfo=b"", query=None, fragment=None))


def is_closed(fault: BaseException) -> bool:
    """Whether the connection is gone; a server may send the same code in an answer of its own."""
    if not isinstance(fault, MCPError):
        return False
    return fault.code == CONNECTION_CLOSED and fault.message == "Connection closed"


def leaf(error: BaseException) -> BaseException:
    """The first real fault inside nested exception groups; a fault of ours is raised as it is."""
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    if not isinstance(error, FAULTS):
        raise error
    return error
