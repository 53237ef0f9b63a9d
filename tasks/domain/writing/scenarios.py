"""How many rows of which kind for which tool: from a profile's shares to whole numbers."""

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import get_args

from profiles import Data
from tasks.domain.conversations import Scenario, Split
from tasks.domain.errors import UnusableData
from tasks.domain.identifiers import name_words, pieces
from tasks.domain.writing.phrasing.verbs import leading_verb
from tasks.domain.writing.values.maker import ArgumentMaker
from tasks.domain.writing.values.meanings import has_fallback

TEXTS_PER_CALL: dict[Split, int] = {"train": 60, "heldout": 8}
"""Different texts that one call gets at most: a tool without parameters has only one call."""
MOST_AMBIGUOUS = 0.2
"""Held-out ambiguous rows at most, as a share of the held-out calls."""
VALUE_WEIGHT = 0.3
"""More rows for each value: with as many for both tools, 24 % of typed conversions were exactly
right and 68 % of questions for one zone's time (n=50 each, SmolLM2-135M after 170 steps)."""
LEAST_WEIGHT = 0.6
"""Of a tool, over the mean: with twice as many rows as the gate needs, none gets too few."""
_WORD = re.compile(r"[a-z]{2,}")
_SMALL = frozenset(
    pieces("an the of in on at by to for from with as and or not is be that this it")
)
_CALLING: tuple[Scenario, ...] = ("standard", "error", "edge")


@dataclass(frozen=True)
class Quota:
    """So many rows of one scenario for one tool (None: no tool)."""

    scenario: Scenario
    tool: str | None
    rows: int


@dataclass(frozen=True)
class Plan:
    """What is to be written, and what a person should know about it."""

    train: tuple[Quota, ...]
    heldout: tuple[Quota, ...]
    notes: tuple[str, ...] = ()


def plan(makers: Sequence[ArgumentMaker], data: Data) -> Plan:
    """Share rows out over scenarios and tools; the sums are exactly those that were asked for.

    Raises:
        UnusableData: the profile weighs a tool that is not in the list.
    """
    shares: dict[Scenario, float] = {s: getattr(data.scenarios, s) for s in get_args(Scenario)}
    weights = _weights(makers, data.tool_weights)
    train = _quotas(makers, apportion(data.samples, shares), "train", weights)
    calls = apportion(data.heldout_calls, {s: shares[s] for s in _CALLING})
    calling = sum(shares[s] for s in _CALLING)
    extra = min(shares["ambiguous"] / calling, MOST_AMBIGUOUS) if calling else 0.0
    if not _tools_for("ambiguous", makers):
        extra = 0.0
    heldout_counts = {
        **calls,
        "ambiguous": round(extra * data.heldout_calls),
        "no_tool": data.heldout_no_tool,
    }
    heldout = _quotas(makers, heldout_counts, "heldout")
    notes = _notes(makers, shares, train)
    heldout_calls = sum(quota.rows for quota in heldout if quota.scenario in _CALLING)
    if heldout_calls < data.heldout_calls:
        notes += (
            f"heldout: {heldout_calls} calls of {data.heldout_calls}: the tools allow no more",
        )
    return Plan(train, heldout, notes)


def apportion(total: int, shares: dict[Scenario, float]) -> dict[Scenario, int]:
    """Whole numbers that sum to ``total``, by largest remainder; all to standard without shares."""
    weight = sum(shares.values())
    if not weight:
        return {"standard": total}
    exact = {name: total * share / weight for name, share in shares.items()}
    counts = {name: math.floor(value + 1e-9) for name, value in exact.items()}
    by_remainder = sorted(exact, key=lambda name: counts[name] - exact[name])
    for name in by_remainder[: total - sum(counts.values())]:
        counts[name] += 1
    return counts


def capacity(maker: ArgumentMaker, split: Split) -> int | None:
    """How many rows a tool can fill with different calls and texts; None without a limit."""
    count = maker.count()
    return None if count is None else count * TEXTS_PER_CALL[split]


def askable(maker: ArgumentMaker, makers: Sequence[ArgumentMaker] = ()) -> tuple[str, ...]:
    """The parameters that an assistant must ask for when the user leaves them out.

    ``makers``: those of all tools; what another one can do without asking is no reason to ask.
    """
    words = _words_of(maker.tool.name)
    simpler = [other for other in makers if _words_of(other.tool.name) < words]
    return tuple(
        name
        for name in maker.spoken_for
        if name in maker.required
        and not maker.is_wrapper(name)
        and "default" not in maker.settled(name)
        and maker.kind(name) not in ("boolean", "null")
        and not has_fallback(maker.settled(name).get("description", ""))
        and not _is_told_by(maker, name, makers)
        and not _is_verb(maker, name)
        and not any(_answers_without(other, maker, name) for other in simpler)
    )


def _is_told_by(maker: ArgumentMaker, name: str, makers: Sequence[ArgumentMaker]) -> bool:
    """Whether a description says that another tool, which needs nothing, tells the value."""
    described = maker.settled(name).get("description", "")
    return any(
        other.tool.name in described and other is not maker and not other.required
        for other in makers
    )


def _is_verb(maker: ArgumentMaker, name: str) -> bool:
    """Whether a parameter's values are what is to be done, which a request says by its verb."""
    values = maker.settled(name).get("enum", ())
    return bool(values) and all(
        isinstance(value, str) and leading_verb((*name_words(value)[:1], "")) for value in values
    )


@lru_cache(maxsize=4096)
def _words_of(tool: str) -> frozenset[str]:
    return frozenset(name_words(tool))


def _answers_without(simpler: ArgumentMaker, maker: ArgumentMaker, name: str) -> bool:
    """Whether a tool of fewer words does the same without a parameter: ``pods_list`` beside
    ``pods_list_in_namespace``."""
    return frozenset(simpler.required) <= frozenset(maker.required) - {name}


def difficulties(makers: Sequence[ArgumentMaker]) -> dict[str, float]:
    """How much there is to learn about each tool: its weight among the standard rows to train on.

    At least ``LEAST_WEIGHT`` of the mean, else one plus how much its words (name and description,
    as a Jaccard index) are those of the tool most like it, times one plus ``VALUE_WEIGHT`` for each
    value that every request says: a model has to learn to tell ``git_diff_staged`` and
    ``git_diff_unstaged`` apart, and to read three values off "convert 5 pm from Tokyo to Paris".
    """
    words = {
        maker.tool.name: frozenset(_WORD.findall(maker.about.casefold())) - _SMALL
        for maker in makers
    }
    weights = {}
    for maker in makers:
        name = maker.tool.name
        others = (_jaccard(words[name], words[other]) for other in words if other != name)
        values = sum(parameter in maker.required for parameter in maker.spoken_for)
        weights[name] = (1 + max(others, default=0)) * (1 + VALUE_WEIGHT * values)
    least = LEAST_WEIGHT * sum(weights.values()) / len(weights)
    return {name: max(weight, least) for name, weight in weights.items()}


def _weights(
    makers: Sequence[ArgumentMaker], tool_weights: Mapping[str, float]
) -> dict[str, float]:
    weights = difficulties(makers)
    if unknown := sorted(set(tool_weights) - set(weights)):
        raise UnusableData(
            f"data.tool_weights: no tool of the list is called {', '.join(unknown)}; "
            f"needed are some of {', '.join(weights)}"
        )
    return {tool: weight * tool_weights.get(tool, 1) for tool, weight in weights.items()}


def _jaccard(one: frozenset[str], other: frozenset[str]) -> float:
    return len(one & other) / len(one | other) if one | other else 0.0


def _tools_for(scenario: Scenario, makers: Sequence[ArgumentMaker]) -> list[ArgumentMaker]:
    if scenario == "ambiguous":
        return [maker for maker in makers if askable(maker, makers)]
    if scenario in ("edge", "error"):
        return [maker for maker in makers if maker.spoken_for]
    return list(makers)


def _quotas(
    makers: Sequence[ArgumentMaker],
    counts: dict[Scenario, int],
    split: Split,
    weights: Mapping[str, float] | None = None,
) -> tuple[Quota, ...]:
    remaining = {maker.tool.name: capacity(maker, split) for maker in makers}
    quotas: list[Quota] = []
    spare = 0
    for scenario in ("ambiguous", "edge", "error"):
        part = _spread(scenario, _tools_for(scenario, makers), counts.get(scenario, 0), remaining)
        quotas += part
        spare += counts.get(scenario, 0) - sum(quota.rows for quota in part)
    standard = counts.get("standard", 0) + spare
    part = _spread("standard", list(makers), standard, remaining, weights)
    spare = standard - sum(quota.rows for quota in part)
    # Held-out small talk cannot stand for a call; rows to train on are filled up with it.
    no_tool = counts.get("no_tool", 0) + (spare if split == "train" else 0)
    return (*part, *quotas, *([Quota("no_tool", None, no_tool)] if no_tool else []))


def _spread(
    scenario: Scenario,
    makers: list[ArgumentMaker],
    rows: int,
    rows_left: dict[str, int | None],
    weights: Mapping[str, float] | None = None,
) -> list[Quota]:
    """Rows to tools in turn; a tool that has no different calls left is passed over."""
    counts = {maker.tool.name: 0 for maker in makers}
    weight = dict.fromkeys(counts, 1.0) | dict(weights or {})
    open_tools = list(counts)
    while rows > 0 and open_tools:
        each = rows / sum(weight[name] for name in open_tools)
        for name in list(open_tools):
            share = max(int(each * weight[name] + 1e-9), 1)
            limit = rows_left[name] if scenario != "ambiguous" else None
            part = min(share, rows, rows if limit is None else limit)
            counts[name] += part
            rows -= part
            if limit is not None:
                rows_left[name] = limit - part
            if part < share and rows > 0:
                open_tools.remove(name)
    return [Quota(scenario, name, count) for name, count in counts.items() if count]


def _notes(
    makers: Sequence[ArgumentMaker], shares: dict[Scenario, float], train: Sequence[Quota]
) -> tuple[str, ...]:
    notes = []
    reasons: dict[Scenario, str] = {
        "ambiguous": "no required parameter that a user must give",
        "edge": "no parameter",
        "error": "no parameter",
    }
    for scenario, reason in reasons.items():
        having = {m.tool.name for m in _tools_for(scenario, makers)}
        lacking = {m.tool.name for m in makers} - having
        if shares[scenario] and lacking:
            notes.append(f"no {scenario} rows for {', '.join(sorted(lacking))}: {reason}")
    rows_by_tool = {
        m.tool.name: sum(q.rows for q in train if q.tool == m.tool.name) for m in makers
    }
    for maker in makers:
        count, limit = maker.count(), capacity(maker, "train")
        if limit is not None and rows_by_tool[maker.tool.name] >= limit:
            notes.append(
                f"{maker.tool.name}: {rows_by_tool[maker.tool.name]} training rows, "
                f"because it has only {count} different calls"
            )
    return tuple(notes)
