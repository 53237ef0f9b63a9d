"""The gate's rules: rows and what a tokenizer makes of them → QualityReport.

Rows are read once, one by one, and only what the rules compare is kept: a file may be larger than
memory.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import partial

from profiles import Quality
from tasks.domain.conversations import Row, place_of
from tasks.domain.errors import UnusableModel
from tasks.domain.gate import row_rules, similarity
from tasks.domain.gate.balance import Balance
from tasks.domain.gate.similarity import Exchange
from tasks.domain.gate.token_rules import EncodedRow, TokenTally
from tasks.domain.products import Finding, QualityReport
from tasks.domain.reports import percent, shorten
from tasks.domain.training.memory import lengths_of
from tasks.domain.untrusted.control_tokens import ControlTokens

RowRules = Mapping[str, tuple[row_rules.RowRule, str]]
"""Rules on one row by itself: what is wrong with it, and what to do."""
ROW_RULES: RowRules = {
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
"""Those that hold for every model."""


def rules_for(control: ControlTokens) -> RowRules:
    """The rules on single rows for a model with these control tokens."""
    remedy = "take these rows out, or write the value otherwise: for this model it is a token"
    no_control_token = partial(row_rules.called_control_token, control=control)
    return {**ROW_RULES, "calls hold no control token": (no_control_token, remedy)}


def judge(
    train: Iterable[Row],
    heldout: Iterable[Row],
    quality: Quality,
    max_seq_length: int,
    encode: Callable[[Row], EncodedRow],
    planned: Mapping[str, float] | None = None,
    rules: RowRules = ROW_RULES,
) -> QualityReport:
    """Hold rows against every rule of the gate; all rules are always applied.

    Args:
        train: rows to train on, at least one.
        heldout: rows to evaluate on.
        quality: the profile's limits.
        max_seq_length: tokens that a row may have.
        encode: what the model's tokenizer and template make of a row.
        planned: the share of rows planned per scenario; None for rows that a user brought.
        rules: those on single rows.

    Raises:
        UnusableModel: the chat template cannot render a row; the message has its place.
    """
    tally = _Tally(encode, rules)
    for number, row in enumerate(train, 1):
        tally.add(row, place_of(row, "train", number), is_train=True)
    for number, row in enumerate(heldout, 1):
        tally.add(row, place_of(row, "heldout", number), is_train=False)
    balance, tokens = tally.balance, tally.tokens
    findings = [
        *(tally.row_finding(rule, quality.min_valid_share) for rule in rules),
        tally.recoverable(quality.min_recoverable_share),
        *similarity.findings(tally.train, tally.heldout, quality),
        *balance.findings(quality),
        *_coverage(balance.scenarios, planned or {}, quality),
        *tokens.findings(quality, max_seq_length),
    ]
    return QualityReport(
        findings=tuple(findings),
        rows=balance.scenarios.total(),
        scenarios=dict(balance.scenarios),
        tools=dict(balance.tools),
        longest_row_tokens=tokens.longest,
        median_row_tokens=tokens.median,
        prefix_tokens=tokens.prefix,
        trained_share=tokens.trained_share,
        row_lengths=lengths_of(tokens.train_lengths, tokens.prefix, tokens.trained_share),
    )


@dataclass
class _Tally:
    """What is kept of the rows that were read."""

    encode: Callable[[Row], EncodedRow]
    rules: RowRules
    tokens: TokenTally = field(default_factory=TokenTally)
    balance: Balance = field(default_factory=Balance)
    train: list[Exchange] = field(default_factory=list)
    heldout: list[Exchange] = field(default_factory=list)
    rows: int = 0
    calling: int = 0
    wrong: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    """The faults by rule, each with its row's place."""
    unsaid: list[tuple[str, str, str]] = field(default_factory=list)
    """(place, tool.parameter, value) where the conversation does not say the value."""

    def add(self, row: Row, place: str, is_train: bool) -> None:
        """Read a row."""
        self.rows += 1
        try:
            self.tokens.add(row, place, self.encode(row), is_train)
        except UnusableModel as error:
            raise UnusableModel(f"{place}: {error}") from error
        for rule, (check, _) in self.rules.items():
            if fault := check(row):
                self.wrong[rule].append(shorten(f"{place} {fault}"))
        calls = row_rules.decodable(row)
        if is_train:
            self.balance.train(row, calls)
        else:
            self.balance.heldout(row, place, calls)
        # A row whose call cannot be decoded was named by its own rule already.
        if not row_rules.malformed_call(row):
            (self.train if is_train else self.heldout).append(similarity.exchange_of(row, place))
            self.calling += bool(calls)
            self.unsaid += [(place, *value) for value in row_rules.unsaid(row)]

    def row_finding(self, rule: str, least: float) -> Finding:
        """The verdict of a rule on single rows."""
        wrong = self.wrong[rule]
        return Finding(
            rule=rule,
            passed=1 - len(wrong) / self.rows >= least,
            value=f"{len(wrong)} of {self.rows} rows wrong",
            requirement=f"at least {percent(least)} right",
            count=len(wrong),
            example=wrong[0] if wrong else "",
            remedy=self.rules[rule][1],
        )

    def recoverable(self, least: float) -> Finding:
        """Whether the calls' values can be read off the conversations."""
        # What is the same in every call, the model learns without being told.
        ungrounded = [value for value in self.unsaid if not self.balance.is_constant(value[1])]
        rows = len({place for place, _, _ in ungrounded})
        share = 1 - rows / self.calling if self.calling else 1.0
        return Finding(
            rule="values can be read off the text",
            passed=share >= least,
            value=f"{rows} of {self.calling} rows with calls have a value that nobody said",
            requirement=f"at least {percent(least)} without",
            count=rows,
            example=shorten("{}: {} = {}".format(*ungrounded[0])) if ungrounded else "",
            remedy="say the value in the text, or correct the call",
        )


def refusal(report: QualityReport) -> str:
    """Why the data is not let through, as one line: each failed rule, an example, the remedy."""
    failed = [finding for finding in report.findings if not finding.passed]
    return f"{len(failed)} of {len(report.findings)} rules failed: " + " | ".join(
        _sentence(finding) for finding in failed
    )


def _sentence(finding: Finding) -> str:
    example = f"; for example {finding.example}" if finding.example else ""
    fault = f"{finding.rule}: {finding.value}, need {finding.requirement}{example}"
    return f"{fault}. To do: {finding.remedy}"


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
            value=f"{len(few)} of {len(planned)} scenarios have fewer",
            requirement=f"at least {percent(part)} of each planned share",
            count=len(few),
            example=", ".join(few),
            remedy="raise data.samples, or plan fewer rows of that kind in data.scenarios",
        )
    ]
