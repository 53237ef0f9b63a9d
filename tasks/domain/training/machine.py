"""What a machine has, what a run needs, and what is missing: the rules of ``doctor``."""

from collections.abc import Mapping, Sequence

from profiles import Model, Profile
from tasks.domain import Frozen
from tasks.domain.training.memory import TYPICAL, RowLengths, gib
from tasks.domain.training.requirements import Moment, Place, Request, disk, moments
from tasks.domain.training.sizes import Device

_GB = 1e9
_FIRST_DRIVER = {11: 450, 12: 525, 13: 580}
"""The first NVIDIA driver for each major CUDA version (docs.nvidia.com/deploy/cuda-compatibility:
minor versions of one major are compatible)."""


class Disk(Frozen):
    """The file system of one place that a run writes to."""

    device: int
    """The same number for places that share their space."""
    free: int
    """Bytes."""


class Torch(Frozen):
    """The torch that is installed."""

    version: str
    cuda: str = ""
    """The CUDA version that it was built for; empty for a build that knows none."""


class Machine(Frozen):
    """One machine as it is now; sizes in bytes."""

    cores: int
    memory: int
    free_memory: int
    disks: Mapping[Place, Disk]
    stored: int = 0
    """Of the model's own files, what the storage holds already."""
    gpu: str = ""
    gpu_memory: int = 0
    free_gpu_memory: int = 0
    bf16: bool = False
    """Whether its GPU computes in bfloat16."""
    driver: str = ""
    """The version of NVIDIA's driver: ``580.65.06``."""
    gpu_slots: int = 0
    """Requests that a ``llama-server`` on the GPU would answer at once; 0: the CPU serves."""
    torch: Torch | None = None
    missing_packages: tuple[str, ...] = ()
    missing_tools: tuple[str, ...] = ()
    """What the quantization needs and this machine has not."""
    model_faults: tuple[str, ...] = ()
    """Why the model's files cannot be had or used here; empty when they can."""

    @property
    def device(self) -> Device:
        """What a training runs on here."""
        if self.gpu:
            total, free = self.gpu_memory, self.free_gpu_memory
            return Device(kind="GPU", total=total, free=free, bf16=self.bf16)
        return Device(kind="CPU", total=self.memory, free=self.free_memory)


class Verdict(Frozen):
    """What ``doctor`` says of one model."""

    model: str
    needs: tuple[str, ...]
    """What each stage takes, a sentence each; empty where the model's sizes are not known."""
    faults: tuple[str, ...]
    template: str
    """What was seen of its chat template."""


class Examination(Frozen):
    """What ``doctor`` found."""

    machine: Machine
    verdicts: tuple[Verdict, ...]

    @property
    def can_forge(self) -> bool:
        """Whether any of the models can be forged here."""
        return any(not verdict.faults for verdict in self.verdicts)

    @property
    def text(self) -> str:
        """What a person reads."""
        return as_text(self.machine, self.verdicts)


def lacks(machine: Machine, request: Request, others: Sequence[str] = ()) -> list[str]:
    """Everything that keeps this machine from what is requested; empty when it can.

    ``others`` is what would fit instead, for the message.
    """
    faults = [*_package_faults(machine, request), *_gpu_faults(machine, request, others)]
    if not (request.model.needs_gpu and machine.device.kind == "CPU"):
        work = moments(request, machine.device, gpu_slots=machine.gpu_slots)
        faults += _memory_faults(machine, work, others)
    faults += _disk_faults(machine, disk(request))
    return [*faults, *machine.missing_tools, *machine.model_faults]


def needs(machine: Machine, request: Request) -> list[str]:
    """What each stage takes here, as ``doctor`` says it; empty where the sizes are not known."""
    device = machine.device
    if request.model.needs_gpu and device.kind == "CPU":
        # Said of the GPU that it would need.
        device = Device(kind="GPU", total=0, free=0, bf16=True)
    lines = []
    for moment in moments(request, device, gpu_slots=machine.gpu_slots):
        on_gpu = f"{gib(moment.gpu_memory)} of GPU memory and " if moment.gpu_memory else ""
        lines.append(f"{moment.work} {on_gpu}{gib(moment.memory)} of memory")
    disk_bytes = disk(request)
    return [*lines, f"{sum(disk_bytes.values()) / _GB:.0f} GB of disk"] if disk_bytes else lines


def fits(model: Model, profile: Profile, device: Device, lengths: RowLengths) -> int | None:
    """The bytes that this training takes if it fits on ``device``; None when it does not."""
    if model.architecture is None or (model.needs_gpu and device.kind == "CPU"):
        return None
    request = Request(model=model, profile=profile, stages=("train",))
    (training,) = moments(request, device, lengths)
    total = training.gpu_memory or training.memory
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
    fitting = [(name, size) for name, size in by_profile if size is not None]
    fitting = fitting or [(name, size) for name, size in by_model if size is not None]
    return [f"{name} ({gib(size)})" for name, size in sorted(fitting, key=lambda each: each[1])]


def instead(others: Sequence[str]) -> str:
    """The end of a refusal: what would fit."""
    return f"; what fits: {', '.join(others)}" if others else "; nothing that is known here fits"


def as_text(machine: Machine, verdicts: Sequence[Verdict]) -> str:
    """What ``doctor`` prints: the machine, then each model with what it needs and lacks here."""
    gpu = f"{machine.gpu} ({gib(machine.gpu_memory)})" if machine.gpu else "none"
    lines = [
        f"cores {machine.cores}, memory {gib(machine.memory)} "
        f"({gib(machine.free_memory)} free), disk {machine.disks['storage'].free / _GB:.1f} GB "
        f"free, GPU {gpu}",
    ]
    for verdict in verdicts:
        able = "needs" if verdict.faults else "can be forged here"
        lines.append(f"{verdict.model}: {able}")
        lines += [f"  - {fault}" for fault in verdict.faults]
        lines += [f"  takes: {'; '.join(verdict.needs)}"] if verdict.needs else []
        lines += [f"  template: {verdict.template}"] if verdict.template else []
    return "\n".join(lines)


def _package_faults(machine: Machine, request: Request) -> list[str]:
    """Packages that an installation has, and trackers, which it leaves to whoever names them."""
    named = request.profile.training.report_to if request.profile else ()
    trackers = ", ".join(name for name in machine.missing_packages if name in named)
    others = ", ".join(name for name in machine.missing_packages if name not in named)
    faults = [f"packages {others}; install them with: make install"] if others else []
    if trackers:
        way = "install them with: pip install -e '.[trackers]'"
        faults.append(f"packages {trackers}, which training.report_to names; {way}")
    return faults


def _gpu_faults(machine: Machine, request: Request, others: Sequence[str]) -> list[str]:
    """A GPU that is missing, or that torch cannot use: it would train on the CPU without a word."""
    model = request.model
    if not request.uses_device:
        return []
    if not machine.gpu:
        size = f" with {model.gpu_memory_gb:g} GB" if model.gpu_memory_gb else ""
        end = instead(others) if request.profile else ""
        missing = f"an NVIDIA GPU{size}: {model.name} is too large for a CPU{end}"
        return [missing] if model.needs_gpu else []
    if machine.torch is None:
        return []  # a missing package is told already
    built = f"torch {machine.torch.version}"
    way_out = "or hide the GPU with CUDA_VISIBLE_DEVICES= to train on the CPU"
    if not machine.torch.cuda:
        return [f"a torch built for CUDA, since there is a {machine.gpu}; found {built}; {way_out}"]
    first = _FIRST_DRIVER.get(int(machine.torch.cuda.partition(".")[0]), 0)
    if int(machine.driver.partition(".")[0] or first) >= first:
        return []
    return [
        f"NVIDIA's driver {first} or newer, since {built} is built for CUDA {machine.torch.cuda}; "
        f"found driver {machine.driver}; update it, {way_out}"
    ]


def _memory_faults(machine: Machine, work: Sequence[Moment], others: Sequence[str]) -> list[str]:
    faults = []
    for moment in work:
        kinds = (
            ("GPU memory", moment.gpu_memory, machine.free_gpu_memory),
            ("memory", moment.memory, machine.free_memory),
        )
        end = instead(others) if moment.trains else ""
        faults += [
            f"{gib(bytes_needed)} of {kind} for {moment.work}, found {gib(free)}{end}"
            for kind, bytes_needed, free in kinds
            if bytes_needed > free
        ]
    return faults


def _disk_faults(machine: Machine, bytes_by_place: Mapping[Place, int]) -> list[str]:
    """Places that share a file system need their space together."""
    faults = []
    for device in sorted({machine.disks[place].device for place in bytes_by_place}):
        places = [place for place in bytes_by_place if machine.disks[place].device == device]
        bytes_needed = sum(bytes_by_place[place] for place in places)
        bytes_needed -= machine.stored if "storage" in places else 0
        free = machine.disks[places[0]].free
        if free < bytes_needed:
            names = " and ".join(places)
            faults.append(
                f"{bytes_needed / _GB:.0f} GB of free disk for {names}, found {free / _GB:.1f}"
            )
    return faults
