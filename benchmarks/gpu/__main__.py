"""Run the stages: ``python -m benchmarks.gpu [--only STAGE] [--tiny] [--table]``."""

import argparse
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path

from benchmarks.gpu import report
from benchmarks.gpu.results import WHOLE, Results
from tasks.external.machine import look_at_device

ROOT = Path(__file__).parents[2]
FIGURES = ROOT / "benchmarks" / "bench-gpu.json"
LIMITS = {
    "machine": 20,
    "kernel": 100,
    "speed": 75,
    "faults": 65,
    "models": 120,
    "export": 85,
    "forge": 75,
}
"""Seconds each stage may take on an H100: nine minutes together. What matters most comes first."""
TINY_LIMIT = 600
"""Seconds for a stage on a CPU, whatever else it computes."""
_LAST_WORDS = 300


@dataclass(frozen=True)
class Run:
    """What all stages of one run have in common."""

    tiny: bool
    work: Path
    results: Results


def main() -> None:
    """Measure what was asked for, or write the tables."""
    options = _arguments()
    if options.table:
        report.write(Results(FIGURES).records())
        return
    if not options.tiny and look_at_device().kind == "CPU":
        sys.exit("make gpu needs an NVIDIA GPU, and nvidia-smi finds none; --tiny rehearses here")
    with ExitStack() as stack:
        scratch = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="bench-gpu-")))
        work = scratch if options.tiny else ROOT / ".mcp-forge" / "gpu"
        work.mkdir(parents=True, exist_ok=True)
        path = options.results or (scratch / "figures.json" if options.tiny else FIGURES)
        results = Results(path)
        run = Run(tiny=options.tiny, work=work, results=results)
        states = [_measure(stage, run) for stage in LIMITS if stage in (options.only or LIMITS)]
        sys.stdout.write(report.text(results.records()) + "\n")
    sys.exit(any(state != WHOLE for state in states))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.gpu", description=__doc__)
    parser.add_argument("--only", action="append", choices=LIMITS, help="a stage; repeatable")
    parser.add_argument("--tiny", action="store_true", help="tiny shapes, on the CPU")
    parser.add_argument("--table", action="store_true", help="write the tables, measure nothing")
    parser.add_argument("--results", type=Path, help="the file of figures")
    options = parser.parse_args()
    if options.tiny and options.results and options.results.resolve() == FIGURES:
        parser.error("figures of tiny shapes do not belong into bench-gpu.json")
    return options


def _measure(stage: str, run: Run) -> str:
    """Measure one stage in a child, which is ended with all its own at its limit."""
    started, clock = time.time(), time.monotonic()
    log, plan_file = run.work / f"{stage}.log", run.work / f"{stage}.json"
    plan = {"tiny": run.tiny, "work": str(run.work.resolve()), "started": started}
    plan_file.write_text(json.dumps(plan | {"results": str(run.results.path.resolve())}))
    with log.open("w", encoding="utf-8") as output:
        child = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.gpu.stage", stage, str(plan_file)],
            cwd=ROOT,
            env=_environment(run),
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        state = _ended(child, TINY_LIMIT if run.tiny else LIMITS[stage], log)
    seconds = time.monotonic() - clock
    run.results.close(stage, started, state, seconds)
    sys.stdout.write(f"{stage}: {state}, {seconds:.0f} s ({log})\n")
    sys.stdout.flush()
    return state


def _ended(child: subprocess.Popen[bytes], limit: float, log: Path) -> str:
    try:
        code = child.wait(timeout=limit)
    except subprocess.TimeoutExpired:
        return f"stopped after {limit} s"
    finally:
        with suppress(ProcessLookupError):  # its children may outlive it
            os.killpg(child.pid, signal.SIGKILL)
        child.wait()
    if not code:
        return WHOLE
    words = log.read_text(encoding="utf-8", errors="replace").strip().splitlines()
    return f"failed: {words[-1][-_LAST_WORDS:] if words else f'exit status {code}'}"


def _environment(run: Run) -> dict[str, str]:
    path = os.pathsep.join(filter(None, (str(ROOT), os.environ.get("PYTHONPATH"))))
    plan_file = {
        "PYTHONPATH": path,
        "PYTHONUNBUFFERED": "1",
        "HF_HUB_OFFLINE": "1",
        "TRANSFORMERS_OFFLINE": "1",
        "HF_HUB_DISABLE_TELEMETRY": "1",
        "UNSLOTH_DISABLE_STATISTICS": "1",
        "TOKENIZERS_PARALLELISM": "false",
        "MCP_FORGE_HOME": str(run.work.resolve() / "home"),
    }
    return os.environ | plan_file | ({"CUDA_VISIBLE_DEVICES": ""} if run.tiny else {})


if __name__ == "__main__":
    main()
