"""Make the folder that a server works on, from the files and commands of its spec."""

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

from filelock import FileLock

from profiles import Server, Workspace
from profiles.section import beginning
from tasks.domain.conversations import fingerprint
from tasks.domain.errors import ServerFailed

_PLACEHOLDER = "{workspace}"
_COMMAND_SECONDS = 120
_UNFINISHED = "unfinished"
_INHERITED = ("HOME", "USER", "LOGNAME", "SHELL", "TERM", "TMPDIR", "LANG", "LC_ALL", "TZ")
"""What commands get of our environment beside the path: no key or password stands there."""
# The same names and times everywhere, so that a commit has the same hash everywhere.
_GIT = {
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_AUTHOR_NAME": "Ada Forge",
    "GIT_AUTHOR_EMAIL": "ada@example.com",
    "GIT_AUTHOR_DATE": "2024-05-06T09:00:00+00:00",
    "GIT_COMMITTER_NAME": "Ada Forge",
    "GIT_COMMITTER_EMAIL": "ada@example.com",
    "GIT_COMMITTER_DATE": "2024-05-06T09:00:00+00:00",
}


def prepare_workspace(server: Server, folder: Path) -> Path | None:
    """Make a server's workspace in ``folder``, or take the one already made from the same spec.

    None where the server has none. A marker beside the folder says what it was made from. Of
    several runs that want it at once, one makes it and the others wait.

    Raises:
        ServerFailed: a command failed, or the folder holds files that are not ours.
    """
    if server.workspace is None:
        return None
    folder.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(folder.with_name(f".{folder.name}.lock")):
        return _prepare(server.name, server.workspace, folder)


def _prepare(name: str, workspace: Workspace, folder: Path) -> Path:
    marker = folder.with_name(f"{folder.name}.made")
    version = fingerprint(workspace.model_dump(mode="json"))
    present = marker.read_text(encoding="utf-8") if marker.exists() else ""
    if present == version and folder.is_dir():
        return folder
    if not present and folder.exists() and any(folder.iterdir()):
        raise ServerFailed(
            f"server {name!r}: {folder} has files that are not its workspace's; "
            "needed an empty or missing folder"
        )
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    marker.write_text(_UNFINISHED, encoding="utf-8")
    _fill(name, workspace, folder)
    marker.write_text(version, encoding="utf-8")
    return folder


def located(server: Server, workspace: Path | None) -> Server:
    """The spec with ``{workspace}`` replaced in every text of it; unchanged without a workspace."""
    if workspace is None:
        return server
    return Server.model_validate(_replaced(server.model_dump(), str(workspace)))


def _replaced(value: Any, path: str) -> Any:
    if isinstance(value, str):
        return value.replace(_PLACEHOLDER, path)
    if isinstance(value, dict):
        return {key: _replaced(item, path) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_replaced(item, path) for item in value]
    return value


def _fill(name: str, spec: Workspace, folder: Path) -> None:
    try:
        for relative, text in spec.files.items():
            path = folder / relative
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8", newline="\n")
    except OSError as error:
        raise ServerFailed(
            f"server {name!r}: the workspace file {relative!r} cannot be written: {error.strerror}"
        ) from error
    for command in spec.commands:
        _run(name, command, folder)


def _run(name: str, command: tuple[str, ...], folder: Path) -> None:
    ours = {name: os.environ[name] for name in _INHERITED if name in os.environ}
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)])
    env = {**ours, **_GIT, "PATH": path}
    line = beginning(" ".join(command), 80)
    place = f"server {name!r}: workspace command {' '.join(line.split())!r}"
    try:
        process = subprocess.run(
            command,
            cwd=folder,
            env=env,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=_COMMAND_SECONDS,
            check=False,
        )
    except OSError as error:
        raise ServerFailed(f"{place} cannot be started: {error.strerror}") from error
    except subprocess.TimeoutExpired as error:
        raise ServerFailed(f"{place} took more than {_COMMAND_SECONDS} s") from error
    if process.returncode:
        tail = " | ".join(process.stderr.strip().splitlines()[-5:]) or "nothing on stderr"
        raise ServerFailed(f"{place} ended with {process.returncode}: {tail}")
