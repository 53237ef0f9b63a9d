"""The MCP servers of a run: small real ones, of which a seeded share fails."""

import json
import random
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.fakes.toolsets import CLOCKS
from tests.fakes.unsteady_server import FAULTS

PROGRAM = Path(__file__).parents[2] / "tests" / "fakes" / "unsteady_server.py"
FAILING_SHARE = 0.4
CALL_SECONDS = 20
"""How long a forge waits for a call's answer while it validates."""


@dataclass(frozen=True)
class Unsteady:
    """One server."""

    name: str
    fault: str
    tools_file: Path

    @property
    def command(self) -> list[str]:
        """How it is started; its tools' file in it is how its processes are known."""
        return [sys.executable, str(PROGRAM), str(self.tools_file), self.fault, self.name]

    @property
    def profile(self) -> str:
        """Its file in a folder of profiles."""
        return (
            f'command = {json.dumps(self.command)}\n[deployment]\nmodel = "tiny"\nactive = false\n'
        )

    def write_tools(self, change: int = 0) -> None:
        """Write its list of tools; another number is another list."""
        text = json.dumps(_tools(self.name, change))
        draft = self.tools_file.with_suffix(".draft")
        draft.write_text(text, encoding="utf-8")
        draft.replace(self.tools_file)  # a server that reads meanwhile reads a whole list


def make_servers(folder: Path, count: int, seed: int) -> list[Unsteady]:
    """``count`` servers, a share of them with a fault; the first has none."""
    chance = random.Random(seed)
    faults = ["none"] + [
        chance.choice(FAULTS[1:]) if chance.random() < FAILING_SHARE else "none"
        for _ in range(count - 1)
    ]
    folder.mkdir(parents=True)
    servers = [
        Unsteady(f"unsteady-{number:03}", fault, folder / f"{number:03}.json")
        for number, fault in enumerate(faults)
    ]
    for server in servers:
        server.write_tools()
    return servers


def _tools(name: str, change: int) -> list[dict[str, Any]]:
    """The tools of a clock; the description says whose and which edition."""
    return [
        {
            "name": tool.name,
            "description": f"{tool.description} (clock {name}, edition {change})",
            "inputSchema": tool.input_schema,
            "annotations": {"readOnlyHint": True},
        }
        for tool in CLOCKS.tools
    ]
