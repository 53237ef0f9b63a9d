"""A model is asked for minutes or hours: how long it will take, and how far it is."""

import time
from collections.abc import Iterable, Iterator
from typing import Self, TypeVar
from uuid import UUID

from prefect.logging import get_run_logger

from tasks.domain.training.progress import EvaluationMoment, EvaluationUpdate, seconds_left
from tasks.reporting import artifacts, events
from tasks.reporting.sender import NewestSender
from tasks.reporting.terminal import bar
from tasks.reporting.training import EVENT_SECONDS

T = TypeVar("T")

EXPECTED_AFTER = 5
"""Answers after which the rest can be estimated: the first ones read the tool list."""
LAST_WORDS_SECONDS = 10


class EvaluationReporter:
    """What a stage answers passes through here on its way, counted.

    Used as a context: its end closes the bar and waits for the last words.
    """

    def __init__(self, stage: str, model: str, total: int) -> None:
        self._stage, self._model, self._total = stage, model, total
        self._answered = 0
        self._began = self._first = self._last_event = time.monotonic()
        self._bar = bar(stage, total)
        self._progress: UUID | None = None
        self._sender = NewestSender(self._send)

    def __enter__(self) -> Self:
        """The reporter itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close the bar; what was sent last may still be under way for a while."""
        self._bar.close()
        self._sender.close()
        self._sender.settle(LAST_WORDS_SECONDS)

    def over(self, answers: Iterable[T]) -> Iterator[T]:
        """The answers as they come; each is counted when it is there."""
        for answer in answers:
            self._count()
            yield answer

    def _count(self) -> None:
        self._answered += 1
        self._bar.update()
        if self._answered == 1:
            self._first = time.monotonic()
        if self._answered == self._total:
            self._tell("finished")
        elif self._answered == EXPECTED_AFTER:
            self._tell("expected")
        elif (
            self._answered > EXPECTED_AFTER and time.monotonic() - self._last_event >= EVENT_SECONDS
        ):
            self._tell("progress")

    def _tell(self, moment: EvaluationMoment) -> None:
        now = self._last_event = time.monotonic()
        update = EvaluationUpdate(
            moment=moment,
            stage=self._stage,
            answered=self._answered,
            total=self._total,
            seconds=now - self._began,
            seconds_left=seconds_left(self._answered, self._total, now - self._first),
        )
        events.evaluation(update, self._model)
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

    def _send(self, update: EvaluationUpdate) -> None:
        with artifacts.surviving_an_outage(f"progress of {self._stage}"):
            if self._progress is None:
                self._progress = artifacts.progress(f"progress-{self._stage}", self._model, update)
            else:
                artifacts.update_progress(self._progress, update)
