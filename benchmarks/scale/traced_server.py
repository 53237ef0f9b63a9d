"""Prefect's server, with a clock on its database: who waits for the write lock, and who holds it.

``python -m benchmarks.scale.traced_server PORT FIGURES.json``; the figures are written every few
seconds, since a server may be ended without a word. SIGUSR1 has it count from there on.
"""

import json
import signal
import sys
import threading
import time
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, event
from sqlalchemy.engine import Engine, ExceptionContext

_EVERY_SECONDS = 5
_WRITES = ("INSERT", "UPDATE", "DELETE", "BEGIN IMMEDIATE")
_LONG_SECONDS = 1.0
_MOST_NAMES = 20


class Clock:
    """Counts statements that write, how long they took, and how long the lock was held after."""

    def __init__(self) -> None:
        self.writes: dict[str, list[float]] = defaultdict(list)
        """Seconds of each statement that writes, with its wait for the lock."""
        self.holds: dict[str, list[float]] = defaultdict(list)
        """Seconds from taking the lock to the end of the transaction, by its first two writes."""
        self.errors: dict[str, int] = defaultdict(int)

    def listen(self) -> None:
        """Hear of every statement of every engine of this process."""
        for name, listener in self._listeners().items():
            event.listen(Engine, name, listener)

    def stop(self) -> None:
        """Hear of nothing any more."""
        for name, listener in self._listeners().items():
            event.remove(Engine, name, listener)

    def _listeners(self) -> dict[str, Callable[..., None]]:
        return {
            "before_cursor_execute": self._begin,
            "after_cursor_execute": self._end,
            "commit": self._release,
            "rollback": self._release,
            "handle_error": self._fail,
        }

    def clear(self) -> None:
        """Count from here on: a new database and its deployments are no part of a run."""
        for counted in (self.writes, self.holds, self.errors):
            counted.clear()

    def figures(self) -> dict[str, Any]:
        """What was counted, the longest first."""
        return {
            "writes": _summary(self.writes),
            "lock_held": _summary(self.holds),
            "errors": dict(sorted(self.errors.items(), key=lambda item: -item[1])),
        }

    def _begin(self, connection: Connection, *_: Any) -> None:
        connection.info["asked"] = time.monotonic()

    def _end(self, connection: Connection, _cursor: Any, statement: str, *_: Any) -> None:
        now, info, name = time.monotonic(), connection.info, _name(statement)
        if name.startswith("BEGIN"):
            info["begun"], info["read"] = name, False
        if not name.startswith(_WRITES):
            info["read"] = not name.startswith("BEGIN")
            return
        self.writes[name].append(now - info["asked"])
        if "begun" in info:
            since, names = info.setdefault("locked", (now, []))
            info["locked"] = (since, [*names, name])

    def _release(self, connection: Connection) -> None:
        locked = connection.info.pop("locked", None)
        connection.info.pop("begun", None)
        if locked:
            since, names = locked
            self.holds[", ".join(names[:2])].append(time.monotonic() - since)

    def _fail(self, context: ExceptionContext) -> None:
        info = context.connection.info if context.connection is not None else {}
        error = context.original_exception
        kind = getattr(error, "sqlite_errorname", type(error).__name__)
        how = info.get("begun", "no transaction") + (", after a read" if info.get("read") else "")
        waited = time.monotonic() - info.get("asked", time.monotonic())
        length = "after a long wait" if waited > _LONG_SECONDS else "at once"
        self.errors[f"{kind} {length}: {_name(context.statement or '')} ({how})"] += 1


def _name(statement: str) -> str:
    """The verb and the table."""
    words = statement.split(None, 3)
    return " ".join(words[: 3 if words[:1] in (["INSERT"], ["DELETE"]) else 2])


def _summary(times: dict[str, list[float]]) -> dict[str, dict[str, float]]:
    ordered = sorted(times.items(), key=lambda item: -sum(item[1]))[:_MOST_NAMES]
    return {
        name: {
            "count": len(seconds),
            "seconds": round(sum(seconds), 2),
            "longest": round(max(seconds), 2),
            "over_a_second": sum(one > _LONG_SECONDS for one in seconds),
        }
        for name, seconds in ordered
    }


def main() -> None:
    """Serve until it is ended."""
    clock, figures = Clock(), Path(sys.argv[2])
    clock.listen()
    signal.signal(signal.SIGUSR1, lambda *_: clock.clear())
    import uvicorn
    from prefect.server.api.server import create_app

    def write() -> None:
        draft = figures.with_suffix(".draft")
        draft.write_text(json.dumps(clock.figures(), indent=1), encoding="utf-8")
        draft.replace(figures)

    def write_often() -> None:
        while True:
            time.sleep(_EVERY_SECONDS)
            write()

    threading.Thread(target=write_often, daemon=True).start()
    uvicorn.run(create_app(), host="127.0.0.1", port=int(sys.argv[1]), log_level="error")
    write()


if __name__ == "__main__":
    main()
