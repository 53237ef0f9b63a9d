"""Two models on the same prompts."""

import pytest

from tasks.domain.evaluation.comparison import compare, count, mcnemar, newcombe, of_mean
from tests.helpers.scored_rows import RIGHT, ROWS


def test_prompts_are_counted_by_who_answers_them_right() -> None:
    tuned: list[str | None] = [*RIGHT[:6], *["Hm."] * 7]
    base: list[str | None] = ["no", "no", *RIGHT[2:]]
    between = compare(ROWS, tuned, base)
    assert (between.both, between.only_tuned, between.only_base, between.neither) == (9, 2, 2, 0)
    assert between.prompts == len(ROWS)


def test_a_prompt_on_which_a_thought_was_cut_is_not_compared() -> None:
    tuned: list[str | None] = [None, *RIGHT[1:]]
    base: list[str | None] = [*RIGHT[:12], None]
    assert compare(ROWS, tuned, base).prompts == len(ROWS) - 2


@pytest.mark.parametrize(
    ("one", "other", "p_value"),
    [
        (0, 0, 1.0),
        (1, 0, 1.0),
        (5, 5, 1.0),
        (8, 0, 2 / 2**8),
        (9, 1, 22 / 2**10),
        (900, 900, 1.0),
    ],
)
def test_the_p_value_is_that_of_the_sign_test(one: int, other: int, p_value: float) -> None:
    assert mcnemar(one, other) == mcnemar(other, one) == pytest.approx(p_value)


@pytest.mark.parametrize(
    ("counts", "low", "high"),
    [
        # Newcombe 1998, method 10.
        ((36, 12, 2, 0), 0.0569, 0.3404),
        # Fagerland, Lydersen and Laake 2014 (Statistics in Medicine 33:2850-2875), Bentur's data.
        ((1, 1, 7, 12), -0.507, -0.026),
    ],
)
def test_the_interval_of_a_paired_difference_is_the_published_one(
    counts: tuple[int, int, int, int], low: float, high: float
) -> None:
    assert newcombe(*counts) == pytest.approx((low, high), abs=5e-4)


def test_the_interval_is_turned_round_with_the_models() -> None:
    low, high = newcombe(20, 7, 3, 10)
    assert newcombe(20, 3, 7, 10) == pytest.approx((-high, -low))


def test_nothing_compared_says_nothing() -> None:
    assert newcombe(0, 0, 0, 0) == (-1.0, 1.0)
    assert count([]).difference == 0


def test_equal_answers_differ_by_nothing_with_an_interval_around_it() -> None:
    low, high = newcombe(30, 0, 0, 10)
    assert low < 0 < high


def test_the_mean_of_two_differences_is_surer_than_either() -> None:
    one, other = count([(True, False)] * 10 + [(True, True)] * 30), count([(True, True)] * 40)
    low, high = of_mean(one, other)
    assert low < (one.difference + other.difference) / 2 == 0.125 < high
    assert high - low < one.high - one.low
