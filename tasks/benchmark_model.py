"""Stage 8: base and tuned models → BenchmarkReport: same prompts, template and quantization."""

from collections.abc import Sequence
from pathlib import Path

from prefect import task

from profiles import Recipe
from tasks.caching import ByContent
from tasks.domain import scoring
from tasks.domain.conversations import Row
from tasks.domain.examination import typed_rows, typed_sample
from tasks.domain.products import (
    BenchmarkReport,
    Dataset,
    GgufModel,
    Score,
    ValidationReport,
)
from tasks.external.servers import at_home
from tasks.external.storage import Storage
from tasks.external.student import student
from tasks.reporting import artifacts, events


# The validation follows from the other inputs, but for its seconds, which are never twice the same.
@task(
    cache_policy=ByContent(without=("validation",)),
    persist_result=True,
    on_completion=[events.stage_completed],
)
def benchmark_model(
    tuned: GgufModel,
    base: GgufModel,
    validation: ValidationReport,
    dataset: Dataset,
    recipe: Recipe,
) -> BenchmarkReport:
    """Score the base as the tuned model was scored, both on typed prompts, and the floors."""
    storage = Storage()
    rows = storage.read_rows(dataset.heldout)
    prompts = typed_sample(at_home(recipe.server).typed, recipe.profile.evaluation.typed_prompts)
    typed = typed_rows(prompts, rows[0].tools)
    base_score, base_typed = _asked(storage.fetch(base.files), [rows, typed], recipe)
    (tuned_typed,) = _asked(storage.fetch(tuned.files), [typed], recipe)
    report = BenchmarkReport(
        tuned=validation.score,
        base=base_score,
        constant_call=scoring.score(rows, scoring.constant_call_texts(rows)),
        never_call=scoring.score(rows, scoring.never_call_texts(rows)),
        latency=validation.latency,
        typed=tuned_typed if typed else None,
        typed_base=base_typed if typed else None,
        examples=scoring.mistakes(rows, validation.answers),
    )
    artifacts.scorecard(report, recipe.profile.thresholds, recipe.model.name)
    return report


def _asked(gguf: Path, groups: Sequence[Sequence[Row]], recipe: Recipe) -> list[Score]:
    """Serve a file once and score it on each group of prompts."""
    if not any(groups):
        return [scoring.score([], []) for _ in groups]
    with student(gguf, recipe.model.stop, recipe.profile.evaluation.max_answer_tokens) as model:
        return [
            scoring.score(rows, [model.answer(row.prompt, row.tools).text for row in rows])
            for rows in groups
        ]
