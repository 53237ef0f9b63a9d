"""Postgres and Redis as Debian packages them, and moto's S3: processes that end with the block."""

import os
import pwd
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

from tests.helpers.processes import end, free_port, wait_for

POSTGRES = next(iter(sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)), None)
REDIS = shutil.which("redis-server")
_START_SECONDS = 180


@contextmanager
def process(
    *command: str, log: Path, user: str | None = None, **settings: str
) -> Iterator["subprocess.Popen[bytes]"]:
    """A process that is ended with the block."""
    with log.open("ab") as output:
        started = subprocess.Popen(
            command,
            env=os.environ | settings,
            stdout=output,
            stderr=output,
            start_new_session=True,
            user=user,
        )
    try:
        yield started
    finally:
        end(started)


@contextmanager
def postgres(folder: Path, port: int) -> Iterator[str]:
    """A Postgres with a database of its own; its address. ``folder``: its path has to be short."""
    assert POSTGRES is not None
    data = folder / "postgres"
    data.mkdir()
    user = "nobody" if os.geteuid() == 0 else None  # Postgres refuses to run as root
    folder.chmod(0o755)
    if user:
        os.chown(data, pwd.getpwnam(user).pw_uid, -1)
    options = ["-D", str(data), "-U", "prefect", "--auth=trust", "--no-sync", "-E", "UTF8"]
    subprocess.run(
        [str(POSTGRES / "initdb"), *options], check=True, user=user, capture_output=True, cwd="/"
    )
    command = [str(POSTGRES / "postgres"), "-D", str(data), "-p", str(port), "-k", str(data)]
    with process(*command, "-h", "127.0.0.1", log=folder / "postgres.log", user=user):
        ready = [str(POSTGRES / "pg_isready"), "-h", "127.0.0.1", "-p", str(port), "-U", "prefect"]
        wait_for(
            lambda: subprocess.run(ready, check=False, capture_output=True).returncode == 0,
            "a Postgres that takes connections",
            _START_SECONDS,
        )
        yield f"postgresql+asyncpg://prefect@127.0.0.1:{port}/postgres"


@contextmanager
def redis(folder: Path, port: int) -> Iterator[None]:
    """A Redis that keeps its file in the folder."""
    options = ("--port", str(port), "--bind", "127.0.0.1", "--dir", str(folder))
    with process(str(REDIS), *options, log=folder / "redis.log"):
        yield


@contextmanager
def s3(folder: Path, bucket: str) -> Iterator[dict[str, str]]:
    """An S3 server with one empty bucket; the environment that leads clients to it."""
    port = free_port()
    address = f"http://127.0.0.1:{port}"
    command = (sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port))
    with process(*command, log=folder / "s3.log"):
        wait_for(lambda: _makes_bucket(f"{address}/{bucket}"), "an S3 server", _START_SECONDS)
        yield {
            "AWS_ENDPOINT_URL": address,
            "AWS_ACCESS_KEY_ID": "local",
            "AWS_SECRET_ACCESS_KEY": "local",
            "AWS_DEFAULT_REGION": "us-east-1",
        }


def _makes_bucket(url: str) -> bool:
    try:
        return httpx.put(url, trust_env=False).is_success
    except httpx.TransportError:
        return False
