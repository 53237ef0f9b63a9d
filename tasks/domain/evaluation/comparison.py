"""Two models on the same prompts: who is right where the other is not, and could that be chance?"""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from math import comb, sqrt
from operator import attrgetter

from tasks.domain.conversations import Row
from tasks.domain.evaluation.scoring import Outcome, judge_answer, wilson
from tasks.domain.products import Comparison


def compare(
    rows: Sequence[Row],
    tuned: Sequence[str | None],
    base: Sequence[str | None],
    is_right: Callable[[Outcome], bool] = attrgetter("exact"),
) -> Comparison:
    """Count the prompts by who answers them right, which is exactly right unless told otherwise.

    A prompt is left out where a thought was cut off (None).
    """
    return count(
        (is_right(judge_answer(row, ours)), is_right(judge_answer(row, theirs)))
        for row, ours, theirs in zip(rows, tuned, base, strict=True)
        if ours is not None and theirs is not None
    )


def count(pairs: Iterable[tuple[bool, bool]]) -> Comparison:
    """Whether the first and the second model were right, prompt by prompt, as counts."""
    counts: Counter[tuple[bool, bool]] = Counter(pairs)
    both, first, second, neither = (
        counts[pair] for pair in ((True, True), (True, False), (False, True), (False, False))
    )
    low, high = newcombe(both, first, second, neither)
    return Comparison(
        both=both,
        only_tuned=first,
        only_base=second,
        neither=neither,
        p_value=mcnemar(first, second),
        low=low,
        high=high,
    )


def mcnemar(one: int, other: int) -> float:
    """The exact two-sided p-value of McNemar's test (1947, Psychometrika 12:153-157).

    Of the prompts on which two equal models differ, each is right with probability one half.
    """
    differing = one + other
    tail = sum(comb(differing, count) for count in range(min(one, other) + 1))
    return min(1.0, 2 * tail / (1 << differing))


def newcombe(both: int, first: int, second: int, neither: int) -> tuple[float, float]:
    """The 95 % interval for the difference of two paired proportions; (-1, 1) for no data.

    Method 10 of Newcombe (1998, Statistics in Medicine 17:2635-2650): the Wilson limits of the two
    proportions, put together with their correlation.
    """
    total = both + first + second + neither
    if not total:
        return -1.0, 1.0
    one, other = wilson(both + first, total), wilson(both + second, total)
    phi = _correlation(both, first, second, neither)
    difference = one.value - other.value
    below = _together(one.value - one.low, other.high - other.value, phi)
    above = _together(one.high - one.value, other.value - other.low, phi)
    return difference - below, difference + above


def of_mean(one: Comparison, other: Comparison) -> tuple[float, float]:
    """The 95 % interval for the mean of two differences on different prompts.

    Zou and Donner (2008, Statistics in Medicine 27:1693-1702): the distances to the limits of
    independent estimates add up as their squares do.
    """
    middle = (one.difference + other.difference) / 2
    below = _together(one.difference - one.low, other.difference - other.low, 0.0) / 2
    above = _together(one.high - one.difference, other.high - other.difference, 0.0) / 2
    return middle - below, middle + above


def _together(one: float, other: float, correlation: float) -> float:
    return sqrt(max(0.0, one * one - 2 * correlation * one * other + other * other))


def _correlation(both: int, first: int, second: int, neither: int) -> float:
    """Newcombe's phi, its numerator corrected for continuity where it is positive."""
    margins = (both + first) * (second + neither) * (both + second) * (first + neither)
    if not margins:
        return 0.0
    product = both * neither - first * second
    total = both + first + second + neither
    return (max(product - total / 2, 0.0) if product > 0 else product) / sqrt(margins)
