"""Open a bundle's folder: nothing is read before its sums are, and nothing outside it ever."""

import os
from collections.abc import Iterator
from pathlib import Path

from tasks.domain.bundle.checks import (
    AGENT,
    MODEL_SUFFIX,
    OPTIONAL,
    REQUIRED,
    OpenedBundle,
    check_listing,
    check_sum,
    opened,
)
from tasks.domain.bundle.files import CHECKSUMS, parse_checksums
from tasks.domain.errors import BundleInvalid
from tasks.external.storage import digest

_MOST_FILES = 1000
_MOST_BYTES = {CHECKSUMS: 2**20, AGENT: 2**18}
_MOST_BYTES_ELSE = 2**24
"""Of every other file but the model."""


def open_bundle(path: Path) -> OpenedBundle:
    """Check a bundle's files against its sums, then read its texts; nothing of it is started.

    Raises:
        BundleInvalid: a file is missing, altered, without a sum, or no plain file; or a text is
            not what it should be.
    """
    try:
        return _contents(path.absolute())
    except BundleInvalid as fault:
        raise BundleInvalid(f"{path}: {fault}") from fault
    except OSError as error:
        raise BundleInvalid(f"{path} cannot be read: {error}") from error


def _contents(path: Path) -> OpenedBundle:
    if not path.exists():
        raise BundleInvalid("no such folder; needed the folder of a bundle")
    files = set(_files(path)) if path.is_dir() else set()
    if CHECKSUMS not in files:
        raise BundleInvalid(f"no {CHECKSUMS}; needed the folder of a bundle")
    sums = parse_checksums(_text(path, CHECKSUMS))
    check_listing(files - {CHECKSUMS}, sums)
    for name in sums:
        _check_size(path, name)
    for name, expected in sums.items():
        check_sum(name, digest(path / name)[0], expected)
    there = [*REQUIRED, *(name for name in OPTIONAL if name in sums)]
    return opened(str(path), sums, {name: _text(path, name) for name in there})


def _files(folder: Path) -> Iterator[str]:
    """The names of all files below a folder; a link could lead out of it, a pipe never ends."""
    for number, entry in enumerate(_below(folder), start=1):
        name = Path(entry.path).relative_to(folder).as_posix()
        if number > _MOST_FILES:
            raise BundleInvalid(f"more than {_MOST_FILES} files; needed those of a bundle")
        if entry.is_file(follow_symlinks=False):
            yield name
        elif not entry.is_dir(follow_symlinks=False):
            raise BundleInvalid(f"{name!r} is a link or a device; needed plain files only")


def _below(folder: Path) -> Iterator[os.DirEntry[str]]:
    folders = [str(folder)]
    while folders:
        with os.scandir(folders.pop()) as entries:
            for entry in entries:
                yield entry
                if entry.is_dir(follow_symlinks=False):
                    folders.append(entry.path)


def _text(folder: Path, name: str) -> str:
    _check_size(folder, name)
    try:
        return (folder / name).read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise BundleInvalid(f"{name} is not UTF-8 text: {error.reason}") from error


def _check_size(folder: Path, name: str) -> None:
    most = _MOST_BYTES.get(name, _MOST_BYTES_ELSE)
    size = (folder / name).stat().st_size
    if size > most and not name.endswith(MODEL_SUFFIX):
        raise BundleInvalid(f"{name} has {size} bytes, needed at most {most}")
