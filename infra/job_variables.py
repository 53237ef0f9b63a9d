"""What a run of one model takes of a machine, as variables of its pool's job template."""

import math
from typing import Any

import profiles
from profiles import Model
from tasks.domain.training.memory import GIB
from tasks.domain.training.requirements import Request, disk, moments
from tasks.domain.training.sizes import Device

_SPARE_GIB = 2
"""Prefect's own process, and pages of mapped files that are wanted again at once."""


def job_variables(model: Model, pool_type: str) -> dict[str, Any]:
    """For a pool of that type.

    Empty for processes, which have what the machine has, and for a model whose sizes are not known
    beforehand: its runs get what the template says.
    """
    if model.architecture is None:
        return {}
    gpu = Device(kind="GPU", total=0, free=0, bf16=True)
    # The run form offers every profile, and the longest rows that it allows.
    requests = [
        Request(model=model, profile=profiles.load_profile(name))
        for name in profiles.training_profiles()
    ]
    work = [moment.memory for request in requests for moment in moments(request, gpu)]
    memory = math.ceil(max(work) / GIB) + _SPARE_GIB
    disk_bytes = max(sum(disk(request).values()) for request in requests)
    storage = math.ceil(disk_bytes / GIB)
    if pool_type == "docker":
        return {"mem_limit": f"{memory}g"}
    if pool_type == "kubernetes":
        return {
            "memory_request": f"{memory}Gi",
            "memory_limit": f"{memory}Gi",
            "ephemeral_storage": f"{storage}Gi",
        }
    return {}
