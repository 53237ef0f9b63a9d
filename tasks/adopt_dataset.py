"""A person's JSONL → Dataset: what ``generate`` wrote as it is, own rows with a tenth held out."""

from pathlib import Path

from prefect import task
from prefect.cache_policies import NO_CACHE

from tasks.domain.conversations import fingerprint
from tasks.domain.mixing import HELD_OUT, held_out
from tasks.domain.products import Dataset
from tasks.domain.schemas import functions
from tasks.external.handover import has_manifest, take
from tasks.external.row_files import keep_rows, read_own_file
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
    train_file, heldout_file = keep_rows("own", rows, apart)
    return Dataset(
        train=train_file,
        heldout=heldout_file,
        train_rows=len(rows),
        heldout_rows=len(apart),
        toolset_fingerprint=fingerprint(rows[0].tools),
        seed=0,
        notes=(note, *skipped),
    )
