"""What a run of one model takes of a machine, as variables of its pool's job template."""

import math
from typing import Any

from profiles import Model
from tasks.domain.memory import GIB
from tasks.domain.sizes import parameters

_PROCESS_GIB = 8
"""Python, CUDA's libraries, rows, and tensors on their way."""
_MEMORY_BYTES = 2
"""Of memory a parameter: the largest file that is mapped, the model in 16 bit."""
_FREE_GIB = 10
"""Of disk beside the model: rows, results, the adapter, temporary files."""
_DISK_BYTES = 6
"""Of disk a parameter: the base in 4 bit, merged in 16, two GGUF files of 8, the copy of one."""


def job_variables(model: Model, pool_type: str) -> dict[str, Any]:
    """For a pool of that type.

    None for processes, which have what the machine has, and for a model whose sizes are not known
    beforehand: its runs get what the template says.
    """
    if model.architecture is None:
        return {}
    size = parameters(model.architecture) / GIB
    memory = math.ceil(_PROCESS_GIB + _MEMORY_BYTES * size)
    disk = math.ceil(_FREE_GIB + _DISK_BYTES * size)
    if pool_type == "docker":
        return {"mem_limit": f"{memory}g"}
    if pool_type == "kubernetes":
        return {
            "memory_request": f"{memory}Gi",
            "memory_limit": f"{memory}Gi",
            "ephemeral_storage": f"{disk}Gi",
        }
    return {}
