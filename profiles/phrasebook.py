"""The phrasebooks of servers, and what such a book must have at least."""

import hashlib
from dataclasses import dataclass
from pathlib import Path

from pydantic import Field

from profiles.files import find, folders, names, read, text_of
from profiles.section import Name, Section
from profiles.server import Server

_ENDING = ".phrasebook.jsonl"
_GENERAL = "general.jsonl"


class PhrasebookLimits(Section):
    """What a phrasebook must have at least: ``profiles/phrasebooks/limits.toml``."""

    name: Name
    requests: int = Field(ge=1)
    """Lines of kind request for each tool."""
    clarifying: int = Field(ge=0)
    """Lines of kind clarify for each tool with a parameter that must be asked for."""
    calls: int = Field(ge=0)
    """Lines of kind calls, where there are two tools or more."""
    unsupported: int = Field(ge=0)
    values: int = Field(ge=1)
    """Different values in one line of kind values."""
    alike: float = Field(gt=0, le=1)
    """Normalised indel similarity (rapidfuzz ``ratio``) from which two lines are one."""
    most_words: int = Field(ge=1)
    """Of a text; what is longer is noted."""


@dataclass(frozen=True)
class PhrasebookFile:
    """One phrasebook as it is written: rules of the domain read it."""

    name: str
    """Its file's name, for messages."""
    text: str

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.text.encode()).hexdigest()


@dataclass(frozen=True)
class PhrasebookFiles:
    """The books that rows for a server may come from."""

    own: PhrasebookFile | None = None
    """The server's own: the one that its file names, or the one of its name."""
    others: tuple[PhrasebookFile, ...] = ()
    """Those of the other registered servers, whose tools a list may share."""
    general: PhrasebookFile | None = None
    """Chat for every server."""


def load_phrasebook_limits() -> PhrasebookLimits:
    """Read what a phrasebook must have; ProfileError when the file is missing or wrong."""
    return read("phrasebooks", "limits", PhrasebookLimits)


def load_phrasebooks(server: Server) -> PhrasebookFiles:
    """Read the books for a server; ProfileError when the one that it names is missing."""
    own = server.phrasebook or f"{server.name}{_ENDING}"
    shipped = sorted(
        {path.name for folder in folders() for path in (folder / "servers").glob(f"*{_ENDING}")}
    )
    # A server that only happens to have a registered one's name may have other tools.
    is_registered = own in shipped and server.name in names("servers") and not server.tools_file
    is_there = bool(server.phrasebook) or is_registered
    others = (name for name in shipped if name != own or not is_there)
    return PhrasebookFiles(
        own=_file(find("servers", own)) if is_there else None,
        others=tuple(_file(find("servers", name)) for name in others),
        general=_general(),
    )


def _general() -> PhrasebookFile | None:
    places = (folder / "phrasebooks" / _GENERAL for folder in folders())
    return next((_file(path) for path in places if path.is_file()), None)


def _file(path: Path) -> PhrasebookFile:
    return PhrasebookFile(path.name, text_of(path))
