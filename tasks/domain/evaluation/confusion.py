"""Which tool is called instead of which, and whether the right one was there to be called."""

from collections import Counter, defaultdict
from collections.abc import Sequence

from tasks.domain.conversations import Row
from tasks.domain.evaluation.scoring import judge_answer, rate_of
from tasks.domain.products import Rate
from tasks.domain.toolcalls import ConfusedTools

MOST_PAIRS = 40
NO_TOOL = "(no tool)"


def confused_tools(rows: Sequence[Row], texts: Sequence[str | None]) -> tuple[ConfusedTools, ...]:
    """The pairs of an expected and a called tool that differ, the most frequent first.

    A call where none is needed, and none where one is, are pairs with ``NO_TOOL``.
    """
    counts: Counter[tuple[str, str]] = Counter()
    examples: dict[tuple[str, str], str] = {}
    for row, text in zip(rows, texts, strict=True):
        if text is None:
            continue
        outcome = judge_answer(row, text)
        pair = (row.tool or NO_TOOL, outcome.called_tool or NO_TOOL)
        if pair[0] != pair[1]:
            counts[pair] += 1
            examples.setdefault(pair, row.user_text)
    return tuple(
        ConfusedTools(
            expected_tool=pair[0], called_tool=pair[1], count=count, example=examples[pair]
        )
        for pair, count in counts.most_common(MOST_PAIRS)
    )


def tool_weights(rows: Sequence[Row], texts: Sequence[str | None]) -> dict[str, float]:
    """How many times as many rows each confused tool needs: 1 plus its share of mistakes, to 2.

    The share is that of the prompts for a tool, in which another tool was called. A tool that was
    called instead gets as much: what tells two tools apart is learned from both. Calls that are
    missing or not needed, and tools that the model made up, say nothing about pairs of tools.
    """
    prompts = Counter(row.tool for row in rows)
    extra: defaultdict[str, float] = defaultdict(float)
    for pair in confused_tools(rows, texts):
        if NO_TOOL not in (pair.expected_tool, pair.called_tool):
            share = pair.count / prompts[pair.expected_tool]
            extra[pair.expected_tool] += share
            extra[pair.called_tool] += share
    return {tool: round(1 + min(share, 1), 2) for tool, share in extra.items() if tool in prompts}


def recall(rows: Sequence[Row]) -> Rate | None:
    """Of the requests that need a call and whose tools were chosen: those with all that they call.

    None where no tools were chosen.
    """
    rows_with_selection = [row for row in rows if row.shown and row.tool is not None]
    if not rows_with_selection:
        return None
    return rate_of(
        {call.name for calls in row.call_turns for call in calls} <= set(row.shown or ())
        for row in rows_with_selection
    )
