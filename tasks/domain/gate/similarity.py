"""Which rows of a dataset repeat one another: equal, nearly equal, contradicting, leaked."""

import re
from collections.abc import Sequence
from typing import NamedTuple

from rapidfuzz import fuzz

from profiles import Quality
from tasks.domain.conversations import Row, normalized
from tasks.domain.gate.minhash import candidates
from tasks.domain.products import Finding
from tasks.domain.reports import percent, shorten
from tasks.domain.toolcalls import ToolCall, canonical, tool_names
from tasks.domain.untrusted.decoding import leaves

_VALUE = re.compile(r"\d+|\"[^\"]*\"|'[^']*'|`[^`]*`|«[^»]*»")


class Exchange(NamedTuple):
    """What a user says in one row and what the assistant does about it first."""

    place: str
    """Where the row stands: split and line."""
    text: str
    action: str
    """The calls of the assistant's first turn in canonical form; empty when it calls nothing."""
    tools: tuple[str, ...]
    skeleton: str = ""
    """The text with its call's values blanked; empty where nobody can tell which words are one."""
    called_tools: tuple[str, ...] = ()
    """The tools that the first turn calls."""


_BLANK = "∎"
_WORD = re.compile(r"\w+|∎")
MOST_WORDS_OF_A_NAME = 3
"""A longer value is a text or a query: it may itself tell which tool is meant, so it stays."""


def _skeleton(row: Row, calls: Sequence[ToolCall]) -> str:
    """A user's words beside the values: of rows that a person brought nobody knows these."""
    if row.source == "own":
        return ""
    values = {
        str(leaf).casefold()
        for call in calls
        for name, value in call.arguments.items()
        if name not in row.fixed
        for leaf in leaves(value)
        if not isinstance(leaf, bool | None) and leaf != ""
        if len(str(leaf).split()) <= MOST_WORDS_OF_A_NAME
    }
    text = row.user_text.casefold()
    if values:
        longest_first = sorted(map(re.escape, values), key=len, reverse=True)
        text = re.sub(rf"(?<!\w)(?:{'|'.join(longest_first)})(?!\w)", _BLANK, text)
    return " ".join(_WORD.findall(_VALUE.sub(_BLANK, text)))


def exchange_of(row: Row, place: str) -> Exchange:
    """Reduce a row to what decides whether it repeats another."""
    first = next((m for m in row.messages if m.role == "assistant"), None)
    calls = [call.decoded() for call in first.tool_calls] if first else []
    return Exchange(
        place=place,
        text=normalized(" / ".join(m.content for m in row.messages if m.role == "user")),
        action="; ".join(canonical(call, row.tools) for call in calls),
        tools=tool_names(row.tools),
        skeleton=_skeleton(row, calls),
        called_tools=tuple(call.name for call in calls),
    )


def duplicates(rows: Sequence[Exchange]) -> list[tuple[Exchange, Exchange]]:
    """Each row that repeats the text and the call of an earlier one, with that one."""
    first: dict[tuple[str, str], Exchange] = {}
    pairs = ((first.setdefault((row.text, row.action), row), row) for row in rows)
    return [(earlier, row) for earlier, row in pairs if earlier is not row]


def contradictions(rows: Sequence[Exchange]) -> list[tuple[Exchange, Exchange]]:
    """Each row that says what an earlier one says but calls otherwise, the same tools given."""
    first: dict[tuple[str, tuple[str, ...]], Exchange] = {}
    pairs = ((first.setdefault((row.text, row.tools), row), row) for row in rows)
    # Text is compared without case, so a call that differs in case only is no contradiction.
    return [(old, row) for old, row in pairs if old.action.casefold() != row.action.casefold()]


def two_labels(rows: Sequence[Exchange]) -> list[tuple[Exchange, Exchange]]:
    """Each row that says an earlier one's words, with other values, and calls other tools."""
    first: dict[tuple[str, tuple[str, ...]], Exchange] = {}
    wordy_rows = (row for row in rows if row.skeleton.strip(f"{_BLANK} "))
    pairs = ((first.setdefault((row.skeleton, row.tools), row), row) for row in wordy_rows)
    return [(earlier, row) for earlier, row in pairs if earlier.called_tools != row.called_tools]


def leaks(
    train: Sequence[Exchange], heldout: Sequence[Exchange]
) -> list[tuple[Exchange, Exchange]]:
    """Each held-out row whose text stands in the training rows, whatever call it asks for."""
    by_text = {row.text: row for row in reversed(train)}
    return [(by_text[row.text], row) for row in heldout if row.text in by_text]


def near_duplicates(rows: Sequence[Exchange], similarity: float) -> list[tuple[Exchange, Exchange]]:
    """Each row that nearly repeats an earlier one: like text, same call, same values in the text.

    MinHash finds pairs that may be alike, linear in rows; like means then a normalised indel
    similarity (rapidfuzz ``ratio``) of at least ``similarity``. Values are numbers and quotations.
    """
    unlike = list({(row.text, row.action): row for row in reversed(rows)}.values())[::-1]
    numbers: dict[tuple[str, ...], int] = {}
    groups = [
        numbers.setdefault((row.action, *_VALUE.findall(row.text)), len(numbers)) for row in unlike
    ]
    earlier_of: dict[int, int] = {}
    for earlier, later in candidates([row.text for row in unlike], groups):
        if later not in earlier_of and _alike(unlike[earlier].text, unlike[later].text, similarity):
            earlier_of[later] = earlier
    return [(unlike[earlier], unlike[later]) for later, earlier in sorted(earlier_of.items())]


def _alike(one: str, other: str, similarity: float) -> bool:
    return bool(fuzz.ratio(one, other, score_cutoff=100 * similarity))


_REMEDIES = {
    "duplicates": "remove the repeated rows, or lower data.samples: the tools allow too few texts",
    "near-duplicates": "vary the wording, or lower data.samples",
    "contradictions": "give each text one call: correct one of the two rows",
    "one label for one text": "say what tells the tools apart, or give these rows one tool",
    "leaks": "remove the held-out rows from the training rows",
}


def findings(
    train: Sequence[Exchange], heldout: Sequence[Exchange], quality: Quality
) -> list[Finding]:
    """The verdicts on repetition: within the training rows, within the held-out ones, across."""
    both = [*train, *heldout]
    equal = duplicates(train) + duplicates(heldout)
    near = near_duplicates(train, quality.near_duplicate_similarity)
    labels = two_labels(both)
    return [
        _finding("duplicates", equal, quality.max_duplicate_share, len(both)),
        _finding("near-duplicates", near, quality.max_near_duplicate_share, len(train)),
        _finding("contradictions", contradictions(both), quality.max_contradictions),
        _finding("one label for one text", labels, quality.max_two_label_share, len(both)),
        _finding("leaks", leaks(train, heldout), quality.max_leaked_rows),
    ]


def _finding(
    rule: str, pairs: Sequence[tuple[Exchange, Exchange]], most: float, rows: int | None = None
) -> Finding:
    """The verdict on pairs, of which there may be ``most``; of ``rows``, that share."""
    limit = f"{most:g}" if rows is None else percent(most)
    example = ""
    if pairs:
        earlier, row = pairs[0]
        example = shorten(f"{row.place} repeats {earlier.place}: {row.text}")
    return Finding(
        rule=rule,
        passed=len(pairs) <= (most if rows is None else most * rows),
        value=f"{len(pairs)} rows",
        requirement=f"at most {limit}",
        count=len(pairs),
        example=example,
        remedy=_REMEDIES[rule],
    )
