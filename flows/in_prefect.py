"""Run a flow from a shell: a Prefect API for it, and a terminal that shows what is news."""

import logging
from collections.abc import Callable
from typing import Any

from flows.local_server import prefect_api
from tasks.domain.errors import ForgeError
from tasks.domain.untrusted.printable import printable

_LOG_SECONDS = 10
"""How long a command waits for its last log lines to reach the API."""


def in_prefect(entry: str, **parameters: Any) -> Any:
    """Run a flow against the configured Prefect API, or against a server of this command's own."""
    from prefect.logging.handlers import APILogWorker
    from prefect.settings import PREFECT_API_URL, temporary_settings
    from prefect.utilities.importtools import import_object

    from tasks.reporting import events

    flow: Callable[..., Any] = import_object(entry)
    _quieten_logs()  # after the import, which is when Prefect sets its handlers up
    with prefect_api() as url, temporary_settings({PREFECT_API_URL: url}):
        try:
            return flow(**parameters)
        finally:
            # A server of our own ends before Prefect would send the last ones.
            events.flush()
            APILogWorker.drain_all(timeout=_LOG_SECONDS)


def _quieten_logs() -> None:
    """Keep from the terminal what is not news: hooks, and tracebacks of our own errors.

    The API is told all of it. What is shown has no control characters: it may quote a server.
    """

    def is_worth_showing(record: logging.LogRecord) -> bool:
        is_refusal = record.exc_info and isinstance(record.exc_info[1], ForgeError)
        return not (is_refusal or "'stage_completed'" in record.getMessage())

    # Prefect's console handler is the root logger's; those of its own loggers speak to the API.
    for handler in logging.getLogger().handlers:
        handler.addFilter(is_worth_showing)
        handler.setFormatter(_Printable(handler.formatter or logging.Formatter()))


class _Printable(logging.Formatter):
    """Another formatter's text, fit for a terminal."""

    def __init__(self, inner: logging.Formatter) -> None:
        super().__init__()
        self._inner = inner

    def format(self, record: logging.LogRecord) -> str:
        return printable(self._inner.format(record))
