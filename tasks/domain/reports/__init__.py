"""What a person reads of a run, as GitHub-flavoured Markdown: gate, validation and scorecard."""

from tasks.domain.reports.breadth import BREADTH_HEADER, breadth_markdown, breadth_rows
from tasks.domain.reports.confidence import confidence_markdown
from tasks.domain.reports.gate import quality_markdown
from tasks.domain.reports.markdown import (
    MAX_CELL,
    cell,
    gib,
    inline,
    percent,
    points,
    rate,
    shorten,
    table,
)
from tasks.domain.reports.scorecard import confusion_markdown, scorecard_markdown
from tasks.domain.reports.scores import (
    ADAPTER_METRICS,
    METRICS,
    adapter_markdown,
    pairs_text,
    shown_metrics,
)
from tasks.domain.reports.training import general_loss, plan_markdown
from tasks.domain.reports.validation import validation_markdown

__all__ = [
    "ADAPTER_METRICS",
    "BREADTH_HEADER",
    "MAX_CELL",
    "METRICS",
    "adapter_markdown",
    "breadth_markdown",
    "breadth_rows",
    "cell",
    "confidence_markdown",
    "confusion_markdown",
    "general_loss",
    "gib",
    "inline",
    "pairs_text",
    "percent",
    "plan_markdown",
    "points",
    "quality_markdown",
    "rate",
    "scorecard_markdown",
    "shorten",
    "shown_metrics",
    "table",
    "validation_markdown",
]
