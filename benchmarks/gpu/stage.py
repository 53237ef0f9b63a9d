"""One stage in a process of its own: ``python -m benchmarks.gpu.stage NAME plan.json``."""

import importlib
import json
import sys
import traceback
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.gpu.results import Results
from tasks.external.machine import look_at_device

FAILED = "failed"
"""The name of a figure that says why the others beside it are not there."""


@dataclass(frozen=True)
class Plan:
    """What a stage works with."""

    tiny: bool
    """Shapes that a CPU computes in seconds, instead of those that are asked about."""
    work: Path
    """A folder that stages share: bases are made there once."""


Measured = Iterator[tuple[str, Any]]
"""Names of figures and the figures, each as soon as it is there."""


def main() -> None:
    """Measure, and keep every figure."""
    name, file = sys.argv[1:]
    request = json.loads(Path(file).read_text(encoding="utf-8"))
    plan = Plan(tiny=request["tiny"], work=Path(request["work"]))
    machine = _machine(plan)
    results = Results(Path(request["results"]))
    module = importlib.import_module(f"benchmarks.gpu.{name}")
    failed = []
    for key, figures in module.measure(plan):
        results.keep(name, request["started"], machine, key, figures)
        if isinstance(figures, dict) and FAILED in figures:
            failed.append(f"{key}: {figures[FAILED]}")
    if failed:
        sys.exit("; ".join(failed))


def tried(measure: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    """What ``measure`` finds, or how it failed, so that the next figure is measured too."""
    from tasks.external.trainer.self_check import FAILURES

    try:
        return measure()
    except FAILURES as error:
        traceback.print_exc()
        return {FAILED: f"{type(error).__name__}: {(str(error).splitlines() or [''])[0]}"}


def _machine(plan: Plan) -> str:
    """The GPU's name; a stage that is not tiny ends here where torch cannot use one."""
    import torch

    if plan.tiny:
        return "CPU, tiny shapes"
    if not torch.cuda.is_available():
        driver = look_at_device()
        sys.exit(f"torch {torch.__version__} cannot use a GPU here (nvidia-smi: {driver})")
    return str(torch.cuda.get_device_name())


if __name__ == "__main__":
    main()
