"""Run a flow from a shell: a Prefect API for it, and a terminal that shows what is news."""

import logging
import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TextIO

from flows.local_server import prefect_api
from profiles.settings import Settings
from tasks.domain.errors import ForgeError
from tasks.domain.untrusted.printable import printable

_LOG_SECONDS = 10
"""How long a command waits for its last log lines to reach the API."""


def in_prefect(entry: str, **parameters: Any) -> Any:
    """Run a flow against the configured Prefect API, or against a server of this command's own."""
    with _only_news() as terminal:
        from prefect.logging.handlers import APILogWorker
        from prefect.settings import PREFECT_API_URL, temporary_settings
        from prefect.utilities.importtools import import_object

        from tasks.reporting import events

        flow: Callable[..., Any] = import_object(entry)
        with (
            _news_shown(terminal),
            prefect_api() as url,
            temporary_settings({PREFECT_API_URL: url}),
        ):
            _check_answers(url)
            try:
                return flow(**parameters)
            finally:
                # A server of our own ends before Prefect would send the last ones.
                events.flush()
                APILogWorker.drain_all(timeout=_LOG_SECONDS)


def _check_answers(url: str) -> None:
    """Refuse an API that is configured and not there; later outages are survived."""
    from prefect.client.orchestration import get_client

    with get_client(sync_client=True) as client:
        fault = client.api_healthcheck()
    if fault:
        raise ForgeError(
            f"no Prefect API answers at {url} ({fault}); start it, or unset PREFECT_API_URL"
        )


@contextmanager
def _only_news() -> Iterator[TextIO]:
    """Keep the terminal for what is news; all that libraries write goes into a log of the run's.

    Whole files are moved, not Python's streams: compiled libraries and child processes write too.
    """
    folder = Settings().home / "logs"
    folder.mkdir(parents=True, exist_ok=True)
    log = folder / f"{time.strftime('%Y-%m-%d-%H%M%S')}-{os.getpid()}.log"
    copies = [os.dup(number) for number in (1, 2)]
    try:
        with log.open("w", encoding="utf-8") as file, os.fdopen(os.dup(2), "w") as terminal:
            _move(file.fileno(), file.fileno())
            try:
                yield terminal
            finally:
                _move(*copies)
    finally:
        for number in copies:
            os.close(number)


def _move(output: int, errors: int) -> None:
    """Let standard output and standard error lead to other files."""
    for stream, number, target in ((sys.stdout, 1, output), (sys.stderr, 2, errors)):
        stream.flush()
        os.dup2(target, number)


@contextmanager
def _news_shown(terminal: TextIO) -> Iterator[None]:
    """Show the lines of stages, and warnings of ours, on the terminal.

    Prefect's own handler goes on writing everything; after its import it is the root logger's.
    """
    from tasks.reporting.terminal import NEWS, STREAM

    shown_before = STREAM.set(terminal)
    NEWS.setLevel(logging.INFO)
    handler = logging.StreamHandler(terminal)
    handler.addFilter(_is_news)
    handler.setFormatter(_Printable("%(asctime)s  %(message)s", "%H:%M:%S"))
    logging.getLogger().addHandler(handler)
    try:
        yield
    finally:
        logging.getLogger().removeHandler(handler)
        STREAM.reset(shown_before)


def _is_news(record: logging.LogRecord) -> bool:
    """A stage's end, or a warning of a flow or a task; errors are what the command ends with."""
    is_of_a_run = record.name in ("prefect.flow_runs", "prefect.task_runs")
    return record.name == "mcp_forge.news" or (is_of_a_run and record.levelno == logging.WARNING)


class _Printable(logging.Formatter):
    """What is shown has no control characters: it may quote a server."""

    def format(self, record: logging.LogRecord) -> str:
        return printable(super().format(record))
