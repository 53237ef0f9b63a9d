"""The loss curve as Markdown: a picture that both of Prefect's UIs render, and its numbers."""

import math
from collections.abc import Sequence

from tasks.reporting.line_chart import BLUE, ORANGE, Axes, Line, as_svg, picture

Points = Sequence[tuple[int, float]]
_MOST_POINTS = 300


def as_markdown(model: str, losses: Points, eval_losses: Points, remark: str = "") -> str:
    """A heading, the curve, and the losses at ten places; what is not a number is not drawn."""
    losses, eval_losses = _finite(losses), _finite(eval_losses)
    rows = _spread(losses, 10)
    evals = dict(eval_losses)
    table = "\n".join(
        f"| {step} | {loss:.4f} | {_number(evals.get(step))} |"
        for step, loss in sorted({*rows, *((s, dict(losses).get(s, v)) for s, v in eval_losses)})
    )
    return (
        f"# Loss of {model}\n\n{remark}\n\n"
        f"{picture('loss over steps', _svg(losses, eval_losses))}\n\n"
        "Blue: training loss on the assistant's turns; orange: held-out rows. Nats per token.\n\n"
        f"| step | training loss | held-out loss |\n|---:|---:|---:|\n{table}\n"
    )


def _svg(losses: Points, eval_losses: Points) -> str:
    """Two polylines over the steps, with axes; at most 300 points each."""
    every = [*losses, *eval_losses] or [(0, 0.0)]
    axes = Axes(
        last=max(step for step, _ in every) or 1,
        top=max(loss for _, loss in every) * 1.05 or 1.0,
        x_text=lambda step: str(round(step)),
        y_text=lambda loss: f"{loss:.2f}",
    )
    lines = [
        Line(_spread(losses, _MOST_POINTS), BLUE),
        Line(_spread(eval_losses, _MOST_POINTS), ORANGE, dots=True),
    ]
    return as_svg(lines, axes)


def _spread(points: Points, most: int) -> list[tuple[int, float]]:
    """At most ``most`` points, evenly over the run, first and last among them."""
    if len(points) <= most:
        return list(points)
    return [points[round(i * (len(points) - 1) / (most - 1))] for i in range(most)]


def _finite(points: Points) -> list[tuple[int, float]]:
    return [(step, loss) for step, loss in points if math.isfinite(loss)]


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.4f}"
