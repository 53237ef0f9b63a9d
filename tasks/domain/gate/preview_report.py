"""A preview as a page: each token in its own marks, the trained ones in bold."""

from collections.abc import Sequence

from tasks.domain.gate.preview import Fate, Preview, ShownRow
from tasks.domain.reports import cell, percent, table

_VISIBLE = str.maketrans({"\n": "\u21b5", "\r": "\u240d", "\t": "\u21e5", "`": "\u02cb"})
"""A token stands between backticks on one line: what would break that gets a sign of its own."""


def preview_markdown(preview: Preview) -> str:
    """Three rows token by token, then rows that are trained on and rows that are not."""
    parts = [
        "## What is trained\n\nOne token between each pair of marks; the loss sees the **bold** "
        "ones only. \u21b5 is a new line, \u02cb a backtick.\n",
        *map(_row, preview.examples),
        f"## Rows\n\n{preview.rows} rows, {preview.rejected_rows} of them rejected.\n",
        *_fates("Rejected by the gate", preview.rejected, preview.rejected_rows),
        *_fates("Let through", preview.accepted, preview.rows - preview.rejected_rows),
    ]
    return "\n".join(parts)


def token(text: str, is_trained: bool) -> str:
    """One token as Markdown that shows every character of it."""
    visible = text.translate(_VISIBLE) or "\u2205"
    # Markdown takes a space off both ends of a code span; two ends need one more to keep theirs.
    padded = f" {visible} " if visible[0] == visible[-1] == " " else visible
    return f"**`{padded}`**" if is_trained else f"`{padded}`"


def _row(row: ShownRow) -> str:
    share = row.trained / row.length if row.length else 0.0
    head = (
        f"### {row.place}, {row.scenario}\n\n"
        f"{row.trained} of {row.length} tokens are trained ({percent(share)}).\n"
    )
    before = [f"({row.begins_at} tokens as in the first row)"] if row.begins_at else []
    after = [f"({row.left_out} more tokens)"] if row.left_out else []
    tokens = [token(text, is_trained) for text, is_trained in row.tokens]
    return head + "\n" + " ".join([*before, *tokens, *after]) + "\n"


def _fates(title: str, fates: Sequence[Fate], count: int) -> list[str]:
    if not fates:
        return []
    some = f", {len(fates)} of {count}" if len(fates) < count else ""
    header = ["row", "scenario", "tool", "the user says", "tokens", "trained", "why not"]
    rows = [
        [
            fate.place,
            fate.scenario,
            cell(fate.tool) or "-",
            cell(fate.text),
            str(fate.tokens),
            str(fate.trained),
            cell("; ".join(fate.faults)),
        ]
        for fate in fates
    ]
    if not any(fate.faults for fate in fates):
        header, rows = header[:-1], [row[:-1] for row in rows]
    return [f"### {title}{some}\n", table(header, rows)]
