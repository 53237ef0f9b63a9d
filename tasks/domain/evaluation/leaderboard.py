"""Trials of a sweep side by side: which settings are best on held-out rows, and what they cost."""

from collections.abc import Iterable, Sequence
from itertools import groupby, product
from statistics import mean, stdev

from tasks.domain.errors import ValidationFailed
from tasks.domain.products import Evaluation, Product
from tasks.domain.reports import cell, percent, table


class Trial(Product):
    """One training of a sweep."""

    model: str
    profile: str
    seed: int
    """Of the training alone: all seeds of a profile learn the same rows."""

    @property
    def settings(self) -> tuple[str, str]:
        """What seeds are repetitions of."""
        return self.model, self.profile


class TrialResult(Product):
    """What came of a trial."""

    trial: Trial
    evaluation: Evaluation | None = None
    failure: str = ""
    """Why there is no evaluation."""

    @property
    def mean(self) -> float:
        """Of exact match and abstention accuracy on held-out rows; test prompts do not choose."""
        if self.evaluation is None:
            return 0.0
        report = self.evaluation.validation
        return (report.judged or report.score).mean

    @property
    def seconds(self) -> float:
        """That its training took."""
        trained = self.evaluation.trained if self.evaluation else None
        return trained.adapter.record.seconds if trained else 0.0


def trials_of(models: Sequence[str], profiles: Sequence[str], seeds: Sequence[int]) -> list[Trial]:
    """Every combination, the seeds of one setting together."""
    every = product(dict.fromkeys(models), dict.fromkeys(profiles), dict.fromkeys(seeds))
    return [Trial(model=model, profile=profile, seed=seed) for model, profile, seed in every]


def best_trial(results: Sequence[TrialResult]) -> TrialResult:
    """The best seed of the settings that are best by the mean over their seeds.

    The best of all trials would often be the luckiest one.

    Raises:
        ValidationFailed: no trial reached its thresholds.
    """
    groups = [group for group in _by_settings(results) if any(one.evaluation for one in group)]
    if not groups:
        reasons = "; ".join(dict.fromkeys(one.failure for one in results))
        raise ValidationFailed(f"none of {len(results)} trials can be promoted: {reasons}")
    best = max(groups, key=lambda group: _mean_of(group))
    return max((one for one in best if one.evaluation), key=lambda one: one.mean)


def leaderboard_markdown(results: Sequence[TrialResult]) -> str:
    """Settings by their mean over seeds, then every trial."""
    best = best_trial(results) if any(one.evaluation for one in results) else None
    groups = sorted(_by_settings(results), key=_mean_of, reverse=True)
    summary = [
        [
            *map(cell, group[0].trial.settings),
            percent(_mean_of(group)),
            _spread(group),
            f"{len([one for one in group if one.evaluation])} of {len(group)}",
            f"{mean(one.seconds for one in group):.0f} s",
        ]
        for group in groups
    ]
    trials = [
        [
            "→" if one is best else "",
            *map(cell, (*one.trial.settings, str(one.trial.seed))),
            percent(one.mean) if one.evaluation else "-",
            f"{one.seconds:.0f} s",
            cell(one.failure),
        ]
        for group in groups
        for one in group
    ]
    return (
        "## Leaderboard\n\nMean of exact match and abstention accuracy on held-out rows; a trial "
        "that missed a threshold counts as 0. The arrow marks the challenger.\n\n"
        + table(["model", "profile", "mean", "spread", "passed", "training"], summary)
        + "\n"
        + table(["", "model", "profile", "seed", "mean", "training", "failed"], trials)
    )


def _by_settings(results: Iterable[TrialResult]) -> list[list[TrialResult]]:
    sorted_results = sorted(results, key=lambda one: one.trial.settings)
    return [list(group) for _, group in groupby(sorted_results, key=lambda one: one.trial.settings)]


def _mean_of(group: Sequence[TrialResult]) -> float:
    return mean(one.mean for one in group)


def _spread(group: Sequence[TrialResult]) -> str:
    """The standard deviation over seeds; of one seed there is none."""
    if len(group) < 2:
        return "-"
    return f"± {100 * stdev(one.mean for one in group):.1f} points"
