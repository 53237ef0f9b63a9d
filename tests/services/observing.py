"""A real Prefect server as a process of its own, and what tests ask of it over HTTP."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

from tests.helpers.processes import end, free_port, wait_for

ROOT = Path(__file__).parent.parent.parent
START_SECONDS = 120


class Server:
    """A server that is up; ``pause`` makes it one that takes connections and never answers."""

    def __init__(self, process: "subprocess.Popen[bytes]", url: str, log: Path) -> None:
        self.process, self.url, self.log = process, url, log

    def ask(self, path: str, **body: Any) -> Any:
        """The answer to a POST, as JSON."""
        return self.post(path, body).json()

    def post(self, path: str, content: Any) -> httpx.Response:
        """A POST that must succeed."""
        with httpx.Client(trust_env=False, timeout=30) as client:
            answer = client.post(f"{self.url}{path}", json=content)
        assert answer.is_success, answer.text
        return answer

    def get(self, path: str) -> Any:
        """The answer to a GET, as JSON."""
        with httpx.Client(trust_env=False, timeout=30) as client:
            answer = client.get(f"{self.url}{path}")
        assert answer.is_success, answer.text
        return answer.json()

    def events(self, prefix: str = "mcp-forge.") -> list[dict[str, Any]]:
        """The newest 50 events whose name begins so, oldest first."""
        found = self.ask("/events/filter", filter={"event": {"prefix": [prefix]}}, limit=50)
        return list(reversed(found["events"]))

    def pause(self) -> None:
        """From now on nobody gets an answer."""
        self.process.send_signal(signal.SIGSTOP)

    def resume(self) -> None:
        """Answer again."""
        self.process.send_signal(signal.SIGCONT)


@contextmanager
def prefect_server(home: Path, settings: Mapping[str, str] | None = None) -> Iterator[Server]:
    """Serve from ``home`` until the block ends; ``settings`` are environment variables."""
    port, log = free_port(), home / "server.log"
    home.mkdir(parents=True, exist_ok=True)
    environment = os.environ | {
        "PREFECT_HOME": str(home),
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        "PREFECT_SERVER_API_PORT": str(port),
        "DO_NOT_TRACK": "1",
        **(settings or {}),
    }
    environment.pop("PREFECT_API_URL", None)
    command = [sys.executable, "-m", "prefect", "server", "start", "--host", "127.0.0.1"]
    with log.open("wb") as output:
        process = subprocess.Popen(
            command, env=environment, stdout=output, stderr=output, cwd=home, start_new_session=True
        )
    server = Server(process, f"http://127.0.0.1:{port}/api", log)
    try:
        wait_for(lambda: is_up(server), f"a healthy server; see {log}", START_SECONDS)
        yield server
    finally:
        end(process)


def is_up(server: Server) -> bool:
    """Whether the server answers; AssertionError when its process has ended."""
    if server.process.poll() is not None:
        raise AssertionError(f"the server ended: {server.log.read_text('utf-8')[-2000:]}")
    try:
        return httpx.get(f"{server.url}/health", timeout=5, trust_env=False).is_success
    except httpx.TransportError:
        return False


def python(code: str, url: str, **environment: str) -> "subprocess.CompletedProcess[str]":
    """Run a program of ours in a process of its own against an API, to its end."""
    return subprocess.run(
        [sys.executable, "-c", code],
        env=os.environ | {"PREFECT_API_URL": url, "PYTHONPATH": str(ROOT), **environment},
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=180,
        check=False,
    )
