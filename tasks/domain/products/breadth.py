"""What a tuned model still knows of other functions than its server's."""

from tasks.domain.products.base import Product
from tasks.domain.products.comparisons import Comparison
from tasks.domain.products.rates import Rate


class BreadthPlan(Product):
    """How a model is asked about other functions than its server's."""

    per_category: int
    seed: int
    """Which questions of a category are asked."""
    stop: tuple[str, ...]
    answer_tokens: int


class BreadthAnswer(Product):
    """One question, and whether a model answered it right; None where its thought was cut off."""

    id: str
    category: str
    right: bool | None


class BreadthAnswers(Product):
    """How one model answered."""

    gguf: str
    """sha256 of its file."""
    source: str
    """The package of the questions, with its version."""
    answers: tuple[BreadthAnswer, ...]


class BreadthRates(Product):
    """Two models on the same questions."""

    tuned: Rate
    base: Rate
    compared: Comparison


class Breadth(Product):
    """What the tuned model still knows of other functions, beside its base."""

    source: str
    seed: int
    categories: dict[str, BreadthRates]
    overall: BreadthRates
