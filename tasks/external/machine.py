"""Look at this machine: cores, memory, disk, GPU, packages. Imports nothing heavy."""

import importlib.util
import shutil
from pathlib import Path

import psutil

from profiles import Model, Quantization
from profiles.settings import Settings
from tasks.domain.errors import UnusableModel
from tasks.domain.machine import Machine
from tasks.domain.sizes import Device
from tasks.external.base_model import is_at_hand
from tasks.external.gpus import nvidia_smi
from tasks.external.llama_cpp import missing_for

_FIRST_WITH_BF16 = 8.0
"""The first compute capability of NVIDIA GPUs that computes in bfloat16 (Ampere)."""
_PACKAGES = ("torch", "unsloth", "trl", "peft", "datasets", "xllamacpp", "gguf")


def look(model: Model, quantization: Quantization, is_prepared: bool = False) -> Machine:
    """The machine as it is now, with what ``model`` and ``quantization`` would find here.

    ``is_prepared``: whether the model's files were handed over, so that its source is not asked.
    """
    gpu, device = _gpu()
    memory = psutil.virtual_memory()
    return Machine(
        cores=psutil.cpu_count() or 1,
        memory=memory.total,
        free_memory=memory.available,
        free_disk=shutil.disk_usage(_existing(Settings().home)).free,
        gpu=gpu,
        gpu_memory=device.total if gpu else 0,
        free_gpu_memory=device.free if gpu else 0,
        bf16=device.bf16,
        missing_packages=tuple(p for p in _PACKAGES if importlib.util.find_spec(p) is None),
        missing_tools=tuple(missing_for(quantization)),
        model_fault="" if is_prepared else _model_fault(model),
    )


def look_at_device() -> Device:
    """What a training would run on here: the first NVIDIA GPU that CUDA may see, or the CPU."""
    return _gpu()[1]


def _model_fault(model: Model) -> str:
    try:
        is_at_hand(model)
    except UnusableModel as error:
        return str(error)
    return ""


def _existing(path: Path) -> Path:
    return next(p for p in (path, *path.parents) if p.exists())


def _gpu() -> tuple[str, Device]:
    """(name, memory and arithmetic) of the first NVIDIA GPU; without one ("", those of the CPU)."""
    asked = "name,memory.total,memory.free,compute_cap"
    answer = nvidia_smi(f"--query-gpu={asked}", "--format=csv,noheader,nounits")
    if not answer:
        memory = psutil.virtual_memory()
        return "", Device(kind="CPU", total=memory.total, free=memory.available)
    name, total, free, capability = answer.splitlines()[0].rsplit(",", 3)
    return name.strip(), Device(
        kind="GPU",
        total=int(float(total) * 2**20),
        free=int(float(free) * 2**20),
        bf16=float(capability) >= _FIRST_WITH_BF16,
    )
