"""A server that is not registered: a command, an address or a tool list, where that is allowed."""

import re
import shlex
import shutil
from collections.abc import Sequence
from pathlib import Path

from pydantic import ValidationError

from profiles.section import ProfileError, explain
from profiles.server import Server
from profiles.settings import Settings


def ad_hoc_server(text: str, registered: Sequence[str]) -> Server:
    if not Settings().allow_ad_hoc_servers:
        raise ProfileError(
            f"no server {text!r} is registered; known: {', '.join(registered)}. "
            "Commands and URLs are taken only with MCP_FORGE_ALLOW_AD_HOC_SERVERS=true"
        )
    try:
        return _parsed(text, registered)
    except ValidationError as error:
        raise ProfileError(explain(error)) from error


def _parsed(text: str, registered: Sequence[str]) -> Server:
    if text.startswith(("http://", "https://")):
        host = re.split("[/?#]", text.partition("://")[2])[0].rpartition("@")[2]
        return Server(name=_slug(host), url=text)
    words = _words(text)
    # A path may have blanks in it; a command has a program before its last word.
    is_command = len(words) > 1 and shutil.which(words[0]) is not None
    is_list = Path(text).suffix in (".json", ".yaml", ".yml")
    if is_list and (Path(text).is_file() or not is_command):
        return Server(name=_slug(Path(text).stem), tools_file=text)
    if not words or (len(words) < 2 and shutil.which(text) is None):
        raise ProfileError(
            f"{text!r} is neither a registered server ({', '.join(registered)}) nor a command, "
            "a URL or a tool list in .json or .yaml"
        )
    speaking = next((word for word in words if "server" in word or "mcp" in word), words[0])
    return Server(name=_slug(Path(speaking).name), command=words)


def _words(command: str) -> tuple[str, ...]:
    try:
        return tuple(shlex.split(command))
    except ValueError as error:
        raise ProfileError(f"{command!r} is no command: {error}") from error


def _slug(text: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")[:60].strip("-") or "server"
