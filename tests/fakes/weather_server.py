"""An honest weather server: over stdio, or with ``http`` on a free port that it prints."""

import socket
import sys
from typing import Annotated

import uvicorn
from mcp.server.mcpserver import MCPServer
from mcp.server.mcpserver.exceptions import ToolError
from mcp.types import ToolAnnotations
from pydantic import Field

server = MCPServer("weather", version="1.0")


@server.tool(annotations=ToolAnnotations(read_only_hint=True))
def forecast(city: Annotated[str, Field(description="The name of the city")], days: int = 1) -> str:
    """The weather of a city in the next days."""
    if city == "Nowhere":
        raise ToolError("no city 'Nowhere'")
    return f"{city}: sunny for {days} days"


@server.tool()
def report_storm(city: str) -> str:
    """Report a storm over a city."""
    return f"thank you, {city}"


if __name__ == "__main__":
    if sys.argv[1:] == ["http"]:
        listener = socket.create_server(("127.0.0.1", 0))
        sys.stdout.write(f"{listener.getsockname()[1]}\n")
        sys.stdout.flush()
        config = uvicorn.Config(server.streamable_http_app(), log_level="error")
        uvicorn.Server(config).run(sockets=[listener])
    else:
        server.run()
