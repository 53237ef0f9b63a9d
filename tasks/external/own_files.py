"""A person's file of conversations → rows."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tasks.domain.errors import UnusableData
from tasks.domain.own_rows import OwnRows, read_own


def read_own_file(path: Path, tools: Sequence[dict[str, Any]] | None = None) -> OwnRows:
    """Read the conversations of a file; those without tools take the ones given.

    Raises:
        UnusableData: the file cannot be read, or a line is no conversation; with its number.
    """
    try:
        # Only \n ends a line: texts may hold other line ends.
        with path.open(encoding="utf-8-sig", newline="\n") as lines:
            return read_own(lines, path.name, tools)
    except (OSError, UnicodeDecodeError) as error:
        raise UnusableData(f"{path}: cannot be read: {error}") from error
