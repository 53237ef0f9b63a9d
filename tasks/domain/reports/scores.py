"""What pages and sentences have in common that are about rates of models."""

from collections.abc import Sequence

from tasks.domain.products import AdapterComparison, Comparison, Score
from tasks.domain.reports.markdown import percent, points

METRICS = {
    "parse_rate": "parse rate",
    "schema_validity": "schema validity",
    "tool_selection": "tool-selection accuracy",
    "exact_match": "exact match, values included",
    "abstention": "abstention accuracy",
    "finished": "came to the end of its thought",
}
ADAPTER_METRICS = {"exact_match": "exact match", "tool_selection": "tool-selection accuracy"}


def shown_metrics(scores: Sequence[Score]) -> dict[str, str]:
    """The rates that a table shows: that of thoughts only where one was cut off."""
    has_unfinished = any(score.finished.hits < score.finished.total for score in scores)
    return {name: label for name, label in METRICS.items() if has_unfinished or name != "finished"}


def adapter_markdown(comparison: AdapterComparison) -> str:
    """The file that ships and the adapter that it was made from, in one sentence."""
    comparisons: dict[str, Comparison] = {
        label: getattr(comparison, name) for name, label in ADAPTER_METRICS.items()
    }
    figures = "; ".join(
        f"{label} {percent(one.tuned)} and {percent(one.base)}, "
        f"{points(one.difference, one.low, one.high)}"
        for label, one in comparisons.items()
    )
    return (
        "The file beside the adapter as it was trained, on the same "
        f"{comparison.exact_match.prompts} held-out prompts: {figures}.\n"
    )


def pairs_text(between: Comparison) -> str:
    """Two models on the same prompts, in one sentence."""
    return (
        f"On the same {between.prompts} prompts the tuned model is right where the base is not in "
        f"{between.only_tuned}, the base where the tuned model is not in {between.only_base}, both "
        f"in {between.both}: {points(between.difference, between.low, between.high)} "
        f"(exact McNemar test: p = {between.p_value:.2g})"
    )
