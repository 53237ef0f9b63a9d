"""Models, profiles and seeds in every combination: the best on held-out rows challenges."""

from prefect import flow

from flows.trials import promote_best, run_trials
from profiles import Quantization, resolve_server
from profiles.form import AtLeastOne, ModelName, ProfileName, Samples, Seed, ServerName
from tasks.domain.evaluation.leaderboard import trials_of
from tasks.domain.products import Bundle
from tasks.rank_trials import rank_trials
from tasks.reporting.cancellation import cancel_tasks
from tasks.reporting.subject import run_name


@flow(flow_run_name=run_name, persist_result=True, on_cancellation=[cancel_tasks])
def sweep(
    server: ServerName,
    models: AtLeastOne[ModelName],
    profiles: AtLeastOne[ProfileName],
    seeds: AtLeastOne[Seed],
    quantization: Quantization = "q8_0",
    samples: Samples | None = None,
) -> Bundle:
    """Train every combination, rank them on held-out rows, and let the best one challenge.

    Stopped, it goes on like any other run: what is done comes from the cache, and a training goes
    on from its newest checkpoint.

    Args:
        server: the registered server whose tools the models are to call.
        models: the base models.
        profiles: the training profiles.
        seeds: of the trainings; all of them learn the same rows.
        quantization: how the GGUF files' weights are stored.
        samples: rows to train on; the profile's number when empty.
    """
    results = run_trials(server, trials_of(models, profiles, seeds), quantization, samples)
    best = rank_trials(results, resolve_server(server).name)
    return promote_best(server, best, quantization, samples)
