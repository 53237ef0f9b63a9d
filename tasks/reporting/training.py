"""A training's updates become events, a curve that grows, and a line in the terminal."""

import time
from typing import Never
from uuid import UUID

from prefect.logging import get_run_logger
from tqdm import tqdm

from tasks.domain.training.progress import TrainingUpdate
from tasks.reporting import artifacts, events
from tasks.reporting.loss_curve import as_markdown
from tasks.reporting.sender import NewestSender
from tasks.reporting.terminal import bar

EVENT_SECONDS = 10
"""Progress events come no faster: Prefect's run graph reads 50 events of a window."""
CURVE_SECONDS = 30
LAST_WORDS_SECONDS = 20
"""The longest that an API that is slow or away holds up the end of a training."""


class TrainingReporter:
    """The callable that a trainer reports to; nothing it does can fail or stall the training.

    Events wait in Prefect's own queue; artifacts are HTTP calls and go through a thread.
    """

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
        self._finished = ""
        self._sender = NewestSender(self._send)

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
            self._sender.put((self._growing(update), update))

    def finish(self, markdown: str) -> None:
        """The training went well: ``close`` leaves this curve behind instead of the growing one."""
        self._finished = markdown

    def close(self) -> None:
        """The last words of a training, however it ended; waits for them, but not for ever."""
        if self._bar is not None:
            self._bar.close()
        if self._latest is not None:
            self._sender.put((self._finished or self._growing(self._latest), self._latest))
        self._sender.close()
        if not self._sender.settle(LAST_WORDS_SECONDS):
            self._logger.warning("The API is slow or away: the loss curve is not the newest")
        events.flush(LAST_WORDS_SECONDS)  # whoever stops this process next takes nothing with it

    def _is_due(self, update: TrainingUpdate) -> bool:
        rested = time.monotonic() - self._last_event >= EVENT_SECONDS
        return rested or update.step == update.total_steps

    def _show(self, update: TrainingUpdate) -> None:
        if self._bar is None:
            self._bar = bar("training", update.total_steps, update.step)
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

    def _growing(self, update: TrainingUpdate) -> str:
        remark = f"{update.moment} at step {update.step} of {update.total_steps}"
        return as_markdown(self._model, self._losses, self._evals, remark)

    def _send(self, news: tuple[str, TrainingUpdate]) -> None:
        markdown, update = news
        with artifacts.surviving_an_outage(f"loss curve of {self._model}"):
            if self._curve is None:
                self._curve = artifacts.loss_curve(self._model, markdown)
            else:
                artifacts.update_loss_curve(self._curve, markdown)
            if self._progress is None:
                self._progress = artifacts.progress("progress", self._model, update)
            else:
                artifacts.update_progress(self._progress, update)
