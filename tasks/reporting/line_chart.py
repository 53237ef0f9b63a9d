"""Lines over a common axis as an SVG picture that both of Prefect's UIs render."""

import base64
from collections.abc import Callable, Sequence
from dataclasses import dataclass

Points = Sequence[tuple[float, float]]
BLUE, ORANGE = "#2563eb", "#f97316"
_WIDTH, _HEIGHT, _START, _BOTTOM, _TOP, _END = 640, 300, 52, 34, 14, 14
_INK, _GRID = "#475569", "#e2e8f0"
_TICKS = (0, 0.25, 0.5, 0.75, 1)


@dataclass(frozen=True)
class Line:
    """A line through points; ``dots`` marks them."""

    points: Points
    color: str
    dots: bool = False


@dataclass(frozen=True)
class Axes:
    """Both begin at 0; how far they go, and what is written at a place of each."""

    last: float
    top: float
    x_text: Callable[[float], str]
    y_text: Callable[[float], str]


def picture(alternative: str, svg: str) -> str:
    """The picture inside a page of Markdown."""
    return f"![{alternative}](data:image/svg+xml;base64,{base64.b64encode(svg.encode()).decode()})"


def as_svg(lines: Sequence[Line], axes: Axes) -> str:
    """The lines, with a grid and labels."""
    parts = [_grid(axes.top * part, axes) for part in _TICKS]
    parts += [_label(axes.last * part, axes) for part in _TICKS]
    parts += [_line(line, axes) for line in lines]
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" '
        f'width="{_WIDTH}" height="{_HEIGHT}" font-family="sans-serif" font-size="11">'
        f'<rect width="{_WIDTH}" height="{_HEIGHT}" fill="white"/>{"".join(parts)}</svg>'
    )


def _x(value: float, axes: Axes) -> float:
    return _START + (_WIDTH - _START - _END) * value / axes.last


def _y(value: float, axes: Axes) -> float:
    return _HEIGHT - _BOTTOM - (_HEIGHT - _BOTTOM - _TOP) * value / axes.top


def _grid(value: float, axes: Axes) -> str:
    y, text = _y(value, axes), axes.y_text(value)
    return (
        f'<line x1="{_START}" x2="{_WIDTH - _END}" y1="{y:.1f}" y2="{y:.1f}" stroke="{_GRID}"/>'
        f'<text x="{_START - 6}" y="{y + 4:.1f}" text-anchor="end" fill="{_INK}">{text}</text>'
    )


def _label(value: float, axes: Axes) -> str:
    x, text = _x(value, axes), axes.x_text(value)
    return f'<text x="{x:.1f}" y="{_HEIGHT - 12}" text-anchor="middle" fill="{_INK}">{text}</text>'


def _line(line: Line, axes: Axes) -> str:
    places = [(_x(x, axes), _y(y, axes)) for x, y in line.points]
    path = " ".join(f"{x:.1f},{y:.1f}" for x, y in places)
    svg = f'<polyline points="{path}" fill="none" stroke="{line.color}" stroke-width="2"/>'
    if line.dots:
        svg += "".join(
            f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" fill="{line.color}"/>' for x, y in places
        )
    return svg
