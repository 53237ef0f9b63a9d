"""Tool lists in files: what is read of them, and what is refused in one line."""

import gzip
import json
import os
import tracemalloc
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from profiles import ProfileError, Server, resolve_server
from tasks.domain.errors import UnusableData, UnusableTool
from tasks.external.servers import read_toolset_of
from tasks.external.tool_files import read_toolset

GOOD = {"name": "read_note", "inputSchema": {"type": "object"}}
ODD = {"name": "odd", "inputSchema": {"type": "object", "required": "city"}}


def written(folder: Path, text: str, name: str = "tools.json") -> Path:
    """A file with that text."""
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def listed(folder: Path, *tools: Any) -> Path:
    """A file with these tools."""
    return written(folder, json.dumps({"tools": tools}))


def test_tools_are_included_by_patterns_and_one_that_matches_may_be_unusable(
    tmp_path: Path,
) -> None:
    tools = [
        {"name": "issue_get", "inputSchema": {"type": "object"}},
        {"name": "issue_odd", "inputSchema": {"type": "array"}},
        {"name": "label_get", "inputSchema": {"type": "object"}},
    ]
    path = tmp_path / "issues.json"
    path.write_text(json.dumps(tools), encoding="utf-8")
    server = Server(name="issues", tools_file=str(path), include_tools=("issue_*",))
    toolset = read_toolset_of(server)
    assert [tool.name for tool in toolset.tools] == ["issue_get"]
    assert any("issue_odd" in note for note in toolset.notes)
    with pytest.raises(UnusableTool, match="issue_odd"):
        read_toolset_of(server.model_copy(update={"include_tools": ("issue_*", "issue_odd")}))
    with pytest.raises(UnusableData, match="'wiki_\\*', the list has 'issue_get'"):
        read_toolset_of(server.model_copy(update={"include_tools": ("wiki_*",)}))


def test_a_tool_that_is_not_included_is_not_looked_at(tmp_path: Path) -> None:
    path = listed(tmp_path, GOOD, ODD, {**GOOD, "name": "twice"}, {**GOOD, "name": "twice"})
    server = Server(name="notes", tools_file=str(path), include_tools=("read_note",))
    toolset = read_toolset_of(server)
    assert [tool.name for tool in toolset.tools] == ["read_note"]
    assert toolset.notes == ()


def test_a_tool_that_cannot_be_used_is_noted_or_refused(tmp_path: Path) -> None:
    server = Server(name="notes", tools_file=str(listed(tmp_path, GOOD, ODD)))
    (note,) = read_toolset_of(server).notes
    assert note.startswith("left out: tools: tool 2 'odd': not a valid JSON Schema: required: ")
    with pytest.raises(UnusableTool, match="tool 2 'odd'"):
        read_toolset_of(server.model_copy(update={"strict": True}))
    with pytest.raises(UnusableTool, match="tool 2 'odd'"):
        read_toolset_of(server.model_copy(update={"include_tools": ("odd",)}))


def test_a_name_that_the_list_lacks_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UnusableData, match="include_tools names 'none', the list has 'read_note'"):
        read_toolset(listed(tmp_path, GOOD), ["none"])


@pytest.mark.parametrize(
    ("text", "name", "said"),
    [
        ("[" * 100_000, "tools.json", "is not JSON: maximum recursion depth exceeded"),
        ("[" * 5_000, "tools.yaml", "is not YAML: it is nested too deep, or inside itself"),
        ('{"tools": [' + "9" * 5000 + "]}", "tools.json", "is not JSON: Exceeds the limit"),
        (
            "a: &a [x, x, x, x, x, x, x, x, x]\n"
            + "".join(
                f"{n}: &{n} [{', '.join([f'*{m}'] * 9)}]\n" for m, n in pairwise("abcdefghi")
            )
            + "tools: *i\n",
            "tools.yaml",
            "is not YAML: its aliases make more than 500000 values",
        ),
        ('{"tools": [], "tools": [{}]}', "tools.json", "is not JSON: the key 'tools' stands twice"),
        ("tools: []\ntools: 1\n", "tools.yaml", "is not YAML: the key 'tools' stands twice"),
        ("tools: [{on: 1}]\n", "tools.yaml", "is not YAML: the key 'on' is no text in YAML"),
    ],
    ids=["deep JSON", "deep YAML", "a long number", "aliases", "twice", "twice in YAML", "no text"],
)  # fmt: skip
def test_a_file_that_is_made_to_stop_its_reader_is_refused(
    tmp_path: Path, text: str, name: str, said: str
) -> None:
    path = written(tmp_path, text, name)
    with pytest.raises(UnusableData) as caught:
        read_toolset(path)
    assert str(caught.value).startswith(f"{path}: {said}")
    assert "\n" not in str(caught.value)


def test_a_large_file_is_not_even_opened(tmp_path: Path) -> None:
    path = tmp_path / "tools.json"
    path.touch()
    os.truncate(path, 100 << 20)
    with pytest.raises(UnusableData, match="100 MB, at most 8 are read"):
        read_toolset(path)


@pytest.mark.parametrize("kind", ["pipe", "device"])
def test_what_has_no_end_is_not_even_opened(kind: str, tmp_path: Path) -> None:
    path = tmp_path / "tools.json"
    if kind == "pipe":
        os.mkfifo(path)
    else:
        path.symlink_to("/dev/zero")
    with pytest.raises(UnusableData, match=r"tools\.json: is no file, needed a tool list"):
        read_toolset(path)


def test_a_packed_list_is_refused_by_its_kind(tmp_path: Path) -> None:
    (tmp_path / "tools.json").write_bytes(gzip.compress(b"{}"))
    with pytest.raises(UnusableData, match=r"tools\.json: is packed with gzip, needed text"):
        read_toolset(tmp_path / "tools.json")


def test_a_large_file_is_not_read_to_see_whether_it_is_a_clients(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MCP_FORGE_ALLOW_AD_HOC_SERVERS", "true")
    path = tmp_path / "tools.json"
    path.touch()
    os.truncate(path, 200 << 20)
    tracemalloc.start()
    resolve_server(str(path))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 100 << 20


def test_a_command_whose_last_word_is_a_file_is_a_command(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MCP_FORGE_ALLOW_AD_HOC_SERVERS", "true")
    command = ("python", "server.py", "openapi.json")
    assert resolve_server(" ".join(command)).command == command
    path = listed(tmp_path, GOOD)
    for name in ("tools.json", "my tools.json", "python tools.json"):
        there = path.rename(tmp_path / name)
        assert resolve_server(str(there)).tools_file == str(there)
        path = there
    assert resolve_server("missing.json").tools_file == "missing.json"
    with pytest.raises(ProfileError, match="is no command: No closing quotation"):
        resolve_server("npx 'server")


def test_a_strict_environment_makes_every_server_strict(monkeypatch: pytest.MonkeyPatch) -> None:
    assert not resolve_server("time").strict
    monkeypatch.setenv("MCP_FORGE_STRICT_TOOLS", "true")
    assert resolve_server("time").strict
