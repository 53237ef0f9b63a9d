"""Which lines rows are drawn from: the server's own book, a teacher's, and those of other books.

A line of another book is taken for a tool of the same name and input schema. What is for a whole
list, such as requests that no tool meets, is taken where the whole list is known to that book.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from profiles import PhrasebookFiles, Server
from tasks.domain.products import Toolset
from tasks.domain.writing.book.drawing import NO_BOOK, Book
from tasks.domain.writing.book.fingerprints import schema_fingerprint, schemas_of_book
from tasks.domain.writing.book.general import general_lines, met_by_none
from tasks.domain.writing.book.inner_slots import free_names
from tasks.domain.writing.book.line_rules import LineRules, inner_values
from tasks.domain.writing.phrasebook import (
    CallsLine,
    ClarifyLine,
    Line,
    RequestLine,
    ResultLine,
    ToolsLine,
    ValuesLine,
    read_phrasebook,
)
from tasks.domain.writing.values.maker import makers_of

SCHEMA_ALONE = "written from the schema alone"
_NO_WRITER = f"requests were {SCHEMA_ALONE}"
TEACHER = "a teacher"
"""Who wrote a book that does not ship, in the sentence on requests."""
MOST_NAMED = 8
"""Tools that a note names."""


@dataclass(frozen=True)
class ChosenBook:
    """The lines for a tool list, and what a person should know of where they come from."""

    book: Book = NO_BOOK
    requests: str = ""
    """Who wrote the requests, as a sentence."""
    notes: tuple[str, ...] = ()

    def requests_at(self, share: float) -> str:
        """The sentence for a profile that takes this share of the requests from the book."""
        if share > 0 or self.requests == _NO_WRITER:
            return self.requests
        return f"{_NO_WRITER}: the profile takes none from a phrasebook"


def choose_book(
    toolset: Toolset, server: Server, files: PhrasebookFiles, teacher_lines: Sequence[Line] = ()
) -> ChosenBook:
    """The lines that speak for the tools of a list.

    Args:
        toolset: the list.
        server: what its operator knows of values.
        files: the books as they are written.
        teacher_lines: what a teacher wrote for tools that no book speaks for.

    Raises:
        UnusableData: a book cannot be read.
    """
    choice = _Choice(toolset, server)
    if files.own is not None:
        lines = read_phrasebook(files.own.text, files.own.name)
        choice.add_own(choice.met_by_none(lines, files.own.name), files.own.name)
    if teacher_lines:
        choice.add_own(teacher_lines, TEACHER)
    books = [(read_phrasebook(file.text, file.name), file.name) for file in files.others]
    for lines, name in sorted(books, key=lambda book: -len(choice.shared_tools(book[0]))):
        choice.add_shared(lines, name)
    if files.general is not None:
        choice.add_general(read_phrasebook(files.general.text, files.general.name))
    return choice.chosen_book()


class _Choice:
    def __init__(self, toolset: Toolset, server: Server) -> None:
        self._toolset = toolset
        makers = makers_of(toolset.tools, server)
        self._own_rules = LineRules(makers)
        self._shared_rules = LineRules(makers, may_lack=True)
        self._lines: list[Line] = []
        self._general: tuple[Line, ...] = ()
        self._writers: dict[str, str] = {}
        """Who wrote the requests of each tool."""
        self._notes: list[str] = []

    def met_by_none(self, lines: Sequence[Line], name: str) -> Sequence[Line]:
        """A book without the requests that a tool may meet which it was not written for.

        A teacher has seen the whole list, and a book that names no tools says nothing of it.
        """
        written_for, tools = schemas_of_book(lines), self._toolset.tools
        if not written_for:
            return lines
        new_tools = [tool for tool in tools if tool.name not in written_for]
        its_tools = [tool for tool in tools if tool.name in written_for]
        rest = met_by_none(lines, new_tools, its_tools)
        if len(rest) < len(lines):
            self._notes.append(
                f"requests that no tool meets, left out of {name} since a tool that it was not "
                f"written for may meet them: {len(lines) - len(rest)}"
            )
        return rest

    def add_own(self, lines: Sequence[Line], name: str) -> None:
        """The lines of a book for this very list, without those that do not fit its tools."""
        names = {tool.name for tool in self._toolset.tools}
        candidates = [line for line in lines if _tools_of(line) <= names]
        self._take(self._fitting(candidates, self._own_rules, name), name)

    def shared_tools(self, lines: Sequence[Line]) -> set[str]:
        """The tools that a book knows by the same schema."""
        schemas = schemas_of_book(lines)
        return {t.name for t in self._toolset.tools if schemas.get(t.name) == schema_fingerprint(t)}

    def add_shared(self, lines: Sequence[Line], name: str) -> None:
        """Another server's lines for the tools that nobody has spoken for yet."""
        same = self.shared_tools(lines)
        new = same - self._writers.keys()
        if new:
            is_whole = len(same) == len(self._toolset.tools)
            free = free_names(lines)
            candidates = [
                line
                for line in lines
                if self._is_shared(line, new, same, is_whole)
                or (isinstance(line, ValuesLine) and line.parameter in free)
            ]
            self._take(self._fitting(candidates, self._shared_rules, name), name)

    def add_general(self, lines: Sequence[Line]) -> None:
        """What is said to every server, but for what these tools could meet."""
        self._general = general_lines(lines, self._toolset, self._lines)

    def chosen_book(self) -> ChosenBook:
        names = [tool.name for tool in self._toolset.tools]
        return ChosenBook(
            Book(tuple(self._lines), self._general),
            _who_wrote(self._writers, names),
            tuple(self._notes),
        )

    def _fitting(self, lines: Sequence[Line], rules: LineRules, name: str) -> Iterator[Line]:
        faulty: list[str] = []
        rules = replace(rules, named=inner_values(lines))
        for line in lines:
            fault = next(iter(rules.faults_of(line)), "")
            if fault:
                faulty.append(f"{line.place or name}: {fault}")
            else:
                yield line
        if faulty:
            self._notes.append(f"{len(faulty)} lines of {name} are left out: {faulty[0]}")

    def _take(self, lines: Iterator[Line], name: str) -> None:
        for line in lines:
            self._lines.append(line)
            if isinstance(line, RequestLine):
                self._writers.setdefault(line.tool, name)

    @staticmethod
    def _is_shared(line: Line, new: set[str], same: set[str], is_whole: bool) -> bool:
        if tools := _tools_of(line):
            return tools <= same and not tools.isdisjoint(new)
        return is_whole and not isinstance(line, ToolsLine)


def _tools_of(line: Line) -> frozenset[str]:
    """The tools that a line names; none where it is for any, or for the list as a whole."""
    if isinstance(line, RequestLine | ClarifyLine | ResultLine | ValuesLine):
        return frozenset(name for name in (line.tool,) if name is not None)
    return frozenset(call.tool for call in (line.calls if isinstance(line, CallsLine) else ()))


def _who_wrote(writers: dict[str, str], names: Sequence[str]) -> str:
    silent = [name for name in names if name not in writers]
    if len(silent) == len(names):
        return _NO_WRITER
    books = ", ".join(dict.fromkeys(writers.values()))
    sentence = f"requests were drawn from a phrasebook ({books})"
    if not silent:
        return sentence
    more = f" and {len(silent) - MOST_NAMED} more" if len(silent) > MOST_NAMED else ""
    return f"{sentence}; those of {', '.join(silent[:MOST_NAMED])}{more} were {SCHEMA_ALONE}"
