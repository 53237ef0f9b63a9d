"""Which tools a prompt should list: one model for each way, trained as long, asked the same.

    python -m benchmarks.tools_in_prompt git LIST.json … [--minutes 20] [--seeds 1 2 3] [--keep DIR]
        [--grammar-alone]      # as for a list that has no phrasebook

Each way trains for the same wall time; a probe of a few steps says how many steps that is. Every
model is asked the held-out and hand-written test prompts from its GGUF file, with the tools that it
was trained with; what it answers as it is served, constrained and with unsure calls held back, is
scored too where prompts list no schema. Figures go into benchmarks/bench-tools-in-prompt.json,
outcome by outcome, so that a run that is stopped loses none.
"""

import argparse
import statistics
import sys
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from pydantic import BaseModel

from benchmarks.confidence import ask, scores_as_served
from benchmarks.generalisation import base_folder, for_steps, rows_of, train_rows, working_folder
from profiles import Recipe, ToolsInPrompt, load_recipe
from tasks.domain.evaluation.confusion import recall
from tasks.domain.evaluation.evaluation_set import hand_written_rows
from tasks.domain.evaluation.scoring import score
from tasks.domain.products import Rate, Score
from tasks.domain.prompting.fitting import FittedTools, fit
from tasks.domain.prompting.retriever import documents_of
from tasks.domain.prompting.room import LONGEST
from tasks.domain.prompting.showing import Showing
from tasks.domain.training.sizes import context_for
from tasks.domain.writing.rows import WrittenRows
from tasks.external.servers import at_home, read_toolset_of
from tasks.external.student import student
from tasks.external.tokenizer import ChatTokenizer

FIGURES = Path(__file__).with_name("bench-tools-in-prompt.json")
WAYS: tuple[ToolsInPrompt, ...] = ("all", "selected", "names", "none", "mixed")
PROBE_STEPS = 4
TIMED_PROMPTS = 12
"""Prompts whose first token is timed, each on a server that has answered another one before."""


class Outcome(BaseModel):
    """One model of one way."""

    server: str
    tools: int
    way: str
    grammar_alone: bool = False
    """Whether requests were written from the schema alone."""
    seed: int
    steps: int
    step_seconds: float
    prompt_tokens: int
    """Of the median held-out prompt."""
    first_token_seconds: float
    heldout: Score
    heldout_served: Score | None = None
    """Constrained, and with unsure calls held back: where prompts list no schema."""
    hand_written: Score | None
    hand_written_served: Score | None = None
    recall: Rate | None


class Figures(BaseModel):
    """What is in the file."""

    outcomes: list[Outcome] = []


def main() -> None:
    """Train and ask; write the figures and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("servers", nargs="+", help="registered servers or tool lists")
    parser.add_argument("--minutes", type=float, default=20)
    parser.add_argument("--seeds", type=int, nargs="*", default=[1, 2, 3])
    parser.add_argument("--ways", nargs="*", default=list(WAYS))
    parser.add_argument("--grammar-alone", action="store_true", help="no phrasebook's lines")
    parser.add_argument("--profile", default="cpu")
    parser.add_argument("--model", default="smollm2")
    parser.add_argument("--keep", help="a folder for models; else they are thrown away")
    options = parser.parse_args()
    profile = options.profile + " data.phrasebook_share=0" * options.grammar_alone
    with working_folder(options.keep) as folder:
        for server in options.servers:
            for seed in options.seeds:
                for way in options.ways:
                    recipe = load_recipe(
                        server, options.model, profile, seed=seed, tools_in_prompt=way
                    )
                    place = folder / f"{recipe.server.name}-{way}-{seed}"
                    place.mkdir()
                    _keep(measure(recipe, way, seed, 60 * options.minutes, place))
    sys.stdout.write(table(_read().outcomes) + "\n")


def measure(recipe: Recipe, way: str, seed: int, seconds: float, folder: Path) -> Outcome:
    """Train one model for so many seconds and ask it."""
    chat = ChatTokenizer(base_folder(recipe, folder))
    toolset = read_toolset_of(recipe.server)
    fitted = fit(toolset, recipe.profile, chat.count, LONGEST)
    recipe = recipe.model_copy(update={"profile": fitted.profile})
    step_seconds = _probe(recipe, fitted, folder)
    steps = max(PROBE_STEPS, round(seconds / step_seconds))
    dataset, showing = _shown_rows(recipe, fitted, steps)
    gguf, took, _, steps_done = train_rows(for_steps(recipe, steps), dataset, folder)
    hand_written = showing.rows(
        hand_written_rows(at_home(recipe.server).test_prompts, dataset.heldout[0].tools)
    )
    context = context_for(fitted.profile.training.max_seq_length)
    by_heart = fitted.prompt.is_by_heart
    with student(gguf, recipe.model.stop, recipe.answer_tokens, context) as model:
        answers = ask(model, dataset.heldout, hand_written, constrained=by_heart)
    (folder / "answers.json").write_text(answers.model_dump_json(indent=1), encoding="utf-8")
    heldout_served, hand_written_served = scores_as_served(
        answers.heldout.rated(dataset.heldout), answers.hand_written.rated(hand_written)
    )
    with student(gguf, recipe.model.stop, 1, context) as model:
        first = [one.seconds for one in model.answers(dataset.heldout[:TIMED_PROMPTS])][1:]
    prompts = [chat.count(row.prompt, row.listed) for row in dataset.heldout]
    return Outcome(
        server=recipe.server.name,
        tools=len(toolset.tools),
        way=way,
        grammar_alone=not recipe.profile.data.phrasebook_share,
        seed=seed,
        steps=steps_done,
        step_seconds=took / steps_done,
        prompt_tokens=round(statistics.median(prompts)),
        first_token_seconds=statistics.median(first),
        heldout=score(dataset.heldout, answers.heldout.raw),
        heldout_served=heldout_served if by_heart else None,
        hand_written=score(hand_written, answers.hand_written.raw) if hand_written else None,
        hand_written_served=hand_written_served if hand_written and by_heart else None,
        recall=recall([*dataset.heldout, *hand_written]),
    )


def _probe(recipe: Recipe, fitted: FittedTools, folder: Path) -> float:
    """Seconds of a step of this way on this machine."""
    place = folder.parent / f"{folder.name}-probe"
    place.mkdir()
    dataset, _ = _shown_rows(recipe, fitted, PROBE_STEPS)
    started = time.monotonic()
    _, took, _, steps_done = train_rows(for_steps(recipe, PROBE_STEPS), dataset, place)
    sys.stderr.write(
        f"{place.name}: {took / steps_done:.1f} s a step, {time.monotonic() - started:.0f} s\n"
    )
    return took / steps_done


def _shown_rows(recipe: Recipe, fitted: FittedTools, steps: int) -> tuple[WrittenRows, Showing]:
    data = for_steps(recipe, steps).profile.data
    dataset = rows_of(recipe, data, fitted.toolset)
    tools = dataset.train[0].tools
    showing = Showing(fitted.prompt, tools, documents_of(tools), data.seed)
    train, heldout = (tuple(showing.rows(rows)) for rows in (dataset.train, dataset.heldout))
    return replace(dataset, train=train, heldout=heldout), showing


def table(outcomes: Sequence[Outcome]) -> str:
    """A line for each outcome, and the means over the seeds by server and way."""
    lines = [
        "| list | tools | way | seeds | steps | s a step | prompt tokens | first token s | recall "
        "| held-out exact match | abstention | test prompts: tool selection | exact match "
        "| abstention | as served: tool selection | exact match | abstention |",
        f"|---|---:|---|{'---:|' * 14}",
    ]
    groups: dict[tuple[str, int, str], list[Outcome]] = {}
    for one in outcomes:
        way = f"{one.way}, grammar alone" if one.grammar_alone else one.way
        groups.setdefault((one.server, one.tools, way), []).append(one)
    for (server, tools, way), group in groups.items():
        tests = [one.hand_written for one in group if one.hand_written]
        served = [one.hand_written_served for one in group if one.hand_written_served]
        figures = [
            f"{statistics.mean(one.steps for one in group):.0f}",
            f"{statistics.mean(one.step_seconds for one in group):.1f}",
            f"{statistics.mean(one.prompt_tokens for one in group):.0f}",
            f"{statistics.mean(one.first_token_seconds for one in group):.2f}",
            _mean([one.recall for one in group if one.recall]),
            _mean([one.heldout.exact_match for one in group]),
            _mean([one.heldout.abstention for one in group]),
            *(
                _mean([getattr(test, metric) for test in scores])
                for scores in (tests, served)
                for metric in ("tool_selection", "exact_match", "abstention")
            ),
        ]
        lines.append(f"| {server} | {tools} | {way} | {len(group)} | {' | '.join(figures)} |")
    return "\n".join(lines)


def _mean(rates: Sequence[Rate]) -> str:
    return f"{statistics.mean(rate.value for rate in rates):.1%}" if rates else "-"


def _read() -> Figures:
    if not FIGURES.is_file():
        return Figures()
    return Figures.model_validate_json(FIGURES.read_text(encoding="utf-8"))


def _key(one: Outcome) -> tuple[str, str, bool, int]:
    return one.server, one.way, one.grammar_alone, one.seed


def _keep(newest: Outcome) -> None:
    """Write one outcome to the figures, in the place of an older one of its kind."""
    others = [one for one in _read().outcomes if _key(one) != _key(newest)]
    text = Figures(outcomes=[*others, newest]).model_dump_json(indent=1)
    FIGURES.write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
