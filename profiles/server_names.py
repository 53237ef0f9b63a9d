"""What a server is called that nobody has named: by what it is started from, or where it is."""

import re
from collections.abc import Sequence
from pathlib import Path

_STARTERS = re.compile(
    r"(python[\d.]*|py|node|npx|npm|pnpm|bunx?|deno|uvx?|pipx|tsx|docker|podman|java|go|ruby|php|"
    r"bash|sh|env|run|exec|dlx|tool|cargo)(\.exe)?$"
)
"""Programs, and their subcommands, that start another one."""
_COMMON = {"server", "mcp", "mcp-server", "main", "index", "app", "srv", "run", "start", "cli"}
_COMMON |= {"tools", "toolset", "tool-list", "api", "sse", "latest", "dist", "build", "src", "bin"}
"""Names that many servers have; the folder says more."""
_FILES = (".py", ".js", ".ts", ".mjs", ".jar", ".json", ".yaml", ".yml")
"""Endings that are no part of a name."""


def name_of_command(words: Sequence[str]) -> str:
    """The name of a server that is started so: ``python weather/server.py`` is weather-server."""
    candidates = (
        next((word for word in words if is_chosen(word)), None)
        for is_chosen in (_is_script, _is_about_mcp, _is_program)
    )
    return name_of_file(next(filter(None, candidates), words[0]))


def name_of_file(path: str) -> str:
    """The name of a file, with its folder's in front where many files are called so."""
    file = Path(path)
    name = slug(file.stem if file.suffix in _FILES else file.name)
    if name not in _COMMON:
        return name
    folders = (slug(folder.name) for folder in file.absolute().parents)
    return slug(f"{next((one for one in folders if one not in _COMMON), '')}-{name}")


def name_of_url(url: str) -> str:
    """The name of a server at an address: its host and its path."""
    host, *path = re.split("[?#]", url.partition("://")[2])[0].split("/")
    pieces = [piece for piece in path if piece and slug(piece) not in _COMMON]
    return slug("-".join([host.rpartition("@")[2], *pieces]))


def slug(text: str) -> str:
    """A text in the letters that files and models may have."""
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")[:60].strip("-") or "server"


def _is_script(word: str) -> bool:
    return Path(word).suffix in _FILES


def _is_about_mcp(word: str) -> bool:
    return "server" in word or "mcp" in word


def _is_program(word: str) -> bool:
    is_setting = word.startswith("-") or "=" in word
    return not is_setting and not _STARTERS.fullmatch(Path(word).name)
