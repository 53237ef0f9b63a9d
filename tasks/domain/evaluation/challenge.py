"""Is a new model better than the champion? Which rows decide, what it must reach, and its page."""

from collections.abc import Collection, Sequence

from tasks.domain import Frozen
from tasks.domain.conversations import Row
from tasks.domain.evaluation.comparison import compare, count, of_mean
from tasks.domain.evaluation.evaluation_set import items_at
from tasks.domain.products import Challenge, Comparison
from tasks.domain.reports import percent, points, table
from tasks.domain.toolcalls import ToolCall


class Verdict(Frozen):
    """Whether a version takes the champion's place, and why."""

    promoted: bool
    reason: str
    champion: str | None
    """The champion that it was compared with; None where there was none."""
    is_new: bool = True
    """Whether anything is to be decided: the champion itself may have been forged again."""


METRICS = {
    "exact_match": "exact match",
    "abstention": "abstention accuracy",
    "loops": "completed tool loops",
}


def deciding_rows(rows: Sequence[Row], changed_tools: Collection[str]) -> list[int]:
    """The places of the rows that decide: those that call no tool the champion cannot know."""
    return [place for place, row in enumerate(rows) if not _called_tools(row) & set(changed_tools)]


def _called_tools(row: Row) -> set[str]:
    calls: list[ToolCall] = [call for turn in row.call_turns for call in turn]
    return {call.name for call in calls} | ({row.tool} if row.tool else set())


def challenge(
    champion: str,
    changed_tools: Sequence[str],
    rows: Sequence[Row],
    answers: tuple[Sequence[str | None], Sequence[str | None]],
    loops: Sequence[tuple[bool, bool]],
) -> Challenge:
    """Count in pairs what both models did on the rows that decide.

    Args:
        champion: its version.
        changed_tools: the tools that it does not know as they are now.
        rows: held-out rows and hand-written test prompts.
        answers: the new model's and the champion's, in the order of ``rows``.
        loops: for each tool loop, whether the new model and the champion completed it.
    """
    exact = _compare([place for place, row in enumerate(rows) if row.tool], rows, answers)
    abstention = _compare(
        [place for place, row in enumerate(rows) if row.scenario == "no_tool"], rows, answers
    )
    low, high = of_mean(exact, abstention)
    return Challenge(
        champion=champion,
        changed_tools=tuple(changed_tools),
        exact_match=exact,
        abstention=abstention,
        loops=count(loops),
        low=low,
        high=high,
    )


def _compare(
    places: Sequence[int],
    rows: Sequence[Row],
    answers: tuple[Sequence[str | None], Sequence[str | None]],
) -> Comparison:
    tuned, base = (items_at(texts, places) for texts in answers)
    return compare(items_at(rows, places), tuned, base)


def shortfalls(result: Challenge, margin: float) -> tuple[str, ...]:
    """Why the new model may not take the champion's place; empty when it may.

    Its mean of exact match and abstention accuracy must be higher, and exact match, abstention
    accuracy and completed loops each at most ``margin`` lower. Where tools have changed, only the
    rows of the others were counted, and there the mean too need be no more than ``margin`` lower:
    the champion does not know the tools as they are now.
    """
    reasons = []
    least = -margin if result.changed_tools else 0.0
    is_better = result.difference >= least if result.changed_tools else result.difference > 0
    if not is_better:
        minimum = f"at least {100 * least:+.1f}" if result.changed_tools else "more than 0"
        reasons.append(
            f"the mean of exact match and abstention accuracy differs by {points(result)}, "
            f"need {minimum}"
        )
    for name, label in METRICS.items():
        one: Comparison = getattr(result, name)
        if one.difference < -margin:
            reasons.append(f"{label} differs by {points(one)}, need at least {-100 * margin:+.1f}")
    return tuple(reasons)


def judge(version: str, champion: str | None, result: Challenge | None, margin: float) -> Verdict:
    """Whether a version may take the champion's place."""
    if champion is None:
        return Verdict(promoted=True, reason="it is the first version", champion=None)
    if version == champion:
        reason = "it is the champion already"
        return Verdict(promoted=True, reason=reason, champion=champion, is_new=False)
    if result is None or result.champion != champion:
        reason = f"it was not compared with the champion {champion}; forge again"
        return Verdict(promoted=False, reason=reason, champion=champion)
    reasons = shortfalls(result, margin)
    better = f"the mean of exact match and abstention accuracy differs by {points(result)}"
    return Verdict(promoted=not reasons, reason="; ".join(reasons) or better, champion=champion)


def challenge_markdown(result: Challenge, verdict: str) -> str:
    """The new model and the champion side by side, with the verdict above."""
    comparisons: dict[str, Comparison] = {name: getattr(result, name) for name in METRICS}
    rows = [
        [
            METRICS[name],
            f"{percent(one.tuned)}",
            f"{percent(one.base)}",
            str(one.prompts),
            points(one),
            f"{one.only_tuned} / {one.only_base}",
            f"{one.p_value:.2g}",
        ]
        for name, one in comparisons.items()
        if one.prompts
    ]
    header = ["", "new", "champion", "n", "difference", "only new / only champion right", "p"]
    note = (
        f"Rows of changed tools ({', '.join(result.changed_tools)}) were left out: the champion "
        "does not know them.\n\n"
        if result.changed_tools
        else ""
    )
    return (
        f"## New version beside the champion {result.champion}\n\n{verdict}\n\n"
        + table(header, rows)
        + f"\nMean of exact match and abstention accuracy: {points(result)}.\n\n{note}"
        "Both were asked the same prompts. Intervals of 95 %: Newcombe's for paired proportions; "
        "p: exact McNemar test.\n"
    )
