"""Stage 8: base and tuned models → BenchmarkReport: same prompts, template and quantization."""

from collections.abc import Sequence
from pathlib import Path

from prefect import task

from profiles import Recipe
from tasks.caching import ByContent
from tasks.domain import scoring
from tasks.domain.conversations import Row
from tasks.domain.examination import answerable, check_same_file, typed_rows, typed_sample
from tasks.domain.products import (
    BenchmarkReport,
    Dataset,
    GgufModel,
    Score,
    ValidationReport,
)
from tasks.domain.sizes import context_for
from tasks.external.servers import at_home
from tasks.external.storage import Storage
from tasks.external.student import student
from tasks.reporting import artifacts, events


# A validation's seconds are never twice the same, and change nothing here.
@task(
    cache_policy=ByContent(only={"validation": ("gguf", "answers")}),
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
    """Score the base as the tuned model was scored, both on typed prompts, and the floors.

    Raises:
        ValidationFailed: the validation is that of another file.
    """
    check_same_file(tuned, validation)
    storage = Storage()
    rows = storage.read_rows(dataset.heldout)
    prompts = answerable(at_home(recipe.server).typed, rows[0].tools)
    typed = typed_rows(
        typed_sample(prompts, recipe.profile.evaluation.typed_prompts), rows[0].tools
    )
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
        gguf=tuned.files.sha256,
        examples=scoring.mistakes(rows, validation.answers),
    )
    artifacts.scorecard(report, recipe.profile.thresholds, recipe.model.name)
    return report


def _asked(gguf: Path, groups: Sequence[Sequence[Row]], recipe: Recipe) -> list[Score]:
    """Serve a file once and score it on each group of prompts."""
    if not any(groups):
        return [scoring.score([], []) for _ in groups]
    longest = recipe.profile.evaluation.max_answer_tokens
    context = context_for(recipe.profile.training.max_seq_length)
    with student(gguf, recipe.model.stop, longest, context) as model:
        return [
            scoring.score(rows, [model.answer(row.prompt, row.tools).text for row in rows])
            for rows in groups
        ]
