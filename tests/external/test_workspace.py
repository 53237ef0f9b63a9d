"""The folder that a server works on, made with real git."""

import sqlite3
import subprocess
import zipfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from profiles import Server, Workspace, load_server
from tasks.domain.errors import ServerFailed
from tasks.domain.toolcalls import ToolCall
from tasks.external.mcp_server import connect
from tasks.external.workspace import located, prepare_workspace


def server(*commands: tuple[str, ...], **files: str) -> Server:
    """A server whose workspace is made of these files and commands."""
    return Server(
        name="notes", command=("notes",), workspace=Workspace(files=files, commands=commands)
    )


def git(folder: Path, *arguments: str) -> str:
    """What git says in a folder."""
    command = ["git", *arguments]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True).stdout


def test_a_server_without_a_workspace_gets_no_folder(tmp_path: Path) -> None:
    assert prepare_workspace(load_server("time"), tmp_path / "time") is None
    assert list(tmp_path.iterdir()) == []


def test_files_are_written_before_commands_run(tmp_path: Path) -> None:
    spec = server(("cp", "first", "second"), first="one\n")
    assert prepare_workspace(spec, tmp_path / "notes") == tmp_path / "notes"
    assert (tmp_path / "notes" / "second").read_text() == "one\n"
    assert sorted(path.name for path in (tmp_path / "notes").iterdir()) == ["first", "second"]


def test_a_workspace_of_the_same_spec_is_kept(tmp_path: Path) -> None:
    folder = tmp_path / "notes"
    prepare_workspace(server(first="one"), folder)
    (folder / "added").touch()
    prepare_workspace(server(first="one"), folder)
    assert (folder / "added").exists()


def test_a_workspace_of_another_spec_is_made_afresh(tmp_path: Path) -> None:
    folder = tmp_path / "notes"
    prepare_workspace(server(first="one"), folder)
    prepare_workspace(server(second="two"), folder)
    assert [path.name for path in folder.iterdir()] == ["second"]


def test_of_many_runs_at_once_one_makes_it_and_the_others_wait(tmp_path: Path) -> None:
    spec = server(("sleep", "0.2"), ("cp", "first", "second"), first="one\n")
    with ThreadPoolExecutor(8) as pool:
        made = list(pool.map(lambda _: prepare_workspace(spec, tmp_path / "notes"), range(8)))
    assert set(made) == {tmp_path / "notes"}
    assert (tmp_path / "notes" / "second").read_text() == "one\n"


def test_a_folder_of_somebody_else_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "letters").touch()
    with pytest.raises(ServerFailed, match="needed an empty or missing folder"):
        prepare_workspace(server(first="one"), tmp_path)
    assert (tmp_path / "letters").exists()


def test_a_failing_command_is_told_with_its_stderr(tmp_path: Path) -> None:
    folder = tmp_path / "notes"
    with pytest.raises(ServerFailed) as caught:
        prepare_workspace(server(("sh", "-c", "echo no paper >&2; exit 3"), first="one"), folder)
    assert str(caught.value) == (
        "server 'notes': workspace command 'sh -c echo no paper >&2; exit 3' ended with 3: no paper"
    )
    prepare_workspace(server(second="two"), folder)
    assert [path.name for path in folder.iterdir()] == ["second"]


def test_a_missing_program_is_named(tmp_path: Path) -> None:
    with pytest.raises(ServerFailed, match="'no-such-program' cannot be started: No such file"):
        prepare_workspace(server(("no-such-program",)), tmp_path / "notes")


def test_commands_do_not_see_the_repository_that_we_run_in(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GIT_DIR", str(tmp_path / "ours"))
    prepare_workspace(server(("git", "init", "-q")), tmp_path / "notes")
    assert (tmp_path / "notes" / ".git").is_dir()
    assert not (tmp_path / "ours").exists()


def test_the_place_is_filled_in_everywhere(tmp_path: Path) -> None:
    spec = Server(
        name="notes",
        command=("notes", "--in", "{workspace}/sub"),
        env={"HOME": "{workspace}"},
        constants={"path": "{workspace}", "depth": 2},
        values={"files": (["{workspace}/a", "b"], "{workspace}/c")},
    )
    there = located(spec, tmp_path)
    assert there.command == ("notes", "--in", f"{tmp_path}/sub")
    assert there.env == {"HOME": str(tmp_path)}
    assert there.constants == {"path": str(tmp_path), "depth": 2}
    assert there.values == {"files": ([f"{tmp_path}/a", "b"], f"{tmp_path}/c")}
    assert located(spec, None) == spec


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = prepare_workspace(load_server("git"), tmp_path_factory.mktemp("git") / "repository")
    assert folder
    return folder


def test_the_git_workspace_has_the_same_commits_everywhere(repository: Path) -> None:
    tips = git(repository, "for-each-ref", "--format=%(refname:short) %(objectname:short=7)")
    assert tips.splitlines() == [
        "develop c16cb4c",
        "feature/search 4b18139",
        "main aa66944",
        f"v1.0 {git(repository, 'rev-parse', '--short=7', 'v1.0').strip()}",
    ]
    assert git(repository, "status", "--short").splitlines() == [
        "M  CHANGELOG.md",
        " M docs/usage.md",
        "?? ideas.txt",
    ]


def test_every_value_of_the_git_server_exists_in_its_workspace(repository: Path) -> None:
    spec = located(load_server("git"), repository)
    asked: list[tuple[str, dict[str, Any]]] = [
        *(("git_show", {"revision": value}) for value in spec.values["revision"]),
        *(("git_diff", {"target": value}) for value in spec.values["target"]),
        *(
            ("git_branch", {"branch_type": kind, "contains": commit})
            for kind in spec.values["branch_type"]
            for commit in spec.values["contains"]
        ),
        *(
            ("git_branch", {"branch_type": "all", "not_contains": commit})
            for commit in spec.values["not_contains"]
        ),
        *(("git_log", {"max_count": value}) for value in spec.values["max_count"]),
        *(("git_log", {"start_timestamp": value}) for value in spec.values["start_timestamp"]),
        *(("git_log", {"end_timestamp": value}) for value in spec.values["end_timestamp"]),
        *(("git_diff_staged", {"context_lines": n}) for n in spec.values["context_lines"]),
    ]
    with connect(spec) as session:
        toolset = session.toolset()
        results = [
            session.call(ToolCall(name=tool, arguments={**spec.constants, **arguments}))
            for tool, arguments in asked
        ]
    assert len(toolset.tools) == 12
    assert [result.text for result in results if result.is_error] == []
    assert all(result.text for result in results[: len(spec.values["revision"])])


def test_a_command_gets_no_key_of_ours(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_TOKEN", "s3cret")
    monkeypatch.setenv("GIT_DIR", "/nowhere")
    folder = prepare_workspace(server(("sh", "-c", "env > seen")), tmp_path / "notes")
    assert folder is not None
    seen = (folder / "seen").read_text("utf-8")
    assert "HF_TOKEN" not in seen
    assert "GIT_DIR" not in seen
    assert "PATH=" in seen


def test_a_file_and_a_folder_of_one_name_are_refused_in_one_line(tmp_path: Path) -> None:
    spec = server(**{"a": "file", "a/b": "in a folder"})
    with pytest.raises(ServerFailed, match="'notes': the workspace file 'a/b' cannot be written: "):
        prepare_workspace(spec, tmp_path / "notes")


def test_the_sqlite_servers_workspace_holds_a_database_with_rows(tmp_path: Path) -> None:
    folder = prepare_workspace(load_server("sqlite"), tmp_path / "sqlite")
    assert folder is not None
    with sqlite3.connect(folder / "shop.db") as shop:
        tables = [name for (name,) in shop.execute("SELECT name FROM sqlite_master")]
        counts = [shop.execute(f"SELECT COUNT(*) FROM {name}").fetchone()[0] for name in tables]
    assert tables == ["customers", "products", "orders", "order_items", "employees"]
    assert all(counts)


@pytest.mark.parametrize(("name", "pattern"), [("excel", "*.xlsx"), ("word", "*.docx")])
def test_an_office_servers_workspace_holds_files_of_well_formed_parts(
    name: str, pattern: str, tmp_path: Path
) -> None:
    folder = prepare_workspace(load_server(name), tmp_path / name)
    assert folder is not None
    files = list(folder.glob(pattern))
    assert len(files) > 3
    for file in files:
        with zipfile.ZipFile(file) as parts:
            assert {"[Content_Types].xml", "_rels/.rels"} < set(parts.namelist())
            assert all(len(ElementTree.fromstring(parts.read(part))) for part in parts.namelist())
