"""A real MCP server over stdio made from a tool list: it answers from schemas and harms nothing.

``python -P -m tasks.external.stub_server TOOLS.json [--seed N]``
"""

import argparse
import sys
from pathlib import Path
from typing import Any

import anyio
from mcp.server import Server, ServerRequestContext
from mcp.server.stdio import stdio_server
from mcp.types import (
    CallToolRequestParams,
    CallToolResult,
    ListToolsResult,
    PaginatedRequestParams,
    TextContent,
)

import profiles
from tasks.domain.products import ToolResult, Toolset
from tasks.domain.toolcalls import ToolCall
from tasks.domain.toollists import as_tools_list
from tasks.domain.writing.simulation import simulate
from tasks.external.tool_files import read_toolset

_MODULE = "tasks.external.stub_server"


def stub(toolset_path: Path, seed: int) -> profiles.Server:
    """The spec of a server that answers a tool list's calls with simulated results."""
    return profiles.Server(
        name=toolset_path.stem,
        description=f"a simulation of the tools in {toolset_path.name}",
        command=(
            sys.executable,
            "-P",
            "-m",
            _MODULE,
            str(toolset_path.resolve()),
            "--seed",
            str(seed),
        ),
        # The module is found wherever the server starts, installed or not.
        env={"PYTHONPATH": str(Path(__file__).parents[2])},
    )


def serve(toolset: Toolset, seed: int) -> None:
    """Answer on stdin and stdout until stdin closes."""
    listing = ListToolsResult.model_validate(as_tools_list(toolset))
    by_name = {tool.name: tool for tool in toolset.tools}

    async def list_tools(
        _: ServerRequestContext[Any], __: PaginatedRequestParams | None
    ) -> ListToolsResult:
        return listing

    async def call_tool(
        _: ServerRequestContext[Any], request: CallToolRequestParams
    ) -> CallToolResult:
        if request.name not in by_name:
            return _answer(ToolResult(text=f"unknown tool {request.name!r}", is_error=True))
        call = ToolCall(name=request.name, arguments=request.arguments or {})
        return _answer(simulate(by_name[request.name], call, seed))

    server = Server(
        toolset.server,
        version=toolset.version,
        on_list_tools=list_tools,
        on_call_tool=call_tool,
    )

    async def run() -> None:
        async with stdio_server() as (inbox, outbox):
            await server.run(inbox, outbox, server.create_initialization_options())

    anyio.run(run)


def _answer(result: ToolResult) -> CallToolResult:
    answer = CallToolResult(
        content=[TextContent(type="text", text=result.text)], is_error=result.is_error
    )
    if result.structured is not None:
        answer.structured_content = result.structured
    return answer


def main() -> None:
    """Read the arguments and serve."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("tools", type=Path)
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    serve(read_toolset(arguments.tools), arguments.seed)


if __name__ == "__main__":
    main()
