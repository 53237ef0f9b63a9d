"""What watching a training costs: CPU time per step of callback, events and artifacts.

``python -m benchmarks.observing`` plays a training's steps to the real callback and reporter inside
a real flow, without a model: between two steps the process sleeps, so all its CPU time is theirs.
"""

import argparse
import json
import os
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
PREFECT_AT_REST = 20
"""Seconds slept first, to know what Prefect's own threads take while nothing is watched."""


def main() -> None:
    """Measure, add it to bench-train.json, say it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--steps", type=int, default=30)
    parser.add_argument("--pause", type=float, default=5.0, help="seconds of one step")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="bench-observing-") as home:
        os.environ["MCP_FORGE_HOME"] = home
        figures = _measure(options.steps, options.pause)
    path = HERE / "bench-train.json"
    results = json.loads(path.read_text("utf-8")) if path.exists() else {}
    results["observing"] = figures
    path.write_text(json.dumps(results, indent=2) + "\n", encoding="utf-8")
    sys.stdout.write(json.dumps(figures, indent=2) + "\n")


def _measure(steps: int, pause: float) -> dict[str, float]:
    from flows.local_server import prefect_api, settle_environment

    settle_environment()
    # isort: split
    from prefect import flow
    from prefect.settings import PREFECT_API_URL, temporary_settings

    @flow
    def watched() -> dict[str, float]:
        return _play(steps, pause)

    with prefect_api() as url, temporary_settings({PREFECT_API_URL: url}):
        figures: dict[str, float] = watched()
    return figures


def _play(steps: int, pause: float) -> dict[str, float]:
    from transformers import TrainerControl, TrainerState

    from tasks.external.trainer.callback import ReportingCallback
    from tasks.reporting.training import TrainingReporter

    before = time.process_time()
    time.sleep(PREFECT_AT_REST)
    at_rest = (time.process_time() - before) / PREFECT_AT_REST
    reporter = TrainingReporter("benchmark")
    callback = ReportingCallback(reporter, tokens_per_step=1000.0)
    state = TrainerState(global_step=0, max_steps=steps, is_world_process_zero=True)
    control = TrainerControl()
    nothing: Any = None
    callback.on_train_begin(nothing, state, control)
    inside, started = 0.0, time.process_time()
    for step in range(1, steps + 1):
        time.sleep(pause)
        state.global_step = step
        begun = time.thread_time()
        logs = {"loss": 1 / step, "grad_norm": 0.5, "learning_rate": 1e-4}
        callback.on_log(nothing, state, control, logs=logs)
        callback.on_step_end(nothing, state, control)
        inside += time.thread_time() - begun
    whole = time.process_time() - started - at_rest * steps * pause
    reporter.close()
    return {
        "steps": steps,
        "seconds_of_a_step": pause,
        "cpu_ms_per_step_in_the_training_thread": 1000 * inside / steps,
        "cpu_ms_per_step_in_all_threads": 1000 * whole / steps,
        "share_of_a_step": whole / steps / pause,
    }


if __name__ == "__main__":
    main()
