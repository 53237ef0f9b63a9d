"""What a trained model's confidence is worth: is it surest of what it gets right?

    python -m benchmarks.confidence time model.gguf [--profile cpu] [--keep answers.json]
        [--without-list]        # trained with tools_in_prompt = "none", and as served: constrained

Asks the model's file all held-out rows of that profile and all hand-written test prompts
of the server, and prints what a scorecard shows of confidence. ``--keep`` names a file for the
answers with their signals; where it is there, it is read and nothing is asked.
"""

import argparse
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

from pydantic import BaseModel

from benchmarks.generalisation import recipe_for, rows_of
from tasks.domain.conversations import Row
from tasks.domain.evaluation.confidence import (
    RatedAnswer,
    calibrate,
    confidence_report,
    cross_validated,
    rate_answers,
    with_unsure_held_back,
)
from tasks.domain.evaluation.evaluation_set import hand_written_rows
from tasks.domain.evaluation.scoring import score
from tasks.domain.products import Calibration, Score, Signals
from tasks.domain.reports import confidence_markdown
from tasks.external.constraint import Constraint
from tasks.external.servers import at_home
from tasks.external.student import Student, student


class Answers(BaseModel):
    """A model's answers to some prompts, and how sure it was of each."""

    raw: list[str | None] = []
    texts: list[str | None] = []
    """What a client gets: constrained where the model sees no list."""
    signals: list[Signals | None] = []

    def rated(self, rows: Sequence[Row]) -> list[RatedAnswer]:
        """The answers to these rows, and whether each is right."""
        return rate_answers(rows, self.texts, self.signals)


class AllAnswers(BaseModel):
    """What is kept for another look."""

    heldout: Answers = Answers()
    hand_written: Answers = Answers()


def scores_as_served(
    heldout: Sequence[RatedAnswer], hand_written: Sequence[RatedAnswer]
) -> tuple[Score, Score]:
    """Scores with unsure calls held back: held-out rows by calibrations of other rows, test
    prompts by the one that ships."""
    shipped = [calibrate(heldout)] * len(hand_written)
    return _score(heldout, cross_validated(heldout)), _score(hand_written, shipped)


def _score(answers: Sequence[RatedAnswer], calibrations: Iterable[Calibration]) -> Score:
    return score([one.row for one in answers], with_unsure_held_back(answers, calibrations))


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
        with student(options.gguf, recipe.model.stop, recipe.answer_tokens) as model:
            answers = ask(model, heldout, hand_written, constrained=options.without_list)
    if options.keep:
        options.keep.write_text(answers.model_dump_json(indent=1), encoding="utf-8")
    report = confidence_report(
        answers.heldout.rated(heldout), answers.hand_written.rated(hand_written)
    )
    sys.stdout.write("\n".join(confidence_markdown(report)))


def ask(
    model: Student, heldout: Sequence[Row], hand_written: Sequence[Row], *, constrained: bool
) -> AllAnswers:
    """The answers to held-out rows and to hand-written test prompts."""
    constraint = Constraint(model) if constrained else None
    return AllAnswers(
        heldout=_answers(model, constraint, heldout),
        hand_written=_answers(model, constraint, hand_written),
    )


def _answers(model: Student, constraint: Constraint | None, rows: Sequence[Row]) -> Answers:
    completions = list(model.answers(rows))
    raw = [one.answer for one in completions]
    texts = constraint.answers(rows, raw) if constraint else raw
    return Answers(raw=raw, texts=texts, signals=[one.signals for one in completions])


if __name__ == "__main__":
    main()
