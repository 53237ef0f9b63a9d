"""A training's updates become events, a curve that grows, and a line in the terminal."""

import sys
import threading
import time
from contextvars import copy_context
from functools import partial
from typing import Never
from uuid import UUID

import httpx
from prefect.exceptions import PrefectException
from prefect.logging import get_run_logger
from tqdm import tqdm

from tasks.domain.progress import TrainingUpdate
from tasks.reporting import artifacts, events
from tasks.reporting.loss_curve import as_markdown

EVENT_SECONDS = 10
"""Progress events come no faster: Prefect's run graph reads 50 events of a window."""
CURVE_SECONDS = 30


class TrainingReporter:
    """The callable that a trainer reports to; nothing it does can fail or stall the training."""

    def __init__(self, model: str) -> None:
        self._model = model
        self._logger = get_run_logger()
        self._bar: tqdm[Never] | None = None
        self._losses: list[tuple[int, float]] = []
        self._evals: list[tuple[int, float]] = []
        self._last_event = self._last_curve = float("-inf")
        self._curve: UUID | None = None
        self._progress: UUID | None = None
        self._latest: TrainingUpdate | None = None
        self._sender: threading.Thread | None = None

    def __call__(self, update: TrainingUpdate) -> None:
        """Take one update: keep every point, send as many as a person can look at."""
        if update.moment == "progress" and update.loss is not None:
            self._losses.append((update.step, update.loss))
        if update.eval_loss is not None and update.moment == "evaluated":
            self._evals.append((update.step, update.eval_loss))
        self._latest = update
        self._show(update)
        if update.moment != "progress" or self._is_due(update):
            self._last_event = time.monotonic()
            events.training(update, self._model)
        if time.monotonic() - self._last_curve >= CURVE_SECONDS and self._losses:
            self._last_curve = time.monotonic()
            self._send_curve(update)

    def close(self) -> None:
        """End the line in the terminal and wait a moment for a curve that is under way."""
        if self._bar is not None:
            self._bar.close()
        if self._sender is not None:
            self._sender.join(timeout=5)

    def _is_due(self, update: TrainingUpdate) -> bool:
        rested = time.monotonic() - self._last_event >= EVENT_SECONDS
        return rested or update.step == update.total_steps

    def _show(self, update: TrainingUpdate) -> None:
        if self._bar is None:
            self._bar = tqdm(
                total=update.total_steps, initial=update.step, desc="training", file=sys.stderr
            )
        self._bar.update(update.step - self._bar.n)
        if update.loss is not None:
            self._bar.set_postfix_str(f"loss {update.loss:.4f}")
        if update.moment not in ("progress", "evaluated", "checkpoint"):
            self._logger.info(
                "Training %s at step %d of %d %s",
                update.moment,
                update.step,
                update.total_steps,
                update.detail,
            )

    def _send_curve(self, update: TrainingUpdate) -> None:
        if self._sender is not None and self._sender.is_alive():
            return  # the API is slow or away: the next update has all points
        markdown = as_markdown(self._model, list(self._losses), list(self._evals), "in training")
        # A copy of the context: the API's address and the task run that the artifact belongs to.
        send = partial(copy_context().run, self._send, markdown, update)
        self._sender = threading.Thread(target=send, daemon=True)
        self._sender.start()

    def _send(self, markdown: str, update: TrainingUpdate) -> None:
        try:
            if self._curve is None or self._progress is None:
                self._curve = artifacts.loss_curve(self._model, markdown)
                self._progress = artifacts.progress(self._model, update)
            else:
                artifacts.update_loss_curve(self._curve, markdown)
                artifacts.update_progress(self._progress, update)
        except (httpx.HTTPError, PrefectException) as error:
            self._logger.warning("The loss curve could not be sent: %s", error)

    def finish(self, markdown: str) -> None:
        """Replace the growing curve by the finished one."""
        self.close()
        if self._latest is not None:
            self._send(markdown, self._latest)
