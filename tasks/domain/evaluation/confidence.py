"""How sure must a model be? Signals → calibrated confidence, its threshold, and what both bring.

Everything is fitted on held-out rows, and judged on rows that it was not fitted on.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from math import ceil

import numpy as np
from numpy.typing import NDArray

from tasks.domain.conversations import Row
from tasks.domain.evaluation.comparison import compare
from tasks.domain.evaluation.scoring import judge_answer, score, wilson
from tasks.domain.products import (
    Calibration,
    ConfidenceReport,
    PromptsConfidence,
    RiskCoverage,
    Score,
    Signals,
    ThresholdEffect,
    ToolPrompt,
)

FOLDS = 10
_MOST_POINTS = 100
_NEWTON_STEPS = 50
_PRIOR = np.array([1.0, 0.0])
"""Slope and intercept that take the model's own probability as it is."""
_SPREAD = np.array([1.0, 2.0])
"""Their standard deviations before a row is seen: with few wrong answers the fit stays near."""
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class RatedAnswer:
    """An answer with the model's signals, and whether it is right."""

    row: Row
    text: str
    signals: Signals
    is_right: bool


def rate_answers(
    rows: Sequence[Row], texts: Sequence[str | None], signals: Sequence[Signals | None]
) -> list[RatedAnswer]:
    """The answers that there are signals of: none in a report from before there were any."""
    return [
        RatedAnswer(row, text, signal, judge_answer(row, text).exact)
        for row, text, signal in zip(rows, texts, signals, strict=False)
        if text is not None and signal is not None
    ]


def confidence_report(
    heldout: Sequence[RatedAnswer], hand_written: Sequence[RatedAnswer] = ()
) -> ConfidenceReport | None:
    """What ships, fitted on all held-out answers, and its worth; None where there are none."""
    if not heldout:
        return None
    calibration = calibrate(heldout)
    return ConfidenceReport(
        calibration=calibration,
        heldout=_worth(heldout, list(cross_validated(heldout))),
        hand_written=_worth(hand_written, [calibration] * len(hand_written))
        if hand_written
        else None,
    )


def score_in_use(
    prompt: ToolPrompt,
    rows: Sequence[Row],
    texts: Sequence[str | None],
    signals: Sequence[Signals | None],
) -> Score:
    """What thresholds judge: the answers that a client gets who wants nothing else.

    A model that sees no list is served with a least confidence. A call that it holds back is no
    wrong tool where one was needed, and no call where none was: so it counts for abstention alone.

    Args:
        prompt: how the model was asked.
        rows: the held-out rows.
        texts: the answers to them, constrained where the model is served so.
        signals: how sure the model was of each.
    """
    all_calls = score(rows, texts)
    if not prompt.is_by_heart:
        return all_calls
    sure = score(rows, _without_unsure(rows, texts, signals))
    return all_calls.model_copy(update={"abstention": sure.abstention})


def _without_unsure(
    rows: Sequence[Row], texts: Sequence[str | None], signals: Sequence[Signals | None]
) -> list[str | None]:
    """The answers, calls below the threshold held back; that of each comes from the others."""
    rated = rate_answers(rows, texts, signals)
    in_use = iter(with_unsure_held_back(rated, cross_validated(rated)))
    return [
        text if text is None or signal is None else next(in_use)
        for text, signal in zip(texts, signals, strict=True)
    ]


def answers_in_use(
    prompt: ToolPrompt,
    calibration: Calibration | None,
    texts: Sequence[str | None],
    signals: Sequence[Signals | None],
) -> list[str | None]:
    """What a client gets: where prompts show no schema, unsure calls are held back.

    Args:
        prompt: how the model was asked.
        calibration: the one that its bundle has, if any.
        texts: the answers, constrained where the model is served so.
        signals: how sure the model was of each.
    """
    if calibration is None or not prompt.is_by_heart:
        return list(texts)
    return [
        text if text is None or signal is None else calibration.in_use(text, signal)
        for text, signal in zip(texts, signals, strict=True)
    ]


def calibrate(answers: Sequence[RatedAnswer]) -> Calibration:
    """Fit the confidence, and choose the threshold that is best on the same answers."""
    slope, intercept = platt(
        [answer.signals.log_odds for answer in answers], [answer.is_right for answer in answers]
    )
    fitted = Calibration(slope=slope, intercept=intercept, threshold=0, prompts=len(answers))
    return fitted.model_copy(update={"threshold": best_threshold(answers, fitted)})


def platt(log_odds: Sequence[float], rights: Sequence[bool]) -> tuple[float, float]:
    """Slope and intercept of a logistic regression on one feature.

    Platt scaling (Platt 1999, Advances in Large Margin Classifiers, 61-74), with normal priors
    instead of Platt's smoothed targets: the most likely values after all rows, by Newton's method
    with steps that are halved until they help.
    """
    design = np.column_stack([np.array(log_odds), np.ones(len(log_odds))])
    targets = np.array(rights, dtype=float)
    weights, precision = _PRIOR, np.diag(_SPREAD**-2)
    for _ in range(_NEWTON_STEPS):
        probabilities = (1 + np.tanh(design @ weights / 2)) / 2
        slope = design.T @ (probabilities - targets) + precision @ (weights - _PRIOR)
        curvature = (design.T * (probabilities * (1 - probabilities))) @ design + precision
        step = np.linalg.solve(curvature, slope)
        loss = _loss(design, targets, weights)
        while _loss(design, targets, weights - step) > loss and np.abs(step).max() > 1e-9:
            step = step / 2
        weights = weights - step
    return max(0.0, float(weights[0])), float(weights[1])


def _loss(design: Floats, targets: Floats, weights: Floats) -> float:
    odds = design @ weights
    likelihood = np.logaddexp(0, odds) - targets * odds
    return float(likelihood.sum() + (((weights - _PRIOR) / _SPREAD) ** 2).sum() / 2)


def best_threshold(answers: Sequence[RatedAnswer], calibration: Calibration) -> float:
    """The confidence below which calls are held back, so that the mean of exact match and
    abstention accuracy is highest.

    A hundred rows do not tell near thresholds apart, and chance decides which of them is best. So
    it is the middle of all whose mean is within one standard error of the best one's (after the
    rule of Breiman et al. 1984, Classification and Regression Trees, section 3.4.3).
    """
    confidences = np.array([calibration.confidence(one.signals) for one in answers])
    is_call = np.array([one.signals.is_call for one in answers])
    calls = np.unique(confidences[is_call])
    thresholds = np.concatenate([[0.0], (calls[1:] + calls[:-1]) / 2, [1.0]])
    mean, error = _mean_and_error(answers, is_call & (confidences < thresholds[:, None]))
    best = mean.argmax()
    alike = thresholds[mean >= mean[best] - error[best]]
    return float(alike[0] + alike[-1]) / 2


def _mean_and_error(
    answers: Sequence[RatedAnswer], is_held: NDArray[np.bool_]
) -> tuple[Floats, Floats]:
    """The mean of exact match and abstention accuracy, and its standard error, for each threshold.

    Args:
        answers: all that were rated.
        is_held: thresholds x answers, whether that threshold holds that call back.
    """
    is_right = np.array([one.is_right for one in answers])
    wants_call = np.array([one.row.tool is not None for one in answers])
    wants_none = np.array([one.row.scenario == "no_tool" for one in answers])
    exact_match, abstention = (
        is_as_wanted[:, group].sum(axis=1) / max(1, group.sum())
        for group, is_as_wanted in (
            (wants_call, is_right & ~is_held),
            (wants_none, is_right | is_held),
        )
    )
    variance = exact_match * (1 - exact_match) / max(1, wants_call.sum())
    variance += abstention * (1 - abstention) / max(1, wants_none.sum())
    return (exact_match + abstention) / 2, np.sqrt(variance) / 2


def cross_validated(answers: Sequence[RatedAnswer]) -> Iterator[Calibration]:
    """For each answer the calibration of the others: of all but its tenth."""
    folds = [
        calibrate([one for place, one in enumerate(answers) if place % FOLDS != fold])
        for fold in range(min(FOLDS, len(answers)))
    ]
    yield from (folds[place % FOLDS] for place in range(len(answers)))


def _worth(
    answers: Sequence[RatedAnswer], calibrations: Sequence[Calibration]
) -> PromptsConfidence:
    confidences = [
        calibration.confidence(answer.signals)
        for answer, calibration in zip(answers, calibrations, strict=True)
    ]
    return PromptsConfidence(
        curve=risk_coverage(confidences, [answer.is_right for answer in answers]),
        effect=_effect(answers, calibrations),
    )


def risk_coverage(confidences: Sequence[float], rights: Sequence[bool]) -> RiskCoverage:
    """The curve of Geifman and El-Yaniv (2017, NeurIPS 30); equal confidences share their risk."""
    pairs = sorted(zip(confidences, rights, strict=True), key=lambda pair: -pair[0])
    risks: list[float] = []
    wrong = 0.0
    for _, group in groupby(pairs, key=lambda pair: pair[0]):
        outcomes = [right for _, right in group]
        for _ in outcomes:
            wrong += outcomes.count(False) / len(outcomes)
            risks.append(wrong / (len(risks) + 1))
    total, half = len(pairs), ceil(len(pairs) / 2)
    places = sorted({round(n * (total - 1) / (_MOST_POINTS - 1)) for n in range(_MOST_POINTS)})
    return RiskCoverage(
        half=wilson(sum(right for _, right in pairs[:half]), half),
        all=wilson(sum(rights), total),
        area=sum(risks) / total,
        mean_confidence=sum(confidences) / total,
        points=tuple((round((n + 1) / total, 4), round(risks[n], 4)) for n in places),
    )


def with_unsure_held_back(
    answers: Iterable[RatedAnswer], calibrations: Iterable[Calibration]
) -> list[str]:
    """The answers' texts; UNSURE in the place of a call below its calibration's threshold."""
    return [
        calibration.in_use(answer.text, answer.signals)
        for answer, calibration in zip(answers, calibrations, strict=True)
    ]


def _effect(answers: Sequence[RatedAnswer], calibrations: Sequence[Calibration]) -> ThresholdEffect:
    """What each calibration's own threshold brings."""
    texts = with_unsure_held_back(answers, calibrations)
    calling = [place for place, one in enumerate(answers) if one.row.tool is not None]
    without = [place for place, one in enumerate(answers) if one.row.scenario == "no_tool"]
    calls = [one for one in answers if one.signals.is_call]
    held_back = [one for one, text in zip(answers, texts, strict=True) if text != one.text]
    exact_match, abstention = (
        compare(
            [answers[place].row for place in places],
            [texts[place] for place in places],
            [answers[place].text for place in places],
        )
        for places in (calling, without)
    )
    return ThresholdEffect(
        exact_match=exact_match,
        abstention=abstention,
        calls=len(calls),
        wrong_calls=sum(not one.is_right for one in calls),
        held_back=len(held_back),
        wrong_held_back=sum(not one.is_right for one in held_back),
    )
