"""How fast rows are written and judged, and in how much memory: ``make bench-data-speed``.

Each measurement is a process of its own, so that its peak memory is its own. Rows are written
offline from a server's tool list, results simulated; the gate reads them from their file with the
demo model's tokenizer and template. torch is hidden: the base install has none, and transformers
would load it (700 MB) where it is there.
"""

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from benchmarks.kernel_facts import peak_bytes

ROOT = Path(__file__).parent.parent
FIGURES = ROOT / "benchmarks" / "bench-data-speed.json"
ROWS = 100_000
MOST_SECONDS, MOST_MEGABYTES, LEAST_ROWS_PER_SECOND = 60, 1000, 1000


def write(tools: Path, rows: int, target: Path) -> dict[str, Any]:
    """Write rows to a file; rows per second, of wall and of processor time."""
    from profiles import Server, load_phrasebooks, load_profile
    from tasks.domain.conversations import write_jsonl
    from tasks.domain.writing.book.choice import choose_book
    from tasks.domain.writing.rows import write_rows
    from tasks.domain.writing.simulation import simulate
    from tasks.external.tool_files import read_toolset

    toolset = read_toolset(tools)
    data = load_profile("balanced").data.model_copy(update={"samples": rows})
    server = Server(name=toolset.server, tools_file=str(tools))
    started, worked = time.monotonic(), time.process_time()
    book = choose_book(toolset, server, load_phrasebooks(server)).book
    written_rows = write_rows(
        toolset,
        server,
        data,
        lambda call: simulate(toolset.tool(call.name), call, data.seed),
        book=book,
    )
    seconds, processor = time.monotonic() - started, time.process_time() - worked
    for split, part in (("train", written_rows.train), ("heldout", written_rows.heldout)):
        with target.with_suffix(f".{split}.jsonl").open("w", encoding="utf-8") as file:
            file.writelines(write_jsonl([row]) for row in part)
    total = len(written_rows.train) + len(written_rows.heldout)
    target.write_text(json.dumps(written_rows.planned), encoding="utf-8")
    return figures(total, seconds, processor)


def judge(target: Path, base: Path) -> dict[str, Any]:
    """Judge the rows of a file; seconds as a whole, reading included."""
    from profiles import load_profile
    from tasks.domain.conversations import parse_rows
    from tasks.domain.gate.quality import judge as judged
    from tasks.external.tokenizer import ChatTokenizer

    profile = load_profile("balanced")
    tokenizer = ChatTokenizer(base)
    started, worked, before = time.monotonic(), time.process_time(), peak_bytes()
    with (
        target.with_suffix(".train.jsonl").open(encoding="utf-8", newline="\n") as train,
        target.with_suffix(".heldout.jsonl").open(encoding="utf-8", newline="\n") as heldout,
    ):
        report = judged(
            parse_rows(train, "train"),
            parse_rows(heldout, "heldout"),
            profile.quality,
            4 * profile.training.max_seq_length,
            tokenizer.encode,
            json.loads(target.read_text(encoding="utf-8")),
        )
    measured = figures(report.rows, time.monotonic() - started, time.process_time() - worked)
    refused = [f"{one.rule}: {one.value}" for one in report.findings if not one.passed]
    return measured | {"megabytes_before": round(before / 1e6), "refused": refused}


def figures(rows: int, seconds: float, processor: float) -> dict[str, Any]:
    """What is measured of every part."""
    return {
        "rows": rows,
        "seconds": round(seconds, 1),
        "processor_seconds": round(processor, 1),
        "rows_per_second": round(rows / seconds),
        "rows_per_processor_second": round(rows / processor),
        "megabytes": round(peak_bytes() / 1e6),
    }


def measure(tools: Path, rows: int, folder: Path) -> dict[str, Any]:
    """Both parts for one tool list, each in a process of its own."""
    target = folder / f"{tools.stem}.planned"
    parts = {
        "write": ["write", str(tools), str(rows), str(target)],
        "judge": ["judge", str(target), str(folder / "base")],
    }
    return {name: _apart(arguments) for name, arguments in parts.items()}


def _apart(arguments: list[str]) -> dict[str, Any]:
    command = [sys.executable, "-m", "benchmarks.data", *arguments]
    process = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True)
    measured: dict[str, Any] = json.loads(process.stdout.splitlines()[-1])
    return measured


def main() -> None:
    """Measure all tool lists that are named, or one part in this process."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--tools", nargs="*", default=[], help="tool lists; the tests' by default")
    parser.add_argument("--rows", type=int, default=ROWS)
    options, rest = parser.parse_known_args()
    if rest:
        sys.modules["torch"] = None  # type: ignore[assignment]
        part, *names = rest
        measured = (
            write(Path(names[0]), int(names[1]), Path(names[2]))
            if part == "write"
            else judge(Path(names[0]), Path(names[1]))
        )
        sys.stdout.write(json.dumps(measured) + "\n")
        return
    report(options.tools, options.rows)


def report(lists: list[str], rows: int) -> None:
    """Measure, print, and keep the figures."""
    from profiles import load_model
    from tasks.external.base_model import build_base

    measured: dict[str, Any] = {
        "when": time.strftime("%Y-%m-%d"),
        "machine": f"{os.cpu_count()} cores, {platform.machine()}, Python "
        f"{platform.python_version()}, load {os.getloadavg()[0]:.1f} at the start",
        "needed": f"judge {ROWS} rows in {MOST_SECONDS} s and {MOST_MEGABYTES} MB, write "
        f"{LEAST_ROWS_PER_SECOND} rows a second",
    }
    with tempfile.TemporaryDirectory(prefix="mcp-forge-") as scratch:
        folder = Path(scratch)
        (folder / "base").mkdir()
        build_base(load_model("smollm2"), folder / "base")
        for tools in lists or [str(ROOT / "tests" / "fakes" / "toollists/filesystem.json")]:
            name = Path(tools).stem.removesuffix(".tools")
            measured[name] = measure(Path(tools).resolve(), rows, folder)
            sys.stdout.write(f"{name}: {json.dumps(measured[name], indent=2)}\n")
    FIGURES.write_text(json.dumps(measured, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
