"""A model on the Hugging Face hub becomes a snapshot in the hub's own cache, of one commit.

Only what training needs is taken. A whole snapshot is used without asking the network, so a machine
that has none works from a cache that was filled elsewhere (``HF_HOME``).
"""

import errno
import io
import json
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

import httpx
from filelock import FileLock

from profiles import Model
from tasks.domain.errors import UnusableModel
from tasks.external.storage import digest
from tasks.external.tokenizer_files import TOKENIZER_FILES

_PATTERNS = [
    "config.json",
    "generation_config.json",
    # Not every *.safetensors: some repositories hold the weights a second time (consolidated.*).
    "model.safetensors",
    "model-*.safetensors",
    "model.safetensors.index.json",
    *TOKENIZER_FILES,
    "LICENSE*",
]
_MAIN = "main"
_LOOK_SECONDS = 5
_GB = 1e9
Report = Callable[[int, int], object]
"""Is told the bytes of large files that are here, and of all of them."""


def ignore(here: int, total: int) -> None:
    """For who does not ask."""


def download(model: Model, report: Report = ignore) -> tuple[str, list[Path]]:
    """(the commit that the model's revision names, the files of it that training needs).

    A large file that was broken off goes on where it stopped, in this run or a later one, and
    counts only with the sha256 that the hub names.

    Raises:
        UnusableModel: no access, no such revision, no network, no room, or no weights there.
    """
    with _explained(model):
        snapshot = _cached(model) or _snapshot(model, report)
    files = [file for file in sorted(snapshot.iterdir()) if _is_needed(file.name)]
    return snapshot.name, files


def look(model: Model) -> None:
    """Ask whether the model could be downloaded, without doing it.

    Raises:
        UnusableModel: it could not.
    """
    from huggingface_hub import get_hf_file_metadata, hf_hub_url

    source = model.source
    with _explained(model):
        if _cached(model) is None:
            url = hf_hub_url(source.repository, "config.json", revision=source.revision or _MAIN)
            # Downloading would be tried again for half a minute.
            get_hf_file_metadata(url, timeout=_LOOK_SECONDS)


def tokenizer_files(model: Model) -> Path | None:
    """A folder of the hub's cache with the model's tokenizer; None where there is none."""
    from huggingface_hub import try_to_load_from_cache

    source = model.source
    cached = try_to_load_from_cache(
        source.repository, "tokenizer_config.json", revision=source.revision or _MAIN
    )
    return Path(cached).parent if isinstance(cached, str) else None


def _is_needed(name: str) -> bool:
    return any(fnmatch(name, pattern) for pattern in _PATTERNS)


def _cached(model: Model) -> Path | None:
    """The snapshot of the model's revision, if all of it is here."""
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import LocalEntryNotFoundError

    source = model.source
    try:
        folder = snapshot_download(
            source.repository,
            revision=source.revision or _MAIN,
            allow_patterns=_PATTERNS,
            local_files_only=True,
        )
    except LocalEntryNotFoundError:
        return None
    return Path(folder) if _is_whole(Path(folder)) else None


def _is_whole(snapshot: Path) -> bool:
    """Whether configuration, tokenizer and all weights are there; other programs take parts."""
    index = snapshot / "model.safetensors.index.json"
    weights = {"model.safetensors"}
    if index.is_file():
        weights = set(json.loads(index.read_text(encoding="utf-8"))["weight_map"].values())
    required_files = {"config.json", "tokenizer_config.json", *weights}
    return all((snapshot / name).is_file() for name in required_files)


def _snapshot(model: Model, report: Report) -> Path:
    from huggingface_hub import HfApi, snapshot_download

    source, revision = model.source, model.source.revision or _MAIN
    listing = HfApi().model_info(source.repository, revision=revision, files_metadata=True)
    files = [file for file in listing.siblings or [] if _is_needed(file.rfilename)]
    if not any(file.rfilename.endswith(".safetensors") for file in files):
        raise UnusableModel(f"{model.name}: {source.repository} has no model*.safetensors")
    large = {file.rfilename: file.lfs for file in files if file.lfs}
    blobs = _blobs(source.repository)
    _check_room(model, blobs, {blobs / lfs.sha256: lfs.size for lfs in large.values()})
    total, here = sum(lfs.size for lfs in large.values()), 0
    for name, lfs in large.items():
        before = here
        _fetch(
            model,
            f"{listing.sha}/{name}",
            blobs / lfs.sha256,
            lfs.size,
            lambda there: report(before + there, total),  # noqa: B023
        )
        here += lfs.size
        report(here, total)
    # Links to what was fetched, and the small files; with the revision's name for the next time.
    folder = snapshot_download(source.repository, revision=revision, allow_patterns=_PATTERNS)
    return Path(folder)


def _blobs(repository: str) -> Path:
    """Where the hub's cache has a repository's large files, each named by its sha256."""
    from huggingface_hub import constants
    from huggingface_hub.file_download import repo_folder_name

    folder = repo_folder_name(repo_id=repository, repo_type="model")
    blobs = Path(constants.HF_HUB_CACHE) / folder / "blobs"
    blobs.mkdir(parents=True, exist_ok=True)
    return blobs


def _check_room(model: Model, place: Path, sizes: Mapping[Path, int]) -> None:
    there = sum(part.stat().st_size for part in map(_part, sizes) if part.exists())
    bytes_needed = sum(size for blob, size in sizes.items() if not blob.exists()) - there
    free = shutil.disk_usage(place).free
    if bytes_needed > free:
        raise UnusableModel(
            f"{model.name}: needed {bytes_needed / _GB:.1f} GB of free disk in {place} for "
            f"the download of {model.source.repository}, found {free / _GB:.1f}; "
            "HF_HOME names another place"
        )


def _part(blob: Path) -> Path:
    return blob.with_name(f"{blob.name}.part")


class _CountedFile(io.FileIO):
    """A file that is appended to, and says after each piece how long it is."""

    def __init__(self, path: Path, report: Callable[[int], object]) -> None:
        super().__init__(path, "ab")
        self._report = report

    def write(self, piece: Any) -> int:
        """All of a piece, or an error: who writes does not look at the number."""
        rest = memoryview(piece)
        while rest:
            rest = rest[super().write(rest) :]
        self._report(self.tell())
        return len(piece)


def _fetch(
    model: Model, place: str, blob: Path, size: int, report: Callable[[int], object]
) -> None:
    """Put one large file into the cache. The hub's client itself begins it anew in each process."""
    from huggingface_hub import get_token, hf_hub_url
    from huggingface_hub.file_download import http_get

    revision, _, name = place.partition("/")
    part, token = _part(blob), get_token()
    with FileLock(f"{part}.lock"):
        if blob.exists():
            return
        with _CountedFile(part, report) as file:
            http_get(
                hf_hub_url(model.source.repository, name, revision=revision),
                file,
                resume_size=file.tell(),
                headers={"authorization": f"Bearer {token}"} if token else {},
                expected_size=size,
            )
        sha256, _ = digest(part)
        if sha256 != blob.name:
            part.unlink()
            raise UnusableModel(
                f"{model.name}: {name} came with sha256 {sha256[:12]}…, needed {blob.name[:12]}…; "
                "start again"
            )
        part.rename(blob)


@contextmanager
def _explained(model: Model) -> Iterator[None]:
    """Say in one line what the hub, the network or the disk refuses."""
    try:
        yield
    except (httpx.HTTPError, OSError, ValueError) as error:  # ValueError: no repository's name
        raise UnusableModel(f"{model.name}: {_reason(error, model)}") from error


def _reason(error: Exception, model: Model) -> str:
    from huggingface_hub import constants, errors, get_token

    source = model.source
    if isinstance(error, errors.RevisionNotFoundError):
        return f"{source.repository} has no revision {source.revision!r}"
    if isinstance(error, errors.RepositoryNotFoundError):
        token = "HF_TOKEN has no access to it" if get_token() else "HF_TOKEN is not set"
        if isinstance(error, errors.GatedRepoError):
            return (
                f"{source.repository} is gated and {token}: accept its terms at "
                f"{constants.ENDPOINT}/{source.repository}, and give a token of that account to "
                "the worker that downloads"
            )
        return f"no {source.repository} on the hub, or it is private and {token}"
    if isinstance(error, OSError) and error.errno == errno.ENOSPC:
        return f"no room in {constants.HF_HUB_CACHE}; what came so far is kept"
    lines = str(error).strip().splitlines() or [type(error).__name__]
    return (
        f"neither the hub nor its cache gives {source.repository} ({lines[0]}); download it where "
        "there is a network and point HF_HOME at the copy"
    )
