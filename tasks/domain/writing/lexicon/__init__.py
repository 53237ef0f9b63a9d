"""The words that requests and values are made of: one TOML file per module that reads it."""

import tomllib
from pathlib import Path
from typing import Any


class Lexicon:
    """The lists and tables of one file."""

    def __init__(self, name: str) -> None:
        text = Path(__file__).with_name(f"{name}.toml").read_text(encoding="utf-8")
        self._content = tomllib.loads(text)

    def texts(self, key: str) -> tuple[str, ...]:
        """A list of texts."""
        return tuple(self._content[key])

    def map(self, key: str) -> dict[str, str]:
        """A table of texts."""
        return dict(self._content[key])

    def lists(self, key: str) -> dict[str, tuple[str, ...]]:
        """A table of lists of texts."""
        return {name: tuple(texts) for name, texts in self._content[key].items()}

    def tables(self, key: str) -> dict[str, Any]:
        """A table of whatever its reader makes of it."""
        return dict(self._content[key])

    def entries(self, key: str) -> list[dict[str, Any]]:
        """A list of tables."""
        return list(self._content[key])
