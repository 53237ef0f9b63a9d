"""Stage 8: base and tuned models → BenchmarkReport: same prompts, template and quantization."""

from collections.abc import Sequence
from pathlib import Path

from prefect import task

from profiles import Recipe
from tasks.caching import ByContent
from tasks.domain.conversations import Row
from tasks.domain.evaluation import scoring
from tasks.domain.evaluation.comparison import compare
from tasks.domain.evaluation.confidence import confidence_report, rate_answers
from tasks.domain.evaluation.confusion import confused_tools, recall, tool_weights
from tasks.domain.evaluation.evaluation_set import (
    check_same_file,
    hand_written_questions,
    items_at,
)
from tasks.domain.products import (
    BaseAnswers,
    BenchmarkReport,
    Breadth,
    Dataset,
    GgufModel,
    ToolPrompt,
    ValidationReport,
)
from tasks.domain.prompting.showing import Showing
from tasks.domain.training.sizes import context_for
from tasks.external.constraint import Constraint
from tasks.external.dataset_files import heldout_rows, retriever_of
from tasks.external.limits import usable_cores
from tasks.external.servers import at_home
from tasks.external.storage import Storage
from tasks.external.student import Completion, student
from tasks.reporting import artifacts, events
from tasks.reporting.stage_progress import StageReporter


# A validation's seconds are never twice the same, and change nothing here.
@task(
    cache_policy=ByContent(only={"validation": ("gguf", "answers", "adapter")}),
    persist_result=True,
    on_completion=[events.stage_completed],
)
def benchmark_model(
    tuned: GgufModel,
    base: BaseAnswers,
    validation: ValidationReport,
    dataset: Dataset,
    recipe: Recipe,
    breadth: Breadth | None,
) -> BenchmarkReport:
    """Compare the tuned model with its base and with trivial baselines.

    It is asked the held-out prompts and the hand-written ones.

    Raises:
        ValidationFailed: the validation is that of another file.
    """
    check_same_file(tuned, validation)
    rows, most = list(heldout_rows(dataset)), recipe.profile.evaluation.test_prompts
    showing = Showing(dataset.prompt, rows[0].tools, retriever_of(dataset), dataset.seed)
    hand_written = showing.rows(
        hand_written_questions(at_home(recipe.server).test_prompts, rows[0].tools, most)
    )
    answers = validation.answers
    completions, served = _completions(
        Storage().fetch(tuned.files), hand_written, recipe, dataset.prompt
    )
    test_answers = [one.answer for one in completions]
    sample, test_sample = (
        items_at(rows, base.places),
        items_at(hand_written, base.hand_written_places),
    )
    report = BenchmarkReport(
        tuned=validation.score,
        base=scoring.score(sample, base.answers),
        constant_call=scoring.score(rows, scoring.constant_call_texts(rows)),
        never_call=scoring.score(rows, scoring.never_call_texts(rows)),
        latency=validation.latency,
        hand_written=scoring.score(hand_written, test_answers) if hand_written else None,
        hand_written_base=scoring.score(test_sample, base.hand_written) if hand_written else None,
        compared=compare(sample, items_at(answers, base.places), base.answers),
        hand_written_compared=compare(
            test_sample,
            items_at(test_answers, base.hand_written_places),
            base.hand_written,
        )
        if hand_written
        else None,
        test_answers=tuple(test_answers),
        test_served_answers=tuple(served),
        test_signals=tuple(one.signals for one in completions),
        gguf=tuned.files.sha256,
        requests=dataset.requests,
        examples=scoring.mistakes(rows, answers),
        adapter=validation.adapter,
        served=validation.served,
        hand_written_served=scoring.score_served(hand_written, test_answers, served)
        if hand_written
        else None,
        free_tools=validation.free_tools,
        prompt=dataset.prompt,
        recall=recall(rows),
        hand_written_recall=recall(hand_written),
        **scoring.by_listing(rows, answers, dataset.prompt),
        confused=confused_tools([*rows, *hand_written], [*answers, *test_answers]),
        confidence=confidence_report(
            rate_answers(
                rows, dataset.prompt.in_use(answers, validation.served_answers), validation.signals
            ),
            rate_answers(
                hand_written,
                dataset.prompt.in_use(test_answers, served),
                [one.signals for one in completions],
            ),
        ),
        tool_weights=tool_weights(rows, answers),
        breadth=breadth,
    )
    artifacts.confusion(report.confused, recipe.model.name)
    artifacts.scorecard(report, recipe, usable_cores())
    return report


def _completions(
    gguf: Path, rows: Sequence[Row], recipe: Recipe, prompt: ToolPrompt
) -> tuple[list[Completion], list[str | None]]:
    """What the model says to the rows, and with constrained decoding."""
    if not rows:
        return [], []
    context = context_for(prompt.settled(recipe.profile).training.max_seq_length)
    with (
        student(gguf, recipe.model.stop, recipe.answer_tokens, context) as model,
        StageReporter("benchmark", recipe.model.name, len(rows)) as progress,
    ):
        answers = list(progress.over(model.answers(rows)))
        return answers, Constraint(model).answers(rows, [one.answer for one in answers])
