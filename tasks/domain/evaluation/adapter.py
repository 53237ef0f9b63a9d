"""Is the file that ships as good as the adapter that it was made from?"""

from collections.abc import Sequence
from operator import attrgetter

from tasks.domain.conversations import Row
from tasks.domain.errors import ExportFailed
from tasks.domain.evaluation.comparison import compare
from tasks.domain.evaluation.evaluation_set import items_at
from tasks.domain.products import AdapterAnswers, AdapterComparison
from tasks.domain.reports import adapter_comparisons, percent, points

LEAST_LIKELY = 0.05
"""The two-sided p-value below which a difference is not put down to chance."""


def compare_with_adapter(
    adapter: AdapterAnswers, rows: Sequence[Row], texts: Sequence[str | None]
) -> AdapterComparison:
    """Count in pairs what file and adapter are right in; ``texts``: the file's, to all rows."""
    sample, answers = items_at(rows, adapter.places), items_at(texts, adapter.places)
    return AdapterComparison(
        exact_match=compare(sample, answers, adapter.answers),
        tool_selection=compare(sample, answers, adapter.answers, attrgetter("right_tool")),
    )


def check_export(comparison: AdapterComparison, margin: float) -> str:
    """Refuse a file that is worse than its adapter by more than ``margin``, a share.

    Where 10 of 200 answers differ, a file as good as its adapter is more than two points lower once
    in 18 by chance. So a difference counts where the exact McNemar test finds it less likely than
    ``LEAST_LIKELY`` between equals.

    Returns:
        What is lower and may be by chance; empty where nothing is.

    Raises:
        ExportFailed: with both figures.
    """
    lower = [
        (label, one) for label, one in adapter_comparisons(comparison) if one.difference < -margin
    ]
    figures = "; ".join(
        f"{label} {percent(one.tuned)} where the adapter has {percent(one.base)}, {points(one)}"
        for label, one in lower
    )
    beside = f"on the same {comparison.exact_match.prompts} held-out prompts: {figures}"
    if any(one.p_value < LEAST_LIKELY for _, one in lower):
        raise ExportFailed(
            f"the file is not as good as the adapter that it was made from, {beside}; needed at "
            f"most {100 * margin:g} points lower. Another quantization loses less: f16, then q8_0"
        )
    return f"the file may be less good than its adapter, {beside}" if lower else ""
