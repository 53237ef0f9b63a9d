"""A whole deployment on one machine, in the foreground: server, pools, deployments, two workers.

``python -m infra.serve [port]``. Ctrl-C ends it and everything that it started; a training that is
under way writes a checkpoint first.
"""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path

import psutil

from flows.local_server import settle_environment, wait_until_healthy
from tasks.domain.errors import MachineTooSmall

PORT = 4200
_LAST_PORT = 65_535
_END_SECONDS = 60
_YIELDING = 5
"""Added to the niceness of the workers and all that they start. Prefect's server holds its SQLite's
write lock while it works, and others are refused meanwhile: where a training takes all cores, the
server has to come first (docs/operations.md)."""
_LEAST_PRIORITY = 19
_PREFECT = str(Path(sys.executable).with_name("prefect"))


def main() -> None:
    """Serve until Ctrl-C, or until a part ends by itself, which is an error."""
    port = _chosen_port(sys.argv[1:])
    settle_environment()
    # SIGINT too: a shell's background jobs inherit it ignored, and so would the workers.
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, signal.default_int_handler)
    _check_free(port)
    environment = os.environ | {
        "PREFECT_API_URL": f"http://127.0.0.1:{port}/api",
        "PREFECT_SERVER_API_PORT": str(port),  # where the UI looks for the API
    }
    with _family() as parts:
        try:
            _start(parts, environment, port)
            sys.stdout.write(
                f"\nReady: http://127.0.0.1:{port}  (Ctrl-C ends everything)\n"
                f"In another shell: export PREFECT_API_URL={environment['PREFECT_API_URL']}\n"
            )
            sys.stdout.flush()
            _watch(parts)
        except KeyboardInterrupt:
            sys.stdout.write("\nEnding\n")
        except MachineTooSmall as error:
            sys.exit(str(error))


def _chosen_port(arguments: Sequence[str]) -> int:
    text = arguments[0] if arguments else str(PORT)
    if not text.isdecimal() or not 1 <= int(text) <= _LAST_PORT:
        sys.exit(f"no port {text!r}; needed a number from 1 to {_LAST_PORT}: make serve PORT=…")
    return int(text)


def _start(
    parts: dict[str, subprocess.Popen[bytes]], environment: Mapping[str, str], port: int
) -> None:
    def start(name: str, *command: str) -> None:
        parts[name] = subprocess.Popen(command, env=environment, start_new_session=True)

    def do(*command: str) -> None:
        if subprocess.run(command, env=environment, check=False).returncode:
            sys.exit(f"failed: {' '.join(command)}")

    start("the server", _PREFECT, "server", "start", "--host", "127.0.0.1", "--port", str(port))
    wait_until_healthy(environment["PREFECT_API_URL"], partial(_check_alive, parts))
    do(sys.executable, "-m", "infra.bootstrap")
    do(sys.executable, "-m", "infra.write_prefect_yaml")
    do(sys.executable, "-m", "infra.deploy")
    do(sys.executable, "-m", "infra.apply_automations")
    for pool in ("cpu", "gpu"):
        start(f"the worker of {pool}", _PREFECT, "worker", "start", "--pool", pool)
        worker = psutil.Process(parts[f"the worker of {pool}"].pid)
        worker.nice(min(worker.nice() + _YIELDING, _LEAST_PRIORITY))


def _watch(parts: Mapping[str, subprocess.Popen[bytes]]) -> None:
    while True:
        _check_alive(parts)
        time.sleep(0.5)


def _check_alive(parts: Mapping[str, subprocess.Popen[bytes]]) -> None:
    for name, process in parts.items():
        if process.poll() is not None:
            sys.exit(f"{name} has ended with status {process.returncode}; its reason stands above")


def _check_free(port: int) -> None:
    with socket.socket() as probe:
        if probe.connect_ex(("127.0.0.1", port)) == 0:
            sys.exit(
                f"port {port} is taken; end what serves there, or name another: make serve PORT=…"
            )


@contextmanager
def _family() -> Iterator[dict[str, subprocess.Popen[bytes]]]:
    """The parts by name, the server first; all of them and their children end with the block."""
    parts: dict[str, subprocess.Popen[bytes]] = {}
    try:
        yield parts
    finally:
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # a second Ctrl-C would leave some running
        processes = list(parts.values())
        _end(processes[1:])  # the workers and their runs still report to the server
        _end(processes[:1])


def _end(processes: list[subprocess.Popen[bytes]]) -> None:
    alive = [psutil.Process(process.pid) for process in processes if process.poll() is None]
    family = [member for one in alive for member in (one, *one.children(recursive=True))]
    for member in family:
        with suppress(psutil.NoSuchProcess):
            member.terminate()
    _, alive = psutil.wait_procs(family, timeout=_END_SECONDS)
    for member in alive:
        with suppress(psutil.NoSuchProcess):
            member.kill()
    psutil.wait_procs(alive, timeout=10)


if __name__ == "__main__":
    main()
