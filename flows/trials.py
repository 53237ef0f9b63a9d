"""The trials of a sweep, one after the other; a trial that fails does not stop the others."""

from collections.abc import Sequence

from prefect.logging import get_run_logger

from flows.evaluate import evaluate
from flows.placement import check_machine_once, place
from flows.prepare import prepare
from flows.promotion import promote_if_better
from flows.train import train
from profiles import Quantization, Recipe, load_recipe
from tasks.domain.errors import OF_THE_SETTINGS
from tasks.domain.evaluation.leaderboard import Trial, TrialResult
from tasks.domain.products import Bundle, Evaluation, Trained
from tasks.inspect_server import inspect_server


def run_trials(
    server: str, trials: Sequence[Trial], quantization: Quantization, samples: int | None
) -> list[TrialResult]:
    """Look whether all of them can be done, then do them.

    Raises:
        MachineTooSmall: one of them cannot be done here; nothing was started.
    """
    recipes = [
        load_recipe(server, trial.model, trial.profile, quantization, samples) for trial in trials
    ]
    # Seeds are repetitions; a profile's name alone would hide what is set apart from its file.
    settings = [trial.settings for trial in trials]
    for recipe in dict(zip(settings, recipes, strict=True)).values():
        check_machine_once(recipe)
    return [
        _result(server, trial, recipe, samples)
        for trial, recipe in zip(trials, recipes, strict=True)
    ]


def _result(server: str, trial: Trial, recipe: Recipe, samples: int | None) -> TrialResult:
    try:
        return TrialResult(trial=trial, evaluation=_run(server, trial, recipe, samples))
    except OF_THE_SETTINGS as error:  # anything else stops the sweep, which is resumed
        get_run_logger().warning("Trial %s failed: %s", trial, error)
        return TrialResult(trial=trial, failure=str(error))


def _run(server: str, trial: Trial, recipe: Recipe, samples: int | None) -> Evaluation:
    """As ``forge``, but the seed is the training's alone: all learn and are asked the same."""
    prepared = prepare(recipe)
    model, profile = trial.settings
    adapter = place(train, server, model, profile, samples, trial.seed, None, None, prepared)
    trained = Trained(adapter=adapter, dataset=prepared.dataset.dataset)
    return place(
        evaluate, server, model, profile, recipe.quantization, samples, None, None, None, trained
    )


def promote_best(
    server: str, best: TrialResult, quantization: Quantization, samples: int | None
) -> Bundle:
    """The best trial as the challenger of its model's champion."""
    trial, evaluation = best.trial, best.evaluation
    assert evaluation is not None, "rank_trials chooses none that failed"
    recipe = load_recipe(server, trial.model, trial.profile, quantization, samples)
    training = recipe.profile.training.model_copy(update={"seed": trial.seed})
    trained_as = recipe.profile.model_copy(update={"training": training})
    seeded = recipe.model_copy(update={"profile": trained_as})
    return promote_if_better(evaluation, inspect_server(recipe.server), seeded)
