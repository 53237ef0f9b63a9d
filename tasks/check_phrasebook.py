"""A phrasebook held against the tools that it is for."""

from pathlib import Path

from profiles import Server, load_phrasebook_limits
from tasks.domain.errors import UnusableData
from tasks.domain.writing.book.check import Verdict, check_general, check_phrasebook
from tasks.domain.writing.book.fingerprints import with_tools
from tasks.domain.writing.phrasebook import read_phrasebook, unreadable_lines, write_phrasebook
from tasks.external.servers import read_toolset_of


def check_book(file: str, server: Server | None, write: bool = False) -> Verdict:
    """Check a book; without a server, as one for every server.

    Lines that cannot be read are the only faults that are told, where there are any.
    ``write``: a book without faults gets the fingerprints of its tools into its first line.

    Raises:
        UnusableData: the file cannot be read.
        ServerFailed: the server cannot be started.
    """
    text, limits = _read(Path(file)), load_phrasebook_limits()
    if faults := unreadable_lines(text, file):
        return Verdict(faults=faults, notes=("all else is looked at when each line can be read",))
    lines = read_phrasebook(text, file)
    if server is None:
        return check_general(lines, limits)
    toolset = read_toolset_of(server)
    verdict = check_phrasebook(lines, toolset, server, limits)
    if write and not verdict.faults:
        Path(file).write_text(write_phrasebook(with_tools(lines, toolset)), encoding="utf-8")
    return verdict


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise UnusableData(f"{path} cannot be read: {error}") from error
