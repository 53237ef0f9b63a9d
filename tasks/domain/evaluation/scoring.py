"""From answers to rates: one answer judged, many counted, trivial baselines, thresholds."""

import math
from collections import Counter
from collections.abc import Iterable, Sequence

from profiles import Thresholds
from tasks.domain import Frozen
from tasks.domain.conversations import Row
from tasks.domain.evaluation.grounding import asks_for, is_grounded, is_honest_failure
from tasks.domain.products import (
    Latency,
    LoopCase,
    Rate,
    Score,
    ServedScore,
    ToolPrompt,
    ToolResult,
)
from tasks.domain.reports import shorten
from tasks.domain.toolcalls import ParsedAnswer, ToolCall, canonical, faults, parse, render

Z = 1.959964
"""The 97.5th percentile of the normal distribution: intervals of 95 %."""

NEVER_CALLS = "I am happy to help with that."
CUT_THOUGHT = "the thought was cut off"


class Outcome(Frozen):
    """One answer beside what was expected of it.

    For a row that must not be answered by a call, ``right_tool`` and ``exact`` say that the model
    said something and neither made nor tried a call.
    """

    parses: bool
    fits_schema: bool
    right_tool: bool
    exact: bool
    is_call_expected: bool
    called_tool: str | None
    answer_text: str


def wilson(hits: int, total: int) -> Rate:
    """A share with its 95 % score interval (Wilson 1927, JASA 22:209-212); [0, 1] for no data."""
    if not total:
        return Rate(hits=0, total=0, low=0.0, high=1.0)
    share, square = hits / total, Z * Z / total
    centre = (share + square / 2) / (1 + square)
    margin = Z * math.sqrt(share * (1 - share) / total + square / (4 * total)) / (1 + square)
    low = 0.0 if hits == 0 else centre - margin
    high = 1.0 if hits == total else centre + margin
    return Rate(hits=hits, total=total, low=low, high=high)


def percentiles(seconds: Sequence[float], at_once: int = 1) -> Latency:
    """Median and 95th percentile by nearest rank: values that were really measured."""
    ascending = sorted(seconds)
    p50, p95 = (ascending[math.ceil(share * len(ascending)) - 1] for share in (0.5, 0.95))
    return Latency(p50=p50, p95=p95, at_once=at_once)


def judge_answer(row: Row, text: str) -> Outcome:
    """Compare a raw completion with the row's expected call, or with its expected silence."""
    answer = parse(text)
    parses = bool(answer.calls) and not answer.malformed
    tool = answer.calls[0].name if answer.calls else None
    quiet = abstains(answer)
    is_call_expected = row.tool is not None
    return Outcome(
        parses=parses,
        fits_schema=parses and not any(faults(call, row.tools) for call in answer.calls),
        right_tool=_is_of_right_tools(row, answer) if is_call_expected else quiet,
        exact=_is_exact(row, answer) if is_call_expected else quiet,
        is_call_expected=is_call_expected,
        called_tool=tool,
        answer_text=text.strip(),
    )


def abstains(answer: ParsedAnswer) -> bool:
    """Whether the model said something, and neither made nor tried a call."""
    return bool(answer.text) and not answer.attempts


def _is_of_right_tools(row: Row, answer: ParsedAnswer) -> bool:
    expected_calls = _first_turn(row)
    if len(expected_calls) > 1:
        return _names(answer.calls) == _names(expected_calls)
    return bool(answer.calls) and answer.calls[0].name == row.tool


def _is_exact(row: Row, answer: ParsedAnswer) -> bool:
    """Whether the first answer makes the expected calls, in any order, and no other."""
    expected = _first_turn(row)
    if not expected or not answer.attempts == len(answer.calls) == len(expected):
        return False
    actual, expected_calls = (
        sorted(canonical(call, row.tools) for call in calls) for calls in (answer.calls, expected)
    )
    return actual == expected_calls


def _first_turn(row: Row) -> tuple[ToolCall, ...]:
    return row.call_turns[0] if row.call_turns else ()


def _names(calls: Sequence[ToolCall]) -> list[str]:
    return sorted(call.name for call in calls)


def score(rows: Sequence[Row], texts: Sequence[str | None]) -> Score:
    """Count how one model did: rates of calls over the rows that call, abstention over the others.

    A text is None where the thought before it was cut off; only ``finished`` counts that.
    """
    rows_with_texts = zip(rows, texts, strict=True)
    pairs = [(row, judge_answer(row, text)) for row, text in rows_with_texts if text is not None]
    calls = [outcome for _, outcome in pairs if outcome.is_call_expected]
    return Score(
        parse_rate=rate_of(outcome.parses for outcome in calls),
        schema_validity=rate_of(outcome.fits_schema for outcome in calls),
        tool_selection=rate_of(outcome.right_tool for outcome in calls),
        exact_match=rate_of(outcome.exact for outcome in calls),
        abstention=rate_of(outcome.exact for row, outcome in pairs if row.scenario == "no_tool"),
        finished=rate_of(text is not None for text in texts),
        by_tool=_by((row.tool, outcome.exact) for row, outcome in pairs if row.tool),
        by_scenario=_by((row.scenario, outcome.exact) for row, outcome in pairs),
    )


def score_served(
    rows: Sequence[Row], raw: Sequence[str | None], served: Sequence[str | None]
) -> ServedScore:
    """The score of the answers with constrained decoding, beside those without."""
    changed = sum(one != other for one, other in zip(raw, served, strict=True))
    return ServedScore(score=score(rows, served), changed=changed)


def by_listing(
    rows: Sequence[Row], texts: Sequence[str | None], prompt: ToolPrompt
) -> dict[str, Score]:
    """The scores of the prompts that list tools and of those that do not, where there are both."""
    if prompt.mode != "mixed":
        return {}
    pairs = list(zip(rows, texts, strict=True))
    parts = {
        "listed": [pair for pair in pairs if pair[0].shown != ()],
        "unlisted": [pair for pair in pairs if pair[0].shown == ()],
    }
    return {
        name: score([row for row, _ in part], [text for _, text in part])
        for name, part in parts.items()
    }


def rate_of(hits: Iterable[bool]) -> Rate:
    """The share of what was right, with its interval."""
    outcomes = list(hits)
    return wilson(sum(outcomes), len(outcomes))


def _by(pairs: Iterable[tuple[str, bool]]) -> dict[str, Rate]:
    groups: dict[str, list[bool]] = {}
    for name, hit in pairs:
        groups.setdefault(name, []).append(hit)
    return {name: rate_of(hits) for name, hits in sorted(groups.items())}


def constant_call_texts(rows: Sequence[Row]) -> list[str]:
    """A trivial baseline of every rate of calls: a model that always makes the same call.

    The best such call: of the tool that these rows ask for most, with the arguments that they ask
    for most. A score near it shows nothing that was learned.
    """
    calls = [call for row in rows if (call := row.expected_call) is not None]
    tool = Counter(call.name for call in calls).most_common(1)[0][0]
    texts = Counter(render(call) for call in calls if call.name == tool)
    return [texts.most_common(1)[0][0]] * len(rows)


def never_call_texts(rows: Sequence[Row]) -> list[str]:
    """What a model says that never calls a tool: right on every no-tool row, on no other."""
    return [NEVER_CALLS] * len(rows)


def mistakes(rows: Sequence[Row], texts: Sequence[str | None], most: int = 8) -> tuple[str, ...]:
    """The first answers that were not right, beside what was asked and expected."""
    wrong = [
        (row, text)
        for row, text in zip(rows, texts, strict=True)
        if text is not None and row.scenario != "ambiguous" and not judge_answer(row, text).exact
    ]
    return tuple(
        f"asked {shorten(row.user_text)!r}; expected "
        f"{shorten(' '.join(map(render, _first_turn(row)))) or 'no call'}; "
        f"said {shorten(text)!r}"
        for row, text in wrong[:most]
    )


class Round(Frozen):
    """One answer that called, and what came back."""

    text: str
    """The raw completion."""
    results: tuple[ToolResult, ...]
    """One for each of its calls, in their order."""
    executed: bool
    """Whether every call came back without an exception."""


def judge_loop(row: Row, rounds: Sequence[Round], last_text: str | None) -> LoopCase:
    """Judge one conversation that was really run.

    Args:
        row: what was asked.
        rounds: the answers whose calls were executed; none when the first could not be.
        last_text: the raw completion after them: of the prompt itself when there are none. None
            when its thought was cut off: such a loop was not completed, whoever is to blame.
    """
    last_answer = last_text or ""
    outcome = judge_answer(row, rounds[0].text if rounds else last_answer)
    final_text = last_answer if rounds else ""
    result = rounds[-1].results[-1] if rounds else None
    if last_text is None:
        reason = CUT_THOUGHT
    elif row.tool is None:
        reason = _fault_of_words(row, outcome.answer_text)
    else:
        reason = (
            _fault_of_call(row, outcome, bool(rounds) and rounds[0].executed)
            or _fault_of_later(row, rounds, last_answer)
            or _fault_of_answer(row, outcome, result, final_text)
        )
    return LoopCase(
        scenario=row.scenario,
        tool=row.tool,
        prompt=row.user_text,
        first_answer=outcome.answer_text,
        result=result.text if result else "",
        answer=final_text.strip(),
        completed=not reason,
        reason=reason,
        simulated=any(each.simulated for one in rounds for each in one.results),
    )


def _fault_of_later(row: Row, rounds: Sequence[Round], last_text: str) -> str:
    """What is wrong with the calls after the first answer's, where more are expected."""
    texts = [*(one.text for one in rounds[1:]), last_text]
    for calls, text in zip(row.call_turns[1:], texts, strict=False):
        tools = _names(parse(text).calls)
        if tools != _names(calls):
            return f"called {', '.join(tools) or 'no tool'}, expected {', '.join(_names(calls))}"
    if len(rounds) < len(row.call_turns):
        return "a call does not fit the tool's schema" if rounds else ""
    return ""


def _fault_of_words(row: Row, text: str) -> str:
    answer = parse(text)
    if answer.attempts:
        return "called a tool where none was needed"
    if not answer.text:
        return "said nothing"
    if row.scenario == "ambiguous" and not asks_for(answer.text, row.missing):
        return f"did not ask for {row.missing or 'what is missing'}"
    return ""


def _fault_of_call(row: Row, outcome: Outcome, executed: bool) -> str:
    if not outcome.right_tool:
        return f"called {outcome.called_tool or 'no tool'}, expected {row.tool}"
    if not outcome.fits_schema:
        return (
            "; ".join(
                fault
                for call in parse(outcome.answer_text).calls
                for fault in faults(call, row.tools)
            )
            or "a call does not parse"
        )
    return "" if executed else "the call could not be executed"


def _fault_of_answer(row: Row, outcome: Outcome, result: ToolResult | None, text: str) -> str:
    answer = parse(text)
    if result is None:
        return "the call has no result"
    if answer.attempts or not answer.text:
        return "called again instead of answering" if answer.attempts else "no final answer"
    expected_error = row.scenario == "error"
    # The right call may fail or work unexpectedly: then the server, not the model, is the cause.
    if result.is_error != expected_error and not outcome.exact:
        return "the call failed" if result.is_error else "called with other values than asked"
    context = f"{row.user_text} {outcome.answer_text}"
    if result.is_error:
        is_honest = is_honest_failure(answer.text, result.text, context)
        return "" if is_honest else "did not say that the call failed"
    is_told = is_grounded(answer.text, result.text, context)
    return "" if is_told else "the answer carries no value of the result"


def completion(cases: Sequence[LoopCase]) -> Rate:
    """The share of completed loops among those that must call a tool."""
    return rate_of(case.completed for case in cases if case.tool is not None)


def completion_by_scenario(cases: Sequence[LoopCase]) -> dict[str, Rate]:
    """The share of completed loops for each kind of row."""
    return _by((case.scenario, case.completed) for case in cases)


def threshold_failures(
    scores: Score, cases: Sequence[LoopCase], thresholds: Thresholds
) -> tuple[str, ...]:
    """The thresholds that were missed, one message each.

    A rate of calls that was measured on nothing is missed too; a server that has no error rows or
    a dataset without no-tool rows cannot be measured by them, and is not.
    """
    errors = completion_by_scenario(cases).get("error", wilson(0, 0))
    checks = [
        ("calls are valid", scores.parse_rate, thresholds.parse_rate),
        ("calls fit the tool's schema", scores.schema_validity, thresholds.schema_validity),
        ("calls select the expected tool", scores.tool_selection, thresholds.tool_selection),
        ("loops were completed", completion(cases), thresholds.loop),
    ]
    optional = [
        ("prompts that need no tool got none", scores.abstention, thresholds.abstention),
        ("errors were reported honestly", errors, thresholds.error),
        ("answers came to the end of their thought", scores.finished, thresholds.finished),
    ]
    checks += [check for check in optional if check[1].total]
    return tuple(
        f"{100 * rate.value:.1f} % of {what} (n = {rate.total}), need {100 * threshold:.1f} %"
        for what, rate, threshold in checks
        if rate.value < threshold
    )
