"""The gate's rules: rows and what a tokenizer makes of them → QualityReport."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median_low

from profiles import Quality
from tasks.domain import row_rules, similarity
from tasks.domain.conversations import Row
from tasks.domain.memory import lengths_of
from tasks.domain.products import Finding, QualityReport
from tasks.domain.reports import percent, shorten
from tasks.domain.similarity import Asked


@dataclass(frozen=True)
class EncodedRow:
    """A row as tokens, and which of them the loss sees."""

    ids: tuple[int, ...] | list[int]
    trained: list[bool]


@dataclass(frozen=True)
class _Place:
    """A row and where it stands, for messages."""

    row: Row
    name: str


ROW_RULES: dict[str, tuple[row_rules.RowRule, str]] = {
    "well-formed calls": (
        row_rules.malformed_call,
        "write arguments as a JSON object in tool_calls[].function.arguments",
    ),
    "known tools": (row_rules.unknown_tool, "name only tools of the row's tool list"),
    "arguments fit the schema": (
        row_rules.unfit_arguments,
        "correct the arguments, or forge again if the server's schema has changed",
    ),
    "named tool is called": (
        row_rules.other_tool_than_named,
        "set 'tool' to the tool that the first answer calls, or leave it out",
    ),
    "results follow calls": (
        row_rules.unanswered_call,
        "put one tool message behind each call, before the next turn",
    ),
    "ends with an answer": (
        row_rules.unfinished,
        "end each row with the assistant's text or call",
    ),
}
"""Rules on one row by itself: what is wrong with it, and what to do."""


def judge(
    train: Sequence[Row],
    heldout: Sequence[Row],
    quality: Quality,
    max_seq_length: int,
    encode: Callable[[Row], EncodedRow],
    planned: Mapping[str, float] | None = None,
) -> QualityReport:
    """Hold rows against every rule of the gate; all rules are always applied.

    Args:
        train: rows to train on, at least one.
        heldout: rows to evaluate on.
        quality: the profile's limits.
        max_seq_length: tokens that a row may have.
        encode: what the model's tokenizer and template make of a row.
        planned: the share of rows planned per scenario; None for rows that a user brought.
    """
    places = [_Place(row, f"train:{n}") for n, row in enumerate(train, 1)]
    places += [_Place(row, f"heldout:{n}") for n, row in enumerate(heldout, 1)]
    encoded = [encode(place.row) for place in places]
    prefix = _prefix_tokens(encoded)
    scenarios: Counter[str] = Counter(row.scenario for row in train)
    tools = Counter(row.tool for row in train if row.tool)
    findings = [
        *(_row_finding(rule, places, quality.min_valid_share) for rule in ROW_RULES),
        *similarity.findings(*_asked(places), quality),
        _rows_per_tool(train, tools, quality),
        *_coverage(scenarios, planned or {}, quality),
        _token_budget(places, encoded, prefix, max_seq_length),
        *_trained_tokens(places[: len(train)], encoded[: len(train)], prefix, quality),
    ]
    return QualityReport(
        findings=tuple(findings),
        rows=len(train),
        scenarios=dict(scenarios),
        tools=dict(tools),
        longest_row_tokens=max(len(row.ids) for row in encoded),
        median_row_tokens=median_low(len(row.ids) for row in encoded),
        prefix_tokens=prefix,
        trained_share=_trained_share(encoded[: len(train)]),
        row_lengths=lengths_of(
            [len(row.ids) for row in encoded[: len(train)]],
            prefix,
            _trained_share(encoded[: len(train)]),
        ),
    )


def refusal(report: QualityReport) -> str:
    """Why the data is not let through, as one line: each failed rule, an example, the remedy."""
    failed = [finding for finding in report.findings if not finding.passed]
    return f"{len(failed)} of {len(report.findings)} rules failed: " + " | ".join(
        _sentence(finding) for finding in failed
    )


def _sentence(finding: Finding) -> str:
    example = f"; for example {finding.example}" if finding.example else ""
    return (
        f"{finding.rule}: {finding.found}, need {finding.needed}{example}. To do: {finding.remedy}"
    )


def _row_finding(rule: str, places: Sequence[_Place], needed: float) -> Finding:
    check, remedy = ROW_RULES[rule]
    faults = [(place.name, check(place.row)) for place in places]
    wrong = [f"{name} {fault}" for name, fault in faults if fault]
    right = 1 - len(wrong) / len(places)
    return Finding(
        rule=rule,
        passed=right >= needed,
        found=f"{len(wrong)} of {len(places)} rows wrong",
        needed=f"at least {percent(needed)} right",
        count=len(wrong),
        example=shorten(wrong[0]) if wrong else "",
        remedy=remedy,
    )


def _asked(places: Sequence[_Place]) -> tuple[list[Asked], list[Asked]]:
    # A row whose call cannot be decoded was named by its own rule already.
    rows = [
        similarity.asked(place.row, place.name)
        for place in places
        if not row_rules.malformed_call(place.row)
    ]
    train = [row for row in rows if row.place.startswith("train")]
    return train, rows[len(train) :]


def _rows_per_tool(train: Sequence[Row], tools: Mapping[str, int], quality: Quality) -> Finding:
    offered = sorted({tool["function"]["name"] for row in train for tool in row.tools})
    few = [(name, tools.get(name, 0)) for name in offered]
    few = [(name, rows) for name, rows in few if rows < quality.min_rows_per_tool]
    return Finding(
        rule="rows per tool",
        passed=not few,
        found=f"{len(few)} of {len(offered)} tools have fewer",
        needed=f"at least {quality.min_rows_per_tool} rows for each tool",
        count=len(few),
        example=", ".join(f"{name} {rows}" for name, rows in few[:4]),
        remedy="raise data.samples, add rows for these tools, or leave them out (include_tools)",
    )


def _coverage(
    scenarios: Mapping[str, int], planned: Mapping[str, float], quality: Quality
) -> list[Finding]:
    if not planned:
        return []
    rows = sum(scenarios.values())
    part = quality.min_scenario_share
    few = [
        f"{name} {percent(scenarios.get(name, 0) / rows)} of {percent(share)} planned"
        for name, share in planned.items()
        if scenarios.get(name, 0) < part * share * rows
    ]
    return [
        Finding(
            rule="scenario coverage",
            passed=not few,
            found=f"{len(few)} of {len(planned)} scenarios have fewer",
            needed=f"at least {percent(part)} of each planned share",
            count=len(few),
            example=", ".join(few),
            remedy="raise data.samples, or plan fewer rows of that kind in data.scenarios",
        )
    ]


def _token_budget(
    places: Sequence[_Place], encoded: Sequence[EncodedRow], prefix: int, limit: int
) -> Finding:
    lengths = [len(row.ids) for row in encoded]
    long = [index for index, length in enumerate(lengths) if length > limit]
    longest = max(range(len(lengths)), key=lengths.__getitem__)
    return Finding(
        rule="token budget",
        passed=not long,
        found=f"{len(long)} rows are longer; the longest has {lengths[longest]} tokens, "
        f"{prefix} of them the prefix that all rows share",
        needed=f"at most {limit} tokens",
        count=len(long),
        example=places[longest].name if long else "",
        remedy="raise training.max_seq_length, lower data.max_result_chars, or use fewer tools",
    )


def _trained_tokens(
    places: Sequence[_Place], encoded: Sequence[EncodedRow], prefix: int, quality: Quality
) -> list[Finding]:
    pairs = list(zip(places, encoded, strict=True))
    # With one text only, the shared prefix reaches into the answer and shows nothing.
    has_texts = len({place.row.user_text for place in places}) > 1
    share = _trained_share(encoded)
    mute = [place.name for place, row in pairs if not any(row.trained)]
    leaking = [place.name for place, row in pairs if has_texts and any(row.trained[:prefix])]
    remedy = "the chat template does not mark the assistant's turns as training needs them"
    return [
        Finding(
            rule="share of trained tokens",
            passed=share >= quality.min_trained_share,
            found=percent(share),
            needed=f"at least {percent(quality.min_trained_share)}",
            remedy="use fewer tools, or shorten their descriptions: the tool list fills the rows",
        ),
        _names("every row teaches", mute, "no row without a trained token", remedy),
        _names("system text is not trained", leaking, "no trained token in the prefix", remedy),
    ]


def _names(rule: str, names: Sequence[str], needed: str, remedy: str) -> Finding:
    return Finding(
        rule=rule,
        passed=not names,
        found=f"{len(names)} rows",
        needed=needed,
        count=len(names),
        example=names[0] if names else "",
        remedy=remedy,
    )


def _prefix_tokens(encoded: Iterable[EncodedRow]) -> int:
    # What the least and the greatest row share, all rows between them share.
    rows = [tuple(row.ids) for row in encoded]
    least, greatest = min(rows), max(rows)
    pairs = enumerate(zip(least, greatest, strict=False))
    return next((index for index, (left, right) in pairs if left != right), len(least))


def _trained_share(encoded: Iterable[EncodedRow]) -> float:
    rows = list(encoded)
    tokens = sum(len(row.ids) for row in rows)
    return sum(sum(row.trained) for row in rows) / tokens if tokens else 0.0
