"""The tables of what was measured, or that nothing was; written between two markers of a page."""

import json
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from benchmarks.gpu.results import Record
from benchmarks.gpu.stage import FAILED

ROOT = Path(__file__).parents[2]
PAGES = (ROOT / "docs" / "gpu.md",)
BEGIN, END = "<!-- make gpu: begin -->", "<!-- make gpu: end -->"
NEVER = "Never run on a GPU yet."
Figures = dict[str, Any]


def write(records: dict[str, Record], pages: Iterable[Path] = PAGES) -> None:
    """Put the tables between the markers of every page that has them."""
    for page in pages:
        before, begin, rest = page.read_text(encoding="utf-8").partition(BEGIN)
        _, end, after = rest.partition(END)
        if begin and end:
            new = f"{before}{begin}\n\n{text(records)}\n\n{end}{after}"
            page.write_text(new, encoding="utf-8")


def text(records: dict[str, Record]) -> str:
    """All tables."""
    if not records:
        return NEVER
    parts = [_overview(records)]
    parts += [
        table(records[stage].figures)
        for stage, table in _TABLES.items()
        if stage in records and records[stage].figures
    ]
    return "\n\n".join(filter(None, parts))


def _overview(records: dict[str, Record]) -> str:
    rows = [
        (name, one.state, f"{one.seconds:.0f}", one.machine, one.date)
        for name, one in records.items()
    ]
    tried = [f"{name}: {one.tried_again}" for name, one in records.items() if one.tried_again]
    table = _table(("stage", "ended", "seconds", "on", "date"), rows)
    return "\n\n".join([table, *tried])


def _machine(figures: Figures) -> str:
    return _facts("machine", *figures.values())


def _kernel(figures: Figures) -> str:
    rows = [
        (
            name,
            f"{one['tokens_of_packs']} for {one['tokens_of_rows']}",
            f"{one['loss_error']:.1e} ({one['loss_error_of_padded_rows']:.1e})",
            f"{one['largest_gradient_error']:.1e} "
            f"({one['largest_gradient_error_of_padded_rows']:.1e})",
        )
        for name, one in _measured(figures)
    ]
    return _table(("packs, NF4", "tokens", "loss off by (padded rows)", "largest gradient"), rows)


def _speed(figures: Figures) -> str:
    rows = [
        (
            f"{server}, {one['weights']} weights",
            variant,
            f"{figures['seconds_per_step']:.3f}",
            f"{figures['useful_tokens_per_second']:.0f}",
            _gib(figures["peak_gpu_bytes"]),
            f"{one['faster'][variant]:.2f}x",
            _percent(one["largest_loss_difference"].get(variant)),
            "; ".join(figures["notes"]),
        )
        for server, one in _measured(figures)
        for variant, figures in one["variants"].items()
    ]
    head = ("rows of", "way", "s per step", "useful tokens/s", "GPU GiB", "faster", "loss", "notes")
    return _table(head, rows)


def _faults(figures: Figures) -> str:
    return _table(("fault", "what came of it"), [(k, json.dumps(v)) for k, v in figures.items()])


def _models(figures: Figures) -> str:
    rows = [
        (
            name,
            _gib(one["resident_bytes"]),
            _gib(one["peak_bytes"]),
            _gib(one["estimated_bytes"]),
            f"{one['seconds_per_step']:.2f}",
            f"{one['useful_tokens_per_second']:.0f}",
            "; ".join(one["notes"]),
        )
        for name, one in figures.items()
        if "peak_bytes" in one
    ]
    head = ("shape, profile, way", "resident GiB", "peak", "estimate", "s per step", "tokens/s")
    return _table((*head, "notes"), rows)


def _export(figures: Figures) -> str:
    rows = [
        (
            name,
            f"{one['seconds']:.0f}" if "seconds" in one else "",
            _gib(one.get("gpu_bytes", 0)),
            _gib(one.get("host_bytes", 0)),
            _gib(one["disk_bytes"]),
        )
        for name, one in figures.items()
    ]
    return _table(("shape of deepseek-r1", "seconds", "GPU GiB", "host GiB", "disk GiB"), rows)


def _forge(figures: Figures) -> str:
    return _facts("forge", figures)


_TABLES: dict[str, Callable[[Figures], str]] = {
    "machine": _machine,
    "kernel": _kernel,
    "speed": _speed,
    "models": _models,
    "export": _export,
    "faults": _faults,
    "forge": _forge,
}


def _measured(figures: Figures) -> list[tuple[str, Any]]:
    """Less what failed, which the overview says."""
    return [(name, one) for name, one in figures.items() if FAILED not in one]


def _facts(title: str, *groups: Any) -> str:
    """Names and values, those of inner groups beside them."""
    rows = [
        (name, value if isinstance(value, str) else json.dumps(value))
        for group in groups
        for name, value in (group.items() if isinstance(group, dict) else [("import, s", group)])
    ]
    return _table((title, ""), rows)


def _table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    lines = [f"| {' | '.join(cells)} |" for cells in (head, *rows)]
    return "\n".join([lines[0], "|" + "---|" * len(tuple(head)), *lines[1:]])


def _gib(count: float) -> str:
    return f"{count / 2**30:.2f}"


def _percent(share: float | None) -> str:
    return "" if share is None else f"within {share:.2%}"
