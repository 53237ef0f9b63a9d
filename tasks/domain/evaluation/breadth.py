"""What a tuned model still knows of other tools than its server's, beside its base."""

from collections.abc import Sequence

from tasks.domain.evaluation.comparison import count
from tasks.domain.evaluation.scoring import rate_of
from tasks.domain.products import (
    Breadth,
    BreadthAnswer,
    BreadthAnswers,
    BreadthPlan,
    BreadthRates,
)

_Pair = tuple[BreadthAnswer, BreadthAnswer]


def compare_breadth(tuned: BreadthAnswers, base: BreadthAnswers, plan: BreadthPlan) -> Breadth:
    """Both models' rates, per category and over all questions; each question is a pair."""
    pairs = list(zip(tuned.answers, base.answers, strict=True))
    categories = dict.fromkeys(one.category for one in tuned.answers)
    return Breadth(
        source=tuned.source,
        seed=plan.seed,
        categories={
            name: _beside([pair for pair in pairs if pair[0].category == name])
            for name in categories
        },
        overall=_beside(pairs),
    )


def _beside(pairs: Sequence[_Pair]) -> BreadthRates:
    return BreadthRates(
        tuned=rate_of(ours.right for ours, _ in pairs if ours.right is not None),
        base=rate_of(theirs.right for _, theirs in pairs if theirs.right is not None),
        compared=count(
            (ours.right, theirs.right)
            for ours, theirs in pairs
            if ours.right is not None and theirs.right is not None
        ),
    )
