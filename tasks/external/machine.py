"""Look at this machine: cores, memory, disk, GPU, packages. Imports nothing heavy."""

import importlib.util
import shutil
import subprocess
from pathlib import Path

import psutil

from profiles import Model, Quantization
from profiles.settings import Settings
from tasks.domain.errors import UnusableModel
from tasks.domain.machine import Machine
from tasks.external.base_model import is_at_hand
from tasks.external.llama_cpp import missing_for

_PACKAGES = ("torch", "unsloth", "trl", "peft", "datasets", "xllamacpp", "gguf")


def look(model: Model, quantization: Quantization) -> Machine:
    """The machine as it is now, with what ``model`` and ``quantization`` would find here."""
    memory = psutil.virtual_memory()
    gpu, gpu_memory = _gpu()
    return Machine(
        cores=psutil.cpu_count() or 1,
        memory=memory.total,
        free_memory=memory.available,
        free_disk=shutil.disk_usage(_existing(Settings().home)).free,
        gpu=gpu,
        gpu_memory=gpu_memory,
        missing_packages=tuple(p for p in _PACKAGES if importlib.util.find_spec(p) is None),
        missing_tools=tuple(missing_for(quantization)),
        model_fault=_model_fault(model),
    )


def _model_fault(model: Model) -> str:
    try:
        is_at_hand(model)
    except UnusableModel as error:
        return str(error)
    return ""


def _existing(path: Path) -> Path:
    return next(p for p in (path, *path.parents) if p.exists())


def _gpu() -> tuple[str, int]:
    """(name, bytes of memory) of the first NVIDIA GPU, ("", 0) without one."""
    program = shutil.which("nvidia-smi")
    if program is None:
        return "", 0
    query = [program, "--query-gpu=name,memory.total", "--format=csv,noheader,nounits"]
    answer = subprocess.run(query, capture_output=True, text=True, check=False, timeout=30)
    first = answer.stdout.strip().splitlines()[:1]
    if answer.returncode or not first:
        return "", 0
    name, mebibytes = first[0].rsplit(",", 1)
    return name.strip(), int(float(mebibytes) * 2**20)
