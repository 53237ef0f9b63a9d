"""When held-out rows gain nothing more."""

import pytest

from tasks.domain.training.early_stopping import best_evaluation, has_stopped_falling

FALLING = [(10, 3.0), (20, 2.0), (30, 1.5)]
RISING = [(10, 3.0), (20, 1.5), (30, 2.0), (40, 1.5), (50, 1.6)]


def test_the_best_is_the_lowest_and_the_earliest_of_equals() -> None:
    assert best_evaluation(FALLING) == (30, 1.5)
    assert best_evaluation(RISING) == (20, 1.5)
    assert best_evaluation([]) is None


@pytest.mark.parametrize(
    ("evaluations", "patience", "stops"),
    [
        (FALLING, 1, False),
        (RISING, 3, True),
        (RISING, 4, False),
        (RISING, 0, False),
        (RISING[:3], 1, True),
        (RISING[:3], 2, False),
        (FALLING[:1], 1, False),
        ([], 1, False),
    ],
)
def test_training_ends_when_the_last_evaluations_were_no_better(
    evaluations: list[tuple[int, float]], patience: int, stops: bool
) -> None:
    assert has_stopped_falling(evaluations, patience) is stops
