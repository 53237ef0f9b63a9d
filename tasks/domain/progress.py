"""What a training says of itself while it runs; the trainer knows its reader as a callable only."""

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


Report = Callable[[TrainingUpdate], None]
