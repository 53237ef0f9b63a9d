"""How risk grows with coverage, as a picture: what a model's confidence is worth."""

from tasks.domain.products import ConfidenceReport, RiskCoverage
from tasks.reporting.line_chart import BLUE, ORANGE, Axes, Line, as_svg, picture


def as_markdown(report: ConfidenceReport | None) -> str:
    """The curves of held-out and hand-written prompts; nothing where none were measured."""
    if report is None:
        return ""
    curves = [(report.heldout.curve, BLUE)]
    if report.hand_written is not None:
        curves.append((report.hand_written.curve, ORANGE))
    return (
        f"\n{picture('risk over coverage', as_picture(curves))}\n\n"
        "Wrong answers among those that the model is surest of, over their share of all: "
        "blue for held-out rows, orange for hand-written test prompts. A dot is all answers.\n"
    )


def as_picture(curves: list[tuple[RiskCoverage, str]]) -> str:
    """The curves as SVG; the point at the end of each is the risk of all answers."""
    top = max(risk for curve, _ in curves for _, risk in curve.points)
    axes = Axes(last=1.0, top=max(top * 1.05, 0.05), x_text=_percent, y_text=_percent)
    lines = [Line(curve.points, color) for curve, color in curves]
    ends = [Line(curve.points[-1:], color, dots=True) for curve, color in curves]
    return as_svg([*lines, *ends], axes)


def _percent(share: float) -> str:
    return f"{100 * share:.0f} %"
