"""What a trained model's confidence is worth: is it surest of what it gets right?

    python -m benchmarks.confidence time model.gguf [--profile cpu] [--keep answers.json]
        [--without-list]        # trained with tools_in_prompt = "none", and as served: constrained

Asks the model's file all held-out rows of that profile and all hand-written test prompts
of the server, and prints what a scorecard shows of confidence. ``--keep`` names a file for the
answers with their signals; where it is there, it is read and nothing is asked.
"""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from pydantic import BaseModel

from benchmarks.generalisation import recipe_for, rows_of
from profiles import Recipe
from tasks.domain.conversations import Row
from tasks.domain.evaluation.confidence import confidence_report, rate_answers
from tasks.domain.evaluation.evaluation_set import hand_written_rows
from tasks.domain.products import Signals
from tasks.domain.reports import confidence_markdown
from tasks.external.constraint import Constraint
from tasks.external.servers import at_home
from tasks.external.student import Student, student


class Answers(BaseModel):
    """A model's answers to some prompts, and how sure it was of each."""

    texts: list[str | None] = []
    signals: list[Signals | None] = []


class AllAnswers(BaseModel):
    """What is kept for another look."""

    heldout: Answers = Answers()
    hand_written: Answers = Answers()


def main() -> None:
    """Ask, or read earlier answers, and print the table."""
    parser = argparse.ArgumentParser()
    parser.add_argument("server")
    parser.add_argument("gguf", type=Path)
    parser.add_argument("--profile", default="cpu")
    parser.add_argument("--model", default="smollm2")
    parser.add_argument("--seed", type=int, default=3407)
    parser.add_argument("--without-list", action="store_true", help="the model knows its tools")
    parser.add_argument("--keep", type=Path, help="a file for the answers, or with them")
    options = parser.parse_args()
    recipe = recipe_for(options.server, options.model, options.profile, 0, options.seed)
    heldout = rows_of(recipe, recipe.profile.data).heldout
    hand_written = hand_written_rows(at_home(recipe.server).test_prompts, heldout[0].tools)
    if options.without_list:
        heldout, hand_written = (
            [row.model_copy(update={"shown": ()}) for row in rows]
            for rows in (heldout, hand_written)
        )
    if options.keep and options.keep.exists():
        answers = AllAnswers.model_validate_json(options.keep.read_text(encoding="utf-8"))
    else:
        answers = ask(options.gguf, recipe, heldout, hand_written, options.without_list)
    if options.keep:
        options.keep.write_text(answers.model_dump_json(indent=1), encoding="utf-8")
    report = confidence_report(
        rate_answers(heldout, answers.heldout.texts, answers.heldout.signals),
        rate_answers(hand_written, answers.hand_written.texts, answers.hand_written.signals),
    )
    sys.stdout.write("\n".join(confidence_markdown(report)))


def ask(
    gguf: Path,
    recipe: Recipe,
    heldout: Sequence[Row],
    hand_written: Sequence[Row],
    constrained: bool,
) -> AllAnswers:
    """The answers to held-out rows and to hand-written test prompts."""
    with student(gguf, recipe.model.stop, recipe.answer_tokens) as model:
        constraint = Constraint(model) if constrained else None
        return AllAnswers(
            heldout=_answers(model, constraint, heldout),
            hand_written=_answers(model, constraint, hand_written),
        )


def _answers(model: Student, constraint: Constraint | None, rows: Sequence[Row]) -> Answers:
    completions = list(model.answers(rows))
    texts = [one.answer for one in completions]
    if constraint is not None:
        texts = constraint.answers(rows, texts)
    return Answers(texts=texts, signals=[one.signals for one in completions])


if __name__ == "__main__":
    main()
