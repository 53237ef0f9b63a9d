"""The scorecard: the tuned model beside its base and the models that learned nothing."""

from collections.abc import Sequence

from profiles import Thresholds
from tasks.domain.products import BenchmarkReport, Comparison, Latency, Rate, Score
from tasks.domain.reports.cells import cell, inline, percent, rate, shown_metrics, table
from tasks.domain.reports.comparing import adapter_markdown, breadth_markdown, pairs_text
from tasks.domain.reports.confidence import confidence_markdown
from tasks.domain.toolcalls import ConfusedTools


def scorecard_markdown(report: BenchmarkReport, thresholds: Thresholds) -> str:
    """The tuned model beside its base and beside trivial baselines, rate by rate."""
    least = thresholds.model_dump()
    served = {"as served": report.served.score} if report.served else {}
    others = {"always one call": report.constant_call, "never a call": report.never_call}
    scores = {"tuned": report.tuned, **served, "base": report.base, **others}
    columns = list(scores.values())
    rows = [
        [label, *(rate(getattr(score, name)) for score in columns), _threshold(least.get(name))]
        for name, label in shown_metrics(columns).items()
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
        *breadth_markdown(report.breadth),
        _latency(report.latency),
        *_examples(report.examples),
    ]
    return "\n".join(parts)


def confusion_markdown(pairs: Sequence[ConfusedTools]) -> str:
    """The pairs of tools of which one was called instead of the other."""
    if not pairs:
        return "## Confused tools\n\nNone: every call was of the expected tool.\n"
    rows = [
        [*map(cell, (p.expected_tool, p.called_tool)), str(p.count), cell(p.example)] for p in pairs
    ]
    head = "## Confused tools\n\nOf all held-out and hand-written prompts.\n\n"
    return head + table(["expected", "called", "prompts", "for example"], rows)


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


def _cut_thoughts(scores: Sequence[Score]) -> list[str]:
    if "finished" not in shown_metrics(scores):
        return []
    return ["An answer that was cut off inside its thought counts in no other rate.\n"]


def _compared(between: Comparison | None) -> list[str]:
    if between is None or not between.prompts:
        return []
    return [f"{pairs_text(between)}.\n"]


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
    return ["### Examples\n", "".join(f"- {inline(example)}\n" for example in examples)]
