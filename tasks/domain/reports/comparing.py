"""Two models on the same prompts, as a person reads it."""

from tasks.domain.products import AdapterComparison, Breadth, Comparison, GeneralLoss
from tasks.domain.reports.cells import percent, points, rate, table

_ADAPTER_METRICS = {"exact_match": "exact match", "tool_selection": "tool-selection accuracy"}


def general_loss(measured: GeneralLoss | None) -> str:
    """The loss on general text; a training should make it at most a twentieth higher."""
    if measured is None:
        return "not measured"
    return f"base {measured.base:.3f}, tuned {measured.tuned:.3f} ({100 * measured.change:+.1f} %)"


def pairs_text(between: Comparison) -> str:
    """Two models on the same prompts, in one sentence."""
    return (
        f"On the same {between.prompts} prompts the tuned model is right where the base is not in "
        f"{between.only_tuned}, the base where the tuned model is not in {between.only_base}, both "
        f"in {between.both}: {points(between)} "
        f"(exact McNemar test: p = {between.p_value:.2g})"
    )


def adapter_comparisons(comparison: AdapterComparison) -> list[tuple[str, Comparison]]:
    """(metric in words, file beside adapter) of each that is compared."""
    return [(label, getattr(comparison, name)) for name, label in _ADAPTER_METRICS.items()]


def adapter_markdown(comparison: AdapterComparison) -> str:
    """The file that ships and the adapter that it was made from, in one sentence."""
    figures = "; ".join(
        f"{label} {percent(one.tuned)} and {percent(one.base)}, {points(one)}"
        for label, one in adapter_comparisons(comparison)
    )
    return (
        "The file beside the adapter as it was trained, on the same "
        f"{comparison.exact_match.prompts} held-out prompts: {figures}.\n"
    )


BREADTH_HEADER = ["category", "tuned", "base", "tuned - base"]


def breadth_rows(breadth: Breadth) -> list[list[str]]:
    """For each category, and for all together: its name, tuned, base, their difference."""
    return [
        [
            name,
            rate(one.tuned),
            rate(one.base),
            points(one.compared) if one.compared.prompts else "-",
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
