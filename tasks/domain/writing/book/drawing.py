"""The lines of a phrasebook by what they are for, and which of them is next."""

import hashlib
import random
from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from typing import Any, TypeVar, get_args

from tasks.domain.conversations import Split
from tasks.domain.writing.book.inner_slots import Draw, values_by_name, values_for
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
_OfTool = TypeVar("_OfTool", RequestLine, ClarifyLine)
_Line = TypeVar("_Line", bound=Line)
_Part = TypeVar("_Part")
_Key = TypeVar("_Key", bound=Hashable)


@dataclass(frozen=True)
class Book:
    """The lines that rows of one tool list are drawn from."""

    lines: tuple[Line, ...] = ()
    """Those that were written for its tools."""
    general: tuple[Line, ...] = ()
    """Those of the book for every server that no tool of the list could meet."""

    def speaks_for(self, tool: str) -> bool:
        """Whether it has requests of a tool: the grammar is then not alone with it."""
        return any((tool, split) in self._requests for split in get_args(Split))

    def requests(self, tool: str, split: Split) -> tuple[RequestLine, ...]:
        """Requests of one tool."""
        return self._requests.get((tool, split), ())

    def clarifying(self, tool: str, split: Split) -> tuple[ClarifyLine, ...]:
        """Requests of one tool that lack a value."""
        return self._clarifying.get((tool, split), ())

    def calls(self, split: Split) -> tuple[CallsLine, ...]:
        """Requests of several calls."""
        return self._calls.get(split, ())

    def unsupported(self, split: Split) -> tuple[UnsupportedLine, ...]:
        """Requests that no tool meets."""
        return self._unsupported.get(split, ())

    def chat(self, split: Split) -> tuple[ChatLine, ...]:
        """What needs no tool: the list's own lines and those for every server."""
        return self._chat.get(split, ()) + self._general_chat.get((split, False), ())

    def about_tools(self, split: Split) -> tuple[ChatLine, ...]:
        """Talk for every server about the things and names that its tools have."""
        return self._general_chat.get((split, True), ())

    def off_topic(self, split: Split) -> tuple[UnsupportedLine, ...]:
        """Requests for every server that are about other things than its tools."""
        return self._off_topic.get(split, ())

    def says_no_call(self, split: Split) -> bool:
        """Whether the list has lines of its own that need no tool."""
        return split in self._unsupported or split in self._chat

    def general_values(self, name: str, split: Split) -> tuple[str, ...]:
        """What a slot of a line for every server may be."""
        return self._general_values.get((name, split), ())

    def results(self, tool: str, *, error: bool) -> tuple[ResultLine, ...]:
        """What the server prints for a call of a tool."""
        return self._results.get((tool, error), ())

    def values(self, tool: str) -> Mapping[str, tuple[Any, ...]]:
        """Values by parameter: those for this tool before those for any."""
        named = [line for line in self.lines if isinstance(line, ValuesLine)]
        for_any = {line.parameter: line.values for line in named if line.tool is None}
        return for_any | {line.parameter: line.values for line in named if line.tool == tool}

    def named_values(self, name: str) -> tuple[Any, ...]:
        """Values of a name, whatever tool they are for."""
        return tuple(values_for(name, self._values_by_name))

    def drawing(self, split: Split, rng: random.Random) -> Draw:
        """Draws values of a name that are for a split; any where it has none."""

        def draw(name: str, others: Sequence[Any]) -> Any:
            left = [value for value in self.named_values(name) if value not in others]
            usable = [value for value in left if split_of(value) == split] or left
            return rng.choice(usable) if usable else None

        return draw

    @cached_property
    def _values_by_name(self) -> dict[str, tuple[Any, ...]]:
        return values_by_name(self.lines)

    @cached_property
    def _requests(self) -> dict[tuple[str, Split], tuple[RequestLine, ...]]:
        return _by_tool(_of_kind(self.lines, RequestLine))

    @cached_property
    def _clarifying(self) -> dict[tuple[str, Split], tuple[ClarifyLine, ...]]:
        return _by_tool(_of_kind(self.lines, ClarifyLine))

    @cached_property
    def _results(self) -> dict[tuple[str, bool], tuple[ResultLine, ...]]:
        lines = _of_kind(self.lines, ResultLine)
        return _grouped(lines, lambda line: (line.tool, line.error))

    @cached_property
    def _calls(self) -> dict[Split, tuple[CallsLine, ...]]:
        return _grouped(_of_kind(self.lines, CallsLine), line_split)

    @cached_property
    def _unsupported(self) -> dict[Split, tuple[UnsupportedLine, ...]]:
        return _grouped(_of_kind(self.lines, UnsupportedLine), line_split)

    @cached_property
    def _chat(self) -> dict[Split, tuple[ChatLine, ...]]:
        return _grouped(_of_kind(self.lines, ChatLine), line_split)

    @cached_property
    def _off_topic(self) -> dict[Split, tuple[UnsupportedLine, ...]]:
        return _grouped(_of_kind(self.general, UnsupportedLine), line_split)

    @cached_property
    def _general_chat(self) -> dict[tuple[Split, bool], tuple[ChatLine, ...]]:
        lines = _of_kind(self.general, ChatLine)
        return _grouped(lines, lambda line: (line_split(line), is_about_tools(line)))

    @cached_property
    def _general_values(self) -> dict[tuple[str, Split], tuple[str, ...]]:
        named = _of_kind(self.general, ValuesLine)
        pairs = ((line.parameter, str(value)) for line in named for value in line.values)
        groups = _grouped(pairs, lambda pair: (pair[0], split_of(pair[1])))
        return {key: tuple(value for _, value in pairs) for key, pairs in groups.items()}


NO_BOOK = Book()


def is_about_tools(line: ChatLine) -> bool:
    """Whether a line has a slot for a word of the tools."""
    return not TOOL_WORDS.isdisjoint(slots(line.text + line.reply))


def _of_kind(lines: Iterable[Line], kind: type[_Line]) -> Iterator[_Line]:
    return (line for line in lines if isinstance(line, kind))


def _by_tool(lines: Iterable[_OfTool]) -> dict[tuple[str, Split], tuple[_OfTool, ...]]:
    return _grouped(lines, lambda line: (line.tool, line_split(line)))


def _grouped(parts: Iterable[_Part], key: Callable[[_Part], _Key]) -> dict[_Key, tuple[_Part, ...]]:
    groups: dict[_Key, list[_Part]] = defaultdict(list)
    for part in parts:
        groups[key(part)].append(part)
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
