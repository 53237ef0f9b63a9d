"""One training, begun again from its newest checkpoint and with less where memory runs out."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from datasets import Dataset
from transformers import TrainerState

from profiles import Training
from tasks.domain.errors import OutOfMemory
from tasks.domain.training.early_stopping import Evaluation, best_evaluation
from tasks.domain.training.memory_fallbacks import (
    Ladder,
    described,
    next_rung,
    planned_steps,
    recommendation,
)
from tasks.external.trainer.batches import SharedPrefixPacks
from tasks.external.trainer.checkpoints import Checkpoints
from tasks.external.trainer.out_of_memory import give_back, is_out_of_memory
from tasks.external.trainer.stopping import StepAbandoned, Stopping, evaluations

Build = Callable[[Dataset, Dataset | None, Training], tuple[Any, tuple[str, ...]]]
"""Rows, held-out rows and settings become a trainer, with notes on what is not as asked."""


class Run:
    """The attempts to train one adapter; each begins at the newest checkpoint or at the start."""

    def __init__(
        self,
        model: Any,
        rows: Dataset,
        eval_rows: Dataset | None,
        training: Training,
        checkpoints: Checkpoints,
        build: Build,
    ) -> None:
        self._model = model
        self._rows, self._eval_rows = rows, eval_rows
        self._lengths = [len(ids) for ids in rows["input_ids"]]
        self._checkpoints = checkpoints
        self._build = build
        self._start_is_kept = False
        self.rows = len(rows)
        ladder = checkpoints.ladder()
        # Trackers are no part of what was asked: what is kept on disk does not know them.
        self._trackers = {"report_to": training.report_to}
        settings = training.model_copy(update={"report_to": ()})
        is_ours = ladder is not None and ladder.original == settings
        self.ladder = (is_ours and ladder) or Ladder(original=settings, training=settings)
        self.resumed: Path | None = None
        self.trainer: Any = None
        self.notes: tuple[str, ...] = ()
        self.state: Any = TrainerState(max_steps=planned_steps(training, len(rows)))

    def attempt(self) -> str:
        """Train to an end, whichever; what did not fit when memory ran out, else nothing."""
        settings = self.ladder.training.model_copy(update=self._trackers)
        self.resumed = self._checkpoints.newest()
        if self.resumed is None:
            self._to_start()
        try:
            self.trainer, self.notes = self._build(
                _up_to(settings.max_seq_length, self._rows),
                self._eval_rows and _up_to(settings.max_seq_length, self._eval_rows),
                settings,
            )
            try:
                self.trainer.train(resume_from_checkpoint=self.resumed and str(self.resumed))
            finally:
                self.state = self.trainer.state
        except StepAbandoned:
            return ""
        except (MemoryError, RuntimeError) as error:
            if not is_out_of_memory(error):
                raise
            return str(error).splitlines()[0] if str(error) else type(error).__name__
        return ""

    def climb(self, problem: str) -> str:
        """Free what the failed step holds and take the next fallback; what it is in words.

        Raises:
            OutOfMemory: there is none.
        """
        packed = self.trainer is None or isinstance(self.trainer.data_collator, SharedPrefixPacks)
        self._free()
        before = self.ladder.training
        after = next_rung(before, self._lengths, packed=packed and before.share_prefix == "auto")
        if after is None:
            attempts = "; ".join(self.ladder.memory_fallbacks) or "nothing to give up"
            raise OutOfMemory(
                f"{recommendation(before, self._lengths)}. Tried: {attempts}. Found: {problem}"
            )
        fallback = described(before, after, self._lengths)
        self.ladder = self.ladder.model_copy(
            update={
                "training": after,
                "memory_fallbacks": (*self.ladder.memory_fallbacks, fallback),
            }
        )
        self._checkpoints.keep_ladder(self.ladder)
        return fallback

    def keep_abandoned(self, stopping: Stopping) -> None:
        """Write the checkpoint of the last whole step when a signal came in the middle of one."""
        state = self.state
        if not stopping.asked_by or stopping.diverged or not state.global_step:
            return
        if self._checkpoints.holds(state.global_step):
            return
        stopping.restore_random_state()
        self.trainer._save_checkpoint(self._model, trial=None)
        self.trainer.callback_handler.on_save(self.trainer.args, state, self.trainer.control)

    def restore_best(self) -> Evaluation | None:
        """Put the adapter back to its lowest evaluation loss; None when it was not kept."""
        best = best_evaluation(evaluations(self.state))
        if best is None or not self.ladder.training.keep_best:
            return None
        if best[0] == self.state.global_step:
            return best
        return best if self._checkpoints.restore_best(self._model, best[0]) else None

    def _to_start(self) -> None:
        if self._start_is_kept:
            self._checkpoints.restore_start(self._model)
        else:
            self._checkpoints.keep_start(self._model)
        self._start_is_kept = True

    def _free(self) -> None:
        """Let go of gradients, optimiser and whatever the failed step had computed."""
        if self.trainer is not None:
            self.trainer.accelerator.free_memory()
        self.trainer = None
        self._model.zero_grad(set_to_none=True)
        give_back()


def _up_to(limit: int, rows: Dataset) -> Dataset:
    """The rows of at most ``limit`` tokens."""
    short = [n for n, ids in enumerate(rows["input_ids"]) if len(ids) <= limit]
    return rows if len(short) == len(rows) else rows.select(short)
