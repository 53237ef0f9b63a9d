"""A person's JSONL → Dataset: what ``generate`` wrote as it is, own rows with a tenth held out."""

from pathlib import Path

from prefect import task
from prefect.cache_policies import NO_CACHE

from tasks.domain.conversations import Row, fingerprint, write_jsonl
from tasks.domain.mixing import HELD_OUT, held_out
from tasks.domain.products import Dataset, StoredFile
from tasks.domain.schemas import functions
from tasks.external.handover import has_manifest, take
from tasks.external.own_files import read_own_file
from tasks.external.storage import Storage
from tasks.external.tool_files import read_toolset


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
    found = read_own_file(path, given)
    rows = found.rows
    if heldout:
        apart = read_own_file(Path(heldout), given).rows
        note = f"{len(apart)} held-out rows from {Path(heldout).name}"
    else:
        rows, apart = held_out(rows)
        note = f"every {HELD_OUT}th row of {path.name} is held out: {len(apart)} rows"
    skipped = (f"{found.skipped} log records were no conversations",) if found.skipped else ()
    return Dataset(
        train=_keep(rows, "train.jsonl"),
        heldout=_keep(apart, "heldout.jsonl"),
        train_rows=len(rows),
        heldout_rows=len(apart),
        toolset_fingerprint=fingerprint(rows[0].tools),
        seed=0,
        notes=(note, *skipped),
    )


def _keep(rows: list[Row], name: str) -> StoredFile:
    storage, text = Storage(), write_jsonl(rows)
    place = ("datasets", f"own-{fingerprint(text)[:8]}", name)
    with storage.writing(*place) as draft:
        draft.write_text(text, encoding="utf-8")
        return storage.keep(draft, *place)
