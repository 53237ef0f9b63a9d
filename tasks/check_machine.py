"""Stage 0: can this machine do what is asked? Says so before anything is started."""

from collections.abc import Sequence

from prefect import task
from prefect.cache_policies import NO_CACHE

from profiles import Model, Quantization, load_model
from tasks.domain.errors import MachineTooSmall
from tasks.domain.machine import as_text, lacks
from tasks.external.machine import look
from tasks.reporting import events


@task(cache_policy=NO_CACHE, on_completion=[events.stage_completed])
def check_machine(model: Model, quantization: Quantization) -> None:
    """Look at memory, disk, GPU, packages, converter and the model's files.

    Raises:
        MachineTooSmall: everything that is missing, in one line, with how to get it.
    """
    faults = lacks(look(model, quantization), model)
    if faults:
        raise MachineTooSmall(f"this machine cannot forge {model.name}: needed {'; '.join(faults)}")


def examine(models: Sequence[str], quantization: Quantization) -> tuple[str, bool]:
    """(what ``doctor`` prints, whether any of the models can be forged here)."""
    chosen = [load_model(name) for name in models]
    machines = {model.name: look(model, quantization) for model in chosen}
    faults = {model.name: lacks(machines[model.name], model) for model in chosen}
    return as_text(next(iter(machines.values())), faults), not all(faults.values())
