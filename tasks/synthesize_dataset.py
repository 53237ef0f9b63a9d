"""Stage 3: Toolset → Dataset: rows written from the tools' schemas and the server's own answers."""

from dataclasses import asdict

from prefect import task
from prefect.logging import get_run_logger

from profiles import Data, Server, load_phrasebooks
from tasks.caching import ByContent, content_key
from tasks.domain.conversations import fingerprint
from tasks.domain.products import Dataset, StoredFile, Toolset
from tasks.domain.toollists import functions
from tasks.domain.writing.book.choice import choose_book
from tasks.domain.writing.phrasebook import Line, read_phrasebook
from tasks.domain.writing.rows import write_rows
from tasks.domain.writing.teaching.product import Phrasebook
from tasks.external.dataset_files import keep_rows
from tasks.external.servers import at_home, executing_read_only
from tasks.external.storage import Storage
from tasks.reporting import events

NOT_TAUGHT = Phrasebook()
"""Where no teacher was asked."""


@task(
    # The books are named by the server and not held by it.
    cache_policy=ByContent(
        only={"teacher_book": ("file",)}, beside=lambda inputs: _books(inputs["server"])
    ),
    persist_result=True,
    on_completion=[events.stage_completed],
)
def synthesize_dataset(
    toolset: Toolset, server: Server, data: Data, teacher_book: Phrasebook = NOT_TAUGHT
) -> Dataset:
    """Write rows for training and rows held out; none is one of the hand-written test prompts.

    ``teacher_book``: a phrasebook that a teacher wrote, for tools that no other book speaks for.

    Raises:
        ServerFailed: the server cannot be started or dies while it is asked.
        UnusableTool: no valid arguments can be made for a tool.
        UnusableData: a phrasebook cannot be read.
    """
    home = at_home(server)
    choice = choose_book(toolset, home, load_phrasebooks(server), _read(teacher_book.file))
    requests = choice.requests_at(data.phrasebook_share)
    for note in (requests, *choice.notes):
        get_run_logger().info(note)
    with executing_read_only(server, toolset, data.seed) as execute:
        written_rows = write_rows(toolset, home, data, execute, execute.offers, choice.book)
    books = _books(server)
    key = content_key(
        "rows",
        __file__,
        toolset=toolset,
        server=server,
        data=data,
        book=teacher_book.file,
        books=books,
    )
    files = keep_rows(
        toolset.server, written_rows.train, written_rows.heldout, functions(toolset), key[-8:]
    )
    return Dataset(
        **files,
        toolset_fingerprint=toolset.fingerprint,
        seed=data.seed,
        reserved=tuple(prompt.prompt for prompt in home.test_prompts),
        requests=requests,
        planned=written_rows.planned,
        notes=(
            *toolset.notes,
            requests,
            *teacher_book.notes,
            *choice.notes,
            *written_rows.notes,
        ),
    )


def _books(server: Server) -> str:
    return fingerprint(asdict(load_phrasebooks(server)))


def _read(file: StoredFile | None) -> tuple[Line, ...]:
    if file is None:
        return ()
    path = Storage().fetch(file)
    return read_phrasebook(path.read_text(encoding="utf-8"), path.name)
