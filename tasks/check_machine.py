"""Stage 0: can this machine do what is asked? Says so before anything is started."""

from collections.abc import Sequence

from prefect import task
from prefect.cache_policies import NO_CACHE

import profiles
from profiles import Model, Profile, Quantization, load_model, load_profile
from tasks.domain.errors import MachineTooSmall
from tasks.domain.machine import Machine, Verdict, as_text, lacks, need, what_fits
from tasks.domain.products import BaseModelFolder
from tasks.external.gpus import hold_gpu
from tasks.external.machine import look
from tasks.external.template_check import check_template
from tasks.reporting import events


@task(cache_policy=NO_CACHE, on_completion=[events.stage_completed])
def check_machine(
    model: Model,
    quantization: Quantization,
    profile: Profile | None = None,
    base: BaseModelFolder | None = None,
) -> None:
    """Take a GPU; look at memory, disk, packages, converter and the model's files.

    ``profile``: the training that is asked for; None where nothing is trained.
    ``base``: what was prepared elsewhere; the model's own source is then not asked.

    Raises:
        MachineTooSmall: other runs have all GPUs, or all that is missing, with how to get it.
    """
    hold_gpu()
    machine = look(model, quantization, is_prepared=base is not None)
    others = _others(machine, model, profile) if profile else []
    faults = lacks(machine, model, profile, others)
    if faults:
        raise MachineTooSmall(f"this machine cannot forge {model.name}: needed {'; '.join(faults)}")


def examine(models: Sequence[str], quantization: Quantization, profile: str) -> tuple[str, bool]:
    """(what ``doctor`` prints, whether any of the models can be forged here)."""
    asked = load_profile(profile)
    machines = {name: look(load_model(name), quantization) for name in models}
    verdicts = [_verdict(machine, load_model(name), asked) for name, machine in machines.items()]
    able = any(not verdict.faults for verdict in verdicts)
    return as_text(next(iter(machines.values())), verdicts), able


def _verdict(machine: Machine, model: Model, profile: Profile) -> Verdict:
    seen, faults = check_template(model)
    lacking = lacks(machine, model, profile, _others(machine, model, profile))
    return Verdict(
        model=model.name,
        need=need(machine, model, profile),
        # A model whose files are missing has been told so already.
        faults=(*lacking, *(fault for fault in faults if fault not in lacking)),
        template=seen,
    )


def _others(machine: Machine, model: Model, profile: Profile) -> list[str]:
    models = [load_model(name) for name in profiles.models()]
    known = [load_profile(name) for name in profiles.training_profiles()]
    return what_fits(model, profile, models, known, machine.device)
