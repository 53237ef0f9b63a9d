"""Is the file that ships as good as the adapter that it was made from?"""

from collections.abc import Sequence
from operator import attrgetter

from tasks.domain.conversations import Row
from tasks.domain.errors import ExportFailed
from tasks.domain.evaluation.comparison import compare
from tasks.domain.products import AdapterAnswers, AdapterComparison, Comparison
from tasks.domain.reports import ADAPTER_METRICS, percent, points


def compare_with_adapter(
    adapter: AdapterAnswers, rows: Sequence[Row], texts: Sequence[str | None]
) -> AdapterComparison:
    """Count in pairs what file and adapter are right in; ``texts``: the file's, to all rows."""
    asked = [rows[place] for place in adapter.places]
    said = [texts[place] for place in adapter.places]
    return AdapterComparison(
        exact_match=compare(asked, said, adapter.answers),
        tool_selection=compare(asked, said, adapter.answers, attrgetter("right_tool")),
    )


def check_export(found: AdapterComparison, margin: float) -> None:
    """Refuse a file that is worse than its adapter by more than ``margin``, a share.

    Raises:
        ExportFailed: with both figures.
    """
    worse = [
        f"{label} {percent(one.tuned)} where the adapter has {percent(one.base)}, "
        f"{points(one.difference, one.low, one.high)}"
        for label, one in _comparisons(found)
        if one.difference < -margin
    ]
    if worse:
        raise ExportFailed(
            f"the file is not as good as the adapter that it was made from, on the same "
            f"{found.exact_match.prompts} held-out prompts: {'; '.join(worse)}; needed at most "
            f"{100 * margin:g} points lower. Another quantization loses less: f16, then q8_0"
        )


def _comparisons(found: AdapterComparison) -> list[tuple[str, Comparison]]:
    return [(label, getattr(found, name)) for name, label in ADAPTER_METRICS.items()]
