"""Several loss curves laid over each other, as one picture."""

from collections.abc import Mapping, Sequence

_WIDTH, _HEIGHT, _LEFT, _BOTTOM, _TOP, _RIGHT = 640, 300, 52, 34, 34, 14
_STYLES = (("#94a3b8", 7, ""), ("#2563eb", 3, ""), ("#f97316", 2, "4 4"))
"""Colour, width and dashes: a wide line below, so that equal curves can all be seen."""


def as_svg(curves: Mapping[str, Sequence[float]]) -> str:
    """One polyline per name over the steps 1, 2, ..., with a legend and the loss axis."""
    losses = [loss for curve in curves.values() for loss in curve]
    low, high = min(losses), max(losses)
    span = (high - low) or 1.0
    last = max(len(curve) for curve in curves.values())

    def place(step: int, loss: float) -> str:
        x = _LEFT + (_WIDTH - _LEFT - _RIGHT) * step / max(last - 1, 1)
        y = _TOP + (_HEIGHT - _TOP - _BOTTOM) * (high - loss) / span
        return f"{x:.1f},{y:.1f}"

    lines = []
    for number, ((name, curve), (color, width, dashes)) in enumerate(
        zip(curves.items(), _STYLES, strict=False)
    ):
        points = " ".join(place(step, loss) for step, loss in enumerate(curve))
        line = f'stroke="{color}" stroke-width="{width}" stroke-dasharray="{dashes}"'
        lines.append(f'<polyline points="{points}" fill="none" {line}/>')
        x = _LEFT + 130 * number
        lines.append(f'<line x1="{x}" x2="{x + 24}" y1="16" y2="16" {line}/>')
        lines.append(f'<text x="{x + 30}" y="20">{name}</text>')
    for loss in (low, (low + high) / 2, high):
        y = place(0, loss).split(",")[1]
        lines.append(f'<text x="{_LEFT - 6}" y="{y}" text-anchor="end">{loss:.3f}</text>')
    for step in range(last):
        x = place(step, low).split(",")[0]
        lines.append(f'<text x="{x}" y="{_HEIGHT - 12}" text-anchor="middle">{step + 1}</text>')
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" '
        f'width="{_WIDTH}" height="{_HEIGHT}" font-family="sans-serif" font-size="11" '
        f'fill="#475569"><rect width="{_WIDTH}" height="{_HEIGHT}" fill="white"/>'
        f"{''.join(lines)}</svg>\n"
    )
