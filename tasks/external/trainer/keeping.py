"""What the trainer wrote is sealed, and the best adapter so far is put aside."""

from typing import Any

from transformers import TrainerCallback

from tasks.domain.training.early_stopping import best_evaluation
from tasks.external.trainer.checkpoints import Checkpoints
from tasks.external.trainer.stopping import evaluations


class KeepingCallback(TrainerCallback):  # type: ignore[misc]
    """Seals each checkpoint, keeps the newest ``keep`` and, where asked, the best adapter."""

    def __init__(self, checkpoints: Checkpoints, *, keep: int, keep_best: bool) -> None:
        self._checkpoints = checkpoints
        self._keep = keep
        self._keep_best = keep_best

    def on_save(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        """All files of a checkpoint are written."""
        del args, control
        if state.is_world_process_zero:
            self._checkpoints.seal(state.global_step)
            best = best_evaluation(evaluations(state))
            self._checkpoints.prune(self._keep, best[0] if best else None)

    def on_evaluate(self, args: Any, state: Any, control: Any, model: Any = None, **_: Any) -> None:
        """The lowest loss so far: an adapter to come back to."""
        del args, control
        best = best_evaluation(evaluations(state))
        if self._keep_best and best and best[0] == state.global_step:
            self._checkpoints.keep_best(model, state.global_step)
