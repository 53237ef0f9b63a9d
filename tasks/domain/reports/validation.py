"""The tool loops that were really run, as a page."""

from tasks.domain.products import LoopCase, ValidationReport
from tasks.domain.reports.cells import cell, rate, shown_metrics, table
from tasks.domain.reports.comparing import adapter_markdown


def validation_markdown(report: ValidationReport) -> str:
    """The loops that were really run: rates, thresholds that were missed, and each loop."""
    verdict = "Passed." if not report.failures else "Failed."
    parts = [
        f"## Validation\n\n{verdict} Loops completed: {rate(report.completion)}\n",
        "".join(f"- {cell(failure)}\n" for failure in report.failures),
        adapter_markdown(report.adapter) if report.adapter else "",
        _first_answers(report),
        table(
            ["scenario", "completed"],
            [[name, rate(share)] for name, share in report.by_scenario.items()],
        ),
        "### Loops\n",
        "".join(map(_loop, report.cases)),
    ]
    return "\n".join(part for part in parts if part)


def _first_answers(report: ValidationReport) -> str:
    """The rates of the model, and beside them those that the thresholds judge, if others."""
    scores = {"": report.score}
    if report.judged and report.judged != report.score:
        scores = {"raw": report.score, "as served, which thresholds judge": report.judged}
    columns = list(scores.values())
    return table(
        ["first answers to all held-out prompts", *scores],
        [
            [label, *(rate(getattr(score, name)) for score in columns)]
            for name, label in shown_metrics(columns).items()
        ],
    )


def _loop(case: LoopCase) -> str:
    """One loop as a list: a table of so many texts is wider than Prefect's page."""
    words = [case.scenario, cell(case.tool or ""), "simulated" * case.simulated]
    reason = f": {cell(case.reason)}" if case.reason else ""
    texts = {
        "prompt": case.prompt,
        "first answer": case.first_answer,
        "result": case.result,
        "answer": case.answer,
    }
    lines = [f"- {'✓' if case.completed else '✗'} {', '.join(filter(None, words))}{reason}"]
    lines += [f"  - {name}: {cell(text)}" for name, text in texts.items() if text]
    return "\n".join(lines) + "\n"
