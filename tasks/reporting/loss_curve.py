"""The loss curve as Markdown: a picture that both of Prefect's UIs render, and its numbers."""

import base64
import math
from collections.abc import Sequence

Points = Sequence[tuple[int, float]]
_WIDTH, _HEIGHT, _START, _BOTTOM, _TOP, _END = 640, 300, 52, 34, 14, 14
_MOST_POINTS = 300
_INK, _GRID, _TRAIN, _EVAL = "#475569", "#e2e8f0", "#2563eb", "#f97316"


def as_markdown(model: str, losses: Points, eval_losses: Points, remark: str = "") -> str:
    """A heading, the curve, and the losses at ten places; what is not a number is not drawn."""
    losses, eval_losses = _finite(losses), _finite(eval_losses)
    picture = base64.b64encode(as_svg(losses, eval_losses).encode()).decode()
    rows = _spread(losses, 10)
    evals = dict(eval_losses)
    table = "\n".join(
        f"| {step} | {loss:.4f} | {_number(evals.get(step))} |"
        for step, loss in sorted({*rows, *((s, dict(losses).get(s, v)) for s, v in eval_losses)})
    )
    return (
        f"# Loss of {model}\n\n{remark}\n\n"
        f"![loss over steps](data:image/svg+xml;base64,{picture})\n\n"
        "Blue: training loss on the assistant's turns; orange: held-out rows. Nats per token.\n\n"
        f"| step | training loss | held-out loss |\n|---:|---:|---:|\n{table}\n"
    )


def as_svg(losses: Points, eval_losses: Points) -> str:
    """Two polylines over the steps, with axes; at most 300 points each."""
    every = [*losses, *eval_losses] or [(0, 0.0)]
    last = max(step for step, _ in every) or 1
    top = max(loss for _, loss in every) * 1.05 or 1.0
    lines = [_grid(top * part, top) for part in (0, 0.25, 0.5, 0.75, 1)]
    lines += [_step_label(round(last * part), last) for part in (0, 0.25, 0.5, 0.75, 1)]
    lines.append(_line(_spread(losses, _MOST_POINTS), last, top, _TRAIN))
    lines.append(_line(_spread(eval_losses, _MOST_POINTS), last, top, _EVAL, dots=True))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" '
        f'width="{_WIDTH}" height="{_HEIGHT}" font-family="sans-serif" font-size="11">'
        f'<rect width="{_WIDTH}" height="{_HEIGHT}" fill="white"/>{"".join(lines)}</svg>'
    )


def _x(step: float, last: float) -> float:
    return _START + (_WIDTH - _START - _END) * step / last


def _y(loss: float, top: float) -> float:
    return _HEIGHT - _BOTTOM - (_HEIGHT - _BOTTOM - _TOP) * loss / top


def _grid(loss: float, top: float) -> str:
    y = _y(loss, top)
    return (
        f'<line x1="{_START}" x2="{_WIDTH - _END}" y1="{y:.1f}" y2="{y:.1f}" stroke="{_GRID}"/>'
        f'<text x="{_START - 6}" y="{y + 4:.1f}" text-anchor="end" fill="{_INK}">{loss:.2f}</text>'
    )


def _step_label(step: int, last: float) -> str:
    x = _x(step, last)
    return f'<text x="{x:.1f}" y="{_HEIGHT - 12}" text-anchor="middle" fill="{_INK}">{step}</text>'


def _line(points: Points, last: float, top: float, color: str, *, dots: bool = False) -> str:
    places = [(_x(step, last), _y(loss, top)) for step, loss in points]
    path = " ".join(f"{x:.1f},{y:.1f}" for x, y in places)
    svg = f'<polyline points="{path}" fill="none" stroke="{color}" stroke-width="2"/>'
    if dots:
        svg += "".join(
            f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" fill="{color}"/>' for x, y in places
        )
    return svg


def _spread(points: Points, most: int) -> list[tuple[int, float]]:
    """At most ``most`` points, evenly over the run, first and last among them."""
    if len(points) <= most:
        return list(points)
    return [points[round(i * (len(points) - 1) / (most - 1))] for i in range(most)]


def _finite(points: Points) -> list[tuple[int, float]]:
    return [(step, loss) for step, loss in points if math.isfinite(loss)]


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.4f}"
