"""Two models on the same prompts."""

import pytest

from tasks.domain.evaluation.comparison import compare, mcnemar
from tests.domain.evaluation.test_scoring import RIGHT, ROWS


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
    [(0, 0, 1.0), (1, 0, 1.0), (5, 5, 1.0), (8, 0, 2 / 2**8), (9, 1, 22 / 2**10)],
)
def test_the_p_value_is_that_of_the_sign_test(one: int, other: int, p_value: float) -> None:
    assert mcnemar(one, other) == mcnemar(other, one) == pytest.approx(p_value)
