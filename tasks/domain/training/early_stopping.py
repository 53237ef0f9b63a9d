"""When a training has learned what it can: read from the losses on held-out rows."""

from collections.abc import Sequence

Evaluation = tuple[int, float]
"""An optimiser step, and the mean loss on the held-out rows after it (nats per token)."""


def best_evaluation(evaluations: Sequence[Evaluation]) -> Evaluation | None:
    """The lowest loss, the earliest of equals; None without any."""
    return min(evaluations, key=lambda evaluation: evaluation[1], default=None)


def has_stopped_falling(evaluations: Sequence[Evaluation], patience: int) -> bool:
    """Whether the last ``patience`` evaluations were no better than one before; 0: never."""
    best = best_evaluation(evaluations)
    if not patience or best is None:
        return False
    return len(evaluations) - 1 - list(evaluations).index(best) >= patience
