"""A run in a file: ``mcp-forge run --config forge.toml``."""

import tomllib
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel, ValidationError

from profiles import UNREADABLE, ProfileError, explain

_Command = TypeVar("_Command", bound=BaseModel)


def from_file(command: _Command, file: str) -> _Command:
    """The command with the settings of a TOML file, where it was given none itself.

    The keys are the names of its flags; ``set`` is a table, or a list as the flag takes it.

    Raises:
        ProfileError: the file cannot be read, or a key is not one of the command's.
    """
    try:
        content = tomllib.loads(Path(file).read_text(encoding="utf-8"))
    except (OSError, *UNREADABLE) as error:
        raise ProfileError(f"{file} cannot be read: {error}") from error
    settings = {name.replace("-", "_"): value for name, value in content.items()}
    names = {field.alias or name for name, field in type(command).model_fields.items()}
    if unknown := sorted(settings.keys() - names | (settings.keys() & {"config"})):
        raise ProfileError(f"{file}: no setting {unknown[0]!r}; needed some of {_listed(names)}")
    if isinstance(settings.get("set"), dict):
        settings["set"] = [f"{name}={value}" for name, value in flat(settings["set"])]
    flags = command.model_dump(exclude_unset=True, by_alias=True)
    try:
        return type(command).model_validate(settings | flags)
    except ValidationError as error:
        raise ProfileError(f"{file}: {explain(error)}") from error


def flat(table: dict[str, object]) -> list[tuple[str, object]]:
    """The values of nested tables under names with dots."""
    pairs: list[tuple[str, object]] = []
    for name, value in table.items():
        inner = flat(value) if isinstance(value, dict) else [("", value)]
        pairs += [(f"{name}.{rest}".rstrip("."), one) for rest, one in inner]
    return pairs


def _listed(names: set[str]) -> str:
    return ", ".join(sorted(names - {"config"}))
