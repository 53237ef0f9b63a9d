"""A deployment of its own for a run: database, server, pools, deployments, two workers."""

import os
import shutil
import signal
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import psutil
import yaml

from benchmarks.scale.servers import CALL_SECONDS, Unsteady
from flows.local_server import SERVER_SETTINGS
from profiles import load_model
from tasks.external.base_model import build_base
from tests.fakes.own_profiles import model, profile, write
from tests.helpers.databases import POSTGRES, REDIS, postgres, redis
from tests.helpers.deployment import ROOT, Deployment
from tests.helpers.processes import end, free_port, wait_for
from tests.helpers.tiny_model import build_tiny

WATCHED = "unsteady-000"
_RUN_ID = "PREFECT__FLOW_RUN_ID"


class House(Deployment):
    """What an operator has; its server counts what its database does."""

    @property
    def figures(self) -> Path:
        """What the server has counted of its database."""
        return self.folder / "database.json"

    def start_server(self) -> None:
        """Start it and wait until it answers."""
        command = ("-m", "benchmarks.scale.traced_server", str(self.port), str(self.figures))
        self.server = self._popen("server", sys.executable, *command)
        wait_for(self._is_healthy, "a healthy server")

    def count_from_here(self) -> None:
        """What was written until now, to set everything up, is left out of the figures."""
        assert self.server is not None
        self.server.send_signal(signal.SIGUSR1)

    def runs(self, **filters: Any) -> list[dict[str, Any]]:
        """All flow runs that a filter leaves."""
        runs: list[dict[str, Any]] = []
        while True:
            query = {**filters, "limit": 100, "offset": len(runs), "sort": "ID_DESC"}
            page = self.read("POST", "flow_runs/filter", query)
            runs += page
            if len(page) < query["limit"]:
                return runs

    def running(self) -> dict[str, list[psutil.Process]]:
        """The processes below the workers by the id of the run that they carry out."""
        processes: dict[str, list[psutil.Process]] = {}
        for worker in self.workers.values():
            for process in psutil.Process(worker.pid).children(recursive=True):
                run_id = _environment(process).get(_RUN_ID)
                if run_id:
                    processes.setdefault(run_id, []).append(process)
        return processes

    def orphans(self) -> list[str]:
        """Processes that belong to runs, by their environment or their arguments."""
        own = {process.pid for process in (self.server, *self.workers.values()) if process}
        left = []
        for process in psutil.process_iter(["pid", "cmdline"]):
            words = " ".join(process.info["cmdline"] or ())
            of_a_run = _RUN_ID in _environment(process) and str(self.folder) in _environment(
                process
            ).get("MCP_FORGE_HOME", "")
            if process.pid not in own and (of_a_run or f"{self.folder}/servers/" in words):
                left.append(words[:120])
        return left


def _environment(process: psutil.Process) -> dict[str, str]:
    try:
        return dict(process.environ())
    except psutil.Error:
        return {}


@contextmanager
def deployment(folder: Path, servers: list[Unsteady], database: str, slots: int) -> Iterator[House]:
    """Everything started; all of it ended with the block."""
    port = free_port()
    with ExitStack() as running:
        settings = _settings(folder, servers, port, slots) | _database(folder, database, running)
        os.environ |= {name: value for name, value in settings.items() if name.startswith("MCP_")}
        house = House(folder, port, os.environ | settings)
        running.callback(house.stop_server)
        house.start_server()
        for module in ("infra.bootstrap", "infra.write_prefect_yaml"):
            house.do(sys.executable, "-m", module)
        house.deploy("forge/tiny", "train/tiny", "evaluate/tiny", f"watch/{WATCHED}")
        house.do(sys.executable, "-m", "infra.apply_automations")
        for pool in ("cpu", "gpu"):
            house.start_worker(pool)
            running.callback(end, house.workers[pool])
        house.count_from_here()
        yield house


def _settings(folder: Path, servers: list[Unsteady], port: int, slots: int) -> dict[str, str]:
    """The environment of the server, the workers and their runs."""
    base, own = folder / "tiny", folder / "profiles"
    base.mkdir()
    build_base(load_model("smollm2"), folder / "smollm2")
    build_tiny(folder / "smollm2", base)
    shutil.rmtree(folder / "smollm2")
    small = profile(evaluation={"call_timeout_seconds": CALL_SECONDS})
    write(
        own,
        {
            "models/tiny": model(base, deployment={"profile": "tiny"}),
            "training/tiny": small,
            **{f"servers/{server.name}": server.profile for server in servers},
        },
    )
    return {
        "PYTHONPATH": os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")]),
        "OMP_NUM_THREADS": "1",
        "TOKENIZERS_PARALLELISM": "false",
        "UNSLOTH_DISABLE_STATISTICS": "1",
        "DO_NOT_TRACK": "1",
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        "PREFECT_SERVER_UI_ENABLED": "false",
        "PREFECT_HOME": str(folder / "prefect"),
        "PREFECT_API_URL": f"http://127.0.0.1:{port}/api",
        "PREFECT_WORKER_QUERY_SECONDS": "2",
        "MCP_FORGE_PROFILES": str(own),
        "MCP_FORGE_HOME": str(folder / "home"),
        "MCP_FORGE_DIST": str(folder / "dist"),
        "MCP_FORGE_GPU_SLOTS": str(slots),
    }


def default_database() -> str:
    """The best that is installed here."""
    return "postgres" if POSTGRES else "sqlite"


def _database(folder: Path, database: str, running: ExitStack) -> dict[str, str]:
    """The server's settings for a database, which is started."""
    if database == "sqlite":
        return SERVER_SETTINGS
    url = running.enter_context(postgres(folder, free_port()))
    settings = {"PREFECT_API_DATABASE_CONNECTION_URL": url}
    if not (REDIS and find_spec("prefect_redis")):
        sys.stdout.write("no Redis here: what it would keep is in the server's memory\n")
        return settings
    port = free_port()
    running.enter_context(redis(folder, port))
    text = (ROOT / "infra" / "compose.yaml").read_text(encoding="utf-8")
    composed: dict[str, str] = yaml.safe_load(text)["x-server"]["environment"]
    for name in ("PREFECT_SERVER_API_AUTH_STRING", "PREFECT_SERVER_DATABASE_MIGRATE_ON_START"):
        del composed[name]
    return {
        **composed,
        **settings,
        "PREFECT_SERVER_DOCKET_URL": f"redis://127.0.0.1:{port}/1",
        "PREFECT_REDIS_MESSAGING_HOST": "127.0.0.1",
        "PREFECT_REDIS_MESSAGING_PORT": str(port),
        "PREFECT_REDIS_WORKER_CLEANUP_QUEUE_HOST": "127.0.0.1",
        "PREFECT_REDIS_WORKER_CLEANUP_QUEUE_PORT": str(port),
    }
