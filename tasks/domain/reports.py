"""What a person reads of a run, as GitHub-flavoured Markdown: gate, validation and scorecard."""

from collections.abc import Iterable, Sequence

from profiles import Model, Profile, Thresholds
from tasks.domain.products import (
    AdapterComparison,
    BenchmarkReport,
    Breadth,
    Comparison,
    ConfidenceReport,
    GeneralLoss,
    Latency,
    LoopCase,
    QualityReport,
    Rate,
    Score,
    ThresholdEffect,
    TrainingPlan,
    ValidationReport,
)
from tasks.domain.toolcalls import ConfusedTools
from tasks.domain.training.memory import GIB, MARGIN
from tasks.domain.untrusted.printable import on_one_line

MAX_CELL = 160
_MARKS = str.maketrans({**{sign: f"\\{sign}" for sign in "\\`[|"}, "<": "&lt;"})
METRICS = {
    "parse_rate": "parse rate",
    "schema_validity": "schema validity",
    "tool_selection": "tool-selection accuracy",
    "exact_match": "exact match, values included",
    "abstention": "abstention accuracy",
    "finished": "came to the end of its thought",
}
ADAPTER_METRICS = {"exact_match": "exact match", "tool_selection": "tool-selection accuracy"}


def shorten(text: str) -> str:
    """A text on one line, cut visibly at MAX_CELL characters."""
    line = " ".join(text.split())
    return line if len(line) <= MAX_CELL else line[: MAX_CELL - 1] + "…"


def cell(text: str) -> str:
    """``inline`` text that is not too long for a table."""
    return inline(shorten(text))


def inline(text: str) -> str:
    """Text on one line that stays text in Markdown: no bar, tag, link, picture or code of its own.

    A tool's description is written by whoever wrote the server; a picture in it would be fetched
    from wherever it lies by everybody who opens the page.
    """
    return on_one_line(" ".join(text.split())).translate(_MARKS)


def table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A GFM table with its final newline."""
    lines = [header, ["---"] * len(header), *rows]
    return "".join("| " + " | ".join(line) + " |\n" for line in lines)


def percent(share: float) -> str:
    """A share as people read it: 91.0 %."""
    return f"{100 * share:.1f} %"


def points(difference: float, low: float, high: float) -> str:
    """A difference of two shares in percentage points, with its 95 % interval."""
    return f"{100 * difference:+.1f} points [{100 * low:+.1f}, {100 * high:+.1f}]"


def general_loss(measured: GeneralLoss | None) -> str:
    """The loss on general text; a training should make it at most a twentieth higher."""
    if measured is None:
        return "not measured"
    return f"base {measured.base:.3f}, tuned {measured.tuned:.3f} ({100 * measured.change:+.1f} %)"


def gib(size: float) -> str:
    """Bytes as people compare memory: in GiB."""
    return f"{size / GIB:.1f} GiB"


def rate(share: Rate) -> str:
    """A rate with its 95 % interval and its n."""
    if not share.total:
        return "-"
    low, high = 100 * share.low, 100 * share.high
    return f"{percent(share.value)} [{low:.1f}, {high:.1f}] n={share.total}"


def quality_markdown(report: QualityReport) -> str:
    """What the gate saw, as a page: the rules, then what the rows are."""
    verdict = "Let through." if report.passed else "Refused."
    rules = [
        [
            "✓" if finding.passed else "✗",
            *map(cell, (finding.rule, finding.value, finding.requirement, finding.example)),
            "" if finding.passed else cell(finding.remedy),
        ]
        for finding in report.findings
    ]
    facts = [
        ["rows to train on", str(report.rows)],
        ["tokens of the longest row", str(report.longest_row_tokens)],
        ["tokens of the median row", str(report.median_row_tokens)],
        ["tokens of the prefix that all rows share", str(report.prefix_tokens)],
        ["share of tokens that the loss sees", percent(report.trained_share)],
        *([f"rows of scenario {cell(name)}", str(n)] for name, n in report.scenarios.items()),
        *([f"rows that call {cell(name)}", str(n)] for name, n in report.tools.items()),
    ]
    return "\n".join(
        [
            f"## Quality gate\n\n{verdict}\n",
            table(["", "rule", "found", "needed", "example", "remedy"], rules),
            table(["fact", ""], facts),
        ]
    )


def plan_markdown(plan: TrainingPlan, model: Model, profile: Profile) -> str:
    """What a training takes on this device, part by part."""
    estimate, device = plan.estimate, plan.device
    fits = estimate.total <= device.free
    setting = profile.training.gradient_checkpointing
    parts = {
        f"weights of {model.name}": estimate.weights,
        "adapter": estimate.adapter,
        "its gradients": estimate.gradients,
        "its optimiser's states": estimate.optimizer,
        "kept for the backward pass": estimate.activations,
        "worked with meanwhile": estimate.working,
        "libraries" if device.kind == "CPU" else "CUDA context": estimate.runtime,
        "**all**": estimate.total,
        f"free {device.name}": device.free,
    }
    largest = estimate.largest
    lines = [
        f"## Will {model.name} with {profile.name} fit? {'Yes.' if fits else 'No.'}\n",
        table(["", "GiB"], [[name, f"{size / GIB:.2f}"] for name, size in parts.items()]),
        f"At most {largest.tokens} tokens of {largest.rows} rows are computed at once. Gradient "
        f"checkpointing: {estimate.checkpointing} (the profile says {setting}"
        + (f"; off where {MARGIN:g} x the estimate is free" if setting == "auto" else "")
        + ").\n",
        f"Expected time: about {_duration(plan.seconds)} on an idle machine, by a probe of one "
        "matrix product; a factor of two either way is usual.\n",
    ]
    return "\n".join(lines)


def scorecard_markdown(report: BenchmarkReport, thresholds: Thresholds) -> str:
    """The tuned model beside its base and beside trivial baselines, rate by rate."""
    least = thresholds.model_dump()
    served = {"as served": report.served.score} if report.served else {}
    others = {"always one call": report.constant_call, "never a call": report.never_call}
    scores = {"tuned": report.tuned, **served, "base": report.base, **others}
    columns = list(scores.values())
    rows = [
        [label, *(rate(getattr(score, name)) for score in columns), _threshold(least.get(name))]
        for name, label in _metrics(columns).items()
    ]
    rows.append(
        ["mean of exact match and abstention", *(percent(score.mean) for score in columns), ""]
    )
    header = ["", *scores, "needed"]
    parts = [
        "## Scorecard\n\nHeld-out prompts; 95 % Wilson intervals in brackets. The base was asked "
        "those that its n says, chosen by chance with every kind's share.\n",
        table(header, rows),
        *_requests(report.requests),
        *_compared(report.compared),
        *([adapter_markdown(report.adapter)] if report.adapter else []),
        *_served(report),
        *_cut_thoughts(columns),
        *_prompting(report),
        *_hand_written(report),
        *confidence_markdown(report.confidence),
        *_breakdown("Exact match per tool", report.tuned.by_tool, report.base.by_tool),
        *_breakdown("Per scenario, right", report.tuned.by_scenario, report.base.by_scenario),
        *_breadth(report.breadth),
        _latency(report.latency),
        *_examples(report.examples),
    ]
    return "\n".join(parts)


def adapter_markdown(comparison: AdapterComparison) -> str:
    """The file that ships and the adapter that it was made from, in one sentence."""
    comparisons: dict[str, Comparison] = {
        label: getattr(comparison, name) for name, label in ADAPTER_METRICS.items()
    }
    figures = "; ".join(
        f"{label} {percent(one.tuned)} and {percent(one.base)}, "
        f"{points(one.difference, one.low, one.high)}"
        for label, one in comparisons.items()
    )
    return (
        "The file beside the adapter as it was trained, on the same "
        f"{comparison.exact_match.prompts} held-out prompts: {figures}.\n"
    )


def confusion_markdown(pairs: Sequence[ConfusedTools]) -> str:
    """The pairs of tools of which one was called instead of the other."""
    if not pairs:
        return "## Confused tools\n\nNone: every call was of the expected tool.\n"
    rows = [
        [*map(cell, (p.expected_tool, p.called_tool)), str(p.count), cell(p.example)] for p in pairs
    ]
    return "## Confused tools\n\n" + table(["expected", "called", "prompts", "for example"], rows)


def _served(report: BenchmarkReport) -> list[str]:
    if report.served is None:
        return []
    lines = [
        "As served: calls kept to the schemas of the tools by llama.cpp (`--grammar`), which "
        f"changed {report.served.changed} answers to the held-out prompts"
    ]
    if report.hand_written_served is not None:
        served = report.hand_written_served
        lines.append(f" and {served.changed} to the hand-written ones: {_line(served.score)}")
    if report.free_tools:
        names = ", ".join(map(inline, report.free_tools))
        lines.append(f". It cannot express the schema of {names}: arguments may be any there")
    return ["".join(lines) + ".\n"]


def _prompting(report: BenchmarkReport) -> list[str]:
    """How the tools stood in the prompts, where they were not all listed."""
    prompt, lines = report.prompt, []
    if prompt.selected:
        lines.append(
            f"Prompts list the {prompt.selected} tools that fit the request; they hold the right "
            f"ones for {_rate_or_none(report.recall)} of the held-out requests and for "
            f"{_rate_or_none(report.hand_written_recall)} of the hand-written ones.\n"
        )
    if prompt.mode in ("names", "none"):
        listing = "the names of the tools alone" if prompt.mode == "names" else "no tools"
        lines.append(
            f"Prompts list {listing}: the model knows them. The base, which does not, was shown "
            f"the {prompt.base_selected} tools that fit the request.\n"
        )
    both = {"with a list": report.listed, "without": report.unlisted}
    lines += [f"Prompts {how}: {_line(score)}.\n" for how, score in both.items() if score]
    if prompt.trims:
        lines.append(f"The tool list went through {prompt.trims} steps of trimming.\n")
    return lines


def _rate_or_none(measured: Rate | None) -> str:
    return rate(measured) if measured else "-"


def _requests(who: str) -> list[str]:
    return [f"In the training rows, {inline(who)}.\n"] if who else []


def validation_markdown(report: ValidationReport) -> str:
    """The loops that were really run: rates, thresholds that were missed, and each loop."""
    verdict = "Passed." if not report.failures else "Failed."
    parts = [
        f"## Validation\n\n{verdict} Loops completed: {rate(report.completion)}\n",
        "".join(f"- {cell(failure)}\n" for failure in report.failures),
        adapter_markdown(report.adapter) if report.adapter else "",
        table(
            ["first answers to all held-out prompts", ""],
            [
                [label, rate(getattr(report.score, name))]
                for name, label in _metrics([report.score]).items()
            ],
        ),
        table(
            ["scenario", "completed"],
            [[name, rate(share)] for name, share in report.by_scenario.items()],
        ),
        table(
            ["", "scenario", "tool", "prompt", "said", "result", "answer", "why not"],
            [_loop(case) for case in report.cases],
        ),
    ]
    return "\n".join(part for part in parts if part)


def _duration(seconds: float) -> str:
    if seconds < 120:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 7200 else f"{seconds / 3600:.1f} h"


def _metrics(scores: Sequence[Score]) -> dict[str, str]:
    """The rates that a table shows: that of thoughts only where one was cut off."""
    has_unfinished = any(score.finished.hits < score.finished.total for score in scores)
    return {name: label for name, label in METRICS.items() if has_unfinished or name != "finished"}


def _cut_thoughts(scores: Sequence[Score]) -> list[str]:
    if "finished" not in _metrics(scores):
        return []
    return ["An answer that was cut off inside its thought counts in no other rate.\n"]


def _compared(between: Comparison | None) -> list[str]:
    if between is None or not between.prompts:
        return []
    return [f"{pairs_text(between)}.\n"]


def pairs_text(between: Comparison) -> str:
    """Two models on the same prompts, in one sentence."""
    return (
        f"On the same {between.prompts} prompts the tuned model is right where the base is not in "
        f"{between.only_tuned}, the base where the tuned model is not in {between.only_base}, both "
        f"in {between.both}: {points(between.difference, between.low, between.high)} "
        f"(exact McNemar test: p = {between.p_value:.2g})"
    )


def breadth_rows(breadth: Breadth) -> list[list[str]]:
    """For each category, and for all together: its name, tuned, base, their difference."""
    return [
        [
            name,
            rate(one.tuned),
            rate(one.base),
            points(one.compared.difference, one.compared.low, one.compared.high)
            if one.compared.prompts
            else "-",
        ]
        for name, one in [*breadth.categories.items(), ("all", breadth.overall)]
    ]


BREADTH_HEADER = ["category", "tuned", "base", "tuned - base"]


def _breadth(breadth: Breadth | None) -> list[str]:
    if breadth is None:
        return []
    return [
        "### Breadth\n",
        "Requests for functions that have nothing to do with the server: the Berkeley Function "
        f"Calling Leaderboard (BFCL v4, {breadth.source}), drawn by chance (seed {breadth.seed}) "
        "and judged by its own checker. Prompts and decoding are ours, so these are no figures of "
        "that leaderboard.\n",
        table(BREADTH_HEADER, breadth_rows(breadth)),
        f"{pairs_text(breadth.overall.compared)}.\n",
    ]


def _latency(latency: Latency) -> str:
    beside = f", {latency.at_once} at once" if latency.at_once > 1 else ""
    return (
        f"Latency of one answer{beside}: median {latency.p50:.2f} s, "
        f"95th percentile {latency.p95:.2f} s.\n"
    )


def _threshold(share: float | None) -> str:
    return "" if share is None else percent(share)


def _hand_written(report: BenchmarkReport) -> list[str]:
    if report.hand_written is None:
        return []
    line = f"Hand-written test prompts: tuned {_line(report.hand_written)}"
    if report.hand_written_base is not None:
        line += f"; base {_line(report.hand_written_base)}"
    return [line + ".\n", *_compared(report.hand_written_compared)]


def confidence_markdown(report: ConfidenceReport | None) -> list[str]:
    """What the model's own probabilities say of its answers, and what their threshold brings."""
    if report is None:
        return []
    sets = {"held-out rows, cross-validated": report.heldout}
    if report.hand_written is not None:
        sets["hand-written test prompts"] = report.hand_written
    rows = {
        "right, of the half that it is surest of": [rate(s.curve.half) for s in sets.values()],
        "right, of all": [rate(s.curve.all) for s in sets.values()],
        "expected by its confidence": [percent(s.curve.mean_confidence) for s in sets.values()],
        "area under risk and coverage": [f"{s.curve.area:.3f}" for s in sets.values()],
        "area where the order says nothing": [
            f"{1 - s.curve.all.value:.3f}" for s in sets.values()
        ],
        "calls held back below the threshold": [_held_back(s.effect) for s in sets.values()],
        "exact match with it": [_paired(s.effect.exact_match) for s in sets.values()],
        "abstention accuracy with it": [_paired(s.effect.abstention) for s in sets.values()],
        "mean of both": [
            f"{percent(s.effect.without)} → {percent(s.effect.with_threshold)}"
            for s in sets.values()
        ],
    }
    threshold = report.calibration.threshold
    return [
        f"### Confidence\n\nFitted on {report.calibration.prompts} held-out rows "
        f"({report.calibration.method}); `--min-confidence auto` holds a call back below "
        f"{threshold:.3f}.\n",
        table(["", *sets], [[name, *cells] for name, cells in rows.items()]),
    ]


def _held_back(effect: ThresholdEffect) -> str:
    return (
        f"{effect.held_back} of {effect.calls} calls, {effect.wrong_held_back} of "
        f"{effect.wrong_calls} wrong ones"
    )


def _paired(between: Comparison) -> str:
    if not between.prompts:
        return "-"
    change = points(between.difference, between.low, between.high)
    return f"{percent(between.base)} → {percent(between.tuned)}: {change}"


def _line(score: Score) -> str:
    return f"exact match {rate(score.exact_match)}, abstention {rate(score.abstention)}"


def _breakdown(title: str, tuned: dict[str, Rate], base: dict[str, Rate]) -> list[str]:
    if not tuned:
        return []
    nothing = Rate(hits=0, total=0, low=0, high=1)
    rows = [[cell(name), rate(tuned[name]), rate(base.get(name, nothing))] for name in tuned]
    return [f"### {title}\n", table(["", "tuned", "base"], rows)]


def _examples(examples: Sequence[str]) -> list[str]:
    if not examples:
        return []
    return ["### Examples\n", "".join(f"- {cell(example)}\n" for example in examples)]


def _loop(case: LoopCase) -> list[str]:
    mark = "✓" if case.completed else "✗"
    tool = (case.tool or "-") + (" (simulated)" if case.simulated else "")
    texts = [tool, case.prompt, case.first_answer, case.result, case.answer, case.reason]
    return [mark, case.scenario, *map(cell, texts)]
