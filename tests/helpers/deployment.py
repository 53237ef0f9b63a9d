"""A deployment as an operator has it: a server, two workers and deployments, each a process."""

import subprocess
import sys
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest

from tests.helpers.processes import PATIENCE, end, wait_for

ROOT = Path(__file__).parent.parent.parent
PREFECT = str(Path(sys.executable).with_name("prefect"))
LOCKED = 60
"""Seconds that Prefect waits for its SQLite when something else of it writes; then it says 503."""
DEPLOYED = ("forge/tiny", "train/tiny", "evaluate/tiny", "train/smollm2", "watch/listed")
ENDED = {"COMPLETED", "FAILED", "CRASHED", "CANCELLED"}


@dataclass
class Deployment:
    """The server's address and database, the workers, and what an operator asks the API."""

    folder: Path
    port: int
    environment: dict[str, str]
    server: subprocess.Popen[Any] | None = None
    workers: dict[str, subprocess.Popen[Any]] = field(default_factory=dict)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/api"

    def start_server(self) -> None:
        self.server = self._popen(
            "server", PREFECT, "server", "start", "--host", "127.0.0.1", "--port", str(self.port)
        )
        wait_for(self._is_healthy, "a healthy server")

    def stop_server(self) -> None:
        if self.server is not None:
            end(self.server)

    def start_worker(self, pool: str) -> None:
        self.workers[pool] = self._popen(
            f"worker-{pool}", PREFECT, "worker", "start", "--pool", pool
        )

    def do(self, *command: str) -> str:
        """Run a command of the operator's; its output."""
        done = subprocess.run(
            command,
            cwd=self.folder,
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=PATIENCE,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def deploy(self, *names: str, options: tuple[str, ...] = ()) -> None:
        chosen = [word for name in names for word in ("-n", name)]
        self.do(PREFECT, "--no-prompt", "deploy", *chosen, *options)

    def ask(self, method: str, path: str, content: Any = None) -> httpx.Response:
        """One request; again while the database is locked, as Prefect's own client does."""

        def answered() -> httpx.Response | None:
            with httpx.Client(base_url=self.url, trust_env=False, timeout=2 * LOCKED) as client:
                answer = client.request(method, f"/{path}", json=content)
            return None if answer.status_code == httpx.codes.SERVICE_UNAVAILABLE else answer

        response: httpx.Response = wait_for(answered, path)
        return response

    def read(self, method: str, path: str, content: Any = None) -> Any:
        return self.ask(method, path, content).raise_for_status().json()

    def deployed(self, name: str) -> dict[str, Any]:
        found: dict[str, Any] = self.read("GET", f"deployments/name/{name}")
        return found

    def start(self, name: str, **parameters: Any) -> str:
        """Run a deployment; the id of its run."""
        place = f"deployments/{self.deployed(name)['id']}/create_flow_run"
        asked = {"parameters": parameters, "state": {"type": "SCHEDULED"}}
        return str(self.read("POST", place, asked)["id"])

    def run(self, run_id: str) -> dict[str, Any]:
        found: dict[str, Any] = self.read("GET", f"flow_runs/{run_id}")
        return found

    def state(self, run_id: str) -> str:
        return str(self.run(run_id)["state_type"])

    def wait_for(self, run_id: str, *states: str) -> dict[str, Any]:
        """The run in one of these states; a final state that is none of them is a failure."""

        def reached() -> dict[str, Any] | None:
            run = self.run(run_id)
            if run["state_type"] in ENDED - set(states):
                pytest.fail(f"{run['name']} is {run['state']}\n{self.log(run_id)}")
            return run if run["state_type"] in states else None

        return dict(wait_for(reached, f"{run_id} {states}"))

    def states_of_tasks(self, run_id: str) -> set[str]:
        asked = {"flow_runs": {"id": {"any_": [run_id]}}}
        tasks = self.read("POST", "task_runs/filter", asked)
        return {task["state_type"] for task in tasks}

    def cancel(self, run_id: str) -> None:
        state = {"type": "CANCELLING", "name": "Cancelling"}
        self.read("POST", f"flow_runs/{run_id}/set_state", {"state": state})

    def retry(self, run_id: str) -> None:
        """What the UI's button Retry does; again where the second report of a crash undoes it."""
        asked = {"state": {"type": "SCHEDULED", "name": "AwaitingRetry"}, "force": True}
        count = self.run(run_id)["run_count"]

        def runs_again() -> bool:
            run = self.run(run_id)
            if run["run_count"] == count and run["state_type"] in ENDED:
                self.read("POST", f"flow_runs/{run_id}/set_state", asked)
            return bool(run["run_count"] > count)

        wait_for(runs_again, f"a retry of {run_id}")

    def child(self, parent_id: str, flow: str) -> dict[str, Any]:
        """The run of a stage that a run has started, once it is there."""

        def started() -> Any:
            asked = {"flow_runs": {"parent_flow_run_id": {"any_": [parent_id]}}}
            for run in self.read("POST", "flow_runs/filter", asked):
                if self.read("GET", f"flows/{run['flow_id']}")["name"] == flow:
                    return run
            if self.state(parent_id) in ENDED:
                pytest.fail(f"ended without {flow}: {self.log(parent_id)}")
            return None

        return dict(wait_for(started, f"a run of {flow} below {parent_id}"))

    def events(self, prefix: str, run_id: str = "") -> list[dict[str, Any]]:
        """Our events, oldest first; of one run, if it is named."""
        chosen: dict[str, Any] = {"event": {"prefix": [prefix]}, "order": "ASC"}
        if run_id:
            chosen["any_resource"] = {"id": [f"prefect.flow-run.{run_id}"]}
        page = self.read("POST", "events/filter", {"filter": chosen, "limit": 50})
        found: list[dict[str, Any]] = page["events"]
        while page["next_page"]:
            page = self.read("GET", page["next_page"].split("/api/", 1)[1])
            found += page["events"]
        return found

    def moment(self, run_id: str, moment: str) -> dict[str, Any]:
        """The first event ``mcp-forge.training.<moment>`` of a run, once it is there."""
        name = f"mcp-forge.training.{moment}"

        def told() -> Any:
            found = self.events(name, run_id)
            if not found and self.state(run_id) in ENDED:
                pytest.fail(f"{self.run(run_id)['state']}\n{self.log(run_id)}")
            return found

        return dict(wait_for(told, f"{name} of {run_id}")[0])

    def processes(self, run_id: str, pool: str = "gpu") -> list[psutil.Process]:
        """The processes of a pool's worker that carry out a run."""
        found = []
        for process in psutil.Process(self.workers[pool].pid).children(recursive=True):
            with suppress(psutil.Error):
                if process.environ().get("PREFECT__FLOW_RUN_ID", "").replace(
                    "-", ""
                ) == run_id.replace("-", ""):
                    found.append(process)
        return found

    def log(self, run_id: str) -> str:
        chosen = {"logs": {"flow_run_id": {"any_": [run_id]}}, "limit": 200}
        lines = self.read("POST", "logs/filter", chosen)
        return "\n".join(line["message"] for line in lines)

    def hear(self, run_id: str, words: str) -> None:
        """Wait until a run's log has these words: lines come in a little later than states."""
        wait_for(lambda: words in self.log(run_id), words)

    def _is_healthy(self) -> bool:
        with suppress(httpx.TransportError):
            return self.ask("GET", "health").is_success
        return False

    def _popen(self, name: str, *command: str) -> subprocess.Popen[Any]:
        with (self.folder / f"{name}.log").open("ab") as log:
            return subprocess.Popen(
                command,
                cwd=self.folder,
                env=self.environment,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
