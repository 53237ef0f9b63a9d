"""Stage: a 4-bit base of the shape of deepseek-r1 and an adapter become 16-bit files and a GGUF."""

import shutil
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil

from benchmarks.gpu import material
from benchmarks.gpu.models import EXPORTED, shape_of
from benchmarks.gpu.stage import Measured, Plan
from benchmarks.kernel_facts import status_bytes
from profiles import Quantization, load_model, load_profile

QUANTIZATION: Quantization = "q8_0"
_EVERY = 0.1
"""Seconds between two looks at the host's memory."""


def measure(plan: Plan) -> Measured:
    """Both halves; the merged model is kept until the GGUF file is there, then both are removed."""
    from tasks.external.llama_cpp import convert

    # Imported before anything is measured: libraries are no part of a merge.
    from tasks.external.trainer.merging import merge

    architecture = load_model(EXPORTED).architecture
    assert architecture is not None
    shape = shape_of(architecture, plan)
    base = material.random_base(shape, plan.work / EXPORTED, in_4bit=True)
    folder = plan.work / "export"
    shutil.rmtree(folder, ignore_errors=True)
    adapter = material.random_adapter(shape, load_profile("balanced").lora, folder / "adapter")
    yield "base", {"disk_bytes": size(base)}
    with watched() as figures:
        merge(base, adapter, folder / "merged", in_4bit=True)
    yield "merge", figures | {"disk_bytes": size(folder / "merged")}
    with watched() as figures:
        notes = convert(folder / "merged", folder / "model.gguf", QUANTIZATION)
    yield QUANTIZATION, figures | {"disk_bytes": size(folder / "model.gguf"), "notes": notes}
    shutil.rmtree(folder)


@contextmanager
def watched() -> Iterator[dict[str, Any]]:
    """Seconds, and the most memory taken meanwhile by this process and its children.

    On the host only what no file stands behind counts; mapped files can be dropped at any time.
    """
    import torch

    if torch.cuda.is_available():
        torch.cuda.empty_cache()
        torch.cuda.reset_peak_memory_stats()
    before, figures, is_over = _anonymous(), dict[str, Any](), threading.Event()
    most = [before]

    def look() -> None:
        while not is_over.wait(_EVERY):
            most[0] = max(most[0], _anonymous())

    watcher = threading.Thread(target=look, daemon=True)
    began = time.monotonic()
    watcher.start()
    try:
        yield figures
    finally:
        figures["seconds"] = round(time.monotonic() - began, 1)
        is_over.set()
        watcher.join()
        figures["host_bytes"] = max(most[0], _anonymous()) - before
        on_gpu = torch.cuda.is_available()
        figures["gpu_bytes"] = torch.cuda.max_memory_reserved() if on_gpu else 0


def _anonymous() -> int:
    process = psutil.Process()
    return sum(map(_anonymous_of, [process, *process.children(recursive=True)]))


def _anonymous_of(process: psutil.Process) -> int:
    try:
        return status_bytes("RssAnon", process.pid)
    except (FileNotFoundError, ProcessLookupError):  # a child that has ended meanwhile
        return 0


def size(path: Path) -> int:
    files = [path] if path.is_file() else path.rglob("*")
    return sum(file.stat().st_size for file in files if file.is_file())
