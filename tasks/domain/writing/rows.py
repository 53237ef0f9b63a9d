"""A toolset, a server's facts and a profile's numbers → the rows to train on and to hold out."""

import math
import random
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from profiles import Data, Server
from tasks.domain.conversations import Row, Scenario, Split
from tasks.domain.products import Toolset
from tasks.domain.toollists import functions
from tasks.domain.writing.book.drawing import NO_BOOK, Book
from tasks.domain.writing.harvest import Execute, Offers, harvest
from tasks.domain.writing.list_augmentation import augment_lists
from tasks.domain.writing.phrasing.tool_context import ToolContext, bare
from tasks.domain.writing.phrasing.wording import Wording, wordings
from tasks.domain.writing.row_kinds.asking import ambiguous_row
from tasks.domain.writing.row_kinds.calling import edge_row, standard_row
from tasks.domain.writing.row_kinds.desk import Desk
from tasks.domain.writing.row_kinds.failing import error_row
from tasks.domain.writing.row_kinds.replies import Replies
from tasks.domain.writing.row_kinds.speech import Speech
from tasks.domain.writing.row_kinds.talking import no_tool_row
from tasks.domain.writing.scenarios import Quota, plan
from tasks.domain.writing.values.maker import makers_of
from tasks.domain.writing.values.shared_endings import shared_endings


@dataclass(frozen=True)
class WrittenRows:
    """The rows of both splits, and what a person should know of how they came to be."""

    train: tuple[Row, ...]
    heldout: tuple[Row, ...]
    notes: tuple[str, ...]
    planned: dict[str, float]
    """The share of each scenario in the training rows that this server can have."""


def write_rows(
    toolset: Toolset,
    server: Server,
    data: Data,
    execute: Execute,
    offers: Offers = tuple,
    book: Book = NO_BOOK,
) -> WrittenRows:
    """Exactly the rows that a profile asks for.

    Args:
        toolset: the tools to write rows for.
        server: what its operator knows of its values, and the prompts that no row may be.
        data: how many rows of what kind.
        execute: runs a call, or makes its answer up.
        offers: gives the server's resources and prompts, which may name values too.
        book: the phrasebook's lines for these tools, and what is said to every server; without
            the first, the schema alone is spoken.

    Raises:
        UnusableTool: a tool's schema allows no value that could be found.
    """
    book = book if data.phrasebook_share else Book(general=book.general)
    makers = [*makers_of(toolset.tools, server).values()]
    harvested = harvest(makers, execute, offers)
    file_endings = shared_endings(makers)
    makers = [
        replace(
            maker,
            file_endings=file_endings,
            server_values=harvested.of(maker.tool.name),
            book_values=book.values(maker.tool.name),
        )
        for maker in makers
    ]
    planned = plan(makers, data)
    notes: list[str] = []
    desk = Desk(
        data=data,
        words={each.tool.name: each for each in wordings(toolset, makers, data.paraphrase_share)},
        functions=functions(toolset),
        context=ToolContext.of(toolset),
        links=harvested.links,
        book=book,
        speech=Speech(data, book, frozenset(bare(one.prompt) for one in server.test_prompts)),
        replies=Replies(execute, book, notes),
    )
    writer = _Writer(desk, notes)
    train = augment_lists(
        writer.split("train", planned.train), data.list_augmentation_share, data.seed
    )
    heldout = writer.split("heldout", planned.heldout)
    all_notes = (*planned.notes, *harvested.notes, *notes)
    return WrittenRows(train, heldout, all_notes, _shares(planned.train))


def _shares(quotas: Sequence[Quota]) -> dict[str, float]:
    counts: Counter[str] = Counter()
    for quota in quotas:
        counts[quota.scenario] += quota.rows
    return {scenario: rows / counts.total() for scenario, rows in counts.items()}


_Write = Callable[[Desk, Wording, Split, random.Random], Row | None]
_KINDS: dict[Scenario, _Write] = {
    "standard": standard_row,
    "edge": edge_row,
    "error": error_row,
    "ambiguous": ambiguous_row,
}


@dataclass(frozen=True)
class _Writer:
    """Fills the quotas of a split."""

    desk: Desk
    notes: list[str]

    def split(self, split: Split, quotas: Sequence[Quota]) -> tuple[Row, ...]:
        """All rows of one split; where a tool's texts run out, other tools take its rows over."""
        rows: list[Row] = []
        for scenario in dict.fromkeys(quota.scenario for quota in quotas):
            scenario_quotas = [quota for quota in quotas if quota.scenario == scenario]
            rows += self._scenario(scenario, scenario_quotas, split)
        random.Random(f"{self.desk.data.seed}:{split}:order").shuffle(rows)
        return tuple(rows)

    def _scenario(self, scenario: Scenario, quotas: Sequence[Quota], split: Split) -> list[Row]:
        rows_by_tool = {quota.tool: self._filled(quota, split) for quota in quotas}
        rows = [row for part in rows_by_tool.values() for row in part]
        target = sum(quota.rows for quota in quotas)
        full = [quota.tool for quota in quotas if len(rows_by_tool[quota.tool]) == quota.rows]
        rows += self._spread(scenario, full, target - len(rows), split)
        if len(rows) < target:
            self.notes.append(f"{split}: {len(rows)} of {target} {scenario} rows: no more differ")
        # A held-out question or small talk is no call, so a call must not take its place there.
        if split == "train" or scenario not in ("ambiguous", "no_tool"):
            open_ended = [n for n, words in self.desk.words.items() if words.maker.count() is None]
            rows += self._spread("standard", open_ended, target - len(rows), split)
        if split == "train":
            rows += self._spread("no_tool", [None], target - len(rows), split)
        return rows

    def _spread(
        self, scenario: Scenario, tools: Sequence[str | None], missing: int, split: Split
    ) -> list[Row]:
        rows: list[Row] = []
        for place, tool in enumerate(tools):
            share = math.ceil((missing - len(rows)) / (len(tools) - place))
            rows += self._filled(Quota(scenario, tool, share), split, f"instead {missing}")
        return rows

    def _filled(self, quota: Quota, split: Split, turn: str = "") -> list[Row]:
        seed = f"{self.desk.data.seed}:{split}:{quota.scenario}:{quota.tool}:{turn}"
        rng = random.Random(seed)
        rows: list[Row] = []
        while len(rows) < quota.rows:
            row = self._row(quota, split, rng)
            if row is None:
                break
            rows.append(row)
        return rows

    def _row(self, quota: Quota, split: Split, rng: random.Random) -> Row | None:
        if quota.tool is None:
            return no_tool_row(self.desk, split, rng)
        return _KINDS[quota.scenario](self.desk, self.desk.words[quota.tool], split, rng)
