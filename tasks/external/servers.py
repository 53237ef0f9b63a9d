"""The way to a server, whatever it is: a process, an address, or a tool list in a file.

Where a tool may change something, or nobody is there to ask, its answer is simulated.
"""

import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from profiles import Server
from tasks.domain.errors import CallFailed
from tasks.domain.products import Offer, ToolResult, Toolset
from tasks.domain.prompting.results import failed
from tasks.domain.toolcalls import ToolCall
from tasks.domain.writing.simulation import simulate
from tasks.domain.writing.usable_tools import with_read_only, with_usable_tools
from tasks.external.storage import Storage
from tasks.external.tool_files import read_toolset
from tasks.external.workspace import located, prepare_workspace

# The MCP library takes most of a second to import, and a tool list in a file needs none of it.
if TYPE_CHECKING:
    from tasks.external.mcp_server import McpSession

Execute = Callable[[ToolCall], ToolResult]
CALL_SECONDS = 30.0
PATIENCE_SECONDS = 60.0
"""Calls that do nothing but fail may take so long together: what a server stands for may be down,
and each of some hundred calls would wait for it."""


def read_toolset_of(server: Server) -> Toolset:
    """The tools of a server or of a tool list that rows can be written for; notes say the others.

    Raises:
        ServerFailed: the server cannot be started, reached or understood.
        UnusableData: the tool list cannot be read, or ``include_tools`` names a tool that it lacks.
        UnusableTool: no tool can be used, or one that is included by name; any if ``strict``.
    """
    listed = _in_file(server) if server.tools_file else _on_server(server)
    return with_usable_tools(with_read_only(listed, server), server)


def _on_server(server: Server) -> Toolset:
    from tasks.external.mcp_server import inspect

    return inspect(server, workspace_of(server))


def _in_file(server: Server) -> Toolset:
    path = Path(server.tools_file)
    toolset = read_toolset(path, server.include_tools, strict=server.strict)
    return toolset.model_copy(update={"server": server.name})


def workspace_of(server: Server) -> Path | None:
    """The folder that the server works on, made when it is not there; None without one."""
    if server.workspace is None:
        return None
    return prepare_workspace(server, Storage().folder("workspaces") / server.name)


@contextmanager
def housed(server: Server, apart: bool) -> Iterator[Server]:
    """The spec; ``apart``: with a workspace in a fresh folder that is gone after the block.

    Raises:
        ServerFailed: a command of the workspace failed.
    """
    if not (apart and server.workspace):
        yield server
        return
    with tempfile.TemporaryDirectory(prefix="mcp-forge-") as folder:
        workspace = prepare_workspace(server, Path(folder, "workspace"))
        yield located(server, workspace).model_copy(update={"workspace": None})


def at_home(server: Server) -> Server:
    """The spec with its workspace's path in it."""
    return located(server, workspace_of(server))


def result_of(execute: Execute, call: ToolCall) -> tuple[ToolResult, bool]:
    """A call's result, and whether it came back; why it did not is a result that is an error."""
    try:
        return execute(call), True
    except CallFailed as error:
        return ToolResult(text=str(error), is_error=True), False


@dataclass(frozen=True)
class Caller:
    """Executes calls while data is written: read-only tools really, others are simulated."""

    toolset: Toolset
    seed: int
    live: "McpSession | None"
    """None where nobody is there to ask."""
    patience_seconds: float = PATIENCE_SECONDS
    failures: list[float] = field(default_factory=list)
    """Seconds of each call that has failed since one succeeded."""

    def __call__(self, call: ToolCall) -> ToolResult:
        """The answer to a call; CallFailed when the server gives none, or is not asked any more."""
        tool = self.toolset.tool(call.name)
        if self.live is not None and tool.read_only:
            return self._ask(self.live, call)
        return simulate(tool, call, self.seed)

    def _ask(self, live: "McpSession", call: ToolCall) -> ToolResult:
        if (seconds := sum(self.failures)) > self.patience_seconds:
            row = f"{len(self.failures)} in a row, {seconds:.0f} s"
            raise CallFailed(f"not asked any more: its calls only fail ({row})")
        start, succeeds = time.monotonic(), False
        try:
            result = live.call(call)
            succeeds = not failed(result)
            return result
        finally:
            if succeeds:
                self.failures.clear()
            else:
                self.failures.append(time.monotonic() - start)

    def offers(self) -> tuple[Offer, ...]:
        """The server's resources and prompts."""
        return self.live.offers() if self.live is not None else ()


@contextmanager
def executing_read_only(server: Server, toolset: Toolset, seed: int) -> Iterator[Caller]:
    """What executes calls while data is written: read-only tools really, others are simulated.

    Raises:
        ServerFailed: the server cannot be started.
    """
    with _live(server) as live:
        yield Caller(toolset, seed, live)


@contextmanager
def executing_with_stub(
    server: Server, toolset: Toolset, seed: int, call_timeout_seconds: float = CALL_SECONDS
) -> Iterator[Execute]:
    """A function that executes a model's calls: read-only tools on the server, others on a stub.

    The stub is an MCP server of its own, generated from the schemas, so that the whole loop is run.

    Raises:
        ServerFailed: a server cannot be started.
    """
    from tasks.external.mcp_server import connect
    from tasks.external.stub_server import stub

    with ExitStack() as stack:
        live = stack.enter_context(_live(server, call_timeout_seconds))
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="mcp-forge-")))
        tools_file = folder / "tools.json"
        tools_file.write_text(toolset.model_dump_json(), encoding="utf-8")
        stand_in = stack.enter_context(
            connect(stub(tools_file, seed), None, call_timeout_seconds=call_timeout_seconds)
        )
        names = {tool.name for tool in toolset.tools if tool.read_only}

        def execute(call: ToolCall) -> ToolResult:
            if live is not None and call.name in names:
                return live.call(call)
            return stand_in.call(call).model_copy(update={"simulated": True})

        yield execute


@contextmanager
def executing_all(
    server: Server, toolset: Toolset, seed: int, call_timeout_seconds: float = CALL_SECONDS
) -> Iterator[Execute]:
    """A function that executes every call on the server; without one, its result is simulated.

    Raises:
        ServerFailed: the server cannot be started.
    """
    with _live(server, call_timeout_seconds) as live:

        def execute(call: ToolCall) -> ToolResult:
            return live.call(call) if live else simulate(toolset.tool(call.name), call, seed)

        yield execute


def _live(
    server: Server, call_timeout_seconds: float = CALL_SECONDS
) -> "AbstractContextManager[McpSession | None]":
    """A connection; None where nobody is there to ask."""
    if server.tools_file:
        return nullcontext()
    from tasks.external.mcp_server import connect

    return connect(server, workspace_of(server), call_timeout_seconds=call_timeout_seconds)
