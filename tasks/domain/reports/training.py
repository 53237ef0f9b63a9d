"""What a training takes and what it costs, as pages and lines."""

from profiles import Model, Profile
from tasks.domain.products import GeneralLoss, TrainingPlan
from tasks.domain.reports.markdown import table
from tasks.domain.training.memory import GIB, MARGIN


def plan_markdown(plan: TrainingPlan, model: Model, profile: Profile) -> str:
    """What a training takes on this device, part by part."""
    estimate, device = plan.estimate, plan.device
    fits = estimate.total <= device.free
    setting = profile.training.gradient_checkpointing
    parts = {
        f"weights of {model.name}": estimate.weights,
        "adapter": estimate.adapter,
        "its gradients": estimate.gradients,
        "its optimiser's states": estimate.optimizer,
        "kept for the backward pass": estimate.activations,
        "worked with meanwhile": estimate.working,
        "libraries" if device.kind == "CPU" else "CUDA context": estimate.runtime,
        "**all**": estimate.total,
        f"free {device.name}": device.free,
    }
    largest = estimate.largest
    lines = [
        f"## Will {model.name} with {profile.name} fit? {'Yes.' if fits else 'No.'}\n",
        table(["", "GiB"], [[name, f"{size / GIB:.2f}"] for name, size in parts.items()]),
        f"At most {largest.tokens} tokens of {largest.rows} rows are computed at once. Gradient "
        f"checkpointing: {estimate.checkpointing} (the profile says {setting}"
        + (f"; off where {MARGIN:g} x the estimate is free" if setting == "auto" else "")
        + ").\n",
        f"Expected time: about {_duration(plan.seconds)} on an idle machine, by a probe of one "
        "matrix product; a factor of two either way is usual.\n",
    ]
    return "\n".join(lines)


def _duration(seconds: float) -> str:
    if seconds < 120:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 7200 else f"{seconds / 3600:.1f} h"


def general_loss(measured: GeneralLoss | None) -> str:
    """The loss on general text; a training should make it at most a twentieth higher."""
    if measured is None:
        return "not measured"
    return f"base {measured.base:.3f}, tuned {measured.tuned:.3f} ({100 * measured.change:+.1f} %)"
