"""Prefect's server as compose.yaml runs it, on databases and ports of this machine."""

import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import yaml

from tests.helpers.databases import postgres, redis
from tests.helpers.deployment import ROOT
from tests.helpers.processes import free_port

_COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "infra/compose.yaml").read_text("utf-8"))


def settings_of_compose() -> dict[str, str]:
    """The environment of every part of the server."""
    return dict(_COMPOSE["x-server"]["environment"])


@contextmanager
def databases(folder: Path) -> Iterator[dict[str, str]]:
    """Postgres and Redis; the settings of compose's server that lead to them."""
    port = free_port()
    settings = settings_of_compose()
    del settings["PREFECT_SERVER_API_AUTH_STRING"]
    with postgres(folder, free_port()) as url, redis(folder, port):
        yield settings | {
            "PREFECT_API_DATABASE_CONNECTION_URL": url,
            "PREFECT_SERVER_DOCKET_URL": f"redis://127.0.0.1:{port}/1",
            "PREFECT_REDIS_MESSAGING_HOST": "127.0.0.1",
            "PREFECT_REDIS_MESSAGING_PORT": str(port),
            "PREFECT_REDIS_WORKER_CLEANUP_QUEUE_HOST": "127.0.0.1",
            "PREFECT_REDIS_WORKER_CLEANUP_QUEUE_PORT": str(port),
        }


def command(service: str) -> tuple[str, ...]:
    """What a service of compose runs, at the loopback interface and with our Python."""
    program, *words = _COMPOSE["services"][service]["command"]
    python = (sys.executable, *{"python": (), "prefect": ("-m", "prefect")}[program])
    defaults = (re.sub(r"^\$\{\w+:-(.*)\}$", r"\1", word) for word in words)
    addressed = ("127.0.0.1" if word == "0.0.0.0" else word for word in defaults)
    return (*python, *addressed)
