"""What long stages say of themselves; the trainer knows its reader as a callable."""

from collections.abc import Callable
from typing import Literal

from tasks.domain import Frozen

Moment = Literal[
    "fell_back",
    "started",
    "resumed",
    "progress",
    "evaluated",
    "checkpoint",
    "out_of_memory",
    "finished",
    "diverged",
    "interrupted",
]
"""``fell_back``: what was asked for is not right here, and training goes on without it."""


class TrainingUpdate(Frozen):
    """One moment of a training. Rates are since the last update; losses are mean nats per token."""

    moment: Moment
    step: int
    total_steps: int
    loss: float | None = None
    eval_loss: float | None = None
    learning_rate: float | None = None
    gradient_norm: float | None = None
    epoch: float | None = None
    tokens_per_second: float | None = None
    seconds_left: float | None = None
    detail: str = ""

    @property
    def fraction(self) -> float:
        """The part of the steps that is done, 0 to 1."""
        return self.step / self.total_steps if self.total_steps else 0.0

    @property
    def text(self) -> str:
        """How far it is, in a line."""
        remaining = "" if self.seconds_left is None else f", {self.seconds_left:.0f} s left"
        loss = "" if self.loss is None else f", loss {self.loss:.4f}"
        return f"step {self.step} of {self.total_steps}{loss}{remaining}"


StageMoment = Literal["expected", "progress", "finished"]
"""``expected``: enough is done to say how long all of it will take."""
Unit = Literal["answers", "MB", "percent"]


class StageUpdate(Frozen):
    """One moment of a stage that takes long and can count what it has done."""

    moment: StageMoment
    stage: str
    done: int
    total: int
    unit: Unit = "answers"
    """Of both; answers are those to prompts and, in a validation, whole loops."""
    seconds: float
    """Since the stage began."""
    seconds_left: float | None = None

    @property
    def fraction(self) -> float:
        """The part that is done, 0 to 1."""
        return self.done / self.total

    @property
    def text(self) -> str:
        """How far it is, in a line."""
        total = "" if self.unit == "percent" else f" of {self.total}"
        remaining = f", {self.seconds_left:.0f} s left" if self.seconds_left else ""
        return f"{self.done}{total} {self.unit}{remaining}"


def seconds_left(done: int, total: int, first: int, since_first: float) -> float | None:
    """At the mean pace of all but the ``first`` that were done, which wait for what is read once.

    ``since_first``: seconds since these were done. None while there are no others.
    """
    return (total - done) * since_first / (done - first) if done > first else None


Report = Callable[[TrainingUpdate], None]
