"""``make bench-memory``: the estimate of a training's memory beside the measured peak.

SmolLM2-135M is really trained for a step in a process of its own per case, on rows of real servers;
the peak is the kernel's (VmHWM). The figures go into bench-memory.json.
"""

import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from benchmarks.kernel_facts import peak_bytes, processor
from benchmarks.rows import shared_tokens
from profiles import Training, load_model, load_profile, load_recipe
from tasks.domain.gate.token_rules import EncodedRow
from tasks.domain.training.memory import GIB, RowLengths, estimate, lengths_of
from tasks.domain.training.sizes import Device
from tasks.external.base_model import build_base
from tasks.external.tokenizer import ChatTokenizer

MODEL = load_model("smollm2")
PROFILE = load_profile("balanced")
REPORT = Path(__file__).with_name("bench-memory.json")
FREE_GIB = 9
"""A case starts only while so much is free: the largest takes 6 GiB."""


def case(server: str, rows: int, share: str, checkpointing: str, **more: Any) -> dict[str, Any]:
    """One training to measure; it is not evaluated unless it says so."""
    case = {"server": server, "rows": rows, "share": share, "checkpointing": checkpointing}
    return {**case, "evaluate": False, **more}


CASES = [
    case("time", 1, "off", "unsloth"),
    case("time", 1, "off", "off"),
    case("time", 4, "auto", "off"),
    case("time", 4, "auto", "unsloth"),
    case("time", 2, "off", "off"),
    case("git", 2, "auto", "off"),
    case("time", 2, "off", "unsloth"),
    case("time", 8, "auto", "unsloth"),
    case("git", 2, "auto", "unsloth"),
    case("time", 4, "auto", "unsloth", evaluate=True),
]


def main() -> None:
    """Measure every case, print the table, write the figures."""
    with tempfile.TemporaryDirectory() as scratch:
        base = Path(scratch) / "base"
        build_base(MODEL, base)
        rows = {name: _rows(name, base) for name in ("time", "git")}
        results = []
        for case in CASES:
            results.append(_measured(case, rows[case["server"]], base, Path(scratch)))
            _write(results)


def _write(results: list[dict[str, Any]]) -> None:
    errors = [abs(result["error"]) for result in results]
    report = {
        "date": datetime.now(UTC).date().isoformat(),
        "machine": f"{os.cpu_count()} cores {processor()}, Python {platform.python_version()}",
        "command": "make bench-memory",
        "mean_absolute_error": sum(errors) / len(errors),
        "largest_error": max(errors),
        "cases": results,
    }
    REPORT.write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")


def measure() -> None:
    """In a process of its own: train as standard input says, write the peak to standard output."""
    case = json.load(sys.stdin)
    from tasks.external.trainer import engine

    training = _training(case)
    rows = [EncodedRow(ids=ids, trained=trained) for ids, trained in case["encoded"]]
    tuned, tokenizer = engine.load_model(Path(case["base"]), MODEL, PROFILE.lora, training)
    started = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        engine.train(
            tuned,
            tokenizer,
            engine.prepare_dataset(rows),
            engine.prepare_dataset(rows) if case["evaluate"] else None,
            training,
            Path(folder),
            lambda _: None,
        )
    seconds = time.monotonic() - started
    json.dump({"peak": peak_bytes(), "seconds": seconds}, sys.stdout)


def _measured(
    case: dict[str, Any], encoded: list[EncodedRow], base: Path, scratch: Path
) -> dict[str, Any]:
    rows = encoded[: case["rows"]]
    _wait_for_memory()
    request = {**case, "base": str(base), "encoded": [(list(r.ids), r.trained) for r in rows]}
    child = subprocess.run(
        [sys.executable, "-c", "from benchmarks.memory import measure; measure()"],
        input=json.dumps(request),
        stdout=subprocess.PIPE,
        stderr=(scratch / "stderr").open("w"),
        text=True,
        check=False,
    )
    if child.returncode:
        sys.exit((scratch / "stderr").read_text("utf-8")[-2000:])
    figures = json.loads(child.stdout[child.stdout.rindex('{"peak"') :])
    device = Device(kind="CPU", total=0, free=0)
    expected = estimate(
        MODEL.architecture,
        MODEL.load_in_4bit,
        PROFILE.lora,
        _training(case),
        _lengths(rows),
        device,
        case["checkpointing"],
    )
    error = expected.total / figures["peak"] - 1
    told_as = " ".join(str(case[name]) for name in ("server", "rows", "share", "checkpointing"))
    sys.stdout.write(
        f"{told_as} {'with evaluation' * case['evaluate']}: "
        f"{expected.largest.tokens} tokens, estimate {expected.total / GIB:.2f} GiB, "
        f"measured {figures['peak'] / GIB:.2f} GiB, error {error:+.0%}, "
        f"{figures['seconds']:.0f} s\n"
    )
    sys.stdout.flush()
    parts = expected.model_dump(exclude={"checkpointing"})
    lengths = _lengths(rows).model_dump()
    return {**case, "lengths": lengths, **parts, "total": expected.total, **figures, "error": error}


def _rows(name: str, base: Path) -> list[EncodedRow]:
    # Nothing that it needs is part of what the measured process holds.
    from benchmarks.generalisation import rows_of

    few = {"samples": 48, "heldout_calls": 12, "heldout_no_tool": 4}
    recipe = load_recipe(name, MODEL.name, PROFILE.name)
    written_rows = rows_of(recipe, PROFILE.data.model_copy(update=few))
    return [ChatTokenizer(base).encode(row) for row in written_rows.train[:8]]


def _lengths(rows: list[EncodedRow]) -> RowLengths:
    lengths = [len(row.ids) for row in rows]
    share = sum(sum(row.trained) for row in rows) / sum(lengths)
    return lengths_of(lengths, shared_tokens(rows), share)


def _training(case: dict[str, Any]) -> Training:
    changes = {
        "per_device_batch_size": case["rows"],
        "gradient_accumulation_steps": 1,
        "gradient_checkpointing": case["checkpointing"],
        "share_prefix": case["share"],
        "epochs": None,
        "max_steps": 1,
        "save_steps": 1,
    }
    return Training.model_validate(PROFILE.training.model_dump() | changes)


def _wait_for_memory() -> None:
    import psutil

    while psutil.virtual_memory().available < FREE_GIB * GIB:
        time.sleep(5)


if __name__ == "__main__":
    main()
