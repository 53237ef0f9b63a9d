"""``make serve``: a whole deployment from nothing, and nothing left of it after Ctrl-C."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import httpx
import psutil
import yaml

import profiles
from tests.helpers.deployment import ROOT
from tests.helpers.processes import PATIENCE, end, free_port, wait_for


def made(folder: Path) -> int:
    """The deployments that ``make serve`` has written there: of models, servers and operators."""
    entries = yaml.safe_load((folder / "prefect.yaml").read_text("utf-8"))["deployments"]
    assert len(entries) > 3 * len(profiles.deployed_models()) + len(profiles.deployed_servers())
    return len(entries)


def test_serve_gives_pools_workers_and_deployments_and_ends_with_everything_it_started(
    tmp_path: Path,
) -> None:
    port = free_port()
    environment = os.environ | {
        "PYTHONPATH": os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")]),
        "MCP_FORGE_HOME": str(tmp_path / "home"),
        "PREFECT_HOME": str(tmp_path / "prefect"),
        "PREFECT_WORKER_QUERY_SECONDS": "1",
    }
    with (tmp_path / "serve.log").open("wb") as log:
        serving = subprocess.Popen(
            [sys.executable, "-m", "infra.serve", str(port)],
            cwd=tmp_path,
            env=environment,
            stdout=log,
            stderr=subprocess.STDOUT,
        )
    try:
        said = tmp_path / "serve.log"
        wait_for(lambda: b"\nReady: " in said.read_bytes() or serving.poll() is not None, "ready")
        assert serving.poll() is None, said.read_text("utf-8")
        with httpx.Client(
            base_url=f"http://127.0.0.1:{port}/api", trust_env=False, timeout=60
        ) as api:
            for pool, limit in (("cpu", None), ("gpu", 1)):
                workers = f"/work_pools/{pool}/workers/filter"
                wait_for(lambda at=workers: api.post(at, json={}).json(), f"a worker of {pool}")
                assert api.get(f"/work_pools/{pool}").json()["concurrency_limit"] == limit
            assert api.post("/deployments/count", json={}).json() == made(tmp_path)
        family = psutil.Process(serving.pid).children(recursive=True)
        assert len(family) >= 3
        ours = psutil.Process().nice()
        nices = {member.nice() for member in family if "worker" in member.cmdline()}
        assert nices == {min(ours + 5, 19)}, "the server comes before what workers run"
        serving.send_signal(signal.SIGINT)
        assert serving.wait(timeout=PATIENCE) == 0
        assert [member for member in family if member.is_running()] == []
    finally:
        end(serving)
