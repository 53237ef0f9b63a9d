"""What a person looks at before training: three rows token by token, and rows with their fate."""

from collections.abc import Callable, Iterator, Sequence

from tasks.domain import Frozen
from tasks.domain.conversations import Row, place_of
from tasks.domain.gate import row_rules, similarity
from tasks.domain.gate.quality import ROW_RULES, RowRules
from tasks.domain.gate.token_rules import EncodedRow
from tasks.domain.training.common_prefix import common_prefix_length

SHOWN_ROWS = 3
SHOWN_TOKENS = 3000
"""Tokens of one row that are shown; the others are counted."""
SHOWN_ACCEPTED, SHOWN_REJECTED = 12, 20

Pieces = Callable[[Sequence[int]], list[str]]
"""Tokens → the text of each."""


class ShownRow(Frozen):
    """One row as the trainer reads it."""

    place: str
    scenario: str
    tokens: tuple[tuple[str, bool], ...]
    """(text, whether the loss sees it), from ``begins_at`` on."""
    begins_at: int = 0
    """Tokens before these, which are those of the first shown row."""
    left_out: int = 0
    """Tokens after these."""
    length: int
    trained: int


class Fate(Frozen):
    """One row and what became of it."""

    place: str
    scenario: str
    tool: str
    text: str
    tokens: int
    trained: int
    faults: tuple[str, ...] = ()
    """Why the gate does not let it through; empty when it does."""


class Preview(Frozen):
    """Rows as they will be trained."""

    examples: tuple[ShownRow, ...]
    accepted: tuple[Fate, ...]
    rejected: tuple[Fate, ...]
    rows: int
    rejected_rows: int


def preview(
    train: Sequence[Row],
    heldout: Sequence[Row],
    max_seq_length: int,
    encode: Callable[[Row], EncodedRow],
    pieces: Pieces,
    rules: RowRules = ROW_RULES,
) -> Preview:
    """Look at rows: three of different scenarios in full, and the fate of each."""
    encoded = [encode(row) for row in [*train, *heldout]]
    repeated = _repeated(train, heldout)
    fates = [
        _fate(place, row, tokens, max_seq_length, [*_broken(row, rules), *repeated.get(place, [])])
        for (place, row), tokens in zip(_placed(train, heldout), encoded, strict=True)
    ]
    accepted = [fate for fate in fates if not fate.faults]
    rejected = [fate for fate in fates if fate.faults]
    return Preview(
        examples=tuple(_shown_rows(train, encoded[: len(train)], pieces)),
        accepted=_spread(accepted, SHOWN_ACCEPTED),
        rejected=tuple(rejected[:SHOWN_REJECTED]),
        rows=len(fates),
        rejected_rows=len(rejected),
    )


def _placed(train: Sequence[Row], heldout: Sequence[Row]) -> list[tuple[str, Row]]:
    places = [(place_of(row, "train", number), row) for number, row in enumerate(train, 1)]
    return places + [(place_of(row, "heldout", n), row) for n, row in enumerate(heldout, 1)]


def _fate(place: str, row: Row, encoded: EncodedRow, limit: int, broken: Sequence[str]) -> Fate:
    faults = []
    if len(encoded.ids) > limit:
        faults.append(f"token budget: {len(encoded.ids)} tokens, at most {limit}")
    if not any(encoded.trained):
        faults.append("every row teaches: no token of it is trained")
    return Fate(
        place=place,
        scenario=row.scenario,
        tool=row.tool or "",
        text=row.user_text,
        tokens=len(encoded.ids),
        trained=sum(encoded.trained),
        faults=(*broken, *faults),
    )


def _broken(row: Row, rules: RowRules) -> Iterator[str]:
    for rule, (check, _) in rules.items():
        fault = check(row)
        if fault:
            yield f"{rule}: {fault}"


def _repeated(train: Sequence[Row], heldout: Sequence[Row]) -> dict[str, list[str]]:
    """What the rules that compare rows say, by the place of the later row."""
    places = [
        similarity.exchange_of(row, place)
        for place, row in _placed(train, heldout)
        if not row_rules.malformed_call(row)
    ]
    own = [one for one in places if one.place.startswith("train")]
    heldout_places = places[len(own) :]
    pairs = {
        "duplicates": similarity.duplicates(own) + similarity.duplicates(heldout_places),
        "contradictions": similarity.contradictions(places),
        "leaks": similarity.leaks(own, heldout_places),
    }
    reasons: dict[str, list[str]] = {}
    for rule, repeats in pairs.items():
        for earlier, row in repeats:
            reasons.setdefault(row.place, []).append(f"{rule}: repeats {earlier.place}")
    return reasons


def _shown_rows(
    rows: Sequence[Row], encoded: Sequence[EncodedRow], pieces: Pieces
) -> Iterator[ShownRow]:
    first: list[int] = []
    for index in _different(rows):
        ids, is_trained = list(encoded[index].ids), encoded[index].trained
        begins_at = common_prefix_length(first, ids)
        first = first or ids
        end = min(len(ids), begins_at + SHOWN_TOKENS)
        part = slice(begins_at, end)
        yield ShownRow(
            place=place_of(rows[index], "train", index + 1),
            scenario=rows[index].scenario,
            tokens=tuple(zip(pieces(ids[part]), is_trained[part], strict=True)),
            begins_at=begins_at,
            left_out=len(ids) - end,
            length=len(ids),
            trained=sum(is_trained),
        )


def _different(rows: Sequence[Row]) -> list[int]:
    """Rows of different scenarios where there are some, in the order of the rows."""
    firsts = {row.scenario: index for index, row in reversed(list(enumerate(rows)))}
    first_places = sorted(firsts.values())[:SHOWN_ROWS]
    others = [index for index in range(len(rows)) if index not in first_places]
    return sorted(first_places + others[: SHOWN_ROWS - len(first_places)])


def _spread(items: Sequence[Fate], most: int) -> tuple[Fate, ...]:
    """At most so many items, evenly over all of them."""
    count = min(most, len(items))
    return tuple(items[index * len(items) // count] for index in range(count))
