"""A deployment of its own for a run: database, server, pools, deployments, two workers."""

import os
import shutil
import signal
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import psutil

from benchmarks.scale.servers import CALL_SECONDS, Unsteady
from flows.local_server import SERVER_SETTINGS
from infra import result_storage
from profiles import load_model
from tasks.external.base_model import build_base
from tests.fakes.own_profiles import model, profile, write
from tests.helpers import composed
from tests.helpers.databases import POSTGRES, REDIS, postgres, s3
from tests.helpers.deployment import ROOT, Deployment
from tests.helpers.processes import end, free_port, wait_for
from tests.helpers.tiny_model import build_tiny

WATCHED = "unsteady-000"
REDIS_TOO = "postgres+redis"
_BUCKET = "forge"
_RUN_ID = "PREFECT__FLOW_RUN_ID"


class House(Deployment):
    """What an operator has; its server counts what its database does."""

    services: Any = None
    """The background services, where they are a process of their own."""

    @property
    def figures(self) -> Path:
        """What a server that is one process has counted of its database."""
        return self.folder / "database.json"

    def start_server(self) -> None:
        """Start it as one process and wait until it answers."""
        command = ("-m", "benchmarks.scale.traced_server", str(self.port), str(self.figures))
        self.server = self._popen("server", sys.executable, *command)
        wait_for(self._is_healthy, "a healthy server")

    def start_composed_server(self) -> None:
        """Start what compose.yaml does: API servers at one port, and the services."""
        self.do(*composed.command("migrate"))
        self.server = self._popen("server", *composed.command("api"))
        self.services = self._popen("services", *composed.command("services"))
        wait_for(self._is_healthy, "a healthy server")

    def stop_server(self) -> None:
        """End all of it."""
        super().stop_server()
        if self.services is not None:
            end(self.services)

    def count_from_here(self) -> None:
        """What was written until now, to set everything up, is left out of the figures."""
        if self.server is not None and self.services is None:
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
        parts = (self.server, self.services, *self.workers.values())
        own = {process.pid for process in parts if process}
        left = []
        for process in psutil.process_iter(["pid", "cmdline"]):
            words = " ".join(process.info["cmdline"] or ())
            of_a_run = _RUN_ID in _environment(process) and str(self.folder) in _environment(
                process
            ).get("MCP_FORGE_HOME", "")
            if process.pid not in own and (of_a_run or f"{self.folder}/servers/" in words):
                left.append(_shortened(words))
        return left


def left_of(folder: Path) -> list[str]:
    """Processes of a deployment that has ended, known by its folder."""
    return [
        _shortened(words)
        for process in psutil.process_iter(["pid", "cmdline"])
        if process.pid != os.getpid()
        and str(folder)
        in (words := " ".join(process.info["cmdline"] or ()))
        + _environment(process).get("PREFECT_HOME", "")
    ]


def _shortened(words: str) -> str:
    """A command line without the folder of its environment: records name no path of a machine."""
    return words.replace(f"{sys.prefix}/", "")[:120]


def _environment(process: psutil.Process) -> dict[str, str]:
    try:
        return dict(process.environ())
    except psutil.Error:
        return {}


@contextmanager
def deployment(
    folder: Path, servers: list[Unsteady], database: str, is_remote: bool, slots: int
) -> Iterator[House]:
    """Everything started; all of it ended with the block. ``is_remote``: the storage is S3."""
    port = free_port()
    with ExitStack() as running:
        settings = _settings(folder, servers, port, slots)
        settings |= running.enter_context(_database(folder, database))
        if is_remote:
            settings |= running.enter_context(s3(folder, _BUCKET))
            settings["MCP_FORGE_STORAGE"] = f"s3://{_BUCKET}/storage"
        os.environ |= {k: v for k, v in settings.items() if k.startswith(("MCP_", "AWS_"))}
        house = House(folder, port, os.environ | settings)
        running.callback(house.stop_server)
        if database == REDIS_TOO:
            house.start_composed_server()
        else:
            house.start_server()
        for module in ("infra.bootstrap", "infra.write_prefect_yaml"):
            house.do(sys.executable, "-m", module)
        if is_remote:
            house.environment["PREFECT_RESULTS_DEFAULT_STORAGE_BLOCK"] = result_storage.BLOCK
        house.deploy("forge/tiny", "train/tiny", "evaluate/tiny", f"watch/{WATCHED}")
        house.do(sys.executable, "-m", "infra.apply_automations")
        for pool in ("cpu", "gpu"):
            # On a machine of its own, as far as files go, where the storage is one for several.
            apart = {"MCP_FORGE_HOME": str(folder / pool)} if is_remote else {}
            replace(house, environment=house.environment | apart).start_worker(pool)
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
        "PREFECT_SERVER_API_PORT": str(port),
        "PREFECT_WORKER_QUERY_SECONDS": "2",
        "MCP_FORGE_PROFILES": str(own),
        "MCP_FORGE_HOME": str(folder / "home"),
        "MCP_FORGE_DIST": str(folder / "dist"),
        "MCP_FORGE_GPU_SLOTS": str(slots),
    }


def default_database() -> str:
    """The best that is installed here."""
    if POSTGRES and REDIS and find_spec("prefect_redis"):
        return REDIS_TOO
    return "postgres" if POSTGRES else "sqlite"


@contextmanager
def _database(folder: Path, database: str) -> Iterator[dict[str, str]]:
    """The server's settings for what keeps its state, which is started."""
    if database == "sqlite":
        yield SERVER_SETTINGS
    elif database == REDIS_TOO:
        with composed.databases(folder) as settings:
            yield settings
    else:
        with postgres(folder, free_port()) as url:
            yield {"PREFECT_API_DATABASE_CONNECTION_URL": url}
