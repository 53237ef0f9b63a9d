"""The files that an earlier stage wrote for a person → the product that they are."""

from pathlib import Path
from typing import TypeVar

from prefect import task
from prefect.cache_policies import NO_CACHE

from tasks.domain.products import Product
from tasks.external.handover import take

_Product = TypeVar("_Product", bound=Product)


@task(cache_policy=NO_CACHE)
def take_over(path: str, kind: type[_Product]) -> _Product:
    """Read a product back, its files checked.

    Raises:
        UnusableData: a file or its manifest is missing, altered, or of another kind.
    """
    return take(Path(path), kind)
