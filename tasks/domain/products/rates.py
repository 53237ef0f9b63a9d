"""A share that was counted."""

from tasks.domain.products.base import Product


class Rate(Product):
    """A share of ``total`` with its 95 % Wilson score interval."""

    hits: int
    total: int
    low: float
    high: float

    @property
    def value(self) -> float:
        """hits / total; 0 when there was nothing to count."""
        return self.hits / self.total if self.total else 0.0
