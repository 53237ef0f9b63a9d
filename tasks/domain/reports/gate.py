"""What the quality gate saw, as a page."""

from tasks.domain.products import QualityReport
from tasks.domain.reports.markdown import cell, percent, table


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
