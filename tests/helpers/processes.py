"""Processes that a test starts: a port for them, what they bring about, and their end."""

import signal
import socket
import subprocess
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import psutil
import pytest

PATIENCE = 600
"""Seconds after which a state that does not come is a failure; a busy machine needs most of it."""
_ENDING_SECONDS = 20


def free_port() -> int:
    """A port that nobody serves on."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


def wait_for(condition: Callable[[], Any], what: str, seconds: float = PATIENCE) -> Any:
    """Ask again and again; the first true answer."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        answer = condition()
        if answer:
            return answer
        time.sleep(0.2)
    pytest.fail(f"not within {seconds} s: {what}")


def end(process: subprocess.Popen[Any]) -> None:
    """End a process that we started, paused or not, and its children."""
    if process.poll() is None:
        family = [psutil.Process(process.pid)]
        family += family[0].children(recursive=True)
        for member in family:
            with suppress(psutil.NoSuchProcess):
                member.send_signal(signal.SIGCONT)
                member.terminate()
        _, alive = psutil.wait_procs(family, timeout=_ENDING_SECONDS)
        for member in alive:
            with suppress(psutil.NoSuchProcess):
                member.kill()
    process.wait(timeout=_ENDING_SECONDS)
