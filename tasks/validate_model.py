"""Stage 7: GgufModel + live server → ValidationReport, or ValidationFailed."""

from collections.abc import Sequence
from typing import Any

from prefect import get_run_logger, task
from prefect.cache_policies import NO_CACHE

from profiles import Recipe
from tasks.domain.conversations import Row
from tasks.domain.errors import ServerFailed, ValidationFailed
from tasks.domain.evaluation import scoring
from tasks.domain.evaluation.adapter import check_export, compare_with_adapter
from tasks.domain.evaluation.confidence import score_in_use
from tasks.domain.evaluation.evaluation_set import loop_rows
from tasks.domain.products import (
    AdapterAnswers,
    AdapterComparison,
    Dataset,
    GgufModel,
    Toolset,
    ValidationReport,
)
from tasks.domain.prompting.trimming import trimmed
from tasks.domain.training.sizes import context_for
from tasks.external.constraint import Constraint
from tasks.external.dataset_files import heldout_rows, retriever_of
from tasks.external.servers import executing_with_stub
from tasks.external.storage import Storage
from tasks.external.student import Student, student
from tasks.external.tool_loops import run_loops
from tasks.reporting import artifacts, events
from tasks.reporting.stage_progress import StageReporter


@task(cache_policy=NO_CACHE, on_completion=[events.stage_completed])
def validate_model(
    gguf: GgufModel,
    dataset: Dataset,
    toolset: Toolset,
    recipe: Recipe,
    adapter: AdapterAnswers | None = None,
) -> ValidationReport:
    """Ask the file that ships all held-out prompts, and take a part of them through the whole loop.

    Raises:
        ExportFailed: the file is worse than the adapter, where that was asked.
        ValidationFailed: a threshold of the profile was missed; the report stays as an artifact.
        ServerFailed: the server cannot be started, or its tools have changed.
    """
    toolset = trimmed(toolset, dataset.prompt.trims)
    _check_drift(dataset, toolset)
    rows, profile = list(heldout_rows(dataset)), dataset.prompt.settled(recipe.profile)
    places = loop_rows(rows, profile.evaluation.loops)
    context = context_for(profile.training.max_seq_length)
    seconds = profile.evaluation.call_timeout_seconds
    total = len(rows) + len(places)
    with (
        student(
            Storage().fetch(gguf.files), recipe.model.stop, recipe.answer_tokens, context
        ) as model,
        executing_with_stub(recipe.server, toolset, profile.data.seed, seconds) as execute,
        StageReporter("validation", recipe.model.name, total) as progress,
    ):
        answers = list(progress.over(model.answers(rows)))
        texts = [answer.answer for answer in answers]
        beside = _beside_adapter(adapter, rows, texts, recipe)
        served = _served(model, rows, texts)
        in_use = dataset.prompt.in_use(texts, served["served_answers"])
        begun = [(rows[place], in_use[place]) for place in places]
        loops = run_loops(begun, model, execute, profile.data.max_result_chars)
        cases = list(progress.over(loops))
    signals = tuple(answer.signals for answer in answers)
    judged = score_in_use(dataset.prompt, rows, in_use, signals)
    report = ValidationReport(
        score=scoring.score(rows, texts),
        latency=scoring.percentiles([answer.seconds for answer in answers], model.at_once),
        completion=scoring.completion(cases),
        by_scenario=scoring.completion_by_scenario(cases),
        cases=tuple(cases),
        gguf=gguf.files.sha256,
        answers=tuple(texts),
        signals=signals,
        prompt=dataset.prompt,
        retriever=retriever_of(dataset),
        adapter=beside,
        judged=judged,
        thresholds=profile.thresholds.model_dump(),
        failures=scoring.threshold_failures(judged, cases, profile.thresholds),
        **served,
    )
    artifacts.validation(report, recipe.model.name)
    if report.failures:
        events.validation_failed(report, recipe.model.name)
        raise ValidationFailed(f"{recipe.model.name}: {'; '.join(report.failures)}")
    return report


def _beside_adapter(
    adapter: AdapterAnswers | None, rows: Sequence[Row], texts: Sequence[str | None], recipe: Recipe
) -> AdapterComparison | None:
    if adapter is None:
        return None
    comparison = compare_with_adapter(adapter, rows, texts)
    artifacts.adapter_comparison(comparison, recipe.model.name)
    if doubt := check_export(comparison, recipe.profile.evaluation.adapter_margin):
        get_run_logger().warning(doubt)
    return comparison


def _served(model: Student, rows: Sequence[Row], texts: Sequence[str | None]) -> dict[str, Any]:
    """The fields of the report that are about constrained decoding."""
    constraint = Constraint(model)
    answers = constraint.answers(rows, texts)
    return {
        "served": scoring.score_served(rows, texts, answers),
        "served_answers": tuple(answers),
        "free_tools": constraint.free_tools(rows[0].tools),
    }


def _check_drift(dataset: Dataset, toolset: Toolset) -> None:
    """Rows of our own making belong to the tools as they were then."""
    was, now = dataset.toolset_fingerprint, toolset.fingerprint
    if dataset.planned is not None and was != now:
        raise ServerFailed(
            f"the tools of {toolset.server} have changed since the rows were written "
            f"(fingerprint {was[:12]} → {now[:12]}); forge again"
        )
