"""What the trainer says becomes TrainingUpdates, on the main process only."""

import math
import time
from typing import Any

from transformers import TrainerCallback

from tasks.domain.training.progress import Moment, Report, TrainingUpdate
from tasks.external.trainer.stopping import evaluations


class ReportingCallback(TrainerCallback):  # type: ignore[misc]
    """Tells ``report`` what happens; ``note`` says why a training starts anew."""

    def __init__(self, report: Report, tokens_per_step: float, note: str = "") -> None:
        self._report = report
        self._tokens_per_step = tokens_per_step
        self._note = note
        self._started = time.monotonic()
        self._first_step = 0
        self._last = (self._started, 0)

    def on_train_begin(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        """The first moment: started, or resumed where a checkpoint was found."""
        del args, control
        self._started = time.monotonic()
        self._first_step = state.global_step
        self._last = (self._started, state.global_step)
        self.say("resumed" if state.global_step else "started", state, detail=self._note)
        self._note = ""

    def on_log(
        self, args: Any, state: Any, control: Any, logs: dict[str, Any] | None = None, **_: Any
    ) -> None:
        """One logged step, or one evaluation; what is not a number is no progress."""
        del args, control
        logs = logs or {}
        if "eval_loss" in logs:
            self.say("evaluated", state, eval_loss=float(logs["eval_loss"]))
        loss = float(logs.get("loss", math.nan))
        if not math.isfinite(loss):
            return
        self.say(
            "progress",
            state,
            loss=loss,
            learning_rate=logs.get("learning_rate"),
            gradient_norm=float(logs.get("grad_norm") or 0.0),
            tokens_per_second=self._rate(state.global_step),
            seconds_left=self._seconds_left(state),
        )

    def on_save(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        """A checkpoint is complete."""
        del args, control
        self.say("checkpoint", state, eval_loss=dict(evaluations(state)).get(state.global_step))

    def say(self, moment: Moment, state: Any, **facts: Any) -> None:
        """Tell of one moment, with the last loss."""
        if not state.is_world_process_zero:
            return
        logged = losses(state)
        if moment != "progress" and logged:
            facts.setdefault("loss", logged[-1][1])
        self._report(
            TrainingUpdate(
                moment=moment,
                step=state.global_step,
                total_steps=state.max_steps,
                epoch=state.epoch,
                **facts,
            )
        )

    def _rate(self, step: int) -> float:
        now = time.monotonic()
        then, before = self._last
        self._last = (now, step)
        return self._tokens_per_step * (step - before) / max(now - then, 1e-9)

    def _seconds_left(self, state: Any) -> float:
        steps_done: int = max(state.global_step - self._first_step, 1)
        steps_left: int = state.max_steps - state.global_step
        return (time.monotonic() - self._started) / steps_done * steps_left


def losses(state: Any) -> list[tuple[int, float]]:
    """(step, loss) of every logged step so far, those before an interruption too."""
    return [(e["step"], e["loss"]) for e in state.log_history if "loss" in e]
