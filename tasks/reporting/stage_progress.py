"""A stage takes minutes or hours: how long it will take, and how far it is."""

import time
from collections.abc import Iterable, Iterator
from typing import Any, Self, TypeVar
from uuid import UUID

from prefect.logging import get_run_logger

from tasks.domain.training.progress import StageMoment, StageUpdate, Unit, seconds_left
from tasks.reporting import artifacts, events
from tasks.reporting.sender import NewestSender
from tasks.reporting.terminal import bar
from tasks.reporting.training import EVENT_SECONDS

T = TypeVar("T")

EXPECTED_AFTER = 5
"""Counts after which the rest can be estimated: the first answers read the tool list."""
LAST_WORDS_SECONDS = 10


class StageReporter:
    """What a stage has done is counted here, and told as events, artifact, bar and log lines.

    Used as a context: its end closes the bar and waits for the last words. A stage that counts
    nothing says nothing.
    """

    def __init__(self, stage: str, model: str, total: int = 0, unit: Unit = "answers") -> None:
        self._stage, self._model, self._total = stage, model, total
        self._unit: Unit = unit
        self._done = self._first_done = self._counts = 0
        self._began = self._first = self._last_event = time.monotonic()
        self._bar: Any = None
        self._progress: UUID | None = None
        self._sender = NewestSender(self._send)

    def __enter__(self) -> Self:
        """The reporter itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close the bar; what was sent last may still be under way for a while."""
        if self._bar is not None:
            self._bar.close()
        self._sender.close()
        self._sender.settle(LAST_WORDS_SECONDS)

    def over(self, answers: Iterable[T]) -> Iterator[T]:
        """The answers as they come; each is counted when it is there."""
        for answer in answers:
            self.reach(self._done + 1)
            yield answer

    def reach(self, done: int, total: int = 0) -> None:
        """So much is done; ``total`` where it was not known before."""
        if self._counts and done == self._done:
            return
        self._total = total or self._total
        if self._bar is None:
            self._bar = bar(self._stage, self._total, done)
        self._bar.update(done - self._bar.n)
        self._done, self._counts = done, self._counts + 1
        if self._counts == 1:
            self._first, self._first_done = time.monotonic(), done
        if done == self._total:
            self._tell("finished")
        elif self._counts == EXPECTED_AFTER:
            self._tell("expected")
        elif self._counts > EXPECTED_AFTER and time.monotonic() - self._last_event >= EVENT_SECONDS:
            self._tell("progress")

    def _tell(self, moment: StageMoment) -> None:
        now = self._last_event = time.monotonic()
        update = StageUpdate(
            moment=moment,
            stage=self._stage,
            done=self._done,
            total=self._total,
            unit=self._unit,
            seconds=now - self._began,
            seconds_left=seconds_left(self._done, self._total, self._first_done, now - self._first),
        )
        events.stage_progress(update, self._model)
        self._sender.put(update)
        if moment != "progress":
            get_run_logger().info(
                "%s of %s, %s: %s after %.0f s",
                self._stage,
                self._model,
                moment,
                update.text,
                update.seconds,
            )

    def _send(self, update: StageUpdate) -> None:
        with artifacts.surviving_an_outage(f"progress of {self._stage}"):
            if self._progress is None:
                self._progress = artifacts.progress(f"progress-{self._stage}", self._model, update)
            else:
                artifacts.update_progress(self._progress, update)
