"""What a person reads before a training: what the gate saw, and whether it will fit."""

from profiles import Model, Profile
from tasks.domain.products import QualityReport, TrainingPlan
from tasks.domain.reports.cells import cell, percent, table
from tasks.domain.training.memory import GIB, MARGIN


def quality_markdown(report: QualityReport) -> str:
    """What the gate saw, as a page: the rules, then what the rows are."""
    verdict = "Let through." if report.passed else "Refused."
    rules = [
        [
            "✓" if finding.passed else "✗",
            *map(cell, (finding.rule, finding.value, finding.requirement, finding.example)),
            "" if finding.passed else cell(finding.remedy),
        ]
        for finding in report.findings
    ]
    facts = [
        ["rows to train on", str(report.rows)],
        ["tokens of the longest row", str(report.longest_row_tokens)],
        ["tokens of the median row", str(report.median_row_tokens)],
        ["tokens of the prefix that all rows share", str(report.prefix_tokens)],
        ["share of tokens that the loss sees", percent(report.trained_share)],
        *([f"rows of scenario {cell(name)}", str(n)] for name, n in report.scenarios.items()),
        *([f"rows that call {cell(name)}", str(n)] for name, n in report.tools.items()),
    ]
    return "\n".join(
        [
            f"## Quality gate\n\n{verdict}\n",
            table(["", "rule", "found", "needed", "example", "remedy"], rules),
            table(["fact", ""], facts),
        ]
    )


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
