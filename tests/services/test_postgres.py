"""The server as compose.yaml runs it: Postgres, Redis, migrations, API and services apart.

Debian's packages, as processes of their own on free ports; skips where they are not installed.
"""

import os
import pwd
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
import yaml

from tests.helpers.processes import end, free_port, wait_for
from tests.services.observing import ROOT, Server, is_up

pytestmark = pytest.mark.services

pytest.importorskip("prefect_redis", reason="needed the extra services")

POSTGRES = next(iter(sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)), None)
REDIS = shutil.which("redis-server")
if not (POSTGRES and REDIS):
    pytest.skip("needed the packages postgresql and redis-server", allow_module_level=True)


@contextmanager
def process(*command: str, log: Path, **settings: str) -> Iterator["subprocess.Popen[bytes]"]:
    """A process that is ended with the block; as nobody special where we are root."""
    is_database = command[0] == str(POSTGRES / "postgres")
    with log.open("ab") as output:
        started = subprocess.Popen(
            command,
            env=os.environ | settings,
            stdout=output,
            stderr=output,
            start_new_session=True,
            user=unprivileged() if is_database else None,
        )
    try:
        yield started
    finally:
        end(started)


def unprivileged() -> str | None:
    """Postgres refuses to run as root."""
    return "nobody" if os.geteuid() == 0 else None


@pytest.fixture(scope="module")
def server() -> Iterator[tuple[Server, int]]:
    """The API with its services apart, and the port of Redis."""
    environment = yaml.safe_load((ROOT / "infra/compose.yaml").read_text("utf-8"))["x-server"][
        "environment"
    ]
    folder = Path(tempfile.mkdtemp(prefix="mcp-forge-postgres-"))  # short: it holds a socket
    postgres, redis, api = free_port(), free_port(), free_port()
    settings = environment | {
        "PREFECT_API_DATABASE_CONNECTION_URL": (
            f"postgresql+asyncpg://prefect@127.0.0.1:{postgres}/postgres"
        ),
        "PREFECT_SERVER_DOCKET_URL": f"redis://127.0.0.1:{redis}/1",
        "PREFECT_REDIS_MESSAGING_HOST": "127.0.0.1",
        "PREFECT_REDIS_MESSAGING_PORT": str(redis),
        "PREFECT_HOME": str(folder / "prefect"),
        "PREFECT_SERVER_API_PORT": str(api),
    }
    del settings["PREFECT_SERVER_API_AUTH_STRING"]
    prefect = (sys.executable, "-m", "prefect", "server")
    with ExitStack() as running:
        running.callback(shutil.rmtree, folder, ignore_errors=True)
        running.enter_context(database(folder, postgres))
        running.enter_context(
            process(
                str(REDIS),
                "--port",
                str(redis),
                "--bind",
                "127.0.0.1",
                "--dir",
                str(folder),
                log=folder / "redis.log",
            )
        )
        done = subprocess.run(
            [*prefect, "database", "upgrade", "-y"],
            env=os.environ | settings,
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        log = folder / "api.log"
        started = running.enter_context(
            process(*prefect, "start", "--host", "127.0.0.1", "--no-services", log=log, **settings)
        )
        services = folder / "services.log"
        running.enter_context(process(*prefect, "services", "start", log=services, **settings))
        server = Server(started, f"http://127.0.0.1:{api}/api", log)
        wait_for(lambda: is_up(server), "a healthy server", 180)
        yield server, redis


@contextmanager
def database(folder: Path, port: int) -> Iterator[None]:
    """A Postgres with a database of its own."""
    data = folder / "postgres"
    data.mkdir()
    user = unprivileged()
    folder.chmod(0o755)
    if user:
        os.chown(data, pwd.getpwnam(user).pw_uid, -1)
    options = ["-D", str(data), "-U", "prefect", "--auth=trust", "--no-sync", "-E", "UTF8"]
    subprocess.run(
        [str(POSTGRES / "initdb"), *options], check=True, user=user, capture_output=True, cwd="/"
    )
    command = [str(POSTGRES / "postgres"), "-D", str(data), "-p", str(port), "-k", str(data)]
    with process(*command, "-h", "127.0.0.1", log=folder / "postgres.log"):
        ready = [str(POSTGRES / "pg_isready"), "-h", "127.0.0.1", "-p", str(port)]
        wait_for(
            lambda: subprocess.run(ready, check=False, capture_output=True).returncode == 0,
            "a Postgres that takes connections",
        )
        yield


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
    import redis

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
    with redis.Redis(port=port) as client:
        keys = [key.decode() for key in client.keys("*")]
    with redis.Redis(port=port, db=1) as client:
        assert client.keys("*"), "the background services' queue"
    assert any("lease" in key for key in keys), keys
    assert any("events" in key for key in keys), keys
