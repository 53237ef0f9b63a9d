"""A preview as a page: each token in its own marks, the trained ones in lines of their own."""

from collections.abc import Iterable, Sequence
from itertools import groupby
from operator import itemgetter

from tasks.domain.gate.preview import Fate, Preview, ShownRow
from tasks.domain.reports import cell, percent

_VISIBLE = str.maketrans({"\n": "\u21b5", "\r": "\u240d", "\t": "\u21e5", "`": "\u02cb"})
"""A token stands between backticks on one line: what would break that gets a sign of its own."""


def preview_markdown(preview: Preview) -> str:
    """Three rows token by token, then rows that are trained on and rows that are not."""
    parts = [
        "## What is trained\n\nOne token between each pair of marks; the loss sees only those "
        "behind **trained**. \u21b5 is a new line, \u02cb a backtick.\n",
        *map(_row, preview.examples),
        f"## Rows\n\n{preview.rows} rows, {preview.rejected_rows} of them rejected.\n",
        *_fates("Rejected by the gate", preview.rejected, preview.rejected_rows),
        *_fates("Let through", preview.accepted, preview.rows - preview.rejected_rows),
    ]
    return "\n".join(parts)


def token(text: str) -> str:
    """One token as Markdown that shows every character of it."""
    visible = text.translate(_VISIBLE) or "\u2205"
    # Markdown takes a space off both ends of a code span; two ends need one more to keep theirs.
    padded = f" {visible} " if visible[0] == visible[-1] == " " else visible
    return f"`{padded}`"


def _row(row: ShownRow) -> str:
    share = row.trained / row.length if row.length else 0.0
    head = (
        f"### {row.place}, {row.scenario}\n\n"
        f"{row.trained} of {row.length} tokens are trained ({percent(share)})."
    )
    before = [f"({row.begins_at} tokens as in the first row)"] if row.begins_at else []
    after = [f"({row.left_out} more tokens)"] if row.left_out else []
    runs = [_run(tokens, is_trained) for is_trained, tokens in groupby(row.tokens, itemgetter(1))]
    return "\n\n".join([head, *before, *runs, *after]) + "\n"


def _run(tokens: Iterable[tuple[str, bool]], is_trained: bool) -> str:
    """Tokens that follow each other, all trained or none."""
    words = " ".join(token(text) for text, _ in tokens)
    return f"- **trained** {words}" if is_trained else words


def _fates(title: str, fates: Sequence[Fate], count: int) -> list[str]:
    """Rows as a list: a table of so many texts is wider than Prefect's page."""
    if not fates:
        return []
    some = f", {len(fates)} of {count}" if len(fates) < count else ""
    return [f"### {title}{some}\n", "".join(map(_fate, fates))]


def _fate(fate: Fate) -> str:
    words = ", ".join(filter(None, [fate.place, fate.scenario, cell(fate.tool)]))
    line = f"- {words}: {cell(fate.text)} ({fate.trained} of {fate.tokens} tokens are trained)\n"
    return line + "".join(f"  - {cell(fault)}\n" for fault in fate.faults)
