"""Stage: what is there, and whether what a training needs can be imported and multiplies."""

import importlib.metadata
import platform
import shutil
import time

import psutil

from benchmarks.gpu.stage import Measured, Plan
from tasks.external.gpus import nvidia_smi

_PACKAGES = (
    *("torch", "triton", "transformers", "peft", "accelerate", "unsloth", "unsloth_zoo"),
    *("trl", "datasets", "bitsandbytes", "prefect", "gguf", "xllamacpp", "numpy"),
)
_FIELDS = "name,driver_version,memory.total,memory.free,compute_cap"


def measure(plan: Plan) -> Measured:
    """The machine, its packages, how fast it multiplies."""
    yield (
        "machine",
        {
            "python": platform.python_version(),
            "processors": psutil.cpu_count(),
            "memory_gib": _gib(psutil.virtual_memory().total),
            "free_disk_gib": _gib(shutil.disk_usage(plan.work).free),
            "nvidia_smi": nvidia_smi(f"--query-gpu={_FIELDS}", "--format=csv,noheader")
            or "not there",
        },
    )
    yield "packages", {name: _version(name) for name in _PACKAGES}
    began = time.monotonic()
    from tasks.external.trainer import engine  # as a training imports it: Unsloth first

    yield "import_seconds", round(time.monotonic() - began, 1)
    yield "torch", _torch_facts(engine.precision())


def _torch_facts(precision: object) -> dict[str, object]:
    import torch

    from tasks.external.trainer.probe import operations_per_second

    bf16 = torch.cuda.is_available() and torch.cuda.is_bf16_supported()
    facts = {
        "cuda": torch.version.cuda,
        "bf16": bf16,
        "precision": str(precision or "Unsloth's own choice"),
        "operations_per_second": f"{operations_per_second(4096, 14336, bf16):.3g}",
    }
    if not torch.cuda.is_available():
        return facts
    free, total = torch.cuda.mem_get_info()
    return facts | {"free_gpu_gib": _gib(free), "gpu_gib": _gib(total)}


def _version(name: str) -> str:
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return "not installed"


def _gib(count: int) -> float:
    return round(count / 2**30, 1)
