"""Words, tables and figures as Markdown and a terminal show them."""

from collections.abc import Iterable, Sequence

from tasks.domain.products import Challenge, Comparison, Rate, Score
from tasks.domain.untrusted.printable import on_one_line

MAX_CELL = 160


_MARKS = str.maketrans({**{sign: f"\\{sign}" for sign in "\\`[|"}, "<": "&lt;"})


def shorten(text: str) -> str:
    """A text on one line, cut visibly at MAX_CELL characters."""
    line = " ".join(text.split())
    return line if len(line) <= MAX_CELL else line[: MAX_CELL - 1] + "…"


def cell(text: str) -> str:
    """``inline`` text that is not too long for a table."""
    return inline(shorten(text))


def inline(text: str) -> str:
    """Text on one line that stays text in Markdown: no bar, tag, link, picture or code of its own.

    A tool's description is written by whoever wrote the server; a picture in it would be fetched
    from wherever it lies by everybody who opens the page.
    """
    return on_one_line(" ".join(text.split())).translate(_MARKS)


def table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A GFM table with its final newline."""
    lines = [header, ["---"] * len(header), *rows]
    return "".join("| " + " | ".join(line) + " |\n" for line in lines)


def columns(rows: Sequence[Sequence[str]]) -> str:
    """Rows as lines whose cells stand below each other, for a terminal."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lined = (zip(row, widths, strict=True) for row in rows)
    return "\n".join("  ".join(f"{cell:{width}}" for cell, width in row).rstrip() for row in lined)


def percent(share: float) -> str:
    """A share as people read it: 91.0 %."""
    return f"{100 * share:.1f} %"


def points(between: Comparison | Challenge) -> str:
    """A difference of two shares in percentage points, with its 95 % interval."""
    difference, low, high = (100 * n for n in (between.difference, between.low, between.high))
    return f"{difference:+.1f} points [{low:+.1f}, {high:+.1f}]"


def rate(share: Rate) -> str:
    """A rate with its 95 % interval and its n."""
    if not share.total:
        return "-"
    low, high = 100 * share.low, 100 * share.high
    return f"{percent(share.value)} [{low:.1f}, {high:.1f}] n={share.total}"


METRICS = {
    "parse_rate": "parse rate",
    "schema_validity": "schema validity",
    "tool_selection": "tool-selection accuracy",
    "exact_match": "exact match, values included",
    "abstention": "abstention accuracy",
    "finished": "came to the end of its thought",
}


def shown_metrics(scores: Sequence[Score]) -> dict[str, str]:
    """The rates that a table shows: that of thoughts only where one was cut off."""
    has_unfinished = any(score.finished.hits < score.finished.total for score in scores)
    return {name: label for name, label in METRICS.items() if has_unfinished or name != "finished"}
