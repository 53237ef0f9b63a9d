"""Stage 7: GgufModel + live server → ValidationReport, or ValidationFailed."""

from collections.abc import Iterator, Sequence

from prefect import task
from prefect.cache_policies import NO_CACHE

from profiles import Profile, Recipe
from tasks.domain.conversations import Row
from tasks.domain.errors import CallFailed, ServerFailed, ValidationFailed
from tasks.domain.evaluation import scoring
from tasks.domain.evaluation.evaluation_set import after_calls, loop_rows
from tasks.domain.products import (
    Dataset,
    GgufModel,
    Latency,
    LoopCase,
    ToolResult,
    Toolset,
    ValidationReport,
)
from tasks.domain.prompting.trimming import trimmed
from tasks.domain.results import cap
from tasks.domain.toolcalls import ToolCall, faults, parse
from tasks.domain.training.sizes import context_for
from tasks.external.servers import Execute, trying
from tasks.external.storage import Storage
from tasks.external.student import Student, student
from tasks.reporting import artifacts, events
from tasks.reporting.evaluation import EvaluationReporter


@task(cache_policy=NO_CACHE, on_completion=[events.stage_completed])
def validate_model(
    gguf: GgufModel, dataset: Dataset, toolset: Toolset, recipe: Recipe
) -> ValidationReport:
    """Ask the file that ships all held-out prompts, and take a part of them through the whole loop.

    Raises:
        ValidationFailed: a threshold of the profile was missed; the report stays as an artifact.
        ServerFailed: the server cannot be started, or its tools have changed.
    """
    toolset = trimmed(toolset, dataset.prompt.trims)
    _check_drift(dataset, toolset)
    storage, profile = Storage(), dataset.prompt.settled(recipe.profile)
    rows = list(storage.heldout_rows(dataset))
    places = loop_rows(rows, profile.evaluation.loops)
    context = context_for(profile.training.max_seq_length)
    seconds = profile.evaluation.call_timeout_seconds
    total = len(rows) + len(places)
    with (
        student(
            storage.fetch(gguf.files), recipe.model.stop, recipe.answer_tokens, context
        ) as model,
        trying(recipe.server, toolset, profile.data.seed, seconds) as execute,
        EvaluationReporter("validation", recipe.model.name, total) as progress,
    ):
        answers = list(progress.over(model.answers(rows)))
        begun = [(rows[place], answers[place].answer) for place in places]
        loops = _loops(begun, model, execute, profile.data.max_result_chars)
        cases = list(progress.over(loops))
    latency = scoring.percentiles([answer.seconds for answer in answers], model.at_once)
    texts = [answer.answer for answer in answers]
    report = _report(rows, texts, cases, latency, profile).model_copy(
        update={
            "gguf": gguf.files.sha256,
            "prompt": dataset.prompt,
            "retriever": storage.retriever_of(dataset),
        }
    )
    artifacts.validation(report, recipe.model.name)
    if report.failures:
        events.validation_failed(report, recipe.model.name)
        raise ValidationFailed(f"{recipe.model.name}: {'; '.join(report.failures)}")
    return report


def _check_drift(dataset: Dataset, toolset: Toolset) -> None:
    """Rows of our own making belong to the tools as they were then."""
    was, now = dataset.toolset_fingerprint, toolset.fingerprint
    if dataset.planned is not None and was != now:
        raise ServerFailed(
            f"the tools of {toolset.server} have changed since the rows were written "
            f"(fingerprint {was[:12]} → {now[:12]}); forge again"
        )


def _loops(
    begun: Sequence[tuple[Row, str | None]], model: Student, execute: Execute, max_result_chars: int
) -> Iterator[LoopCase]:
    """One after the other: servers are not made for several users."""
    for row, first in begun:
        yield _loop(row, first, model, execute, max_result_chars)


def _loop(
    row: Row, first: str | None, model: Student, execute: Execute, max_result_chars: int
) -> LoopCase:
    """Go on from a first answer: execute its calls, feed results back, until the final answer."""
    messages, text = row.prompt, first
    rounds: list[scoring.Round] = []
    for expected in row.call_turns:
        if text is None:
            break
        said = parse(text)
        unfit = [fault for call in said.calls for fault in faults(call, row.tools)]
        if len(said.calls) != len(expected) or unfit:
            break
        results, executed = _executed(said.calls, execute)
        rounds.append(scoring.Round(text=text, results=results, executed=executed))
        told = [cap(result.text, max_result_chars) for result in results]
        messages = after_calls(messages, said.text, said.calls, told)
        text = model.answer(messages, row.listed).answer
    return scoring.judge_loop(row, rounds, text)


def _executed(calls: Sequence[ToolCall], execute: Execute) -> tuple[tuple[ToolResult, ...], bool]:
    """The results of calls, and whether each came back without an exception."""
    results, executed = [], True
    for call in calls:
        try:
            results.append(execute(call))
        except CallFailed as error:
            results.append(ToolResult(text=str(error), is_error=True))
            executed = False
    return tuple(results), executed


def _report(
    rows: Sequence[Row],
    texts: Sequence[str | None],
    cases: Sequence[LoopCase],
    latency: Latency,
    profile: Profile,
) -> ValidationReport:
    score = scoring.score(rows, texts)
    return ValidationReport(
        score=score,
        latency=latency,
        completion=scoring.completion(cases),
        by_scenario=scoring.completion_by_scenario(cases),
        cases=tuple(cases),
        answers=tuple(texts),
        thresholds=profile.thresholds.model_dump(),
        failures=scoring.threshold_failures(score, cases, profile.thresholds),
    )
