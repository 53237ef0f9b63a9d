"""Stage 4½: will this training fit here, with the lengths that its rows really have?"""

from prefect import task
from prefect.cache_policies import NO_CACHE

from profiles import Model, Profile
from tasks.domain.errors import MachineTooSmall
from tasks.domain.products import ApprovedDataset, BaseModelFolder, TrainingPlan
from tasks.domain.training.duration import estimated_seconds
from tasks.domain.training.machine import instead
from tasks.domain.training.memory import choose, gib
from tasks.domain.training.sizes import Device
from tasks.external.base_model import read_architecture
from tasks.external.machine import known_that_fit, look_at_device
from tasks.external.storage import Storage
from tasks.reporting import artifacts, events


@task(cache_policy=NO_CACHE, on_completion=[events.stage_completed])
def estimate_memory(
    dataset: ApprovedDataset, base: BaseModelFolder, model: Model, profile: Profile
) -> TrainingPlan:
    """Estimate the largest step and the time; decide on checkpointing where the profile leaves it.

    Raises:
        MachineTooSmall: it does not fit, with both sizes and the profile or model that would; or
            there is a GPU that torch cannot use.
    """
    # torch takes seconds to import and is not there on a machine that only prepares data.
    from tasks.external.trainer import probe

    profile = dataset.dataset.prompt.settled(profile)
    shape = read_architecture(Storage().fetch(base.files))
    with_shape = model.model_copy(update={"architecture": shape})
    lengths, device = dataset.report.row_lengths, look_at_device()
    probe.require(device)
    choice = choose(shape, model.load_in_4bit, profile.lora, profile.training, lengths, device)
    rate = probe.operations_per_second(shape.hidden_size, shape.intermediate_size, device.bf16)
    plan = TrainingPlan(
        estimate=choice,
        device=device,
        lengths=lengths,
        seconds=estimated_seconds(shape, profile.training, lengths, device, choice, rate),
    )
    artifacts.memory(plan, with_shape, profile)
    if choice.total > device.free:
        raise MachineTooSmall(_refusal(plan, with_shape, profile, device))
    return plan


def _refusal(plan: TrainingPlan, model: Model, profile: Profile, device: Device) -> str:
    others = known_that_fit(model, profile, device, plan.lengths)
    return (
        f"training {model.name} with {profile.name} takes {gib(plan.estimate.total)} of "
        f"{device.name} for {plan.estimate.largest.tokens} tokens at once, found "
        f"{gib(device.free)}{instead(others)}"
    )
