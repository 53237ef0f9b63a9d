"""Only a better model takes the champion's place, and the page says why or why not."""

import pytest

from tasks.domain.evaluation.challenge import (
    challenge,
    challenge_markdown,
    deciding_rows,
    judge,
    shortfalls,
)
from tasks.domain.evaluation.comparison import count, of_mean
from tasks.domain.products import Challenge
from tests.helpers.scored_rows import RIGHT, ROWS

MARGIN = 0.02


def counts(both: int, first: int, second: int, neither: int) -> list[tuple[bool, bool]]:
    pairs = ((True, True), (True, False), (False, True), (False, False))
    numbers = (both, first, second, neither)
    return [pair for pair, n in zip(pairs, numbers, strict=True) for _ in range(n)]


def found(
    exact: tuple[int, int, int, int],
    no_tool: tuple[int, int, int, int] = (40, 0, 0, 0),
    loops: tuple[int, int, int, int] = (30, 0, 0, 10),
    changed: tuple[str, ...] = (),
) -> Challenge:
    one, other = count(counts(*exact)), count(counts(*no_tool))
    low, high = of_mean(one, other)
    return Challenge(
        champion="old",
        changed_tools=changed,
        exact_match=one,
        abstention=other,
        loops=count(counts(*loops)),
        low=low,
        high=high,
    )


def test_a_better_mean_is_promoted() -> None:
    verdict = judge("new", "old", found((80, 10, 2, 8)), MARGIN)
    assert verdict.promoted
    assert verdict.reason.startswith(
        "the mean of exact match and abstention accuracy differs by +4"
    )


def test_an_equal_model_is_not_better() -> None:
    (reason,) = shortfalls(found((80, 5, 5, 10)), MARGIN)
    assert "differs by +0.0 points [" in reason
    assert reason.endswith(", need more than 0")


@pytest.mark.parametrize(
    ("numbers", "label"),
    [
        ({"exact": (80, 10, 0, 10), "no_tool": (36, 0, 2, 2)}, "abstention accuracy differs by -5"),
        (
            {"exact": (80, 10, 0, 10), "loops": (30, 0, 1, 9)},
            "completed tool loops differs by -2.5",
        ),
        ({"exact": (80, 0, 3, 17), "no_tool": (20, 20, 0, 0)}, "exact match differs by -3.0"),
    ],
)
def test_a_better_mean_does_not_pay_for_a_loss_beyond_the_margin(
    numbers: dict[str, tuple[int, int, int, int]], label: str
) -> None:
    (reason,) = shortfalls(found(**numbers), MARGIN)
    assert reason.startswith(label)
    assert reason.endswith(", need at least -2.0")


def test_a_loss_within_the_margin_is_let_pass() -> None:
    assert not shortfalls(found((80, 10, 0, 10), loops=(300, 0, 1, 10)), MARGIN)


def test_where_tools_have_changed_the_others_must_only_not_be_worse() -> None:
    assert not shortfalls(found((80, 5, 5, 10), changed=("a",)), MARGIN)
    assert not shortfalls(found((80, 5, 6, 9), changed=("a",)), MARGIN)
    assert shortfalls(found((80, 0, 6, 14), changed=("a",)), MARGIN)


def test_where_no_tool_stayed_as_it_was_nothing_speaks_against_the_new_model() -> None:
    nothing = (0, 0, 0, 0)
    assert not shortfalls(found(nothing, nothing, nothing, changed=("a", "b")), MARGIN)


def test_the_first_version_is_promoted_and_the_champion_stays_it() -> None:
    assert judge("new", None, None, MARGIN).promoted
    again = judge("old", "old", None, MARGIN)
    assert (again.promoted, again.is_new) == (True, False)


@pytest.mark.parametrize("other", [None, found((80, 10, 0, 10))])
def test_a_version_that_was_compared_with_another_champion_is_not_promoted(
    other: Challenge | None,
) -> None:
    verdict = judge("new", "newest", other, MARGIN)
    assert not verdict.promoted
    assert verdict.reason == "it was not compared with the champion newest; forge again"


def test_rows_of_changed_tools_do_not_decide() -> None:
    tools = {row.tool for row in ROWS if row.tool}
    changed = next(iter(tools))
    places = deciding_rows(ROWS, [changed])
    assert {ROWS[place].tool for place in places} == {row.tool for row in ROWS} - {changed}
    assert deciding_rows(ROWS, ()) == list(range(len(ROWS)))


def test_both_models_are_counted_on_the_same_rows() -> None:
    wrong: list[str | None] = ["no"] * len(ROWS)
    seen = challenge("old", (), ROWS, (RIGHT, wrong), [(True, False), (True, True)])
    calling = sum(row.tool is not None for row in ROWS)
    assert (seen.exact_match.only_tuned, seen.exact_match.prompts) == (calling, calling)
    assert (seen.loops.only_tuned, seen.loops.both) == (1, 1)
    page = challenge_markdown(seen, "better")
    assert f"| exact match | 100.0 % | 0.0 % | {calling} | +100.0 points [" in page
    assert "left out" not in page
