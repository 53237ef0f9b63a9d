"""A model's probabilities become confidence, a threshold and a curve; each is judged on others."""

import math
from random import Random

import pytest

from tasks.domain import reports
from tasks.domain.evaluation.confidence import (
    RatedAnswer,
    answers_in_use,
    best_threshold,
    calibrate,
    confidence_report,
    platt,
    rate_answers,
    risk_coverage,
    score_in_use,
)
from tasks.domain.products import Calibration, Signals, ToolPrompt
from tasks.domain.products.confidence import UNSURE as HELD_BACK
from tasks.domain.toolcalls import ToolCall, render
from tests.helpers.scored_rows import calling, talking

RIGHT = render(ToolCall(name="get_forecast", arguments={"city": "Rome"}))
WRONG = render(ToolCall(name="get_tide", arguments={"city": "Rome"}))
AS_IT_IS = Calibration(slope=1.0, intercept=0.0, threshold=0.0, prompts=1)
SURE, UNSURE, LOST = (Signals(is_call=True, decision=math.log(p)) for p in (0.99, 0.6, 0.2))


def answers(*given: tuple[bool, str, Signals]) -> list[RatedAnswer]:
    """Answers to rows that want a call, or none, with their signals."""
    rows = [calling() if wants_call else talking() for wants_call, _, _ in given]
    return rate_answers(rows, [text for _, text, _ in given], [signals for _, _, signals in given])


def many(count: int, seed: int) -> list[RatedAnswer]:
    """Calls that are right as often as half their own log-odds say."""
    random, made = Random(seed), []
    for _ in range(count):
        share = random.uniform(0.02, 0.98)
        odds = math.log(share / (1 - share)) / 2
        is_right = random.random() < 1 / (1 + math.exp(-odds))
        signals = Signals(is_call=True, decision=math.log(share))
        made.append((True, RIGHT if is_right else WRONG, signals))
    return answers(*made)


def test_an_overconfident_model_is_taken_back_to_what_it_gets_right() -> None:
    calibration = calibrate(many(3000, seed=1))
    assert calibration.slope == pytest.approx(0.5, abs=0.1)
    assert calibration.intercept == pytest.approx(0.0, abs=0.15)


def test_before_rows_say_otherwise_the_models_own_probability_is_believed() -> None:
    slope, intercept = platt([3.0], [True])
    assert slope == pytest.approx(1.0, abs=0.1)
    assert intercept == pytest.approx(0.0, abs=0.3)


def test_certainty_in_wrong_answers_neither_overflows_nor_turns_the_order_around() -> None:
    slope, _ = platt([-13.8] * 20 + [13.8] * 20, [True] * 20 + [False] * 20)
    assert slope == 0.0


def test_the_threshold_gives_up_calls_only_where_the_mean_gains() -> None:
    rows = [
        *[(True, RIGHT, SURE)] * 40,
        *[(False, RIGHT, UNSURE)] * 20,
        *[(False, "Hello!", Signals(is_call=False, decision=-0.1))] * 20,
    ]
    threshold = best_threshold(answers(*rows), AS_IT_IS)
    assert 0.6 < threshold < 0.99
    # Right calls, less sure than the wrong ones, are worth more than these.
    less_sure = [(True, RIGHT, LOST)] * 120
    assert best_threshold(answers(*rows, *less_sure), AS_IT_IS) < 0.2


def test_of_thresholds_that_rows_do_not_tell_apart_the_middle_is_taken() -> None:
    graded = [Signals(is_call=True, decision=math.log(n / 100)) for n in range(30, 71)]
    rows = [
        *[(True, RIGHT, SURE)] * 40,
        *[(True, WRONG, signals) for signals in graded],
        *[(False, RIGHT, LOST)] * 20,
    ]
    assert best_threshold(answers(*rows), AS_IT_IS) == pytest.approx(0.55, abs=0.02)


def test_without_a_list_thresholds_judge_abstention_with_unsure_calls_held_back() -> None:
    given = [(calling(), RIGHT, SURE), (calling(), RIGHT, UNSURE)] * 20
    given += [(talking(), RIGHT, LOST), (talking(), "Hello!", None)] * 10
    given += [(calling(), None, None)]
    rows, texts, signals = (list(column) for column in zip(*given, strict=True))
    listed = score_in_use(ToolPrompt(mode="all"), rows, texts, signals)
    assert listed.abstention.hits == 10
    by_heart = score_in_use(ToolPrompt(mode="none"), rows, texts, signals)
    assert (by_heart.abstention.hits, by_heart.abstention.total) == (20, 20)
    unchanged = {"abstention": listed.abstention}
    assert by_heart.model_copy(update=unchanged) == listed


def test_a_client_gets_no_unsure_call_of_a_model_that_sees_no_list() -> None:
    least = AS_IT_IS.model_copy(update={"threshold": 0.5})
    texts, signals = [RIGHT, WRONG, "Hello!", None], [SURE, LOST, None, None]
    by_heart = answers_in_use(ToolPrompt(mode="none"), least, texts, signals)
    assert by_heart == [RIGHT, HELD_BACK, "Hello!", None]
    assert answers_in_use(ToolPrompt(mode="all"), least, texts, signals) == texts
    assert answers_in_use(ToolPrompt(mode="none"), None, texts, signals) == texts


def test_risk_grows_with_coverage_where_the_order_is_good_and_ties_share_it() -> None:
    curve = risk_coverage([0.9, 0.8, 0.3, 0.2], [True, True, False, False])
    assert curve.half.hits == curve.half.total == 2
    assert curve.points == ((0.25, 0.0), (0.5, 0.0), (0.75, 0.3333), (1.0, 0.5))
    assert curve.area == pytest.approx((0 + 0 + 1 / 3 + 1 / 2) / 4)
    nothing = risk_coverage([0.5] * 4, [False, True, True, False])
    assert nothing.area == pytest.approx(0.5)


def test_a_report_counts_what_the_threshold_holds_back_and_judges_rows_by_others() -> None:
    wrong = [(False, RIGHT, LOST)] * 10
    right = [(True, RIGHT, SURE)] * 30
    silence = [(False, "Hello!", Signals(is_call=False, decision=-0.01))] * 10
    report = confidence_report(answers(*right, *wrong, *silence), answers(*right[:3], *wrong[:2]))
    assert report is not None
    effect = report.heldout.effect
    assert (effect.calls, effect.wrong_calls) == (40, 10)
    assert (effect.held_back, effect.wrong_held_back) == (10, 10)
    assert (effect.without, effect.with_threshold) == (0.75, 1.0)
    assert effect.abstention.only_tuned == 10
    assert effect.exact_match.only_base == 0
    assert report.heldout.curve.half.value == 1.0
    assert report.hand_written is not None
    assert report.hand_written.effect.held_back == 2
    page = "\n".join(reports.confidence_markdown(report))
    assert "| calls held back below the threshold | 10 of 40 calls, 10 of 10 wrong ones |" in page
    assert "75.0 % → 100.0 %" in page


def test_rows_that_tell_nothing_are_left_out_and_none_make_no_report() -> None:
    assert rate_answers([calling(), calling()], [None, RIGHT], [SURE, None]) == []
    assert rate_answers([calling()], [RIGHT], []) == []
    assert confidence_report([]) is None
    assert reports.confidence_markdown(None) == []
