"""Stage 3: Toolset → Dataset: rows written from the tools' schemas and the server's own answers."""

from prefect import task

from profiles import Data, Server
from tasks.caching import ByContent, content_key
from tasks.domain.products import Dataset, Toolset
from tasks.domain.toollists import functions
from tasks.domain.writing.rows import write_rows
from tasks.external.row_files import keep_rows
from tasks.external.servers import at_home, executing
from tasks.reporting import events


@task(cache_policy=ByContent(), persist_result=True, on_completion=[events.stage_completed])
def synthesize_dataset(toolset: Toolset, server: Server, data: Data) -> Dataset:
    """Write rows for training and rows held out; none is one of the hand-written test prompts.

    Raises:
        ServerFailed: the server cannot be started or dies while it is asked.
        UnusableTool: no valid arguments can be made for a tool.
    """
    home = at_home(server)
    with executing(server, toolset, data.seed) as execute:
        written = write_rows(toolset, home, data, execute, execute.offers)
    key = content_key("rows", __file__, toolset=toolset, server=server, data=data)
    kept = keep_rows(toolset.server, written.train, written.heldout, functions(toolset), key[-8:])
    return Dataset(
        **kept.as_fields,
        train_rows=len(written.train),
        heldout_rows=len(written.heldout),
        toolset_fingerprint=toolset.fingerprint,
        seed=data.seed,
        reserved=tuple(prompt.prompt for prompt in home.test_prompts),
        planned=written.planned,
        notes=(*toolset.notes, *written.notes),
    )
