"""What a machine has, what a run needs, and what is missing: the rules of ``doctor``."""

from pydantic import BaseModel, ConfigDict

from profiles import Model

_GB = 1e9
TRAINING_GB = 4.0
"""Memory that training the smallest model takes: 4.1 GB at the peak, measured with demo."""
DISK_GB = 2.0
"""Disk for one run of the smallest model: base 0.3, merged 0.3, two GGUF files, checkpoints."""


class Machine(BaseModel):
    """One machine as it is now; sizes in bytes."""

    model_config = ConfigDict(frozen=True)

    cores: int
    memory: int
    free_memory: int
    free_disk: int
    gpu: str = ""
    gpu_memory: int = 0
    missing_packages: tuple[str, ...] = ()
    missing_tools: tuple[str, ...] = ()
    """What the asked quantization needs and this machine has not."""
    model_fault: str = ""
    """Why the model's files cannot be had here; empty when they can."""


def lacks(machine: Machine, model: Model) -> list[str]:
    """Everything that keeps this machine from forging ``model``; empty when it can."""
    faults = []
    if machine.missing_packages:
        names = ", ".join(machine.missing_packages)
        faults.append(f"packages {names}; install them with: make install")
    if model.needs_gpu and not machine.gpu:
        size = f" with {model.gpu_memory_gb:g} GB" if model.gpu_memory_gb else ""
        faults.append(f"an NVIDIA GPU{size}: {model.name} is too large for a CPU")
    elif model.gpu_memory_gb and machine.gpu_memory < model.gpu_memory_gb * _GB:
        faults.append(
            f"{model.gpu_memory_gb:g} GB of GPU memory, found {machine.gpu_memory / _GB:.1f}"
        )
    if machine.free_memory < TRAINING_GB * _GB:
        faults.append(f"{TRAINING_GB:g} GB of free memory, found {machine.free_memory / _GB:.1f}")
    if machine.free_disk < DISK_GB * _GB:
        faults.append(f"{DISK_GB:g} GB of free disk, found {machine.free_disk / _GB:.1f}")
    faults += machine.missing_tools
    if machine.model_fault:
        faults.append(machine.model_fault)
    return faults


def as_text(machine: Machine, faults: dict[str, list[str]]) -> str:
    """What ``doctor`` prints: the machine, then each model with what it lacks here."""
    gpu = f"{machine.gpu} ({machine.gpu_memory / _GB:.1f} GB)" if machine.gpu else "none"
    lines = [
        f"cores {machine.cores}, memory {machine.memory / _GB:.1f} GB "
        f"({machine.free_memory / _GB:.1f} free), disk {machine.free_disk / _GB:.1f} GB free, "
        f"GPU {gpu}",
    ]
    for model, missing in faults.items():
        lines.append(f"{model}: {'can be forged here' if not missing else 'needs'}")
        lines += [f"  - {fault}" for fault in missing]
    return "\n".join(lines)
