"""A person's JSONL → Dataset: what ``generate`` wrote as it is, own rows with a tenth held out."""

from pathlib import Path

from prefect import task
from prefect.cache_policies import NO_CACHE
from prefect.logging import get_run_logger

from tasks.domain.conversations import fingerprint
from tasks.domain.products import Dataset
from tasks.domain.toollists import functions
from tasks.domain.writing.mixing import HELD_OUT, held_out, of_split
from tasks.external.dataset_files import keep_rows
from tasks.external.handover import has_manifest, take
from tasks.external.own_file import read_own_file
from tasks.external.tool_files import read_toolset


@task(cache_policy=NO_CACHE)
def adopt_dataset(data: str, heldout: str, tools: str, thinks: bool) -> Dataset:
    """Read rows from files and keep them in the storage; thoughts for a model that ``thinks``.

    Raises:
        UnusableData: a file is missing or empty, or a line is not a row; with its number.
    """
    path = Path(data)
    if has_manifest(path) and not (heldout or tools):
        return take(path, Dataset)
    tool_list = functions(read_toolset(Path(tools))) if tools else None
    own = read_own_file(path, tool_list, thinks=thinks)
    rows, notes = own.rows, [f"{path.name}: {note}" for note in own.notes]
    if heldout:
        beside = read_own_file(Path(heldout), tool_list, thinks=thinks)
        rows, apart = of_split(rows, "train"), of_split(beside.rows, "heldout")
        notes += [f"{Path(heldout).name}: {note}" for note in beside.notes]
        notes.append(f"{len(apart)} held-out rows from {Path(heldout).name}")
    else:
        rows, apart = held_out(rows)
        notes.append(f"every {HELD_OUT}th row of {path.name} is held out: {len(apart)} rows")
    for note in notes:
        get_run_logger().info(note)
    return Dataset(
        **keep_rows("own", rows, apart, tool_list),
        toolset_fingerprint=fingerprint(rows[0].tools),
        seed=0,
        notes=tuple(notes),
    )
