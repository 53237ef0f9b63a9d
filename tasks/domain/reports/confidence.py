"""What a model's own probabilities say of its answers."""

from tasks.domain.products import Comparison, ConfidenceReport, ThresholdEffect
from tasks.domain.reports.cells import percent, points, rate, table


def confidence_markdown(report: ConfidenceReport | None) -> list[str]:
    """What the model's own probabilities say of its answers, and what their threshold brings."""
    if report is None:
        return []
    sets = {"held-out rows, cross-validated": report.heldout}
    if report.hand_written is not None:
        sets["hand-written test prompts"] = report.hand_written
    rows = {
        "right, of the half that it is surest of": [rate(s.curve.half) for s in sets.values()],
        "right, of all": [rate(s.curve.all) for s in sets.values()],
        "expected by its confidence": [percent(s.curve.mean_confidence) for s in sets.values()],
        "area under risk and coverage": [f"{s.curve.area:.3f}" for s in sets.values()],
        "area where the order says nothing": [
            f"{1 - s.curve.all.value:.3f}" for s in sets.values()
        ],
        "calls held back below the threshold": [_held_back(s.effect) for s in sets.values()],
        "exact match with it": [_paired(s.effect.exact_match) for s in sets.values()],
        "abstention accuracy with it": [_paired(s.effect.abstention) for s in sets.values()],
        "mean of both": [
            f"{percent(s.effect.without)} → {percent(s.effect.with_threshold)}"
            for s in sets.values()
        ],
    }
    threshold = report.calibration.threshold
    return [
        f"### Confidence\n\nFitted on {report.calibration.prompts} held-out rows "
        f"({report.calibration.method}); `--min-confidence auto` holds a call back below "
        f"{threshold:.3f}.\n",
        table(["", *sets], [[name, *cells] for name, cells in rows.items()]),
    ]


def _held_back(effect: ThresholdEffect) -> str:
    return (
        f"{effect.held_back} of {effect.calls} calls, {effect.wrong_held_back} of "
        f"{effect.wrong_calls} wrong ones"
    )


def _paired(between: Comparison) -> str:
    if not between.prompts:
        return "-"
    return f"{percent(between.base)} → {percent(between.tuned)}: {points(between)}"
