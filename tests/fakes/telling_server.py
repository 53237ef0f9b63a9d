"""A weather server that tells everybody the key that it was given, and dies of it with ``die``."""

import os
import sys

from mcp.types import ToolAnnotations

from tests.fakes.weather_server import server

KEY = os.environ["WEATHER_KEY"]


@server.tool(annotations=ToolAnnotations(read_only_hint=True))
def look_up_station(name: str) -> str:
    """Look up a weather station by its name."""
    return f"{name} is reached with {KEY}"


if __name__ == "__main__":
    sys.stderr.write(f"started with {KEY}\n")
    if sys.argv[1:] == ["die"]:
        sys.exit(f"no such key: {KEY}")
    server.run()
