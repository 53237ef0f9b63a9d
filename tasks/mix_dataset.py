"""Stage 3½, if asked: Dataset and own conversations → Dataset, own rows at a stated share."""

from pathlib import Path

from prefect import task
from prefect.cache_policies import NO_CACHE

from profiles import OwnData
from tasks.domain.products import Dataset, Toolset
from tasks.domain.toollists import functions
from tasks.domain.writing.mixing import held_out, mixed, scaled, unreserved, with_tools_of
from tasks.external.dataset_files import heldout_rows, keep_rows, train_rows
from tasks.external.own_file import read_own_file
from tasks.reporting import events


@task(cache_policy=NO_CACHE, on_completion=[events.stage_completed])
def mix_dataset(
    dataset: Dataset, toolset: Toolset, own: OwnData | None, thinks: bool = False
) -> Dataset:
    """Put own conversations in the place of generated rows; a tenth is held out.

    Without any the dataset is handed on as it is. Thoughts are kept for a model that ``thinks``.

    Raises:
        UnusableData: the file or a line of it cannot be read, or it has too few rows for the share.
    """
    if own is None:
        return dataset
    tools, file = functions(toolset), Path(own.file)
    own_rows = read_own_file(file, tools, thinks=thinks)
    free = unreserved(own_rows.rows, dataset.reserved)
    training_rows, apart = held_out(with_tools_of(free, tools))
    rows = mixed(list(train_rows(dataset)), training_rows, own.share, dataset.seed)
    heldout = [*heldout_rows(dataset), *apart]
    reserved = len(own_rows.rows) - len(free)
    notes = [f"{reserved} say what the model is asked afterwards and were left out"] * bool(
        reserved
    )
    share = f"{own.share:.0%} of the training rows are from {file.name}"
    note = "; ".join([share, *own_rows.notes, *notes])
    changed = {
        **keep_rows("mixed", rows, heldout, tools),
        "planned": scaled(dataset.planned, 1 - own.share),
        "notes": (*dataset.notes, note),
    }
    return dataset.model_copy(update=changed)
