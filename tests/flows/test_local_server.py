"""The Prefect server of one command ends with that command, however that one ends."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import psutil
import pytest

from flows.local_server import prefect_api, wait_until_healthy
from tests.fakes import prefect_api as fake

ROOT = Path(__file__).parents[2]
COMMAND = (
    "from flows.local_server import prefect_api\n"
    "with prefect_api() as url:\n    print(url, flush=True)\n    input()\n"
)


@pytest.fixture(scope="module")
def prefect_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One database for these tests: making it takes most of a start."""
    return tmp_path_factory.mktemp("prefect")


@pytest.fixture
def command(prefect_home: Path, tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    """A command with a server of its own, waiting to be ended.

    It is called in a folder with a package of our name, which is not ours and must not be run.
    """
    (tmp_path / "flows").mkdir()
    (tmp_path / "flows" / "__init__.py").write_text("raise SystemExit('a strange flows')")
    environment = os.environ | {"PREFECT_HOME": str(prefect_home), "PYTHONPATH": str(ROOT)}
    environment.pop("PREFECT_API_URL", None)
    process = subprocess.Popen(
        [sys.executable, "-P", "-c", COMMAND],
        cwd=tmp_path,
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    yield process
    process.kill()
    process.communicate()


def ready(command: subprocess.Popen[str]) -> tuple[str, psutil.Process]:
    """The address of a command's server, and the server."""
    assert command.stdout is not None
    url = command.stdout.readline().strip()
    (server,) = psutil.Process(command.pid).children()
    assert server.cmdline()[-1] == "flows.local_server"
    return url, server


def ends(process: psutil.Process, seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if not process.is_running() or process.status() == psutil.STATUS_ZOMBIE:
            return True
        time.sleep(0.1)
    return False


def test_a_command_that_is_killed_takes_its_server_along(
    command: subprocess.Popen[str], prefect_home: Path
) -> None:
    url, server = ready(command)
    assert httpx.get(f"{url}/health", trust_env=False).json() is True
    assert url.startswith("http://127.0.0.1:")
    assert list(prefect_home.glob("prefect.db"))
    command.kill()
    assert ends(server, 60)


def test_a_command_that_is_done_ends_its_server(command: subprocess.Popen[str]) -> None:
    _, server = ready(command)
    command.communicate("\n", timeout=60)
    assert command.returncode == 0
    assert ends(server, 1)


def test_a_configured_api_is_used_and_none_is_started(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PREFECT_API_URL", "http://127.0.0.1:1/api")
    before = psutil.Process().children()
    with prefect_api() as url:
        assert url == "http://127.0.0.1:1/api"
        assert psutil.Process().children() == before


def test_a_server_that_is_there_and_not_ready_is_asked_again_in_a_while() -> None:
    not_yet: fake.Answer = (503, {})
    with fake.prefect_api({"/health": [not_yet, not_yet, not_yet, (200, True)]}) as script:
        start = time.monotonic()
        wait_until_healthy(script.url, lambda: None)
    assert len(script.requests) == 4
    assert time.monotonic() - start > 0.5
