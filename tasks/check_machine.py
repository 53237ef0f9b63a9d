"""Stage 0: can this machine do what is asked? Says so before anything is started."""

from collections.abc import Sequence

from prefect import task
from prefect.cache_policies import NO_CACHE

from profiles import Quantization, load_model, load_model_deployment, load_profile
from tasks.domain.errors import MachineTooSmall
from tasks.domain.training.machine import Examination, Machine, Verdict, lacks, needs
from tasks.domain.training.requirements import Request
from tasks.external.gpus import hold_gpu
from tasks.external.machine import known_that_fit, look
from tasks.external.model_check import check_model
from tasks.reporting import events


@task(cache_policy=NO_CACHE, on_completion=[events.stage_completed])
def check_machine(request: Request) -> None:
    """Take a GPU; look at memory, disks, driver, packages, converter and the model's files.

    Raises:
        MachineTooSmall: other runs have all GPUs, or all that is missing, with how to get it.
    """
    if request.uses_device:
        hold_gpu()
    machine = look(request)
    faults = _lacking(machine, request)
    if faults:
        name = request.model.name
        raise MachineTooSmall(f"this machine cannot forge {name}: needed {'; '.join(faults)}")


def examine(models: Sequence[str], quantization: Quantization, profile: str) -> Examination:
    """What ``doctor`` says of these models; each with its own profile where none is named."""
    requests = [
        Request(
            model=load_model(name),
            profile=load_profile(profile or load_model_deployment(name).profile),
            quantization=quantization,
        )
        for name in models
    ]
    machines = [look(request) for request in requests]
    verdicts = [_verdict(*each) for each in zip(machines, requests, strict=True)]
    return Examination(machine=machines[0], verdicts=tuple(verdicts))


def _verdict(machine: Machine, request: Request) -> Verdict:
    template, faults = check_model(request.model)
    lacking = _lacking(machine, request)
    return Verdict(
        model=request.model.name,
        needs=tuple(needs(machine, request)),
        # A model whose files are missing has been told so already.
        faults=(*lacking, *(fault for fault in faults if fault not in lacking)),
        template=template,
    )


def _lacking(machine: Machine, request: Request) -> list[str]:
    """All that is missing; other profiles are read only where one of them could help."""
    faults = lacks(machine, request)
    if not faults or request.profile is None:
        return faults
    others = known_that_fit(request.model, request.profile, machine.device)
    return lacks(machine, request, others)
