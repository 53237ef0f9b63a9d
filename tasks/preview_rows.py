"""The quickest way to judge data: rows as they would be written, without a run."""

from profiles import Data, Server, load_phrasebooks
from tasks.domain.products import Toolset
from tasks.domain.writing.book.choice import choose_book
from tasks.domain.writing.row_text import rows_as_text
from tasks.domain.writing.rows import write_rows
from tasks.external.servers import at_home, executing_read_only


def preview_rows(toolset: Toolset, server: Server, data: Data) -> str:
    """The training rows of ``data``, as text; read-only tools are really called.

    Raises:
        ServerFailed: the server cannot be started or dies while it is asked.
        UnusableTool: no valid arguments can be made for a tool.
    """
    home = at_home(server)
    choice = choose_book(toolset, home, load_phrasebooks(server))
    with executing_read_only(server, toolset, data.seed) as execute:
        written_rows = write_rows(toolset, home, data, execute, execute.offers, choice.book)
    lines = (choice.requests_at(data.phrasebook_share), *choice.notes, *written_rows.notes)
    notes = "\n".join(f"note: {note}" for note in lines)
    return f"{rows_as_text(written_rows.train)}\n\n{notes}"
