"""The lines of a phrasebook by what they are for, and which of them is next."""

import hashlib
import random
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from typing import Any, TypeVar

from tasks.domain.conversations import Split
from tasks.domain.writing.book.inner_slots import Draw, base_name, values_by_name
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
from tasks.domain.writing.values.draw_options import DrawOptions
from tasks.domain.writing.values.instances import split_of

MOST_TRIED = 40
"""Lines tried for one row."""
FULLEST = 3
"""A third of the lines counts as those that say most."""
_SPLITS: tuple[Split, ...] = ("train", "heldout")
_SaidLine = TypeVar("_SaidLine", bound=SaidLine)


@dataclass(frozen=True)
class Book:
    """The lines that rows of one tool list are drawn from."""

    lines: tuple[Line, ...] = ()

    def speaks_for(self, tool: str) -> bool:
        """Whether it has requests of a tool: the grammar is then not alone with it."""
        return any((tool, split) in self._requests for split in _SPLITS)

    def requests(self, tool: str, split: Split) -> tuple[RequestLine, ...]:
        """Requests of one tool."""
        return self._requests.get((tool, split), ())

    def clarifying(self, tool: str, split: Split) -> tuple[ClarifyLine, ...]:
        """Requests of one tool that lack a value."""
        return self._clarifying.get((tool, split), ())

    def calls(self, split: Split) -> tuple[CallsLine, ...]:
        """Requests of several calls."""
        return tuple(line for line in self._of_split(split) if isinstance(line, CallsLine))

    def unsupported(self, split: Split) -> tuple[UnsupportedLine, ...]:
        """Requests that no tool meets."""
        return tuple(line for line in self._of_split(split) if isinstance(line, UnsupportedLine))

    def chat(self, split: Split) -> tuple[ChatLine, ...]:
        """What needs no tool."""
        return tuple(line for line in self._of_split(split) if isinstance(line, ChatLine))

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
        return self._values_by_name.get(name) or self._values_by_name.get(base_name(name), ())

    def drawing(self, split: Split, rng: random.Random) -> Draw:
        """Draws values of a name that are for a split; any where it has none."""

        def draw(name: str, taken: Sequence[Any]) -> Any:
            left = [value for value in self.named_values(name) if value not in taken]
            usable = [value for value in left if split_of(value) == split] or left
            return rng.choice(usable) if usable else None

        return draw

    @cached_property
    def _values_by_name(self) -> dict[str, tuple[Any, ...]]:
        return values_by_name(self.lines)

    @cached_property
    def _requests(self) -> dict[tuple[str, Split], tuple[RequestLine, ...]]:
        return _by_tool(line for line in self.lines if isinstance(line, RequestLine))

    @cached_property
    def _clarifying(self) -> dict[tuple[str, Split], tuple[ClarifyLine, ...]]:
        return _by_tool(line for line in self.lines if isinstance(line, ClarifyLine))

    @cached_property
    def _results(self) -> dict[tuple[str, bool], tuple[ResultLine, ...]]:
        groups: dict[tuple[str, bool], tuple[ResultLine, ...]] = defaultdict(tuple)
        for line in self.lines:
            if isinstance(line, ResultLine):
                groups[line.tool, line.error] += (line,)
        return groups

    def _of_split(self, split: Split) -> Sequence[SaidLine]:
        return self._by_split[split]

    @cached_property
    def _by_split(self) -> dict[Split, list[SaidLine]]:
        said_lines = [line for line in self.lines if isinstance(line, SaidLine)]
        parts: dict[Split, list[SaidLine]] = {"train": [], "heldout": []}
        for line in said_lines:
            parts[line_split(line)].append(line)
        return parts


NO_BOOK = Book()
_OfTool = TypeVar("_OfTool", RequestLine, ClarifyLine)


def _by_tool(lines: Iterable[_OfTool]) -> dict[tuple[str, Split], tuple[_OfTool, ...]]:
    groups: dict[tuple[str, Split], tuple[_OfTool, ...]] = defaultdict(tuple)
    for line in lines:
        groups[line.tool, line_split(line)] += (line,)
    return groups


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
    """Whether a line has the slots that a options is about."""
    slot_names = slots(line.text)
    if options.unknown is not None:
        return options.unknown in slot_names
    return bool(slot_names) or not options.unusual
