"""The file in which MCP clients keep their servers: ``{"mcpServers": {NAME: {…}}}``.

Visual Studio Code says ``servers`` instead, and ``${env:NAME}`` where others say ``${NAME}``.
"""

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from profiles.section import UNREADABLE

_KEYS = ("mcpServers", "servers")
_VARIABLE = re.compile(r"\$\{(?:env:)?(\w+)\}")
_SECRET = re.compile(r"auth|key|token|secret|password|credential|cookie", re.IGNORECASE)
"""Names of settings whose values nobody wants in a bundle."""


def is_config(path: Path) -> bool:
    """Whether a file is one of these; a tool list is JSON too."""
    return path.suffix == ".json" and is_file(path) and bool(_servers(path))


def is_file(path: Path) -> bool:
    """Whether a file is there; a long command, taken for a path, has a name that none can have."""
    try:
        return path.is_file()
    except OSError:
        return False


def spec_in(path: Path, name: str) -> dict[str, Any]:
    """One server of such a file, as our own files say it; without a name, the only one.

    Raises:
        ValueError: it is not there, or holds a secret that belongs into the environment.
    """
    servers = _servers(path)
    if not name and len(servers) == 1:
        (name,) = servers
    if name not in servers:
        names = ", ".join(sorted(servers)) or "none"
        found = f"{path}#{name}: no such server" if name else f"{path} names several servers"
        raise ValueError(f"{found}; needed {path}#NAME with one of: {names}")
    entry = servers[name]
    if not isinstance(entry, dict):
        raise ValueError(f"{path}#{name}: needed an object with a command or a url")
    place = f"{path}#{name}"
    settings = {key: _texts(entry.get(key), key, place) for key in ("env", "headers")}
    url = entry.get("url")
    reach = {"url": _ours(str(url))} if url else {"command": _command(entry, place)}
    return {"name": _plain(name), **reach, **settings}


def config_of(name: str, spec: Mapping[str, Any]) -> dict[str, Any]:
    """A server of ours in that form; ``spec``: what reaches it."""
    command = list(spec.get("command") or ())
    if command:
        reach = {"command": command[0], "args": command[1:], "env": dict(spec.get("env") or {})}
    else:
        headers = dict(spec.get("headers") or {})
        reach = {"type": "http", "url": spec.get("url"), "headers": headers}
    return {"mcpServers": {name: {key: value for key, value in reach.items() if value}}}


def _servers(path: Path) -> dict[str, Any]:
    try:
        value = json.loads(path.read_text(encoding="utf-8-sig"))
    except (OSError, *UNREADABLE):
        return {}
    groups = [value.get(key) for key in _KEYS] if isinstance(value, dict) else []
    return next((one for one in groups if isinstance(one, dict)), {})


def _command(entry: Mapping[str, Any], place: str) -> list[str]:
    arguments = entry.get("args") or []
    if not isinstance(arguments, list):
        raise ValueError(f"{place}: args is no list of texts")
    words = [entry.get("command"), *arguments]
    return [_ours(str(word)) for word in words if word is not None]


def _texts(values: Any, what: str, place: str) -> dict[str, str]:
    """Settings by name; a secret may only be named."""
    if not isinstance(values or {}, dict):
        # What was found may be a secret.
        raise ValueError(f"{place}: {what} is no object of names and texts")
    texts = {str(key): _ours(str(value)) for key, value in (values or {}).items()}
    for key, text in texts.items():
        if _SECRET.search(key) and text and not _VARIABLE.search(text):
            raise ValueError(
                f"{place}: {key} holds a value; needed a variable of the environment, such as "
                f"${{{re.sub(r'[^A-Z0-9]+', '_', key.upper())}}}: a bundle would carry it on"
            )
    return texts


def _ours(text: str) -> str:
    return _VARIABLE.sub(r"${\1}", text)


def _plain(name: str) -> str:
    return re.sub(r"[^A-Za-z0-9._-]+", "-", name).strip("-._")[:60] or "server"
