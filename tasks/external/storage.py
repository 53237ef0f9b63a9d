"""Where a run keeps its files: a local folder or any fsspec URI; every file has its sha256."""

import hashlib
import os
import shutil
import socket
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import fsspec
import psutil
from filelock import FileLock
from pydantic import BaseModel

from profiles.settings import Settings
from tasks.domain.errors import UnusableData
from tasks.domain.products import StoredFile


class Storage:
    """Products are written beside their final place and moved there whole."""

    def __init__(self, settings: Settings | None = None) -> None:
        settings = settings or Settings()
        self._fs, self._root = fsspec.core.url_to_fs(settings.storage_uri)
        self._is_local = "file" in _protocols(self._fs)
        self._cache = settings.home / "cache"

    @property
    def local_root(self) -> Path:
        """Where this machine writes: the storage itself, or what lies here before it is kept."""
        return Path(self._root) if self._is_local else self._cache

    def size(self, folder: str, pattern: str) -> int:
        """Bytes of the products of a folder whose names match, on this machine."""
        files = (self.local_root / folder).glob(pattern)
        return sum(_size(product) for product in files)

    def folder(self, *parts: str) -> Path:
        """A local folder that outlives a run of this machine: checkpoints, workspaces."""
        path = self.local_root.joinpath(*_plain(parts))
        path.mkdir(parents=True, exist_ok=True)
        return path

    @contextmanager
    def writing(self, *parts: str) -> Iterator[Path]:
        """An empty local path to write one product to; ``keep`` it inside the block."""
        folder, name = self.folder(*parts[:-1]), _plain(parts)[-1]
        _remove_left(folder, f".{name}.{_place()}.")
        draft = folder / f".{name}.{_process()}"
        _remove(draft)
        try:
            yield draft
        finally:
            _remove(draft)

    def keep(self, draft: Path, *parts: str) -> StoredFile:
        """Move a written file or folder to its place and say what it is.

        Where the same lies there already, it stays: another run, which made it at the same time,
        may be reading it.
        """
        sha256, size = digest(draft)
        target = self._target(parts)
        if self._is_local:
            final = Path(target)
            final.parent.mkdir(parents=True, exist_ok=True)
            _put(draft, final, sha256)
            return StoredFile(uri=str(final), sha256=sha256, size_bytes=size)
        self._fs.invalidate_cache()
        if self._fs.exists(target) and self._fs.isdir(target) != draft.is_dir():
            self._fs.rm(target, recursive=True)
        if draft.is_dir():
            names = list(_sizes(draft))
            self._replace_files(
                draft, target, names, self._remote_sizes(*parts).keys() - set(names)
            )
        else:
            self._fs.put_file(str(draft), target)
        return StoredFile(uri=self._fs.unstrip_protocol(target), sha256=sha256, size_bytes=size)

    def uri(self, *parts: str) -> str:
        """Where a product of these names lies."""
        target = self._target(parts)
        return target if self._is_local else str(self._fs.unstrip_protocol(target))

    def _target(self, parts: tuple[str, ...]) -> str:
        """The same as the filesystem has it, without a protocol."""
        return "/".join((self._root, *_plain(parts)))

    def write_text(self, text: str, *parts: str) -> StoredFile:
        """Keep a small text: it is there whole or not at all, on an object store too."""
        with self.writing(*parts) as draft:
            draft.write_text(text, encoding="utf-8")
            return self.keep(draft, *parts)

    def read_text(self, *parts: str) -> str | None:
        """A small text as it is now; None where there is none."""
        self._fs.invalidate_cache()  # another machine may have written meanwhile
        target = self._target(parts)
        if not self._fs.isfile(target):
            return None
        return bytes(self._fs.cat_file(target)).decode("utf-8")

    def names(self, *parts: str) -> list[str]:
        """What lies in a folder, drafts left out; empty where there is no folder."""
        self._fs.invalidate_cache()
        target = self._target(parts)
        if not self._fs.isdir(target):
            return []
        names = {
            entry.rstrip("/").rsplit("/", 1)[-1] for entry in self._fs.ls(target, detail=False)
        }
        return sorted(name for name in names if not name.startswith("."))

    def remove(self, *parts: str) -> None:
        """Remove a file or folder, if it is there."""
        target = self._target(parts)
        self._fs.invalidate_cache()
        if self._fs.exists(target):
            self._fs.rm(target, recursive=True)

    def send_folder(self, *parts: str) -> None:
        """Make the storage's folder what this machine's ``folder`` is; its files come before those
        that are gone leave. Nothing to do where the two are one.
        """
        if self._is_local:
            return
        here, there = _sizes(self.folder(*parts)), self._remote_sizes(*parts)
        target = self._target(parts)
        # What lies in a checkpoint never changes; a JSON file beside it may, and keep its size.
        changing = {name for name in here if name.endswith(".json") and "/" not in name}
        changing |= {name for name in here if there.get(name) != here[name]}
        self._replace_files(self.folder(*parts), target, changing, there.keys() - here.keys())

    def bring_folder(self, *parts: str) -> None:
        """Add to this machine's ``folder`` what other machines have sent; the reverse."""
        if self._is_local:
            return
        here, there = _sizes(self.folder(*parts)), self._remote_sizes(*parts)
        target = self._target(parts)
        for name in (name for name in there if here.get(name) != there[name]):
            local = self.folder(*parts) / name
            local.parent.mkdir(parents=True, exist_ok=True)
            self._fs.get_file(f"{target}/{name}", str(local))

    def _replace_files(
        self, folder: Path, target: str, names: Iterable[str], gone: Iterable[str]
    ) -> None:
        """Put files over those that are there, then remove the others: whoever reads meanwhile
        misses none, and finds each as it was or as it is.
        """
        for name in names:
            self._fs.put_file(str(folder / name), f"{target}/{name}")
        for name in gone:
            self._fs.rm_file(f"{target}/{name}")

    def _remote_sizes(self, *parts: str) -> dict[str, int]:
        """The size of each file of a remote folder, by its path in it."""
        self._fs.invalidate_cache()
        target = self._target(parts)
        entries = self._fs.find(target, detail=True).items()
        return {name.partition(f"{target}/")[2]: int(facts["size"]) for name, facts in entries}

    def fetch(self, file: StoredFile) -> Path:
        """A local path with exactly the bytes that were stored.

        Raises:
            UnusableData: the file is gone or was altered.
        """
        filesystem, place = fsspec.core.url_to_fs(file.uri)
        local = Path(place) if "file" in _protocols(filesystem) else self._copy(filesystem, file)
        if not local.exists():
            raise UnusableData(f"{file.uri}: gone; needed the file with sha256 {file.sha256}")
        sha256, _ = digest(local)
        if sha256 != file.sha256:
            raise UnusableData(
                f"{file.uri}: altered: sha256 is {sha256[:12]}…, needed {file.sha256[:12]}…"
            )
        return local

    def holds(self, value: Any) -> bool:
        """Whether every stored file that a value refers to is there and unaltered."""
        try:
            for file in stored_files(value):
                self.fetch(file)
        except UnusableData:
            return False
        return True

    def _copy(self, filesystem: Any, file: StoredFile) -> Path:
        """A local copy that is as new as the remote file; none when that is gone.

        What the filesystem says of the remote file is kept beside the copy: as long as it says the
        same, gigabytes need not be read again to know that nothing was altered.
        """
        local = self._cache / "fetched" / file.sha256[:16] / file.uri.rsplit("/", 1)[-1]
        local.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(local.with_name(f".{local.name}.lock")):
            self._bring(filesystem, file, local)
        return local

    @staticmethod
    def _bring(filesystem: Any, file: StoredFile, local: Path) -> None:
        marker = local.with_name(f".{local.name}.known")
        says = _description(filesystem, file.uri)
        is_same = marker.exists() and marker.read_text(encoding="utf-8") == says
        if local.exists() and is_same and digest(local)[0] == file.sha256:
            return
        _remove(local)
        if says:
            draft = local.with_name(f".{local.name}.{_process()}")
            filesystem.get(file.uri, str(draft), recursive=filesystem.isdir(file.uri))
            _remove(local)
            draft.rename(local)
            marker.write_text(says, encoding="utf-8")


def _process() -> str:
    """This process, also among containers that share a folder: each counts its own from 1."""
    return f"{_place()}.{os.getpid()}"


def _place() -> str:
    """Where process ids mean the same: this machine and, on Linux, this container of it."""
    namespace = Path("/proc/self/ns/pid")
    return f"{socket.gethostname()}.{namespace.stat().st_ino if namespace.exists() else 0}"


def _remove_left(folder: Path, beginning: str) -> None:
    """Remove the drafts of processes that were killed: a merged model has gigabytes."""
    for draft in folder.iterdir():
        process = draft.name.removeprefix(beginning)
        is_draft = draft.name.startswith(beginning) and process.isdecimal()
        if is_draft and not psutil.pid_exists(int(process)):
            with suppress(FileNotFoundError):  # another process may be clearing it too
                _remove(draft)


def _put(draft: Path, final: Path, sha256: str) -> None:
    """Move a draft to its place, unless the same is there: then somebody may be reading it."""
    if final.exists() and digest(final)[0] == sha256:
        return
    if final.is_dir() or draft.is_dir():
        _remove(final)
    try:
        draft.rename(final)  # a file takes the place of another in one step
    except OSError:
        if not final.is_dir() or digest(final)[0] != sha256:
            raise
        # Another run has put the same folder there meanwhile.


def _plain(parts: tuple[str, ...]) -> tuple[str, ...]:
    """Names of folders and a file: none of them may lead anywhere else."""
    for part in parts:
        if part in ("", ".", "..") or "/" in part or "\\" in part:
            raise UnusableData(f"{part!r} is no name of a file; needed one without a path")
    return parts


def _description(filesystem: Any, uri: str) -> str:
    """What a filesystem says of a file, or of all in a folder: sizes, times, ETags; "" for none."""
    filesystem.invalidate_cache()  # another machine may have written meanwhile
    entries = filesystem.find(uri, detail=True)
    return "\n".join(f"{name} {sorted(map(str, facts.items()))}" for name, facts in entries.items())


def stored_files(value: Any) -> Iterator[StoredFile]:
    """Every stored file inside a product, however deep."""
    if isinstance(value, StoredFile):
        yield value
    elif isinstance(value, BaseModel):
        for name in type(value).model_fields:
            yield from stored_files(getattr(value, name))
    elif isinstance(value, list | tuple):
        for item in value:
            yield from stored_files(item)


def digest(path: Path) -> tuple[str, int]:
    """(sha256 in hex, size in bytes) of a file, or of a folder's names and contents."""
    if path.is_file():
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest(), path.stat().st_size
    whole = hashlib.sha256()
    size = 0
    for name, inner in files_below(path).items():
        part, bytes_ = digest(inner)
        whole.update(f"{name}\0{part}\n".encode())
        size += bytes_
    return whole.hexdigest(), size


def files_below(folder: Path) -> dict[str, Path]:
    """The files of a folder and the folders in it, by their path in it, in order."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path for path in files}


def link(source: Path, target: Path) -> None:
    """Put a file that nobody writes again into a second place; once on the disk if that can be."""
    try:
        target.hardlink_to(source)
    except OSError:  # another disk, or one that has no links
        shutil.copyfile(source, target)


def _size(path: Path) -> int:
    """Bytes of a file, or of all files in a folder."""
    return path.stat().st_size if path.is_file() else sum(_sizes(path).values())


def _sizes(folder: Path) -> dict[str, int]:
    """The size of each file of a folder, by its path in it."""
    return {name: path.stat().st_size for name, path in files_below(folder).items()}


def _protocols(filesystem: Any) -> tuple[str, ...]:
    protocol = filesystem.protocol
    return (protocol,) if isinstance(protocol, str) else tuple(protocol)


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
