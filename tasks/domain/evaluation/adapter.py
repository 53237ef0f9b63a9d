"""Is the file that ships as good as the adapter that it was made from?"""

from collections.abc import Sequence
from operator import attrgetter

from tasks.domain.conversations import Row
from tasks.domain.errors import ExportFailed
from tasks.domain.evaluation.comparison import compare
from tasks.domain.evaluation.evaluation_set import items_at
from tasks.domain.products import AdapterAnswers, AdapterComparison
from tasks.domain.reports import adapter_comparisons, percent, points


def compare_with_adapter(
    adapter: AdapterAnswers, rows: Sequence[Row], texts: Sequence[str | None]
) -> AdapterComparison:
    """Count in pairs what file and adapter are right in; ``texts``: the file's, to all rows."""
    sample, answers = items_at(rows, adapter.places), items_at(texts, adapter.places)
    return AdapterComparison(
        exact_match=compare(sample, answers, adapter.answers),
        tool_selection=compare(sample, answers, adapter.answers, attrgetter("right_tool")),
    )


def check_export(comparison: AdapterComparison, margin: float) -> None:
    """Refuse a file that is worse than its adapter by more than ``margin``, a share.

    Raises:
        ExportFailed: with both figures.
    """
    worse = [
        f"{label} {percent(one.tuned)} where the adapter has {percent(one.base)}, "
        f"{points(one.difference, one.low, one.high)}"
        for label, one in adapter_comparisons(comparison)
        if one.difference < -margin
    ]
    if worse:
        raise ExportFailed(
            f"the file is not as good as the adapter that it was made from, on the same "
            f"{comparison.exact_match.prompts} held-out prompts: {'; '.join(worse)}; needed at "
            f"most {100 * margin:g} points lower. Another quantization loses less: f16, then q8_0"
        )
