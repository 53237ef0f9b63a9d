"""Stage 4: let a dataset through, or stop the run and say why."""

from pathlib import Path

from prefect import task

from profiles import Profile
from tasks.caching import ByContent
from tasks.domain.errors import QualityGateFailed
from tasks.domain.gate.preview import preview
from tasks.domain.gate.preview_report import preview_markdown
from tasks.domain.gate.quality import judge, refusal, rules_for
from tasks.domain.products import ApprovedDataset, BaseModelFolder, Dataset
from tasks.domain.reports import quality_markdown
from tasks.external.dataset_files import heldout_rows, train_rows
from tasks.external.storage import Storage
from tasks.external.tokenizer import ChatTokenizer
from tasks.reporting import artifacts, events


@task(cache_policy=ByContent(), persist_result=True, on_completion=[events.stage_completed])
def check_quality(
    dataset: Dataset, base: BaseModelFolder, profile: Profile, server: str, report_to: str = ""
) -> ApprovedDataset:
    """Judge the rows as the base model's tokenizer and template will read them.

    ``report_to``: a path without ending; the report goes there as .json and .md, in any case.

    Raises:
        QualityGateFailed: a rule is broken; the report stays as an artifact and an event.
    """
    rows = list(train_rows(dataset)), list(heldout_rows(dataset))
    limit = dataset.prompt.settled(profile).training.max_seq_length
    tokenizer = ChatTokenizer(Storage().fetch(base.files))
    rules = rules_for(tokenizer.control)
    report = judge(*rows, profile.quality, limit, tokenizer.encode, dataset.planned, rules)
    page = preview(*rows, limit, tokenizer.encode, tokenizer.pieces, rules)
    artifacts.quality(report, base.model, server)
    artifacts.rows(page, server)
    if report_to:
        text = f"{quality_markdown(report)}\n{preview_markdown(page)}"
        Path(f"{report_to}.json").write_text(report.model_dump_json(indent=2), encoding="utf-8")
        Path(f"{report_to}.md").write_text(text, encoding="utf-8")
    if not report.passed:
        events.quality_failed(report, base.model)
        raise QualityGateFailed(refusal(report))
    approved = ApprovedDataset(dataset=dataset, report=report)
    artifacts.dataset(approved, base.model, server)
    return approved
