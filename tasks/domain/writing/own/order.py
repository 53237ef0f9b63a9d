"""The order of turns: calls of one answer in one turn, each result behind its call."""

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import groupby

from tasks.domain.errors import UnusableData
from tasks.domain.writing.own.calls import OwnCall, excerpt
from tasks.domain.writing.own.own_turn import OwnTurn
from tasks.domain.writing.own.parts import result_text, tagged


def in_order(turns: Iterable[OwnTurn]) -> list[OwnTurn]:
    """The turns as a chat template takes them, whatever order and roles an exporter gave them."""
    return _in_call_order(_joined(_with_results_of_users(turns)))


def _with_results_of_users(turns: Iterable[OwnTurn]) -> Iterator[OwnTurn]:
    """The turns; what a user says in ``<tool_response>`` while calls wait are their results."""
    waits = False
    for turn in turns:
        blocks, rest = tagged(turn.text, "tool_response") if turn.role == "user" else ([], "")
        blocks = blocks if waits else []
        yield from (OwnTurn("tool", block.strip()) for block in blocks)
        rest = rest.strip() if blocks else turn.text
        if rest or not blocks:
            yield replace(turn, text=rest)
        waits = bool(turn.calls) or (waits and turn.role == "tool")


def _joined(turns: Iterable[OwnTurn]) -> list[OwnTurn]:
    """The turns; a turn that only calls goes on from the assistant's turn before it."""
    joined: list[OwnTurn] = []
    for turn in turns:
        before = joined[-1] if joined else None
        if (
            before is not None
            and (before.role, before.is_learned) == ("assistant", turn.is_learned)
            and (turn.calls or (before.thought and not (before.text or before.calls)))
            and not (turn.text and (before.text or before.calls))
        ):
            thought = "\n".join(one for one in (before.thought, turn.thought) if one)
            joined[-1] = replace(
                before,
                text=before.text or turn.text,
                thought=thought,
                calls=before.calls + turn.calls,
                changes=before.changes + turn.changes,
            )
        else:
            joined.append(turn)
    return joined


def _in_call_order(turns: Sequence[OwnTurn]) -> list[OwnTurn]:
    """The turns, results in the order of the calls whose ids or names they have."""
    ordered: list[OwnTurn] = []
    for is_result, group in groupby(turns, key=lambda turn: turn.role == "tool"):
        part = list(group)
        if is_result and ordered:
            part = _sorted(_one_each(part, len(ordered[-1].calls)), ordered[-1].calls)
        ordered += part
    return ordered


def _sorted(results: list[OwnTurn], calls: Sequence[OwnCall]) -> list[OwnTurn]:
    """The results in the order of their calls.

    One result behind one call is its own, whatever id it has: some exporters make new ones.

    Raises:
        UnusableData: several say that they are those of other calls, or of one.
    """
    identities: list[list[str | None]] = [[one.id for one in calls], [one.name for one in calls]]
    for which, keys in enumerate(identities):
        places = {str(key): place for place, key in enumerate(keys) if key}
        labels = [one.answers[which] for one in results]
        if len(calls) < 2 or len(places) < len(keys) or not all(labels):
            continue
        if not set(labels) <= set(places) or len(set(labels)) < len(labels):
            raise UnusableData(
                f"the results are of {excerpt(', '.join(labels))}, needed one of each call: "
                f"{excerpt(', '.join(places))}"
            )
        return sorted(results, key=lambda one: places[one.answers[which]])
    return results


def _one_each(results: list[OwnTurn], calls: int) -> list[OwnTurn]:
    """One result that is a JSON list for as many calls becomes one result each."""
    if len(results) != 1 or calls < 2:
        return results
    try:
        values = json.loads(results[0].text)
    except (ValueError, RecursionError):
        return results
    if not isinstance(values, list) or len(values) != calls:
        return results
    return [OwnTurn("tool", result_text(value)) for value in values]
