"""Hand-written test prompts: what they expect is what their server accepts."""

import os
from pathlib import Path
from typing import Any

import pytest

import profiles
from profiles import Server
from tasks.domain.products import Toolset
from tasks.domain.toolcalls import ToolCall, faults
from tasks.domain.toollists import functions
from tasks.external.mcp_server import inspect
from tasks.external.tool_files import read_toolset
from tasks.external.workspace import prepare_workspace

# What servers list that a test cannot start: it fetches no packages.
TOOLLISTS = Path(__file__).parent / "fakes" / "toollists"
FILESYSTEM_TOOLS = TOOLLISTS / "filesystem.json"
# Calls and prompts without one, at least.
SIZES = {
    "context7": (46, 36),
    "desktop-commander": (64, 36),
    "excel": (58, 36),
    "fetch": (48, 36),
    "filesystem": (60, 30),
    "git": (100, 60),
    "memory": (52, 36),
    "playwright": (64, 36),
    "powerpoint": (55, 37),
    "redis": (120, 40),
    "sqlite": (51, 34),
    "time": (100, 60),
    "wikipedia": (58, 35),
    "word": (63, 36),
}


def toolset_of(server: Server, folder: Path) -> Toolset:
    """The tools that a registered server lists."""
    file = TOOLLISTS / f"{server.name}.json"
    if file.exists():
        return read_toolset(file, server.include_tools)
    return inspect(server, prepare_workspace(server, folder / server.name))


def calls(server: Server) -> list[dict[str, Any]]:
    """The calls that a server's hand-written test prompts expect."""
    return [prompt.call for prompt in server.test_prompts if prompt.call]


def test_every_registered_server_with_prompts_is_checked_here() -> None:
    assert {name for name in profiles.servers() if profiles.load_server(name).prompts} == set(SIZES)


@pytest.mark.parametrize("name", SIZES)
def test_every_expected_call_is_valid_and_every_tool_is_asked_for(
    name: str, tmp_path: Path
) -> None:
    server = profiles.load_server(name)
    tools = functions(toolset_of(server, tmp_path))
    found = [(call, faults(ToolCall.model_validate(call), tools)) for call in calls(server)]
    assert [(call, wrong) for call, wrong in found if wrong] == []
    known = {tool["function"]["name"] for tool in tools}
    assert {call["name"] for call in calls(server)} == set(server.include_tools or known)


@pytest.mark.parametrize("name", SIZES)
def test_there_are_enough_prompts_and_none_twice(name: str) -> None:
    prompts = profiles.load_server(name).test_prompts
    asked, (calls_needed, others_needed) = [one for one in prompts if one.call], SIZES[name]
    assert len(asked) >= calls_needed
    assert len(prompts) - len(asked) >= others_needed
    texts = [" ".join(prompt.prompt.lower().split()) for prompt in prompts]
    assert len(set(texts)) == len(texts)


def test_files_that_are_to_be_read_are_in_the_filesystem_workspace(tmp_path: Path) -> None:
    server = profiles.load_server("filesystem")
    folder = prepare_workspace(server, tmp_path / "desk")
    assert folder is not None
    reading = {tool.name for tool in read_toolset(FILESYSTEM_TOOLS).tools if tool.read_only}
    changing = {"edit_file": "path", "move_file": "source"}
    wanted = [
        path
        for call in calls(server)
        if call["name"] in reading | set(changing)
        for path in call["arguments"].get(
            "paths", [call["arguments"].get(changing.get(call["name"], "path"), os.curdir)]
        )
    ]
    assert len(wanted) > 40
    assert [path for path in wanted if not (folder / path).exists()] == []
