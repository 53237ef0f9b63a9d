"""What a person reads of a run, as GitHub-flavoured Markdown: gate, validation and scorecard."""

from tasks.domain.reports.cells import (
    METRICS,
    cell,
    columns,
    inline,
    percent,
    points,
    rate,
    shorten,
    table,
)
from tasks.domain.reports.comparing import (
    BREADTH_HEADER,
    adapter_comparisons,
    adapter_markdown,
    breadth_markdown,
    breadth_rows,
    general_loss,
    pairs_text,
)
from tasks.domain.reports.confidence import confidence_markdown
from tasks.domain.reports.gate import plan_markdown, quality_markdown
from tasks.domain.reports.scorecard import confusion_markdown, scorecard_markdown
from tasks.domain.reports.validation import validation_markdown
