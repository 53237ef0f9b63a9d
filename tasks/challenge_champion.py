"""For stage 9: the champion → Challenge: asked what the new model was asked, on the same day."""

from collections.abc import Sequence
from pathlib import Path

from prefect import task
from prefect.cache_policies import NO_CACHE

from profiles import Recipe
from tasks.domain.bundle.files import bundle_name
from tasks.domain.bundle.tool_changes import compare
from tasks.domain.conversations import Row
from tasks.domain.evaluation.challenge import challenge, deciding_rows
from tasks.domain.evaluation.confidence import answers_in_use
from tasks.domain.evaluation.evaluation_set import hand_written_questions, items_at, loop_rows
from tasks.domain.products import (
    BenchmarkReport,
    Challenge,
    Dataset,
    GgufModel,
    Toolset,
    ValidationReport,
)
from tasks.domain.prompting.showing import Showing
from tasks.domain.training.sizes import context_for
from tasks.external.bundle_folder import open_bundle
from tasks.external.constraint import Constraint
from tasks.external.dataset_files import heldout_rows
from tasks.external.servers import at_home, executing_with_stub
from tasks.external.student import student
from tasks.external.tool_loops import run_loops
from tasks.external.versions import Versions
from tasks.reporting import events
from tasks.reporting.stage_progress import StageReporter


@task(cache_policy=NO_CACHE, on_completion=[events.stage_completed])
def challenge_champion(
    gguf: GgufModel,
    validation: ValidationReport,
    benchmark: BenchmarkReport,
    dataset: Dataset,
    toolset: Toolset,
    recipe: Recipe,
) -> Challenge | None:
    """Ask the champion the held-out rows, the test prompts and the loops of the new model.

    Where tools have changed since the champion was made, only rows of the other tools are asked.
    None where there is no champion, or where it is this very file for these very tools.

    Raises:
        UnusableData: the champion's bundle is gone or was altered.
    """
    versions = Versions(bundle_name(toolset.server, recipe.model.name))
    champion = versions.champion()
    if champion is None:
        return None
    changes = compare(versions.toolset(champion), toolset)
    if changes is None and champion.gguf == gguf.files.sha256:
        return None
    changed = changes.names if changes else ()
    heldout = list(heldout_rows(dataset))
    prompts, most = at_home(recipe.server).test_prompts, recipe.profile.evaluation.test_prompts
    hand_written = hand_written_questions(prompts, heldout[0].tools, most)
    # In the order of the answers: those to the held-out rows first.
    questions, answers = [*heldout, *hand_written], _in_use(validation, benchmark)
    places = deciding_rows(questions, changed)
    rows = items_at(questions, places)
    # By the place of its row among those that decide: whether the new model completed the loop.
    completed = {
        places.index(place): case.completed
        for place, case in zip(
            loop_rows(heldout, recipe.profile.evaluation.loops), validation.cases, strict=True
        )
        if place in places and case.tool is not None
    }
    champion_answers, champion_loops = _ask(
        versions.files(champion), rows, list(completed), toolset, recipe
    )
    loops = list(zip(completed.values(), champion_loops, strict=True))
    return challenge(
        champion.id, changed, rows, (items_at(answers, places), champion_answers), loops
    )


def _in_use(validation: ValidationReport, benchmark: BenchmarkReport) -> list[str | None]:
    """The new model's answers to held-out rows and test prompts, as a client gets them."""
    prompt, confidence = validation.prompt, benchmark.confidence
    texts = [
        *prompt.in_use(validation.answers, validation.served_answers),
        *prompt.in_use(benchmark.test_answers, benchmark.test_served_answers),
    ]
    signals = [*validation.signals, *benchmark.test_signals]
    calibration = confidence.calibration if confidence else None
    return answers_in_use(prompt, calibration, texts, signals)


def _ask(
    folder: Path, rows: Sequence[Row], loops: Sequence[int], toolset: Toolset, recipe: Recipe
) -> tuple[list[str | None], list[bool]]:
    """The champion's answers to the rows, as a client gets them, and whether it completed the loops
    of some of them, which begin with constrained answers where it is served so."""
    plan, data = recipe.profile.evaluation, recipe.profile.data
    bundle = open_bundle(folder)
    agent = bundle.agent
    # Each model is asked with the tools in its prompts as it was trained.
    rows = Showing(agent.prompt, rows[0].tools, bundle.retriever, data.seed).rows(rows)
    context = context_for(agent.max_seq_length)
    with (
        student(folder / agent.file.name, agent.stop, recipe.answer_tokens, context) as model,
        executing_with_stub(
            recipe.server, toolset, data.seed, plan.call_timeout_seconds
        ) as execute,
        StageReporter("champion", recipe.model.name, len(rows) + len(loops)) as progress,
    ):
        completions = list(progress.over(model.answers(rows)))
        texts = [one.answer for one in completions]
        if agent.prompt.is_by_heart:
            texts = Constraint(model).answers(rows, texts)
        begun = [(rows[place], texts[place]) for place in loops]
        cases = list(progress.over(run_loops(begun, model, execute, data.max_result_chars)))
    signals = [one.signals for one in completions]
    answers = answers_in_use(agent.prompt, bundle.calibration, texts, signals)
    return answers, [case.completed for case in cases]
