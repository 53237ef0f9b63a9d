"""The file in which MCP clients keep their servers: ``{"mcpServers": {NAME: {…}}}``.

Visual Studio Code says ``servers`` instead, and ``${env:NAME}`` where others say ``${NAME}``.
"""

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

from profiles.section import UNREADABLE

_KEYS = ("mcpServers", "servers")
_MOST_CHARACTERS = 8 << 20
"""As many as a tool list may have: any JSON file is asked which of the two it is."""
_URLS = ("url", "httpUrl", "serverUrl")
"""How Claude, Cursor and Visual Studio Code, Gemini and Windsurf call an address."""
_VARIABLE = re.compile(r"\$\{(?:env:)?(\w+)\}")
_OF_A_CLIENT = re.compile(r"\$\{(\w*)(?:[^\w}][^}]*)?\}")
"""A variable that a client asks a person for, knows itself, or has a default for."""
_SECRET_OPTION = re.compile(
    r"--?(?:[\w-]*[-_])?(?:api[-_]?key|token|secret|password|passwd)(?:=(?P<value>.*))?", re.I
)
_SECRET_PAIR = re.compile(
    r"(?:.*=)?(?:[\w-]*[-_])?(?P<name>authorization|cookie|api[-_]?key|access[-_]?key|token|secret"
    r"|password|passwd)\s*[:=]\s*(?P<value>\S.*)",
    re.I | re.DOTALL,
)
"""A header or a variable in one word: ``Authorization: Bearer x``, ``GITLAB_TOKEN=x``."""
_PASSWORD = re.compile(r"://[^/@\s:]*:(?P<value>[^/@\s]+)@")
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
        fault = f"{path}#{name}: no such server" if name else f"{path} names several servers"
        raise ValueError(f"{fault}; needed {path}#NAME with one of: {names}")
    entry = servers[name]
    if not isinstance(entry, dict):
        raise ValueError(f"{path}#{name}: needed an object with a command or a url")
    place = f"{path}#{name}"
    settings = {key: _texts(entry.get(key), key, place) for key in ("env", "headers")}
    url = next((entry[key] for key in _URLS if entry.get(key)), None)
    _check_way(entry, url, place)
    reach = {"url": _address(str(url), place)} if url else {"command": _command(entry, place)}
    folder = {"folder": _ours(str(entry["cwd"]), "cwd", place)} if entry.get("cwd") else {}
    return {"name": _plain(name), **reach, **folder, **settings}


def _check_way(entry: Mapping[str, Any], url: Any, place: str) -> None:
    """Make sure that a server is reached in one way, and in one that is spoken; ValueError else."""
    if url and entry.get("command"):
        raise ValueError(f"{place}: has a command and a url, needed one of them")
    if entry.get("envFile"):
        raise ValueError(f"{place}: envFile is not read; needed its variables in env, as ${{NAME}}")
    if url and str(entry.get("type") or entry.get("transport")).lower() == "sse":
        raise ValueError(
            f"{place}: the older transport 'sse' is not spoken; needed an address of Streamable "
            "HTTP ('type': 'http'), which most such servers have beside it"
        )


def _address(url: str, place: str) -> str:
    for key, value in parse_qsl(url.partition("?")[2]):
        if _SECRET.search(key):
            _check_no_secret(key, value, place)
    return _ours(url, "url", place)


def config_of(name: str, spec: Mapping[str, Any]) -> dict[str, Any]:
    """A server of ours in that form; ``spec``: what reaches it."""
    command = list(spec.get("command") or ())
    if command:
        reach = {"command": command[0], "args": command[1:], "env": dict(spec.get("env") or {})}
        reach["cwd"] = spec.get("folder")
    else:
        headers = dict(spec.get("headers") or {})
        reach = {"type": "http", "url": spec.get("url"), "headers": headers}
    return {"mcpServers": {name: {key: value for key, value in reach.items() if value}}}


def _servers(path: Path) -> dict[str, Any]:
    try:
        with path.open(encoding="utf-8-sig") as file:
            text = file.read(_MOST_CHARACTERS + 1)
        value = json.loads(text if len(text) <= _MOST_CHARACTERS else "")
    except (OSError, *UNREADABLE):
        return {}
    groups = [value.get(key) for key in _KEYS] if isinstance(value, dict) else []
    return next((one for one in groups if isinstance(one, dict)), {})


def _command(entry: Mapping[str, Any], place: str) -> list[str]:
    arguments = entry.get("args") or []
    if not isinstance(arguments, list):
        raise ValueError(f"{place}: args is no list of texts")
    words = [_text(word, "args", place) for word in (entry.get("command"), *arguments)]
    for word, after in zip(words, [*words[1:], ""], strict=True):
        if option := _SECRET_OPTION.fullmatch(word):
            value = option["value"] if option["value"] is not None else after
            _check_no_secret(word.partition("=")[0], "" if value.startswith("-") else value, place)
        if pair := _SECRET_PAIR.fullmatch(word):
            _check_no_secret(pair["name"], pair["value"], place)
        if _VARIABLE.search(word):
            raise ValueError(
                f"{place}: args name a variable, which is filled in only in env, headers and url: "
                "everybody here can read the command of a process"
            )
        _check_no_password(word, "args", place)
    return [_ours(word, "args", place) for word in words if word]


def _texts(values: Any, what: str, place: str) -> dict[str, str]:
    """Settings by name; a secret may only be named."""
    if not isinstance(values or {}, dict):
        # What was found may be a secret.
        raise ValueError(f"{place}: {what} is no object of names and texts")
    texts = {str(key): _text(value, what, place) for key, value in (values or {}).items()}
    for key, text in texts.items():
        if _SECRET.search(key):
            _check_no_secret(key, text, place)
        _check_no_password(text, key, place)
    return {key: _ours(text, key, place) for key, text in texts.items()}


def _text(value: Any, what: str, place: str) -> str:
    """A setting as text: clients take numbers and truth values for their JSON."""
    if value is None or isinstance(value, str):
        return value or ""
    if isinstance(value, int | float):
        return json.dumps(value)
    raise ValueError(f"{place}: {what} holds a list or an object, needed texts")


def _check_no_password(text: str, what: str, place: str) -> None:
    """Make sure that an address holds none: ``postgres://user:password@host``."""
    if password := _PASSWORD.search(text):
        _check_no_secret(f"{what} password", password["value"], place)


def _check_no_secret(key: str, text: str, place: str) -> None:
    if text and not _VARIABLE.search(text):
        variable = re.sub(r"[^A-Z0-9]+", "_", key.upper()).strip("_")
        raise ValueError(
            f"{place}: {key} holds a value; needed a variable of the environment, such as "
            f"${{{variable}}}: a bundle would carry it on"
        )


def _ours(text: str, what: str, place: str) -> str:
    """A text with its variables in our form; ValueError where only a client can fill them in."""
    ours = _VARIABLE.sub(r"${\1}", text)
    if other := _OF_A_CLIENT.search(_VARIABLE.sub("", text)):
        raise ValueError(
            f"{place}: {what} has '${{{other[1]}…}}', which only its client fills in; needed a "
            "variable of the environment, ${NAME}"
        )
    return ours


def _plain(name: str) -> str:
    return re.sub(r"[^A-Za-z0-9._-]+", "-", name).strip("-._")[:60] or "server"
