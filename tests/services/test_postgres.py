"""The server as compose.yaml runs it: Postgres, Redis, migrations, API and services apart.

Debian's packages, as processes of their own on free ports; skips where they are not installed.
"""

import asyncio
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path

import psutil
import pytest

from tests.helpers.composed import command, databases, settings_of_compose
from tests.helpers.databases import POSTGRES, REDIS, process
from tests.helpers.processes import free_port, wait_for
from tests.services.observing import ROOT, Server, is_up

pytestmark = pytest.mark.services

pytest.importorskip("prefect_redis", reason="needed the extra services")

if not (POSTGRES and REDIS):
    pytest.skip("needed the packages postgresql and redis-server", allow_module_level=True)


@pytest.fixture(scope="module")
def server() -> Iterator[tuple[Server, int]]:
    """The API with its services apart, and the port of Redis."""
    folder = Path(tempfile.mkdtemp(prefix="mcp-forge-postgres-"))  # short: it holds a socket
    port = free_port()
    with ExitStack() as running:
        running.callback(shutil.rmtree, folder, ignore_errors=True)
        settings = running.enter_context(databases(folder)) | {
            "PREFECT_HOME": str(folder / "prefect"),
            "PREFECT_SERVER_API_PORT": str(port),
            "PYTHONPATH": os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")]),
        }
        done = subprocess.run(
            command("migrate"),
            env=os.environ | settings,
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        log = folder / "api.log"
        started = running.enter_context(process(*command("api"), log=log, **settings))
        services = folder / "services.log"
        running.enter_context(process(*command("services"), log=services, **settings))
        server = Server(started, f"http://127.0.0.1:{port}/api", log)
        wait_for(lambda: is_up(server), "a healthy server", 180)
        yield server, int(settings["PREFECT_REDIS_MESSAGING_PORT"])


def test_a_run_is_told_through_redis_and_kept_in_postgres(server: tuple[Server, int]) -> None:
    api, _ = server
    done = subprocess.run(
        [sys.executable, "-m", "tests.fakes.told_training", "5"],
        env=os.environ | {"PREFECT_API_URL": api.url, "PYTHONPATH": str(ROOT)},
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=180,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    # Only the services, a process of their own, write events down: these came through Redis.
    last = wait_for(lambda: api.events("mcp-forge.training.finished"), "the last event", 90)
    assert last[0]["payload"]["fraction"] == 1
    states = {run["state_type"] for run in api.ask("/flow_runs/filter")}
    assert states == {"COMPLETED"}
    (curve,) = api.ask("/artifacts/filter", artifacts={"key": {"any_": ["loss-curve-qwen-2-5"]}})
    assert "finished at step 5 of 5" in curve["data"]


def test_what_a_restart_must_not_lose_is_in_redis(server: tuple[Server, int]) -> None:
    from redis import Redis

    api, port = server
    created = api.ask("/v2/concurrency_limits/", name="gpu-memory", limit=1)
    assert created["name"] == "gpu-memory"
    api.ask(
        "/v2/concurrency_limits/increment-with-lease",
        names=["gpu-memory"],
        slots=1,
        mode="concurrency",
        lease_duration=300,
    )
    with Redis(port=port) as client:
        keys = [key.decode() for key in client.keys("*")]
    with Redis(port=port, db=1) as client:
        assert client.keys("*"), "the background services' queue"
    assert any("lease" in key for key in keys), keys
    assert any("events" in key for key in keys), keys


def test_every_part_of_the_server_finds_redis(server: tuple[Server, int]) -> None:
    api, _ = server
    logs = [path.read_text("utf-8") for path in api.log.parent.glob("*.log")]
    assert not [line for log in logs for line in log.splitlines() if "localhost:6379" in line]


def test_two_api_servers_start_at_once_on_a_new_database(server: tuple[Server, int]) -> None:
    api, _ = server
    slugs = {block["slug"] for block in api.ask("/block_types/filter", limit=200)}
    assert {"secret", "slack-webhook", "remote-file-system"} <= slugs
    children = psutil.Process(api.process.pid).children()
    assert sum("spawn_main" in " ".join(child.cmdline()) for child in children) == 2
    assert "Traceback" not in api.log.read_text("utf-8")


def test_no_event_is_lost_on_its_way_into_redis(
    server: tuple[Server, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    """With the batch size that prefect-redis has by itself, some are."""
    from prefect_redis.messaging import Cache, Publisher
    from redis import Redis

    _, port = server
    size = settings_of_compose()["PREFECT_REDIS_MESSAGING_PUBLISHER_BATCH_SIZE"]
    monkeypatch.setenv("PREFECT_REDIS_MESSAGING_PUBLISHER_BATCH_SIZE", size)
    monkeypatch.setenv("PREFECT_REDIS_MESSAGING_PORT", str(port))

    async def publish() -> None:
        often = timedelta(seconds=0.05)
        async with Publisher("many", Cache("many"), "id", publish_every=often) as publisher:
            for number in range(600):
                await publisher.publish_data(b"x", {"id": f"many-{number}"})
                await asyncio.sleep(0.002)

    asyncio.run(publish())
    with Redis(port=port) as client:
        assert client.xlen("many") == 600
