"""A product → the files that a person asked for, with a manifest that the next stage reads."""

from pathlib import Path

from prefect import task
from prefect.cache_policies import NO_CACHE

from tasks.domain.products import Product
from tasks.external.handover import check_place, give


def check_output(output: str) -> None:
    """Say before a training whether its adapter may go to ``output``.

    Raises:
        UnusableData: something else than an adapter is there.
    """
    check_place(Path(output).absolute())


@task(cache_policy=NO_CACHE)
def hand_over(product: Product, output: str) -> str:
    """Copy the product's files to ``output`` and say where that is.

    Raises:
        UnusableData: an adapter is to go where something else is.
    """
    target = Path(output).absolute()
    give(product, target)
    return str(target)
