"""A sweep's best settings are those that are best over their seeds, not the luckiest trial."""

import pytest

from tasks.domain.errors import ValidationFailed
from tasks.domain.evaluation.leaderboard import (
    Trial,
    TrialResult,
    best_trial,
    leaderboard_markdown,
    trials_of,
)
from tasks.domain.evaluation.scoring import wilson
from tests.helpers.ingredients import ingredients


def result(profile: str, seed: int, hits: int) -> TrialResult:
    """A trial with so many of 100 held-out rows of either kind right."""
    made = ingredients().evaluation
    rates = {"exact_match": wilson(hits, 100), "abstention": wilson(hits, 100)}
    score = made.validation.score.model_copy(update=rates)
    validation = made.validation.model_copy(update={"score": score})
    trial = Trial(model="tiny", profile=profile, seed=seed)
    return TrialResult(trial=trial, evaluation=made.model_copy(update={"validation": validation}))


def failed(profile: str, seed: int) -> TrialResult:
    trial = Trial(model="tiny", profile=profile, seed=seed)
    return TrialResult(trial=trial, failure="the loss is not a number")


def test_every_combination_is_tried_once() -> None:
    trials = trials_of(["a", "b", "a"], ["x"], [1, 2])
    assert [(one.model, one.seed) for one in trials] == [("a", 1), ("a", 2), ("b", 1), ("b", 2)]


def test_settings_win_by_their_mean_and_send_their_best_seed() -> None:
    lucky = [result("wild", 1, 95), result("wild", 2, 40)]
    steady = [result("calm", 1, 80), result("calm", 2, 84)]
    best = best_trial([*lucky, *steady])
    assert (best.trial.profile, best.trial.seed) == ("calm", 2)
    page = leaderboard_markdown([*lucky, *steady])
    assert "| tiny | calm | 82.0 % | ± 2.8 points | 2 of 2 |" in page
    assert page.index("| calm |") < page.index("| wild |")
    assert "| → | tiny | calm | 2 | 84.0 % |" in page


def test_a_trial_that_failed_counts_and_is_never_chosen() -> None:
    best = best_trial([result("a", 1, 90), failed("a", 2), result("b", 1, 50)])
    assert best.trial.profile == "b"
    assert "the loss is not a number" in leaderboard_markdown([best, failed("a", 2)])
    assert "→" not in leaderboard_markdown([failed("a", 2)]), "none can be chosen"


def test_a_sweep_in_which_all_failed_says_why() -> None:
    with pytest.raises(ValidationFailed, match="none of 2 trials can be promoted: the loss is not"):
        best_trial([failed("a", 1), failed("b", 1)])
