"""A server that is not registered: a command, an address or a tool list, where that is allowed."""

import shlex
import shutil
from collections.abc import Sequence
from pathlib import Path

from pydantic import ValidationError

from profiles.mcp_config import is_config, is_file, spec_in
from profiles.section import ProfileError, beginning, explain
from profiles.server import Server
from profiles.server_names import name_of_command, name_of_file, name_of_url
from profiles.settings import Settings

_MOST_SHOWN = 200
"""Characters of what was typed that an error shows."""


def ad_hoc_server(text: str, registered: Sequence[str]) -> Server:
    if not Settings().allow_ad_hoc_servers:
        raise ProfileError(
            f"no server {_excerpt(text)} is registered; known: {', '.join(registered)}. "
            "Commands and URLs are taken only with MCP_FORGE_ALLOW_AD_HOC_SERVERS=true"
        )
    try:
        return _parsed(text, registered)
    except ValidationError as error:
        raise ProfileError(explain(error)) from error


def _parsed(text: str, registered: Sequence[str]) -> Server:
    if text.startswith(("http://", "https://")):
        return Server(name=name_of_url(text), url=text)
    file, _, name = text.partition("#")
    if is_config(Path(file)):
        return _configured(Path(file), name)
    if name and file.endswith(".json") and is_file(Path(file)):
        raise ProfileError(
            f"{_excerpt(file)} lists no servers as MCP clients do: needed JSON, without comments, "
            "with 'mcpServers' or 'servers'"
        )
    words = _words(text)
    # A path may have blanks in it; a command has a program before its last word.
    is_command = len(words) > 1 and shutil.which(words[0]) is not None
    is_list = Path(text).suffix in (".json", ".yaml", ".yml")
    if is_list and (is_file(Path(text)) or not is_command):
        return Server(name=name_of_file(text), tools_file=text)
    if not words or (len(words) < 2 and shutil.which(text) is None):
        raise ProfileError(
            f"{_excerpt(text)} is neither a registered server ({', '.join(registered)}) nor "
            "a command, a URL, a tool list in .json or .yaml, or config.json#name"
        )
    return Server(name=name_of_command(words), command=words)


def _configured(file: Path, name: str) -> Server:
    try:
        return Server.model_validate(spec_in(file, name))
    except ValidationError as error:
        raise ProfileError(f"{file}#{name}: {explain(error)}") from error
    except ValueError as error:
        raise ProfileError(str(error)) from error


def _words(command: str) -> tuple[str, ...]:
    try:
        return tuple(shlex.split(command))
    except ValueError as error:
        raise ProfileError(f"{_excerpt(command)} is no command: {error}") from error


def _excerpt(text: str) -> str:
    return repr(beginning(text, _MOST_SHOWN))
