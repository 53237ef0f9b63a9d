"""A thread that sends the newest of what it is given, so that who gives never waits."""

import threading
from collections.abc import Callable
from contextvars import copy_context
from typing import Generic, TypeVar

T = TypeVar("T")


class NewestSender(Generic[T]):
    """``send`` is called for the newest item, one call at a time; items in between are skipped.

    The thread lives in a copy of the context it was made in: the API's address and the run that
    artifacts belong to. It is a daemon: a process that ends does not wait for it.
    """

    def __init__(self, send: Callable[[T], None]) -> None:
        self._send = send
        self._change = threading.Condition()
        self._waiting: list[T] = []
        self._busy = False
        self._closed = False
        context = copy_context()
        threading.Thread(target=context.run, args=(self._run,), daemon=True).start()

    def put(self, item: T) -> None:
        """Take an item in place of one that is still waiting."""
        with self._change:
            self._waiting = [item]
            self._change.notify_all()

    def settle(self, seconds: float) -> bool:
        """Wait until nothing is left to send, at most so long; whether that came true."""
        with self._change:
            return self._change.wait_for(lambda: not (self._waiting or self._busy), seconds)

    def close(self) -> None:
        """Let the thread end after what is waiting."""
        with self._change:
            self._closed = True
            self._change.notify_all()

    def _run(self) -> None:
        while True:
            with self._change:
                self._busy = False
                self._change.notify_all()
                self._change.wait_for(lambda: self._waiting or self._closed)
                if not self._waiting:
                    return
                item = self._waiting.pop()
                self._busy = True
            self._send(item)
