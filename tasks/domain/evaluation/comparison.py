"""Two models on the same prompts: who is right where the other is not, and could that be chance?"""

from collections import Counter
from collections.abc import Sequence
from math import comb

from tasks.domain.conversations import Row
from tasks.domain.evaluation.scoring import judge_answer
from tasks.domain.products import Comparison


def compare(
    rows: Sequence[Row], tuned: Sequence[str | None], base: Sequence[str | None]
) -> Comparison:
    """Count the prompts by who answers them exactly right.

    A prompt is left out where a thought was cut off (None).
    """
    counts: Counter[tuple[bool, bool]] = Counter(
        (judge_answer(row, ours).exact, judge_answer(row, theirs).exact)
        for row, ours, theirs in zip(rows, tuned, base, strict=True)
        if ours is not None and theirs is not None
    )
    return Comparison(
        both=counts[True, True],
        only_tuned=counts[True, False],
        only_base=counts[False, True],
        neither=counts[False, False],
        p_value=mcnemar(counts[True, False], counts[False, True]),
    )


def mcnemar(one: int, other: int) -> float:
    """The exact two-sided p-value of McNemar's test (1947, Psychometrika 12:153-157).

    Of the prompts on which two equal models differ, each is right with probability one half.
    """
    differing = one + other
    tail = sum(comb(differing, count) for count in range(min(one, other) + 1))
    return min(1.0, 2 * tail * 0.5**differing)
