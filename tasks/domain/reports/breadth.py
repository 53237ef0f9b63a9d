"""What a model has kept beyond its server, as a section of the scorecard."""

from tasks.domain.products import Breadth
from tasks.domain.reports.markdown import points, rate, table
from tasks.domain.reports.scores import pairs_text

BREADTH_HEADER = ["category", "tuned", "base", "tuned - base"]


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


def breadth_markdown(breadth: Breadth | None) -> list[str]:
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
