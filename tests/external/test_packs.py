"""Which rows go into one pack, and what a pack looks like; no model is needed."""

import random
from itertools import pairwise
from typing import Any

import pytest

pytest.importorskip("torch", reason="the extra 'train' is not installed")
from tasks.external.trainer.batches import (
    PaddedBatch,
    SharedPrefixPacks,
    in_parts,
    labels_of,
)
from tasks.external.trainer.packs import (
    IGNORED,
    fewest_tokens,
    shared_prefix_length,
)

ROOMY = 10**6


def row(*ids: int, trained: int = 1) -> dict[str, Any]:
    """A row whose last tokens are trained."""
    untrained = len(ids) - trained
    return {"input_ids": list(ids), "labels": [IGNORED] * untrained + list(ids[untrained:])}


def rows_of(start: tuple[int, ...], count: int, own: int = 3) -> list[dict[str, Any]]:
    """Rows that begin with ``start`` and go on with ``own`` tokens of their own."""
    return [row(*start, *(100 * n + i for i in range(1, own + 1))) for n in range(1, count + 1)]


def tokens(pack: list[dict[str, Any]]) -> int:
    """What a pack computes."""
    prefix = shared_prefix_length(pack) if len(pack) > 1 else 0
    return sum(len(row["input_ids"]) for row in pack) - (len(pack) - 1) * prefix


def texts(packs: list[list[dict[str, Any]]]) -> list[list[list[int]]]:
    return [[row["input_ids"] for row in pack] for pack in packs]


def test_rows_with_one_prefix_are_one_pack_while_the_budget_holds_them() -> None:
    rows = rows_of((1, 2, 3, 4), 5)
    assert [len(pack) for pack in fewest_tokens(rows, ROOMY)] == [5]
    # A prefix of 4 and a remainder of 3 per row: two rows are 10 tokens, three are 13.
    packs = fewest_tokens(rows, 10)
    assert sorted(len(pack) for pack in packs) == [1, 2, 2]
    assert all(tokens(pack) <= 10 for pack in packs)


def test_rows_with_other_tools_are_packs_of_their_own() -> None:
    one, other = rows_of((1, 2, 3, 4, 5, 6), 2), rows_of((1, 7, 8, 9, 10, 11), 3)
    mixed = [other[0], one[0], other[1], one[1], other[2]]
    assert texts(fewest_tokens(mixed, ROOMY)) == texts([one, other])


def test_one_row_of_one_kind_does_not_spoil_the_pack_of_another() -> None:
    alone, pair = rows_of((1, 2, 3, 4, 5, 6), 1), rows_of((1, 7, 8, 9, 10, 11), 2)
    assert texts(fewest_tokens([pair[0], *alone, pair[1]], ROOMY)) == texts([alone, pair])


def test_a_row_that_shares_with_no_other_is_a_pack_of_one() -> None:
    stranger, pair = row(9, 8, 7, 6), rows_of((1, 2, 3), 2)
    assert texts(fewest_tokens([stranger, *pair], ROOMY)) == texts([pair, [stranger]])


def test_a_row_longer_than_the_budget_is_kept_whole_in_a_pack_of_its_own() -> None:
    long = row(1, 2, *range(10, 40))
    packs = fewest_tokens([long, *rows_of((1, 2), 2)], 8)
    assert [long] in packs
    assert sum(len(pack) for pack in packs) == 3


def test_the_order_of_rows_does_not_change_the_packs() -> None:
    rows = [*rows_of((1, 2, 3), 3), *rows_of((4, 5), 2), row(6, 7, 8)]
    expected = texts(fewest_tokens(rows, 12))
    for seed in range(5):
        random.Random(seed).shuffle(rows)
        assert texts(fewest_tokens(rows, 12)) == expected


@pytest.mark.parametrize("seed", range(20))
def test_no_other_cut_of_the_sorted_rows_computes_fewer_tokens(seed: int) -> None:
    chance = random.Random(seed)
    rows = [row(*(chance.randrange(2) for _ in range(chance.randint(3, 9)))) for _ in range(7)]
    budget = chance.choice([8, 14, 20])
    ordered = sorted(rows, key=lambda row: list(row["input_ids"]))
    cuts = ([0, *(i + 1 for i in range(6) if choice >> i & 1), 7] for choice in range(2**6))
    ways = [[ordered[a:b] for a, b in pairwise(cut)] for cut in cuts]
    allowed = [way for way in ways if all(len(pack) == 1 or tokens(pack) <= budget for pack in way)]
    fewest = min(sum(map(tokens, way)) for way in allowed)
    assert sum(map(tokens, fewest_tokens(rows, budget))) == fewest


@pytest.mark.parametrize(
    ("labels", "expected"),
    [([IGNORED, IGNORED, 7, 8], 1), ([IGNORED, 6, 7, 8], 0), ([5, 6, 7, 8], 0), ([IGNORED] * 4, 3)],
)
def test_rows_that_are_equal_share_all_but_the_token_before_their_first_label(
    labels: list[int], expected: int
) -> None:
    twice = {"input_ids": [5, 6, 7, 8], "labels": labels}
    assert shared_prefix_length([twice, twice]) == expected


def test_a_pack_holds_the_prefix_once() -> None:
    batch = SharedPrefixPacks(ROOMY)([row(1, 2, 3, 8), row(1, 2, 3, 9)])
    assert batch["input_ids"].tolist() == [[1, 2, 3, 8, 3, 9]]
    assert batch["position_ids"].tolist() == [[0, 1, 2, 3, 2, 3]]
    assert batch["labels"].tolist() == [[IGNORED, IGNORED, IGNORED, 8, IGNORED, 9]]


def test_a_batch_is_taken_apart_into_the_packs_that_it_was_made_of() -> None:
    rows = [*rows_of((1, 2, 3), 3), *rows_of((4, 5, 6), 2), row(7, 8, 9)]
    batch = SharedPrefixPacks(ROOMY)(rows)
    parts = list(in_parts(batch, rows_at_once=1))
    assert [part["input_ids"].numel() for part in parts] == [3 + 9, 3 + 6, 3]
    assert [part["position_ids"][0, 0].item() for part in parts] == [0, 0, 0]
    assert sum(map(labels_of, parts)) == labels_of(batch) == 6


def test_a_trained_first_token_is_not_told_from_the_pack_before_it() -> None:
    rows = [row(first, 50, 60, trained=3) for first in (1, 2)]
    batch = SharedPrefixPacks(ROOMY)(rows)
    assert batch["labels"].tolist() == [[IGNORED, 50, 60, IGNORED, 50, 60]]
    assert labels_of(batch) == labels_of(PaddedBatch(0)(rows)) == 4


def test_padded_rows_are_taken_apart_by_the_number_that_the_device_takes() -> None:
    batch = PaddedBatch(0)([row(1, 2, 3), row(4, 5), row(6, 7, 8, 9)])
    parts = list(in_parts(batch, rows_at_once=2))
    assert [part["input_ids"].tolist() for part in parts] == [
        [[1, 2, 3, 0], [4, 5, 0, 0]],
        [[6, 7, 8, 9]],
    ]
    assert sum(map(labels_of, parts)) == labels_of(batch) == 3
