"""Is one tool, phrasing or value too frequent, and what of the held-out rows was trained on?"""

import json
from collections import Counter, defaultdict
from dataclasses import dataclass, field

from profiles import Quality
from tasks.domain.conversations import Row
from tasks.domain.products import Finding
from tasks.domain.reports import percent, shorten
from tasks.domain.toolcalls import ToolCall, schemas_of
from tasks.domain.writing.known_values import open_values
from tasks.domain.writing.values.maker import SMALL_POOL

ENOUGH = 24
"""Rows from which a share of them says something; with fewer, chance alone may double it."""


@dataclass
class Balance:
    """Counts what rows are about, one by one."""

    tools: Counter[str] = field(default_factory=Counter)
    offered: set[str] = field(default_factory=set)
    own_tools: set[str] = field(default_factory=set)
    """Tools that only a person's own rows offer: their lists need not be complete."""
    scenarios: Counter[str] = field(default_factory=Counter)
    families: Counter[str] = field(default_factory=Counter)
    values: dict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    """Of the training rows' calls: the values, as JSON, of each ``tool.parameter``."""
    value_counts: Counter[tuple[str, str]] = field(default_factory=Counter)
    """Of the training rows' calls: how many give a parameter, of any tool, this value (as JSON)."""
    only: dict[str, tuple[str, str] | None] = field(default_factory=dict)
    """The parameter and the value, as JSON, that a ``tool.parameter`` always has; None where it has
    several."""
    queries: list[tuple[str, str, list[tuple[str, str]]]] = field(default_factory=list)
    """Of each held-out row: its place, its family, and the values of its calls."""

    def train(self, row: Row, calls: list[ToolCall]) -> None:
        """Count a training row; ``calls`` are its calls, decoded."""
        self.scenarios[row.scenario] += 1
        self.families.update([row.phrasing] if row.phrasing else [])
        if not row.varied:  # other names, or not all of them
            # A row may ask back before it calls.
            self.tools.update([row.tool] if row.tool else [call.name for call in calls[:1]])
            offered = self.own_tools if row.source == "own" else self.offered
            offered.update(schemas_of(row.tools))
        self._note_constants(calls)
        for name, value in _values(row, calls):
            self.values[name][value] += 1

    def heldout(self, row: Row, place: str, calls: list[ToolCall]) -> None:
        """Note what a held-out row asks; of rows that a person brought nobody chose the values."""
        if row.source == "own":
            return
        self.queries.append((place, row.phrasing, _values(row, calls)))

    def is_constant(self, name: str) -> bool:
        """Whether a ``tool.parameter`` has one value in all of its calls: nobody says it.

        Several calls must have it, of this tool or of others with a parameter of that name.
        """
        same = self.only.get(name)
        return same is not None and self.value_counts[same] >= SMALL_POOL

    def _note_constants(self, calls: list[ToolCall]) -> None:
        for call in calls:
            for parameter, value in call.arguments.items():
                name = f"{call.name}.{parameter}"
                constant = (parameter, json.dumps(value, sort_keys=True))
                self.value_counts[constant] += 1
                if self.only.setdefault(name, constant) != constant:
                    self.only[name] = None

    def findings(self, quality: Quality) -> list[Finding]:
        """The verdicts."""
        return [
            self._rows_per_tool(quality.min_rows_per_tool),
            self._tools(quality.max_tool_imbalance),
            self._families(quality.max_family_share),
            self._values(quality.max_value_share),
            self._known_families(quality.max_leaked_phrasings),
            self._known_values(quality.max_leaked_value_share),
        ]

    def _rows_per_tool(self, least: int) -> Finding:
        offered = self.offered or self.own_tools
        few = [(name, rows) for name in sorted(offered) if (rows := self.tools[name]) < least]
        return Finding(
            rule="rows per tool",
            passed=not few,
            value=f"{len(few)} of {len(offered)} tools have fewer",
            requirement=f"at least {least} rows for each tool",
            count=len(few),
            example=", ".join(f"{name} {rows}" for name, rows in few[:4]),
            remedy="raise data.samples, add rows for these tools, or leave them out "
            "(include_tools)",
        )

    def _tools(self, allowed: float) -> Finding:
        even = self.tools.total() / max(len(self.offered or self.own_tools), 1)
        many = [(name, rows) for name, rows in self.tools.most_common() if rows > allowed * even]
        return Finding(
            rule="balance of tools",
            passed=not many,
            value=f"{len(many)} tools have more",
            requirement=f"at most {allowed:g} times the rows that equal parts would give",
            count=len(many),
            example=", ".join(f"{name} {rows} of {self.tools.total()}" for name, rows in many[:4]),
            remedy="add rows for the other tools, or leave rows of these out",
        )

    def _families(self, allowed: float) -> Finding:
        total = self.families.total()
        name, rows = (self.families.most_common(1) or [("", 0)])[0]
        share = rows / total if total else 0.0
        return Finding(
            rule="balance of phrasings",
            passed=share <= allowed or total < ENOUGH,
            value=f"the most frequent of {len(self.families)} families has {percent(share)}",
            requirement=f"at most {percent(allowed)}",
            count=rows,
            example=name,
            remedy="vary the wording: these rows are one sentence with other values",
        )

    def _values(self, allowed: float) -> Finding:
        shares = [
            (counts.most_common(1)[0], counts.total(), name)
            for name, counts in self.values.items()
            if self._is_open(name) and counts.total() >= ENOUGH
        ]
        many = [
            f"{name} is {value} in {rows} of {total} calls"
            for (value, rows), total, name in shares
            if rows > allowed * total
        ]
        return Finding(
            rule="balance of values",
            passed=not many,
            value=f"{len(many)} of {len(shares)} open parameters have one too often",
            requirement=f"no value in more than {percent(allowed)} of a parameter's calls",
            count=len(many),
            example=shorten(many[0]) if many else "",
            remedy="give the parameter more values (values in the server's profile), or drop rows",
        )

    def _known_families(self, allowed: int) -> Finding:
        leaks = [(place, family) for place, family, _ in self.queries if family in self.families]
        return Finding(
            rule="held-out phrasings are new",
            passed=len(leaks) <= allowed,
            value=f"{len(leaks)} of {len(self.queries)} held-out rows have a trained family",
            requirement=f"at most {allowed}",
            count=len(leaks),
            example=f"{leaks[0][0]} is of {leaks[0][1]!r}" if leaks else "",
            remedy="give each family of phrasings to one split",
        )

    def _known_values(self, allowed: float) -> Finding:
        candidates = [
            (place, name, value)
            for place, _, values in self.queries
            for name, value in values
            if self._is_open(name)
        ]
        leaks = [leak for leak in candidates if leak[2] in self.values[leak[1]]]
        share = len(leaks) / len(candidates) if candidates else 0.0
        first = "{} has {} = {}".format(*leaks[0]) if leaks else ""
        return Finding(
            rule="held-out values are new",
            passed=share <= allowed,
            value=f"{percent(share)} of {len(candidates)} values of open parameters are trained",
            requirement=f"at most {percent(allowed)}",
            count=len(leaks),
            example=shorten(first),
            remedy="hold out rows with values of their own, or give the parameter more values",
        )

    def _is_open(self, name: str) -> bool:
        # A shorter list of values is rightly shared by both splits.
        return len(self.values.get(name, ())) >= SMALL_POOL


def _values(row: Row, calls: list[ToolCall]) -> list[tuple[str, str]]:
    """The values that were drawn: those that a text means without saying them come with it."""
    open_calls = [
        call.model_copy(
            update={"arguments": {n: v for n, v in call.arguments.items() if n not in row.fixed}}
        )
        for call in calls
    ]
    return [value for call in open_calls for value in open_values(row.tools, call)]
