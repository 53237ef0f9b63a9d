"""A phrasebook that a teacher wrote, as tables for a person."""

from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import islice

from tasks.domain.reports import cell, table
from tasks.domain.writing.phrasebook import Line, SaidLine
from tasks.domain.writing.teaching.answers import RejectedLine, reject

MOST_SHOWN = 1000
"""Lines of one table."""
_KINDS = ("request", "clarify", "calls", "unsupported", "chat", "values", "result")


def book_markdown(
    lines: Sequence[Line], out: Sequence[RejectedLine], title: str, notes: Sequence[str]
) -> str:
    """How many lines each tool has, what was thrown out and why, and all texts."""
    counts = Counter((_about(line), str(line.kind)) for line in lines)
    tools = list(dict.fromkeys(_about(line) for line in lines))
    reasons = Counter(line.reason for line in out)
    texts = [[_about(line), line.kind, line.text] for line in lines if isinstance(line, SaidLine)]
    parts = [
        f"# Phrasebook of {title}",
        "\n".join(f"* {cell(note)}" for note in notes),
        table(
            ["tool", *_KINDS],
            [[tool, *(str(counts[tool, kind] or "") for kind in _KINDS)] for tool in tools],
        ),
        f"## Thrown out: {len(out)}",
        table(
            ["reason", "lines"], [[reason, str(count)] for reason, count in reasons.most_common()]
        ),
        table(
            ["tool", "reason", "text"], _cells([line.about, line.reason, line.text] for line in out)
        ),
        f"## The {len(texts)} texts",
        table(["tool", "kind", "text"], _cells(texts)),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _cells(rows: Iterable[Sequence[str]]) -> list[list[str]]:
    return [[cell(text) for text in row] for row in islice(rows, MOST_SHOWN)]


def _about(line: Line) -> str:
    return reject(line, "").about
