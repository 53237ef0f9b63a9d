"""What the trainer says becomes TrainingUpdates, and a request to stop becomes a checkpoint."""

import math
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from transformers import TrainerCallback

from tasks.domain.progress import Moment, Report, TrainingUpdate


class ReportingCallback(TrainerCallback):  # type: ignore[misc]
    """Tells ``report`` what happens, on the main process only."""

    def __init__(self, report: Report, tokens_per_step: float) -> None:
        self._report = report
        self._tokens_per_step = tokens_per_step
        self._started = time.monotonic()
        self._first_step = 0
        self._last = (self._started, 0)
        self.losses: list[tuple[int, float]] = []
        self.eval_losses: list[tuple[int, float]] = []
        self.diverged = False
        self.stop_asked_by = ""

    def on_train_begin(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        """The first moment: started, or resumed where a checkpoint was found."""
        del args, control
        self._started = time.monotonic()
        self._first_step = state.global_step
        self._last = (self._started, state.global_step)
        self.losses += [(e["step"], e["loss"]) for e in state.log_history if "loss" in e]
        self.eval_losses += [
            (e["step"], e["eval_loss"]) for e in state.log_history if "eval_loss" in e
        ]
        self._say("resumed" if state.global_step else "started", state)

    def on_log(
        self, args: Any, state: Any, control: Any, logs: dict[str, Any] | None = None, **_: Any
    ) -> Any:
        """One logged step; a loss or gradient that is not a number stops the training."""
        del args
        logs = logs or {}
        if "eval_loss" in logs:
            self.eval_losses.append((state.global_step, float(logs["eval_loss"])))
        if "loss" not in logs:
            return control
        loss = float(logs["loss"])
        norm = float(logs.get("grad_norm") or 0.0)
        if not (math.isfinite(loss) and math.isfinite(norm)):
            self.diverged = True
            control.should_training_stop = True
            control.should_save = False  # the newest checkpoint stays one that can be gone on from
            self._say("diverged", state, detail=f"loss {loss}, gradient norm {norm}")
            return control
        self.losses.append((state.global_step, loss))
        self._say(
            "progress",
            state,
            loss=loss,
            learning_rate=logs.get("learning_rate"),
            gradient_norm=norm,
            tokens_per_second=self._rate(state.global_step),
            seconds_left=self._seconds_left(state),
        )
        return control

    def on_step_end(self, args: Any, state: Any, control: Any, **_: Any) -> Any:
        """Between two steps: a signal that came in becomes a checkpoint and an end."""
        del args, state
        if self.stop_asked_by:
            control.should_save = True
            control.should_training_stop = True
        return control

    def on_save(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        """A checkpoint is complete."""
        del args, control
        self._say("checkpoint", state, eval_loss=self._last_eval())

    def on_train_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        """The last moment, unless the training diverged."""
        del args, control
        if self.stop_asked_by:
            self._say("interrupted", state, detail=f"{self.stop_asked_by} at step")
        elif not self.diverged:
            self._say("finished", state, eval_loss=self._last_eval())

    @contextmanager
    def stopping_on_signals(self) -> Iterator[None]:
        """SIGTERM and SIGINT ask for a checkpoint and an end while this is open."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return

        def ask(number: int, _frame: Any) -> None:
            self.stop_asked_by = signal.Signals(number).name

        before = {s: signal.signal(s, ask) for s in (signal.SIGTERM, signal.SIGINT)}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def _say(self, moment: Moment, state: Any, **facts: Any) -> None:
        if not state.is_world_process_zero:
            return
        if moment != "progress" and self.losses:
            facts.setdefault("loss", self.losses[-1][1])
        self._report(
            TrainingUpdate(
                moment=moment,
                step=state.global_step,
                total_steps=state.max_steps,
                epoch=state.epoch,
                **facts,
            )
        )

    def _last_eval(self) -> float | None:
        return self.eval_losses[-1][1] if self.eval_losses else None

    def _rate(self, step: int) -> float:
        now = time.monotonic()
        then, before = self._last
        self._last = (now, step)
        return self._tokens_per_step * (step - before) / max(now - then, 1e-9)

    def _seconds_left(self, state: Any) -> float:
        done: int = max(state.global_step - self._first_step, 1)
        left: int = state.max_steps - state.global_step
        return (time.monotonic() - self._started) / done * left
