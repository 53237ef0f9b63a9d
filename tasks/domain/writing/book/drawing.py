"""The lines of a phrasebook by what they are for, and which of them is next."""

import hashlib
import random
from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from typing import Any, TypeVar, get_args

from tasks.domain.conversations import Split
from tasks.domain.writing.book.inner_slots import Draw, drawing_from, values_by_name
from tasks.domain.writing.phrasebook import (
    CallsLine,
    ChatLine,
    ClarifyLine,
    Line,
    RequestLine,
    ResultLine,
    SaidLine,
    UnsupportedLine,
    ValuesLine,
    skeleton,
    slots,
)
from tasks.domain.writing.phrasing.tool_context import TOOL_WORDS
from tasks.domain.writing.values.draw_options import DrawOptions
from tasks.domain.writing.values.instances import split_of

MOST_TRIED = 40
"""Lines tried for one row."""
FULLEST = 3
"""A third of the lines counts as those that say most."""
_SaidLine = TypeVar("_SaidLine", bound=SaidLine)


@dataclass(frozen=True)
class Book:
    """The lines that rows of one tool list are drawn from."""

    lines: tuple[Line, ...] = ()
    """Those that were written for its tools."""
    general: tuple[Line, ...] = ()
    """Those of the book for every server that no tool of the list could meet."""

    def speaks_for(self, tool: str) -> bool:
        """Whether it has requests of a tool: the grammar is then not alone with it."""
        return any(self.requests(tool, split) for split in get_args(Split))

    def requests(self, tool: str, split: Split) -> tuple[RequestLine, ...]:
        """Requests of one tool."""
        return self._own.get(("request", tool, split), ())

    def clarifying(self, tool: str, split: Split) -> tuple[ClarifyLine, ...]:
        """Requests of one tool that lack a value."""
        return self._own.get(("clarify", tool, split), ())

    def calls(self, split: Split) -> tuple[CallsLine, ...]:
        """Requests of several calls."""
        return self._own.get(("calls", split), ())

    def unsupported(self, split: Split) -> tuple[UnsupportedLine, ...]:
        """Requests that no tool meets."""
        return self._own.get(("unsupported", split), ())

    def chat(self, split: Split) -> tuple[ChatLine, ...]:
        """What needs no tool: the list's own lines and those for every server."""
        return self._own.get(("chat", split), ()) + self._general.get(("chat", split), ())

    def about_tools(self, split: Split) -> tuple[ChatLine, ...]:
        """Talk for every server about the things and names that its tools have."""
        return self._general.get(("chat", split, "about tools"), ())

    def off_topic(self, split: Split) -> tuple[UnsupportedLine, ...]:
        """Requests for every server that are about other things than its tools."""
        return self._general.get(("unsupported", split), ())

    def says_no_call(self, split: Split) -> bool:
        """Whether the list has lines of its own that need no tool."""
        return any((kind, split) in self._own for kind in ("unsupported", "chat"))

    def general_values(self, name: str, split: Split) -> tuple[str, ...]:
        """What a slot of a line for every server may be."""
        return self._general_values.get((name, split), ())

    def results(self, tool: str, *, error: bool) -> tuple[ResultLine, ...]:
        """What the server prints for a call of a tool."""
        return self._own.get(("result", tool, error), ())

    def values(self, tool: str) -> Mapping[str, tuple[Any, ...]]:
        """Values by parameter: those for this tool before those for any."""
        named = [line for line in self.lines if isinstance(line, ValuesLine)]
        for_any = {line.parameter: line.values for line in named if line.tool is None}
        return for_any | {line.parameter: line.values for line in named if line.tool == tool}

    def drawing(self, split: Split, rng: random.Random) -> Draw:
        """Draws values of a name that are for a split; any where it has none."""
        return drawing_from(self._values, rng, split)

    @cached_property
    def _values(self) -> dict[str, tuple[Any, ...]]:
        return values_by_name(self.lines)

    @cached_property
    def _general_values(self) -> dict[tuple[str, Split], tuple[str, ...]]:
        return {
            (name, split): tuple(text for text in map(str, values) if split_of(text) == split)
            for name, values in values_by_name(self.general).items()
            for split in get_args(Split)
        }

    @cached_property
    def _own(self) -> dict[Hashable, tuple[Any, ...]]:
        return _grouped(self.lines, _use)

    @cached_property
    def _general(self) -> dict[Hashable, tuple[Any, ...]]:
        return _grouped(self.general, _general_use)


NO_BOOK = Book()


def _use(line: Line) -> tuple[Hashable, ...]:
    """What a line is for: its kind, its tool, and the split of its rows, where it has these."""
    if isinstance(line, ResultLine):
        return line.kind, line.tool, line.error
    if isinstance(line, RequestLine | ClarifyLine):
        return line.kind, line.tool, line_split(line)
    return (line.kind, line_split(line)) if isinstance(line, SaidLine) else (line.kind,)


def _general_use(line: Line) -> tuple[Hashable, ...]:
    """The same of a line for every server; small talk may have a slot for a word of the tools."""
    if isinstance(line, ChatLine) and not TOOL_WORDS.isdisjoint(slots(line.text + line.reply)):
        return *_use(line), "about tools"
    return _use(line)


def _grouped(
    lines: Iterable[Line], use: Callable[[Line], Hashable]
) -> dict[Hashable, tuple[Any, ...]]:
    groups: dict[Hashable, list[Line]] = defaultdict(list)
    for line in lines:
        groups[use(line)].append(line)
    return {name: tuple(group) for name, group in groups.items()}


def line_split(line: SaidLine) -> Split:
    """The split of a line: a stable fifth of all skeletons is held out."""
    return split_of(skeleton(line.text))


def family_of(line: SaidLine) -> str:
    """The family of phrasings that a line's texts are of: the line itself."""
    return f"book-{hashlib.sha256(skeleton(line.text).encode()).hexdigest()[:10]}"


def by_use(
    lines: Sequence[_SaidLine], uses: Mapping[str, int], options: DrawOptions, rng: random.Random
) -> list[_SaidLine]:
    """The lines to try, those said least first; only the fullest where all is to be given."""
    order = sorted(lines, key=lambda line: (uses.get(line.text, 0), rng.random()))
    if options.optional >= 1.0:
        fullest = sorted(order, key=lambda line: -len(slots(line.text)))
        order = fullest[: max(len(lines) // FULLEST, 1)]
    return list(islice(order, MOST_TRIED))


def may_be_filled(line: RequestLine, options: DrawOptions) -> bool:
    """Whether a line has the slots that the options are about."""
    slot_names = slots(line.text)
    if options.unknown is not None:
        return options.unknown in slot_names
    return bool(slot_names) or not options.unusual
