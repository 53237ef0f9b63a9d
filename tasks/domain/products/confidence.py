"""How sure a model is of an answer, and what that says of whether the answer is right."""

import math
from typing import Literal

from pydantic import Field

from tasks.domain.products.base import Product
from tasks.domain.products.comparisons import Comparison
from tasks.domain.products.rates import Rate

LEAST = 1e-6
"""Probabilities nearer to 0 or 1 count as this near: log-odds stay finite."""
UNSURE = "I am not sure which call you want. Please say it in other words."
"""What is answered instead of a call that is held back."""
_MOST_WEIGHT = 100.0


class Signals(Product):
    """What a model's own probabilities say of one answer: natural logarithms, 0 for certain."""

    is_call: bool
    decision: float = Field(le=0, allow_inf_nan=False)
    """Of calling a tool, where it calls one, and of not calling one, where it speaks."""
    name: float = Field(default=0.0, le=0, allow_inf_nan=False)
    """Of the tokens of the tools' names together."""
    arguments: float = Field(default=0.0, le=0, allow_inf_nan=False)
    """Of all other tokens of the calls together."""

    @property
    def log_odds(self) -> float:
        """Of the whole answer, any words being as good as any others."""
        logarithm = self.decision + self.name + self.arguments
        probability = min(max(math.exp(logarithm), LEAST), 1 - LEAST)
        return math.log(probability / (1 - probability))


class Calibration(Product):
    """From signals to the probability that the answer is right; fitted on held-out rows."""

    method: Literal["Platt scaling"] = "Platt scaling"
    slope: float = Field(ge=0, le=_MOST_WEIGHT, allow_inf_nan=False)
    intercept: float = Field(ge=-_MOST_WEIGHT, le=_MOST_WEIGHT, allow_inf_nan=False)
    threshold: float = Field(ge=0, le=1)
    """The least probability with which a call is made, by default."""
    prompts: int
    """How many held-out rows it was fitted on."""

    def confidence(self, signals: Signals) -> float:
        """The probability that an answer with these signals is right."""
        odds = self.slope * signals.log_odds + self.intercept
        return (1 + math.tanh(odds / 2)) / 2

    def holds_back(self, signals: Signals, threshold: float) -> bool:
        """Whether an answer is a call that the model is not sure enough of."""
        return signals.is_call and self.confidence(signals) < threshold

    def in_use(self, text: str, signals: Signals) -> str:
        """What a client gets by default: the answer's text, or UNSURE where it is held back."""
        return UNSURE if self.holds_back(signals, self.threshold) else text


class RiskCoverage(Product):
    """How many answers are wrong among those that a model is surest of, for every share of them."""

    half: Rate
    """Right answers of the half that it is surest of."""
    all: Rate
    """Right answers of all."""
    area: float
    """The area under the curve, which is the mean risk over all coverages: 0 at best, and the risk
    of all answers where the order says nothing."""
    mean_confidence: float
    """What it expects of all answers; near ``all`` where it is calibrated."""
    points: tuple[tuple[float, float], ...]
    """(coverage, risk), both shares, at most a hundred."""


class ThresholdEffect(Product):
    """Answers with calls held back below the threshold (tuned) beside all answers (base)."""

    exact_match: Comparison
    abstention: Comparison
    calls: int
    """Answers with a call."""
    wrong_calls: int
    held_back: int
    wrong_held_back: int

    @property
    def with_threshold(self) -> float:
        """The mean of exact match and abstention accuracy."""
        return (self.exact_match.tuned + self.abstention.tuned) / 2

    @property
    def without(self) -> float:
        """The same mean where every call is made."""
        return (self.exact_match.base + self.abstention.base) / 2


class PromptsConfidence(Product):
    """What confidence is worth on one set of prompts."""

    curve: RiskCoverage
    effect: ThresholdEffect


class ConfidenceReport(Product):
    """The calibration that ships, and what it is worth."""

    calibration: Calibration
    heldout: PromptsConfidence
    """Cross-validated: each row is judged by a calibration and threshold of other rows."""
    hand_written: PromptsConfidence | None = None
