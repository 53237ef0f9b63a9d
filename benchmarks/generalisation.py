"""What the training data teaches: one small model per way to write it, asked what people type.

    python -m benchmarks.generalisation time git [--profile cpu] [--steps 30] [--seeds 1 2 3]

Each way trains on as many rows for as many steps; every model is asked the same held-out and
hand-written test prompts, from its GGUF file. Figures go into benchmarks/bench-data.json, where
those of other servers, ways, steps and seeds stay.
"""

import argparse
import json
import math
import platform
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import groupby, product
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from profiles import Data, Recipe, load_phrasebooks, load_recipe
from tasks.domain.conversations import Row
from tasks.domain.evaluation import scoring
from tasks.domain.evaluation.evaluation_set import hand_written_rows
from tasks.domain.products import Score, Toolset
from tasks.domain.writing.book.choice import choose_book
from tasks.domain.writing.list_augmentation import list_numbers
from tasks.domain.writing.rows import WrittenRows, write_rows
from tasks.external.base_model import build_base
from tasks.external.llama_cpp import convert
from tasks.external.servers import at_home, executing_read_only, read_toolset_of
from tasks.external.student import student
from tasks.external.tokenizer import ChatTokenizer

FIGURES = Path(__file__).with_name("bench-data.json")
VERBATIM, PARAPHRASED = "values verbatim, no hard negatives", "paraphrased values"
GRAMMAR, BOTH = "and hard negatives", "and a phrasebook"
_OF_GRAMMAR = {"phrasebook_share": 0.0}
WAYS: dict[str, dict[str, Any]] = {
    VERBATIM: _OF_GRAMMAR | {"paraphrase_share": 0.0, "hard_negative_share": 0.0},
    PARAPHRASED: _OF_GRAMMAR | {"hard_negative_share": 0.0},
    GRAMMAR: _OF_GRAMMAR,
    "and tool-list augmentation": _OF_GRAMMAR | {"list_augmentation_share": 0.15},
    "and two calls in sequence": _OF_GRAMMAR | {"multiple_calls_share": 0.1},
    BOTH: {},
    "the phrasebook alone": {"phrasebook_share": 1.0},
}
"""What each way changes in the profile's section on data."""
BEFORE = {PARAPHRASED: VERBATIM, GRAMMAR: PARAPHRASED} | dict.fromkeys(list(WAYS)[3:], GRAMMAR)
"""The way that each of the others adds one thing to, and is compared with."""


class Outcome(BaseModel):
    """One model: what it got right of which prompts."""

    date: str
    machine: str
    profile: str
    model: str
    server: str
    way: str
    seed: int = 3407
    """Of the data and of the training."""
    rows: int
    steps: int
    learning_rate: float
    seconds: float
    loss: float
    heldout: Score
    hand_written: Score
    typed_exact: list[bool]
    """Per test prompt, in their order, whether all of it was right."""
    note: str = ""
    """What a reader of the figures should know; by hand, or of a version that is no more."""

    @property
    def table(self) -> tuple[str, str, str, int, float, int, int]:
        """What outcomes have in common that are compared with each other."""
        training = (self.profile, self.model, self.steps, self.learning_rate, self.seed)
        return (self.server, *training, len(self.typed_exact))


class Figures(BaseModel):
    """What is in the file of figures, table by table, each in the order of WAYS."""

    outcomes: list[Outcome]


def main() -> None:
    """Train and ask; print a table and write the figures."""
    parser = argparse.ArgumentParser()
    parser.add_argument("servers", nargs="+")
    parser.add_argument("--profile", default="cpu")
    parser.add_argument("--model", default="smollm2")
    parser.add_argument("--steps", type=int, default=0)
    parser.add_argument("--ways", nargs="*", default=list(WAYS))
    parser.add_argument("--seeds", type=int, nargs="*", default=[3407])
    parser.add_argument("--keep", help="a folder for models and answers; else they are thrown away")
    options = parser.parse_args()
    with working_folder(options.keep) as folder:
        for server, seed in product(options.servers, options.seeds):
            recipe = recipe_for(server, options.model, options.profile, options.steps, seed)
            for number, way in enumerate(options.ways):
                outcome = _outcome(recipe, way, folder / f"{server}-{seed}-{number}")
                sys.stdout.write(_table(_keep(outcome)) + "\n")
                sys.stdout.flush()


def recipe_for(server: str, model: str, profile: str, steps: int, seed: int) -> Recipe:
    """A recipe of as many optimiser steps (0: the profile's own); ``seed`` is of data and steps."""
    recipe = load_recipe(server, model, profile)
    training = recipe.profile.training.model_copy(update={"seed": seed})
    data = recipe.profile.data.model_copy(update={"seed": seed})
    profile = recipe.profile.model_copy(update={"training": training, "data": data})
    seeded = recipe.model_copy(update={"profile": profile})
    return for_steps(seeded, steps) if steps else seeded


def for_steps(recipe: Recipe, steps: int) -> Recipe:
    """The recipe for so many optimiser steps, and as many rows as they see."""
    profile = recipe.profile
    training = profile.training.model_copy(update={"max_steps": steps, "epochs": None})
    data = profile.data.model_copy(update={"samples": steps * training.effective_batch})
    changed = profile.model_copy(update={"training": training, "data": data})
    return recipe.model_copy(update={"profile": changed})


def _outcome(recipe: Recipe, way: str, folder: Path) -> Outcome:
    folder.mkdir()
    dataset = rows_of(recipe, recipe.profile.data.model_copy(update=WAYS[way]))
    gguf, seconds, loss, steps = train_rows(recipe, dataset, folder)
    hand_written = hand_written_rows(at_home(recipe.server).test_prompts, dataset.heldout[0].tools)
    heldout_texts, answers = answered(recipe, gguf, dataset.heldout, hand_written)
    (folder / "answers.json").write_text(
        json.dumps(
            [[r.user_text, t] for r, t in zip(hand_written, answers, strict=True)],
            indent=1,
        )
    )
    return Outcome(
        date=time.strftime("%Y-%m-%d"),
        machine=f"{platform.machine()}, Python {platform.python_version()}",
        profile=recipe.profile.name,
        model=recipe.model.name,
        server=recipe.server.name,
        way=way,
        seed=recipe.profile.data.seed,
        rows=len(dataset.train),
        steps=steps,
        learning_rate=recipe.profile.training.learning_rate,
        seconds=seconds,
        loss=loss,
        heldout=scoring.score(dataset.heldout, heldout_texts),
        hand_written=scoring.score(hand_written, answers),
        typed_exact=[
            scoring.judge_answer(row, text).exact
            for row, text in zip(hand_written, answers, strict=True)
        ],
    )


def answered(recipe: Recipe, gguf: Path, *groups: Sequence[Row]) -> list[list[str]]:
    """The model's first answers to the prompts of each group of rows."""
    with student(gguf, recipe.model.stop, recipe.profile.evaluation.max_answer_tokens) as model:
        return [[model.answer(row.prompt, row.listed).text for row in rows] for rows in groups]


def rows_of(recipe: Recipe, data: Data, toolset: Toolset | None = None) -> WrittenRows:
    """The rows of a way; ``toolset`` is the server's own list in another form."""
    toolset, home = toolset or read_toolset_of(recipe.server), at_home(recipe.server)
    book = choose_book(toolset, home, load_phrasebooks(recipe.server)).book
    with executing_read_only(recipe.server, toolset, data.seed) as execute:
        return write_rows(toolset, home, data, execute, execute.offers, book)


def base_folder(recipe: Recipe, folder: Path) -> Path:
    """The base model, made once for all ways."""
    base = folder.parent / "base"
    if not base.exists():
        build_base(recipe.model, base)
    return base


def train_rows(
    recipe: Recipe, dataset: WrittenRows, folder: Path
) -> tuple[Path, float, float, int]:
    """(the trained model's GGUF file, seconds of training, its last loss, its steps)."""
    from tasks.external.trainer import engine

    profile, base = recipe.profile, base_folder(recipe, folder)
    encode = ChatTokenizer(base).encode
    rows = engine.prepare_dataset(
        [encode(row) for row in dataset.train], list_numbers(dataset.train)
    )
    model, tokenizer = engine.load_model(base, recipe.model, profile.lora, profile.training)
    started = time.monotonic()
    record = engine.train(
        model, tokenizer, rows, None, profile.training, folder / "checkpoints", lambda _: None
    )
    seconds = time.monotonic() - started
    gguf = export(model, recipe, base, folder)
    return gguf, seconds, record.final_loss, record.steps


def export(model: Any, recipe: Recipe, base: Path, folder: Path) -> Path:
    """The GGUF file of a trained model."""
    from tasks.external.trainer.merging import merge, save_adapter

    save_adapter(model, folder / "adapter")
    merge(base, folder / "adapter", folder / "merged", in_4bit=recipe.model.load_in_4bit)
    convert(folder / "merged", folder / "model.gguf", recipe.quantization)
    return folder / "model.gguf"


def _table(outcomes: Sequence[Outcome]) -> str:
    lines = [
        "| server | steps | seed | data | held-out exact match | test prompts: "
        "parse rate | tool selection | exact match | abstention | change |",
        "|---|---:|---:|---|---:|---:|---:|---:|---:|---|",
    ]
    for _, group in groupby(outcomes, key=lambda one: one.table):
        ways = {one.way: one for one in group}
        for way, one in ways.items():
            before = ways.get(BEFORE.get(way, ""))
            lines.append(_line(one, _change(before, one) if before else ""))
    return "\n".join(lines)


def _line(one: Outcome, change: str) -> str:
    return (
        f"| {one.server} | {one.steps} | {one.seed} | {one.way} "
        f"| {one.heldout.exact_match.value:.1%} "
        f"| {one.hand_written.parse_rate.value:.1%} | {one.hand_written.tool_selection.value:.1%} "
        f"| {one.hand_written.exact_match.value:.1%} "
        f"| {one.hand_written.abstention.value:.1%} | {change} |"
    )


def _change(before: Outcome, after: Outcome) -> str:
    """The paired difference of right answers with its 95 % interval (normal approximation)."""
    steps = [int(b) - int(a) for a, b in zip(before.typed_exact, after.typed_exact, strict=True)]
    mean = sum(steps) / len(steps)
    spread = math.sqrt(sum((step - mean) ** 2 for step in steps) / max(len(steps) - 1, 1))
    half = 1.96 * spread / math.sqrt(len(steps))
    return f"{mean:+.1%} [{mean - half:+.1%}, {mean + half:+.1%}]"


def _keep(newest: Outcome) -> list[Outcome]:
    """Write one outcome to the figures, in the place of an older one of its kind; all of them."""
    outcomes = [
        one
        for one in Figures.model_validate_json(FIGURES.read_text(encoding="utf-8")).outcomes
        if (one.table, one.way) != (newest.table, newest.way)
    ]
    outcomes.append(newest)
    places = {way: place for place, way in enumerate(WAYS)}
    outcomes.sort(key=lambda one: (one.table, places.get(one.way, len(places))))
    figures = Figures(outcomes=outcomes).model_dump_json(indent=1)
    FIGURES.write_text(figures + "\n", encoding="utf-8")
    return outcomes


@contextmanager
def working_folder(keep: str | None) -> Iterator[Path]:
    if keep:
        Path(keep).mkdir(parents=True, exist_ok=True)
        yield Path(keep)
        return
    with tempfile.TemporaryDirectory(prefix="mcp-forge-bench-") as folder:
        yield Path(folder)


if __name__ == "__main__":
    main()
