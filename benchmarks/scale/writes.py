"""What runs make Prefect's server write, without their models: for the clock on its database.

``python -m benchmarks.scale.writes [--runs 10] [--seconds 120]``: a server of its own on SQLite,
with our automations; each run reports steps, log lines and an artifact, two workers poll and say
that they are alive. Prints who waited for the write lock, who held it, and who did not get it.
"""

import argparse
import json
import os
import sys
import tempfile
import threading
import time
import uuid
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx

from benchmarks.scale.house import House
from flows.local_server import SERVER_SETTINGS
from tests.helpers.deployment import ROOT
from tests.helpers.processes import free_port

FIGURES = Path(__file__).parents[1] / "bench-scale.json"
POOLS = ("cpu", "gpu")
_TRIES, _AGAIN_SECONDS = 6, 2
_LINES = 10
"""Log lines that a run sends at once."""


class Reporter:
    """One client of the API; what it was answered is counted."""

    def __init__(self, url: str, answers: Counter[str]) -> None:
        self._client = httpx.Client(base_url=url, trust_env=False, timeout=120)
        self._answers = answers

    def post(self, path: str, content: Any, method: str = "POST") -> Any:
        """Ask, again where the database is locked, as Prefect's client does; None for an error."""
        for _ in range(_TRIES):
            try:
                answer = self._client.request(method, path, json=content)
            except httpx.TimeoutException:
                self._answers["no answer"] += 1
                continue
            self._answers[str(answer.status_code)] += 1
            if answer.status_code != httpx.codes.SERVICE_UNAVAILABLE:
                return answer.json() if answer.is_success and answer.content else None
            time.sleep(_AGAIN_SECONDS)
        return None

    def run(self, number: int, is_over: Callable[[], bool], pause: float) -> int:
        """A flow run that reports until it is over; its steps."""
        flow = self.post("/flows/", {"name": "written"})
        state = {"type": "RUNNING", "name": "Running"}
        flow_run = flow and self.post("/flow_runs/", {"flow_id": flow["id"], "state": state})
        step = 0
        while flow_run and not is_over():
            step += 1
            self.post("/logs/", [_line(flow_run["id"], step, line) for line in range(_LINES)])
            self.post(
                "/events", [_event(flow_run["id"], name) for name in ("progress", "evaluated")]
            )
            artifact = {"key": f"curve-{number}", "type": "markdown", "data": f"step {step}"}
            self.post("/artifacts/", {**artifact, "flow_run_id": flow_run["id"]})
            time.sleep(pause)
        if flow_run:
            ended = {"type": "COMPLETED", "name": "Completed"}
            self.post(f"/flow_runs/{flow_run['id']}/set_state", {"state": ended, "force": True})
        return step

    def work(self, pool: str, is_over: Callable[[], bool], pause: float) -> None:
        """A worker that finds nothing to do."""
        while not is_over():
            place = f"/work_pools/{pool}"
            self.post(f"{place}/workers/heartbeat", {"name": "w", "heartbeat_interval_seconds": 30})
            self.post(f"{place}/get_scheduled_flow_runs", {})
            time.sleep(pause)


def _line(run_id: str, step: int, line: int) -> dict[str, Any]:
    message = {"name": "prefect.flow_runs", "level": 20, "message": f"step {step}, {line}"}
    return {**message, "timestamp": f"{datetime.now(UTC).isoformat()}", "flow_run_id": run_id}


def _event(run_id: str, name: str) -> dict[str, Any]:
    return {
        "id": str(uuid.uuid4()),
        "occurred": datetime.now(UTC).isoformat(),
        "event": f"mcp-forge.training.{name}",
        "resource": {"prefect.resource.id": f"prefect.flow-run.{run_id}"},
        "payload": {"loss": 1.0},
    }


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=10)
    parser.add_argument("--seconds", type=float, default=120)
    parser.add_argument("--pause", type=float, default=10, help="seconds between two reports")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="scale-") as name:
        figures = {**_measured(Path(name), options), "options": vars(options)}
    results = json.loads(FIGURES.read_text("utf-8")) if FIGURES.exists() else {}
    results["sqlite_writes"] = {**figures, "day": f"{datetime.now(UTC):%Y-%m-%d}"}
    FIGURES.write_text(json.dumps(results, indent=2) + "\n", encoding="utf-8")
    sys.stdout.write(json.dumps(figures, indent=2) + "\n")


def _measured(folder: Path, options: argparse.Namespace) -> dict[str, Any]:
    port = free_port()
    house = House(folder, port, os.environ | _settings(folder, port))
    answers: Counter[str] = Counter()
    try:
        house.start_server()
        setup = Reporter(house.url, answers)
        for pool in POOLS:
            setup.post("/work_pools/", {"name": pool, "type": "process"})
        house.do(sys.executable, "-m", "infra.apply_automations")
        house.count_from_here()
        begun, over = time.monotonic(), threading.Event()
        threading.Timer(options.seconds, over.set).start()
        with ThreadPoolExecutor(options.runs + len(POOLS)) as clients:
            for pool in POOLS:
                reporter = Reporter(house.url, answers)
                clients.submit(reporter.work, pool, over.is_set, options.pause)
            runs = [
                clients.submit(Reporter(house.url, answers).run, number, over.is_set, options.pause)
                for number in range(options.runs)
            ]
        steps = sum(run.result() for run in runs)
        seconds = time.monotonic() - begun
    finally:
        house.stop_server()
    return {
        "seconds": round(seconds),
        "steps": steps,
        "load": os.getloadavg()[0],
        "answers": dict(answers),
        "database": json.loads(house.figures.read_text("utf-8")),
        "log": (folder / "server.log").read_text("utf-8").count("database is locked"),
    }


def _settings(folder: Path, port: int) -> dict[str, str]:
    return SERVER_SETTINGS | {
        "PYTHONPATH": os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")]),
        "DO_NOT_TRACK": "1",
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        "PREFECT_SERVER_UI_ENABLED": "false",
        "PREFECT_HOME": str(folder / "prefect"),
        "PREFECT_API_URL": f"http://127.0.0.1:{port}/api",
        # Each refusal is to be seen here, which Prefect else keeps to itself.
        "PREFECT_SERVER_LOG_RETRYABLE_ERRORS": "true",
    }


if __name__ == "__main__":
    main()
