"""Where the files lie: a person's own folder first, then the shipped ones."""

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeVar

from pydantic import ValidationError

from profiles.model import ModelDeployment
from profiles.section import UNREADABLE, ProfileError, Section, explain
from profiles.server import ServerDeployment
from profiles.settings import Settings

FOLDER = Path(__file__).parent
_LONGEST_NAME = 200
"""Characters; file systems take 255 bytes, and refuse to look for a longer name."""

_Section = TypeVar("_Section", bound=Section)


def names(kind: str) -> list[str]:
    return sorted({path.stem for folder in folders() for path in (folder / kind).glob("*.toml")})


def folders() -> list[Path]:
    """Where files are looked for: a person's own folder first, then the shipped ones."""
    own = Settings().profiles
    return [own, FOLDER] if own else [FOLDER]


def find(kind: str, file: str) -> Path:
    if Path(file).name != file:
        raise ProfileError(f"{file!r} is a path, needed the name of a file in profiles/{kind}")
    for folder in folders():
        if len(file) <= _LONGEST_NAME and (folder / kind / file).is_file():
            return folder / kind / file
    raise ProfileError(f"no file {file[:_LONGEST_NAME]!r} in profiles/{kind}")


def is_pipe_or_device(path: Path) -> bool:
    """Whether a path has no end: opening it may wait for ever, or take away what it holds."""
    return path.exists() and not path.is_file() and not path.is_dir()


def text_of(path: Path) -> str:
    """What a file says; ProfileError when it is not text."""
    try:
        return path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise ProfileError(f"{path.name}: cannot be read as text in UTF-8: {error}") from error


def read(kind: str, name: str, schema: type[_Section]) -> _Section:
    if name not in names(kind):
        listing = ", ".join(names(kind))
        raise ProfileError(f"no {name!r} in profiles/{kind}; known: {listing}")
    path = find(kind, f"{name}.toml")
    try:
        content = tomllib.loads(text_of(path))
        deployment = content.pop("deployment", {}) if kind != "training" else {}
        if schema in (ModelDeployment, ServerDeployment):
            return schema.model_validate(deployment)
        return schema.model_validate({"name": name, **content})
    except ValidationError as error:
        raise ProfileError(f"profiles/{kind}/{path.name}: {explain(error)}") from error
    except UNREADABLE as error:
        raise ProfileError(f"profiles/{kind}/{path.name}: not TOML: {error}") from error


def changed(section: _Section, changes: Mapping[str, Any]) -> _Section:
    """The section with those values that are not None, validated again."""
    values = {name: value for name, value in changes.items() if value is not None}
    if not values:
        return section
    try:
        return type(section).model_validate(dict(section) | values)
    except ValidationError as error:
        raise ProfileError(explain(error)) from error
