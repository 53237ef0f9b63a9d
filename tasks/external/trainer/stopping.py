"""Every way a training ends before its last step: a signal, a number that is none, nothing gained.

A step that cannot be ended in time is abandoned: weights and optimiser are those of the last whole
step, and the random state is put back to it, so that a checkpoint written then is one of that step.
"""

import random
import signal
import threading
from _thread import interrupt_main
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import torch
from transformers import TrainerCallback

from tasks.domain.training.early_stopping import Evaluation, has_stopped_falling

GRACE_SECONDS = 10.0
"""How long a step or an evaluation may go on after a signal before it is abandoned."""


class StepAbandoned(BaseException):
    """Leaves the trainer in the middle of a step; not an Exception, so that nothing takes it."""


class Stopping(TrainerCallback):  # type: ignore[misc]
    """Asks the trainer to stop, and knows why."""

    def __init__(self, patience: int = 0) -> None:
        self._patience = patience
        self._in_step = self._hurried = self._at_epoch = False
        self._random = RandomState()
        self.asked_by = ""
        """The signal that came."""
        self.diverged = ""
        """What was not a number."""

    def on_epoch_begin(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        """Going on with a whole epoch repeats the drawing of its order."""
        del args, control
        self._at_epoch = float(state.epoch or 0).is_integer()
        if self._at_epoch:
            self._random.take()

    def on_step_begin(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        """Nothing of this step is done yet: the best place to end."""
        del args, control
        if not self._at_epoch:
            self._random.take()
        self._at_epoch = False
        if self.asked_by or self.is_done_early(state):
            raise StepAbandoned
        self._in_step = True

    def on_substep_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        """Between two passes of one step."""
        del args, state, control
        if self.asked_by:
            raise StepAbandoned

    def on_pre_optimizer_step(
        self, args: Any, state: Any, control: Any, model: Any = None, **_: Any
    ) -> None:
        """A gradient that is not a number must not reach the weights."""
        del control
        step = state.global_step + 1
        self._in_step = False  # from here on weights change: the step is ended
        if getattr(args, "fp16", False):
            return  # the gradient scaler of float16 leaves such a step out and scales down
        for name, value in model.named_parameters():
            if value.grad is not None and not bool(torch.isfinite(value.grad).all()):
                self.diverged = f"the gradient of {name} is not a number in step {step}"
                raise StepAbandoned

    def on_step_end(self, args: Any, state: Any, control: Any, **_: Any) -> Any:
        """Between two steps: a signal that came in becomes a checkpoint and an end."""
        del args, state
        self._random.take()  # for an evaluation that is abandoned
        if self.asked_by:
            control.should_save = True
            control.should_training_stop = True
        return control

    def on_log(
        self, args: Any, state: Any, control: Any, logs: dict[str, Any] | None = None, **_: Any
    ) -> Any:
        """A loss that is not a number ends the training; the checkpoint before it stays the last.

        A loss can be infinite while its gradient is zero, so the gradients alone do not tell.
        """
        del args
        for name, words in (("loss", "loss"), ("eval_loss", "evaluation loss")):
            value = float((logs or {}).get(name, 0.0))
            if not np.isfinite(value):
                self.diverged = f"{words} {value} in step {state.global_step}"
                control.should_training_stop = True
                control.should_save = False
        return control

    def on_evaluate(self, args: Any, state: Any, control: Any, **_: Any) -> Any:
        """Enough evaluations without a lower loss end the training."""
        del args
        if self.is_done_early(state) and not self.diverged:
            control.should_training_stop = True
            control.should_save = True
        return control

    def on_prediction_step(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        """An evaluation that would take too long after a signal is left out."""
        del args, state, control
        if self._hurried:
            raise StepAbandoned

    def is_done_early(self, state: Any) -> bool:
        """Whether held-out rows have gained nothing for long enough."""
        return has_stopped_falling(evaluations(state), self._patience)

    def leave_step(self) -> None:
        """The step under way has failed: there is nothing left to abandon."""
        self._in_step = False

    def restore_random_state(self) -> None:
        """Put the random state back to where the last whole step left it."""
        self._random.restore()

    @contextmanager
    def on_signals(self) -> Iterator[None]:
        """SIGTERM and SIGINT ask for a checkpoint and an end while this is open.

        The step under way may end within GRACE_SECONDS; then, or at a second signal, it is
        abandoned.
        """
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        hurry = threading.Timer(GRACE_SECONDS, interrupt_main, [signal.SIGTERM])
        hurry.daemon = True

        def ask(number: int, _frame: Any) -> None:
            if not self.asked_by:
                self.asked_by = signal.Signals(number).name
                hurry.start()
                return
            self._hurried = True
            if self._in_step:
                self._in_step = False
                raise StepAbandoned

        before = {s: signal.signal(s, ask) for s in (signal.SIGTERM, signal.SIGINT)}
        try:
            yield
        finally:
            hurry.cancel()
            for number, handler in before.items():
                signal.signal(number, handler)


class RandomState:
    """The random state of Python, NumPy and torch, as a trainer's checkpoint keeps it."""

    def __init__(self) -> None:
        self.take()

    def take(self) -> None:
        """Remember it."""
        self._python, self._numpy = random.getstate(), np.random.get_state()
        self._cpu = torch.random.get_rng_state()
        self._cuda = torch.cuda.get_rng_state_all() if torch.cuda.is_available() else []

    def restore(self) -> None:
        """Put it back."""
        random.setstate(self._python)
        np.random.set_state(self._numpy)
        torch.random.set_rng_state(self._cpu)
        if self._cuda:
            torch.cuda.set_rng_state_all(self._cuda)


def evaluations(state: Any) -> list[Evaluation]:
    """All evaluations of a training so far, those before it was interrupted too."""
    return [(e["step"], e["eval_loss"]) for e in state.log_history if "eval_loss" in e]
