"""For a sweep: TrialResults → the best one, with a leaderboard."""

from prefect import task
from prefect.cache_policies import NO_CACHE

from tasks.domain.evaluation.leaderboard import TrialResult, best_trial
from tasks.reporting import artifacts


@task(cache_policy=NO_CACHE)
def rank_trials(results: list[TrialResult], server: str) -> TrialResult:
    """Choose by held-out rows; the artifact shows every trial, also where none can be chosen.

    Raises:
        ValidationFailed: no trial reached its thresholds.
    """
    artifacts.leaderboard(results, server)
    return best_trial(results)
