"""Look at this machine: cores, memory, disks, GPU, driver, packages. Imports nothing heavy."""

import importlib.util
import os
import re
import shutil
import sysconfig
from pathlib import Path

from profiles import (
    Model,
    Profile,
    Quantization,
    load_model,
    load_profile,
    models,
    training_profiles,
)
from profiles.settings import Settings
from tasks.domain.errors import UnusableModel
from tasks.domain.training.machine import Disk, Machine, Torch, what_fits
from tasks.domain.training.memory import TYPICAL, RowLengths
from tasks.domain.training.requirements import Place, Request, Stage
from tasks.domain.training.sizes import Device
from tasks.external import bfcl_package
from tasks.external.base_model import is_at_hand
from tasks.external.gpus import nvidia_smi
from tasks.external.limits import usable_cores, usable_memory
from tasks.external.llama_cpp import missing_for, slots
from tasks.external.storage import Storage

_FIRST_WITH_BF16 = 8.0
"""The first compute capability of NVIDIA GPUs that computes in bfloat16 (Ampere)."""
_PACKAGES: dict[Stage, tuple[str, ...]] = {
    "prepare": (),
    "train": ("torch", "unsloth", "trl", "peft", "datasets"),
    "evaluate": ("torch", "unsloth", "peft"),
}
_GPU_FACTS = ("name", "memory.total", "memory.free", "compute_cap", "driver_version")


def look(request: Request) -> Machine:
    """The machine as it is now, with what ``request`` would find here."""
    gpu, driver, device = _gpu()
    memory, free_memory = usable_memory()
    storage = Storage()
    return Machine(
        cores=usable_cores(),
        memory=memory,
        free_memory=free_memory,
        disks=_disks(storage),
        stored=sum(storage.size(*place) for place in _base_files(request)),
        gpu=gpu,
        gpu_memory=device.total if gpu else 0,
        free_gpu_memory=device.free if gpu else 0,
        bf16=device.bf16,
        driver=driver,
        gpu_slots=slots() if gpu and Settings().llama_server else 0,
        torch=_torch(),
        missing_packages=_missing_packages(request),
        missing_tools=_missing_tools(request.stages, request.quantization, bool(gpu)),
        model_faults=_model_faults(request.model) if "prepare" in request.stages else (),
    )


def look_at_device() -> Device:
    """What a training would run on here: the first NVIDIA GPU that CUDA may see, or the CPU."""
    return _gpu()[2]


def known_that_fit(
    model: Model, profile: Profile, device: Device, lengths: RowLengths = TYPICAL
) -> list[str]:
    """Of all profiles those for ``model``, or else of all models those with ``profile``, that fit.

    With their sizes, for a refusal; ``lengths``: of the rows, in tokens.

    Raises:
        ProfileError: a file of these folders is wrong.
    """
    every_model = [load_model(name) for name in models()]
    every_profile = [load_profile(name) for name in training_profiles()]
    return what_fits(model, profile, every_model, every_profile, device, lengths)


def _base_files(request: Request) -> list[tuple[str, str]]:
    """What earlier runs of the model leave in the storage, as places with a wildcard."""
    name = request.model.name
    return [("bases", f"{name}-*"), ("gguf", f"{name}-base-{request.quantization}-*")]


def _disks(storage: Storage) -> dict[Place, Disk]:
    from huggingface_hub import constants

    folders: dict[Place, Path] = {
        "storage": storage.local_root,
        "bundles": Settings().dist.absolute(),
        "downloads": Path(constants.HF_HUB_CACHE),
    }
    there = {place: _existing(folder) for place, folder in folders.items()}
    return {
        place: Disk(device=folder.stat().st_dev, free=shutil.disk_usage(folder).free)
        for place, folder in there.items()
    }


def _missing_packages(request: Request) -> tuple[str, ...]:
    packages = [package for stage in request.stages for package in _PACKAGES[stage]]
    profile = request.profile
    if profile and "train" in request.stages:
        packages += profile.training.report_to
    if profile and "evaluate" in request.stages and profile.evaluation.breadth_per_category:
        packages.append(bfcl_package.MODULE)
    return tuple(name for name in dict.fromkeys(packages) if importlib.util.find_spec(name) is None)


def _missing_tools(
    stages: tuple[Stage, ...], quantization: Quantization, on_gpu: bool
) -> tuple[str, ...]:
    return (
        *(_missing_to_compile() if on_gpu and "train" in stages else ()),
        *(missing_for(quantization) if "evaluate" in stages else ()),
    )


def _missing_to_compile() -> list[str]:
    """What Triton lacks here: it compiles its driver in C before the first kernel."""
    missing = []
    if not os.environ.get("CC") and not any(map(shutil.which, ("gcc", "clang"))):
        missing.append("a C compiler for Triton's kernels: apt-get install gcc")
    include = Path(sysconfig.get_paths()["include"])
    if not (include / "Python.h").is_file():
        missing.append(f"Python.h in {include} for Triton's kernels: apt-get install python3-dev")
    return missing


def _torch() -> Torch | None:
    """What torch's version.py says, without the seconds that importing torch takes."""
    spec = importlib.util.find_spec("torch")
    if spec is None or spec.origin is None:
        return None
    text = Path(spec.origin).with_name("version.py").read_text(encoding="utf-8")
    facts = dict(re.findall(r"^(__version__|cuda)\b.*?=\s*'([^']*)'", text, re.MULTILINE))
    return Torch(version=facts["__version__"], cuda=facts.get("cuda", ""))


def _model_faults(model: Model) -> tuple[str, ...]:
    try:
        is_at_hand(model)
    except UnusableModel as error:
        return (str(error),)
    return ()


def _existing(path: Path) -> Path:
    return next(p for p in (path, *path.parents) if p.exists())


def _gpu() -> tuple[str, str, Device]:
    """(name, driver, memory and arithmetic) of the GPU that CUDA would take first.

    Without one: ("", "", those of the CPU).
    """
    answer = nvidia_smi(f"--query-gpu={','.join(_GPU_FACTS)}", "--format=csv,noheader,nounits")
    if not answer:
        total_memory, free_memory = usable_memory()
        return "", "", Device(kind="CPU", total=total_memory, free=free_memory)
    name, total, free, capability, driver = answer.splitlines()[0].rsplit(", ", 4)
    device = Device(
        kind="GPU",
        total=int(float(total) * 2**20),
        free=int(float(free) * 2**20),
        bf16=float(capability) >= _FIRST_WITH_BF16,
    )
    return name, driver, device
