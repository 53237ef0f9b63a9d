"""tasks/domain/writing/list_augmentation.py: other tool lists in some rows; calls stay valid."""

import random

from tasks.domain.conversations import Row
from tasks.domain.toolcalls import faults
from tasks.domain.toollists import functions
from tasks.domain.writing.list_augmentation import augment_lists, list_numbers, variants_of
from tasks.domain.writing.rows import write_rows
from tasks.domain.writing.simulation import simulate
from tests.fakes.toolsets import CLOCKS, REPOSITORY, VERSIONS, data
from tests.helpers.general_book import general_book

TALK = {"standard": 0.0, "no_tool": 1.0, "error": 0.0, "ambiguous": 0.0, "edge": 0.0}


def _rows(share: float, samples: int = 240, **changed: object) -> tuple[Row, ...]:
    return write_rows(
        VERSIONS,
        REPOSITORY,
        data(samples, list_augmentation_share=share, **changed),
        lambda call: simulate(VERSIONS.tool(call.name), call, 1),
        book=general_book(VERSIONS),
    ).train


def test_the_asked_share_of_rows_has_another_list_and_their_calls_fit_it() -> None:
    rows = _rows(0.3)
    varied = [row for row in rows if row.varied]
    assert 0.2 < len(varied) / len(rows) < 0.4
    assert [fault for row in rows for call in row.calls for fault in faults(call, row.tools)] == []
    assert all(row.calls[0].name == row.tool for row in varied if row.tool)


def test_the_texts_are_those_of_the_same_rows_without_variants() -> None:
    assert [row.user_text for row in _rows(0.3)] == [row.user_text for row in _rows(0.0)]


def test_each_tool_is_in_one_of_the_halves_and_masks_tell_nothing() -> None:
    own = functions(VERSIONS)
    names = [
        [f["function"]["name"] for f in v.functions] for v in variants_of(own, random.Random(1))
    ]
    shuffled, half, other, mixed, masked = names
    assert sorted(shuffled) == sorted(half + other)
    assert len(mixed) == len(own) + 3
    assert not [name for name in masked if "git" in name or len(set(masked)) < len(own)]


def test_few_lists_so_that_rows_with_one_can_share_their_prefix() -> None:
    numbers = list_numbers(_rows(0.5))
    assert len(numbers) == 240
    assert len(set(numbers)) <= 6


def test_a_row_that_names_a_tool_keeps_the_list_that_has_it() -> None:
    talk = _rows(1.0, 400, scenarios=TALK, hard_negative_share=0.0)
    for name in ("git_status", "git status"):
        naming = [row for row in talk if name in f"{row.user_text} {row.answer}".lower()]
        assert naming
        assert not [row for row in naming if row.varied]


def test_an_only_tool_has_foreign_ones_beside_it_or_another_name() -> None:
    one = CLOCKS.model_copy(update={"tools": CLOCKS.tools[:1]})
    mixed, masked = variants_of(functions(one), random.Random(1))
    assert len(mixed.functions) == 4
    assert len(masked.functions) == 1
    assert augment_lists([], 1.0, 1) == ()
