"""What training and evaluation say of themselves; the trainer knows its reader as a callable."""

from collections.abc import Callable
from typing import Literal

from pydantic import BaseModel, ConfigDict

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


class TrainingUpdate(BaseModel):
    """One moment of a training. Rates are since the last update; losses are mean nats per token."""

    model_config = ConfigDict(frozen=True)

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


EvaluationMoment = Literal["expected", "progress", "finished"]
"""``expected``: enough was answered to say how long all of it will take."""


class EvaluationUpdate(BaseModel):
    """One moment of asking a model: how much of what is asked was answered."""

    model_config = ConfigDict(frozen=True)

    moment: EvaluationMoment
    stage: str
    answered: int
    total: int
    """Prompts and, in a validation, whole loops."""
    seconds: float
    """Since the model was first asked."""
    seconds_left: float | None = None

    @property
    def fraction(self) -> float:
        """The part that is done, 0 to 1."""
        return self.answered / self.total

    @property
    def text(self) -> str:
        """How far it is, in a line."""
        remaining = "" if self.seconds_left is None else f", {self.seconds_left:.0f} s left"
        return f"{self.answered} of {self.total} answered{remaining}"


def seconds_left(answered: int, total: int, since_first: float) -> float | None:
    """At the mean pace of all answers but the first, which waits for the tool list to be read.

    ``since_first``: seconds since the first answer was there. None while there is only one.
    """
    return (total - answered) * since_first / (answered - 1) if answered > 1 else None


Report = Callable[[TrainingUpdate], None]
