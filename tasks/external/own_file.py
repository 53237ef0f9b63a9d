"""A person's file of conversations → rows."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from profiles.files import is_pipe_or_device
from tasks.domain.errors import UnusableData
from tasks.domain.untrusted.decoding import packed_form
from tasks.domain.writing.own.rows import OwnRows, read_own


def read_own_file(
    path: Path, tools: Sequence[dict[str, Any]] | None = None, *, thinks: bool = False
) -> OwnRows:
    """Read the conversations of a file; those without tools take the ones given.

    Thoughts are kept for a model that ``thinks``.

    Raises:
        UnusableData: the file cannot be read, or a line is no conversation; with its number.
    """
    try:
        _check_form(path)
        # Only \n ends a line: texts may hold other line ends.
        with path.open(encoding="utf-8-sig", newline="\n") as lines:
            return read_own(lines, path.name, tools, thinks=thinks)
    except OSError as error:
        raise UnusableData(f"{path}: cannot be read: {error}") from error
    except UnicodeDecodeError as error:
        # What the error says of the position counts from wherever the last piece was read.
        number = _first_undecodable(path)
        raise UnusableData(
            f"{path.name}:{number}: not text in UTF-8 ({error.reason}); save the file as UTF-8"
        ) from error


def _check_form(path: Path) -> None:
    """UnusableData for a pipe or device, and where the first bytes say that it is no text."""
    if is_pipe_or_device(path):
        raise UnusableData(f"{path}: is a pipe or a device, needed a file: it is read twice")
    with path.open("rb") as file:
        form = packed_form(file.read(8))
    if form:
        raise UnusableData(f"{path.name}: is {form}, needed JSONL as text in UTF-8")


def _first_undecodable(path: Path) -> int:
    """The number of the first line that is no UTF-8."""
    with path.open("rb") as lines:
        return next(number for number, line in enumerate(lines, 1) if not _is_text(line))


def _is_text(line: bytes) -> bool:
    try:
        line.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True
