"""A person's JSONL → Dataset: what ``generate`` wrote as it is, own rows with a tenth held out."""

from pathlib import Path

from prefect import task
from prefect.cache_policies import NO_CACHE

from tasks.domain.conversations import Row, fingerprint, read_jsonl, write_jsonl
from tasks.domain.errors import UnusableData
from tasks.domain.products import Dataset, StoredFile
from tasks.domain.schemas import functions
from tasks.external.handover import has_manifest, take
from tasks.external.storage import Storage
from tasks.external.tool_files import read_toolset

_HELD_OUT = 10
"""Of rows that come without a held-out file, every tenth is held out."""


@task(cache_policy=NO_CACHE)
def adopt_dataset(data: str, heldout: str, tools: str) -> Dataset:
    """Read rows from files and keep them in the storage.

    Raises:
        UnusableData: a file is missing or empty, or a line is not a row; with its number.
    """
    path = Path(data)
    if has_manifest(path) and not (heldout or tools):
        return take(path, Dataset)
    given = functions(read_toolset(Path(tools))) if tools else None
    rows = read_jsonl(_text(path), path.name, given)
    if heldout:
        apart = read_jsonl(_text(Path(heldout)), Path(heldout).name, given)
        note = f"{len(apart)} held-out rows from {Path(heldout).name}"
    else:
        apart = rows[::_HELD_OUT] if len(rows) > 1 else rows
        rows = [row for place, row in enumerate(rows) if place % _HELD_OUT] or rows
        note = f"every {_HELD_OUT}th row of {path.name} is held out: {len(apart)} rows"
    return Dataset(
        train=_keep(rows, "train.jsonl"),
        heldout=_keep(apart, "heldout.jsonl"),
        train_rows=len(rows),
        heldout_rows=len(apart),
        toolset_fingerprint=fingerprint(rows[0].tools),
        seed=0,
        notes=(note,),
    )


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UnusableData(f"{path}: cannot be read: {error}") from error


def _keep(rows: list[Row], name: str) -> StoredFile:
    storage, text = Storage(), write_jsonl(rows)
    place = ("datasets", f"own-{fingerprint(text)[:8]}", name)
    with storage.writing(*place) as draft:
        draft.write_text(text, encoding="utf-8")
        return storage.keep(draft, *place)
