"""What a machine has, what a run needs, and what is missing: the rules of ``doctor``."""

from collections.abc import Sequence

from pydantic import BaseModel, ConfigDict

from profiles import Model, Profile
from tasks.domain.memory import GIB, TYPICAL, RowLengths, choose
from tasks.domain.sizes import Device

_GB = 1e9
EXPORT_GB = 2.0
"""Memory for merging and converting the smallest model: 1.6 GB at the peak, measured."""
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
    free_gpu_memory: int = 0
    bf16: bool = False
    """Whether its GPU computes in bfloat16."""
    missing_packages: tuple[str, ...] = ()
    missing_tools: tuple[str, ...] = ()
    """What the asked quantization needs and this machine has not."""
    model_fault: str = ""
    """Why the model's files cannot be had here; empty when they can."""

    @property
    def device(self) -> Device:
        """What a training runs on here."""
        if self.gpu:
            total, free = self.gpu_memory, self.free_gpu_memory
            return Device(kind="GPU", total=total, free=free, bf16=self.bf16)
        return Device(kind="CPU", total=self.memory, free=self.free_memory)


class Verdict(BaseModel):
    """What ``doctor`` says of one model."""

    model_config = ConfigDict(frozen=True)

    model: str
    need: str
    """The memory that training takes, as a sentence; empty where it is not known."""
    faults: tuple[str, ...]
    template: str
    """What was seen of its chat template."""


def lacks(
    machine: Machine, model: Model, profile: Profile | None = None, others: Sequence[str] = ()
) -> list[str]:
    """Everything that keeps this machine from forging ``model``; empty when it can.

    Args:
        profile: the training that is asked for; None where nothing is trained.
        others: what would fit instead, for the message.
    """
    faults = []
    if machine.missing_packages:
        names = ", ".join(machine.missing_packages)
        faults.append(f"packages {names}; install them with: make install")
    faults += _memory_faults(machine, model, profile, others)
    if machine.free_disk < DISK_GB * _GB:
        faults.append(f"{DISK_GB:g} GB of free disk, found {machine.free_disk / _GB:.1f}")
    faults += machine.missing_tools
    if machine.model_fault:
        faults.append(machine.model_fault)
    return faults


def need(machine: Machine, model: Model, profile: Profile) -> str:
    """How much memory training takes here, as ``doctor`` says it; empty where it is not known."""
    device = machine.device
    if model.architecture is None:
        return ""
    if model.needs_gpu and device.kind == "CPU":
        # Said of the GPU that it would need.
        device = Device(kind="GPU", total=0, free=0, bf16=True)
        return f"{profile.name} needs {_gib(_total(model, profile, device))} of GPU memory"
    total = _total(model, profile, device)
    return f"{profile.name} needs {_gib(total)} of {device.name}, {_gib(device.free)} are free"


def fits(
    model: Model, profile: Profile, device: Device, lengths: RowLengths = TYPICAL
) -> int | None:
    """The bytes that this training takes if it fits on ``device``; None when it does not."""
    if model.architecture is None or (model.needs_gpu and device.kind == "CPU"):
        return None
    total = _total(model, profile, device, lengths)
    return total if total <= device.free else None


def what_fits(
    model: Model,
    profile: Profile,
    models: Sequence[Model],
    profiles: Sequence[Profile],
    device: Device,
    lengths: RowLengths = TYPICAL,
) -> list[str]:
    """Other profiles for ``model``, or else other models with ``profile``, that fit; with sizes."""
    by_profile = [(f"profile {p.name}", fits(model, p, device, lengths)) for p in profiles]
    by_model = [(f"model {m.name}", fits(m, profile, device, lengths)) for m in models]
    found = [(name, size) for name, size in by_profile if size is not None]
    found = found or [(name, size) for name, size in by_model if size is not None]
    return [f"{name} ({_gib(size)})" for name, size in sorted(found, key=lambda each: each[1])]


def instead(others: Sequence[str]) -> str:
    """The end of a refusal: what would fit."""
    return f"; what fits: {', '.join(others)}" if others else "; nothing that is known here fits"


def as_text(machine: Machine, verdicts: Sequence[Verdict]) -> str:
    """What ``doctor`` prints: the machine, then each model with what it needs and lacks here."""
    gpu = f"{machine.gpu} ({_gib(machine.gpu_memory)})" if machine.gpu else "none"
    lines = [
        f"cores {machine.cores}, memory {_gib(machine.memory)} "
        f"({_gib(machine.free_memory)} free), disk {machine.free_disk / _GB:.1f} GB free, "
        f"GPU {gpu}",
    ]
    for verdict in verdicts:
        able = "needs" if verdict.faults else "can be forged here"
        lines.append(f"{verdict.model}: {able}")
        lines += [f"  - {fault}" for fault in verdict.faults]
        lines += [f"  memory: {verdict.need}"] if verdict.need else []
        lines += [f"  template: {verdict.template}"] if verdict.template else []
    return "\n".join(lines)


def _memory_faults(
    machine: Machine, model: Model, profile: Profile | None, others: Sequence[str]
) -> list[str]:
    if model.needs_gpu and not machine.gpu:
        size = f" with {model.gpu_memory_gb:g} GB" if model.gpu_memory_gb else ""
        end = instead(others) if profile else ""
        return [f"an NVIDIA GPU{size}: {model.name} is too large for a CPU{end}"]
    if profile is None:
        return _less_than(EXPORT_GB, machine.free_memory)
    if model.architecture is None:
        return []  # its sizes are read when its files are here, before it is trained
    device = machine.device
    total = _total(model, profile, device)
    if total <= device.free:
        return []
    return [
        f"{_gib(total)} of {device.name} for profile {profile.name}, found {_gib(device.free)}"
        + instead(others)
    ]


def _less_than(needed: float, free: int) -> list[str]:
    if free >= needed * _GB:
        return []
    return [f"{needed:g} GB of free memory, found {free / _GB:.1f}"]


def _total(model: Model, profile: Profile, device: Device, lengths: RowLengths = TYPICAL) -> int:
    assert model.architecture is not None
    limit = profile.training.max_seq_length
    shorter = lengths.model_copy(
        update={
            "prefix": min(lengths.prefix, limit),
            "longest": tuple(min(length, limit) for length in lengths.longest),
        }
    )
    return choose(
        model.architecture, model.load_in_4bit, profile.lora, profile.training, shorter, device
    ).total


def _gib(size: float) -> str:
    return f"{size / GIB:.1f} GiB"
