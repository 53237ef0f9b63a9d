"""Stage 0: can this machine do what the recipe asks? Says so before anything is started."""

from prefect import task

from profiles import Recipe
from tasks.domain.errors import MachineTooSmall
from tasks.domain.machine import lacks
from tasks.external.machine import look


@task
def check_machine(recipe: Recipe) -> None:
    """Look at memory, disk, GPU, packages, converter and the model's files.

    Raises:
        MachineTooSmall: everything that is missing, in one line, with how to get it.
    """
    faults = lacks(look(recipe.model, recipe.quantization), recipe.model)
    if faults:
        raise MachineTooSmall(
            f"this machine cannot forge {recipe.model.name}: needed {'; '.join(faults)}"
        )
