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
        table(
            ["first answers to all held-out prompts", ""],
            [
                [label, rate(getattr(report.score, name))]
                for name, label in shown_metrics([report.score]).items()
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


def _loop(case: LoopCase) -> list[str]:
    mark = "✓" if case.completed else "✗"
    tool = (case.tool or "-") + (" (simulated)" if case.simulated else "")
    texts = [tool, case.prompt, case.first_answer, case.result, case.answer, case.reason]
    return [mark, case.scenario, *map(cell, texts)]
