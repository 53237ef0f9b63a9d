"""A Prefect server for one command: it ends with the process that started it, however that ends.

Started as ``python -P -m flows.local_server`` it serves on a free port of the loopback interface,
prints the port, and stops when its standard input closes; a killed parent closes it too.
"""

import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import IO

import httpx

from profiles.settings import Settings
from tasks.domain.errors import MachineTooSmall

_START_SECONDS = 180

SERVER_SETTINGS = {
    "PREFECT_SERVER_SERVICES_EVENT_PERSISTER_BATCH_SIZE": "1",
    "PREFECT_SERVER_SERVICES_LATE_RUNS_AFTER_SECONDS": "300",
    "PREFECT_SERVER_SERVICES_LATE_RUNS_LOOP_SECONDS": "60",
}
"""For a server on SQLite. After a restart its clients send again what it may not have written, and
Prefect 3.9.1 fails on a batch of which it knows every event (an INSERT without a row): after five
tries it throws away all that wait, new ones too. Batches of one leave only known ones to throw.

A run that waits for the one slot of a pool is not late. To say so all the same, by default after
15 s, reads and then writes, which SQLite refuses where another writes meanwhile: two hundred lines
of the server's log, every five seconds until it succeeds."""


def settle_environment() -> None:
    """Set what Prefect reads when it is imported; what is set already stays.

    Everything is written below the home of this installation, and nothing is reported anywhere.
    """
    defaults = {
        "PREFECT_HOME": str(Settings().home / "prefect"),
        "PREFECT_RESULTS_PERSIST_BY_DEFAULT": "true",
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        "DO_NOT_TRACK": "1",
        "PREFECT_LOGGING_LEVEL": "INFO",
        "PREFECT_CLI_PROMPT": "false",
        "HF_HUB_DISABLE_TELEMETRY": "1",
        "UNSLOTH_DISABLE_STATISTICS": "1",
        "TOKENIZERS_PARALLELISM": "false",
        **SERVER_SETTINGS,
    }
    for name, value in defaults.items():
        os.environ.setdefault(name, value)
    Path(os.environ["PREFECT_HOME"]).mkdir(parents=True, exist_ok=True)


@contextmanager
def prefect_api() -> Iterator[str]:
    """The address of the Prefect API: the one that is configured, or a server of our own."""
    configured = os.environ.get("PREFECT_API_URL")
    if configured:
        yield configured
        return
    # -P, and our own folder first: the working directory may have a folder named flows, not ours.
    ours = [str(Path(__file__).parents[1]), os.environ.get("PYTHONPATH", "")]
    process = subprocess.Popen(
        [sys.executable, "-P", "-m", "flows.local_server"],
        env=os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, ours))},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,  # Ctrl-C is for the run, which ends the server itself
    )
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        url = f"http://127.0.0.1:{_port(process.stdout)}/api"
        wait_until_healthy(url, partial(_check_alive, process))
        yield url
    finally:
        process.stdin.close()
        try:
            process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        process.stdout.close()


def _port(output: IO[str]) -> int:
    line = output.readline()
    if not line.strip().isdigit():
        raise MachineTooSmall(f"the local Prefect server did not start: it said {line!r}")
    return int(line)


def _check_alive(process: subprocess.Popen[str]) -> None:
    if process.poll() is not None:
        raise MachineTooSmall(
            f"the local Prefect server ended; {Settings().home}/logs has its reason"
        )


def wait_until_healthy(url: str, check_alive: Callable[[], None]) -> None:
    """Wait until a local server answers; ``check_alive`` raises an error when it has ended.

    Raises:
        MachineTooSmall: it does not answer in time.
    """
    deadline = time.monotonic() + _START_SECONDS
    with httpx.Client(trust_env=False) as client:
        while time.monotonic() < deadline:
            check_alive()
            with suppress(httpx.TransportError):
                if client.get(f"{url}/health", timeout=5).is_success:
                    return
            time.sleep(0.2)
    raise MachineTooSmall(f"the local Prefect server did not answer within {_START_SECONDS} s")


def main() -> None:
    """Serve until standard input closes."""
    settle_environment()
    import uvicorn
    from prefect.server.api.server import create_app

    listener = socket.create_server(("127.0.0.1", 0))
    sys.stdout.write(f"{listener.getsockname()[1]}\n")
    sys.stdout.flush()
    server = uvicorn.Server(uvicorn.Config(create_app(), log_level="error", access_log=False))

    def stop_with_parent() -> None:
        sys.stdin.read()
        server.should_exit = True
        time.sleep(10)
        os._exit(0)  # a service of Prefect's that does not end must not keep the process

    threading.Thread(target=stop_with_parent, daemon=True).start()
    server.run(sockets=[listener])


if __name__ == "__main__":
    main()
