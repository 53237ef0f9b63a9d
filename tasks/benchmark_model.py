"""Stage 8: base and tuned models → BenchmarkReport: same prompts, template and quantization."""

from collections.abc import Sequence
from pathlib import Path
from typing import TypeVar

from prefect import task

from profiles import Recipe
from tasks.caching import ByContent
from tasks.domain.conversations import Row
from tasks.domain.evaluation import scoring
from tasks.domain.evaluation.comparison import compare
from tasks.domain.evaluation.evaluation_set import check_same_file, typed_questions
from tasks.domain.products import (
    BaseAnswers,
    BenchmarkReport,
    Dataset,
    GgufModel,
    ValidationReport,
)
from tasks.domain.training.sizes import context_for
from tasks.external.servers import at_home
from tasks.external.storage import Storage
from tasks.external.student import student
from tasks.reporting import artifacts, events
from tasks.reporting.evaluation import EvaluationReporter

T = TypeVar("T")


# A validation's seconds are never twice the same, and change nothing here.
@task(
    cache_policy=ByContent(only={"validation": ("gguf", "answers")}),
    persist_result=True,
    on_completion=[events.stage_completed],
)
def benchmark_model(
    tuned: GgufModel,
    base: BaseAnswers,
    validation: ValidationReport,
    dataset: Dataset,
    recipe: Recipe,
) -> BenchmarkReport:
    """Set the tuned model beside its base, on held-out and on typed prompts, and beside the floors.

    Raises:
        ValidationFailed: the validation is that of another file.
    """
    check_same_file(tuned, validation)
    storage, most = Storage(), recipe.profile.evaluation.typed_prompts
    rows = storage.read_rows(dataset.heldout)
    typed = typed_questions(at_home(recipe.server).typed, rows[0].tools, most)
    answers, typed_answers = validation.answers, _asked(storage.fetch(tuned.files), typed, recipe)
    sample, typed_sample = _at(rows, base.places), _at(typed, base.typed_places)
    report = BenchmarkReport(
        tuned=validation.score,
        base=scoring.score(sample, base.answers),
        constant_call=scoring.score(rows, scoring.constant_call_texts(rows)),
        never_call=scoring.score(rows, scoring.never_call_texts(rows)),
        latency=validation.latency,
        typed=scoring.score(typed, typed_answers) if typed else None,
        typed_base=scoring.score(typed_sample, base.typed) if typed else None,
        compared=compare(sample, _at(answers, base.places), base.answers),
        typed_compared=compare(typed_sample, _at(typed_answers, base.typed_places), base.typed)
        if typed
        else None,
        typed_answers=tuple(typed_answers),
        gguf=tuned.files.sha256,
        examples=scoring.mistakes(rows, answers),
    )
    artifacts.scorecard(report, recipe.profile.thresholds, recipe.model.name)
    return report


def _at(items: Sequence[T], places: Sequence[int]) -> list[T]:
    return [items[place] for place in places]


def _asked(gguf: Path, rows: Sequence[Row], recipe: Recipe) -> list[str | None]:
    if not rows:
        return []
    context = context_for(recipe.profile.training.max_seq_length)
    with (
        student(gguf, recipe.model.stop, recipe.answer_tokens, context) as model,
        EvaluationReporter("benchmark", recipe.model.name, len(rows)) as progress,
    ):
        return [one.answer for one in progress.over(model.answers(rows))]
