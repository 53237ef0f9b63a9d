"""Rows and what is known of them → a dataset card, in the form of the Hugging Face hub."""

import json
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from tasks.domain.conversations import Row, Source
from tasks.domain.reports import cell, percent, table

_SOURCES: dict[Source, str] = {
    "generated": "written by mcp-forge from the tools' schemas, and the server's own answers",
    "teacher": "generated rows whose text a model has put into other words",
    "own": "conversations that a person brought",
}
_SIZES = {1_000: "n<1K", 10_000: "1K<n<10K", 100_000: "10K<n<100K", 1_000_000: "100K<n<1M"}
"""The hub's words for a number of rows, by the number that it is less than."""
_EXAMPLES = 4
_MOST = 12
"""Lines of a table of the most frequent values."""


@dataclass
class Census:
    """Counts of what rows are, taken one by one, with an example of each scenario."""

    splits: Counter[str] = field(default_factory=Counter)
    sources: Counter[Source] = field(default_factory=Counter)
    scenarios: dict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    """By scenario: rows of each split."""
    tools: dict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    """By tool that the first answer calls: rows of each split."""
    families: Counter[str] = field(default_factory=Counter)
    calls: Counter[int] = field(default_factory=Counter)
    """By number of calls: rows."""
    simulated: int = 0
    examples: dict[str, Row] = field(default_factory=dict)
    """The first row of each scenario."""

    def add(self, row: Row, split: str) -> None:
        """Count a row of a split: train or test."""
        self.splits[split] += 1
        self.sources[row.source] += 1
        self.scenarios[row.scenario][split] += 1
        if row.tool and not row.varied:
            self.tools[row.tool][split] += 1
        if row.phrasing:
            self.families[row.phrasing] += 1
        self.calls[sum(len(message.tool_calls) for message in row.messages)] += 1
        self.simulated += row.simulated
        self.examples.setdefault(row.scenario, row)


def census_of(train: Iterable[Row], heldout: Iterable[Row]) -> Census:
    """The census of both splits."""
    census = Census()
    for row in train:
        census.add(row, "train")
    for row in heldout:
        census.add(row, "test")
    return census


def card(
    census: Census,
    server: str,
    licences: Mapping[Source, str],
    notes: Iterable[str],
    files: Mapping[str, str],
) -> str:
    """The card as Markdown with the hub's YAML header.

    ``licences``: of what each kind of row was made from; ``files``: split → file name.
    """
    parts = [
        _header(census, server, licences, files),
        f"# Tool calls for {cell(server)}\n\n{census.splits.total()} conversations with the tools "
        f"of the MCP server {cell(server)}: OpenAI chat form, one row a line, arguments of calls "
        "as JSON text.\n",
        "## Counts\n",
        _by_split("scenario", census.scenarios, census),
        _by_split("tool that is called first", census.tools, census),
        table(
            ["calls in a row", "rows"],
            [[str(number), str(rows)] for number, rows in sorted(census.calls.items())],
        ),
        table(
            ["family of phrasings", "rows"],
            [[cell(name), str(rows)] for name, rows in census.families.most_common(_MOST)],
        ),
        "## Sources and licences\n",
        table(
            ["source", "rows", "share", "licence of what it was made from"],
            [
                [
                    _SOURCES[source],
                    str(rows),
                    percent(rows / census.splits.total()),
                    cell(licences.get(source, "")) or "not stated",
                ]
                for source, rows in census.sources.items()
            ],
        ),
        f"{census.simulated} rows have a result that was made up from the tool's schema, because "
        "the tool may change something or nobody was there to ask.\n",
        "".join(f"* {cell(note)}\n" for note in notes),
        "## Examples\n",
        *(_example(name, row) for name, row in list(census.examples.items())[:_EXAMPLES]),
    ]
    return "\n".join(part for part in parts if part)


def _header(
    census: Census, server: str, licences: Mapping[Source, str], files: Mapping[str, str]
) -> str:
    rows = census.splits.total()
    size = next((words for limit, words in _SIZES.items() if rows < limit), "n>1M")
    stated_licences = {licences.get(source, "") for source in census.sources}
    # The hub knows licences by its own identifiers; several, or none stated, are "other" there.
    licence = stated_licences.pop().lower() if len(stated_licences) == 1 else ""
    lines = [
        "---",
        f"pretty_name: {json.dumps(f'Tool calls for {server}', ensure_ascii=False)}",
        f"license: {licence or 'other'}",
        "task_categories: [text-generation]",
        "tags: [tool-calling, function-calling, mcp]",
        f"size_categories: [{size}]",
        "configs:",
        "- config_name: default",
        "  data_files:",
        *(
            f"  - {{split: {split}, path: {json.dumps(file, ensure_ascii=False)}}}"
            for split, file in files.items()
        ),
        "---\n",
    ]
    return "\n".join(lines)


def _by_split(title: str, counts: Mapping[str, Counter[str]], census: Census) -> str:
    splits = list(census.splits)
    rows = [[cell(name), *(str(n[split]) for split in splits)] for name, n in counts.items()]
    total = ["all rows", *(str(census.splits[split]) for split in splits)]
    return table([title, *splits], [*rows, total])


def _example(name: str, row: Row) -> str:
    turns = [
        {"role": message.role, "content": message.content}
        | (
            {"tool_calls": [call.function.model_dump() for call in message.tool_calls]}
            if message.tool_calls
            else {}
        )
        for message in row.messages
        if message.role != "system"
    ]
    text = "\n".join(json.dumps(turn, ensure_ascii=False)[:600] for turn in turns)
    # A fence longer than any run of backticks in it, so that no text can end it.
    fence = "`" * max(3, 1 + max(map(len, re.findall("`+", text)), default=0))
    return f"{name}:\n\n{fence}json\n{text}\n{fence}\n"
