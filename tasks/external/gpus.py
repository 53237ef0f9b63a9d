"""Which NVIDIA GPUs there are, and one for each process that trains or serves."""

import os
import shutil
import subprocess
import time
from pathlib import Path

from filelock import FileLock, Timeout

from profiles.settings import Settings
from tasks.domain.errors import MachineTooSmall

_VISIBLE = "CUDA_VISIBLE_DEVICES"
_PATIENCE_SECONDS = 60.0
"""A run that was told to end may still write its checkpoint."""
_ANSWER_SECONDS = 30
_GPU_VARIABLE = "MCP_FORGE_HELD_GPU"
"""Set by a process that holds one, for itself and for those that it starts."""
_locks: list[FileLock] = []
"""A lock that nobody refers to is given back."""


def nvidia_smi(*arguments: str) -> str:
    """What nvidia-smi says of the GPUs that CUDA may see here; "" where there is none.

    Raises:
        MachineTooSmall: it does not answer.
    """
    program = shutil.which("nvidia-smi")
    visible = os.environ.get(_VISIBLE)
    if program is None or visible in ("", "-1"):
        return ""
    selection = [] if visible is None else [f"--id={visible}"]
    try:
        answer = subprocess.run(
            [program, *arguments, *selection],
            capture_output=True,
            text=True,
            check=False,
            timeout=_ANSWER_SECONDS,
        )
    except subprocess.TimeoutExpired as error:
        raise MachineTooSmall(
            f"nvidia-smi has not answered within {_ANSWER_SECONDS} s; needed a driver that works"
        ) from error
    return "" if answer.returncode else answer.stdout.strip()


def hold_gpu(patience_seconds: float = _PATIENCE_SECONDS) -> str:
    """Take a GPU that no other process holds, until this one ends, however it ends; its UUID.

    Called again, also by a process that this one started, it is the same one; "" where there is no
    GPU. Where there are several, CUDA sees no other from then on, so it is called before torch is
    imported. Held is a lock on a file below MCP_FORGE_HOME, which all that shares a machine shares.

    Raises:
        MachineTooSmall: others hold all that there are.
    """
    if _GPU_VARIABLE in os.environ:
        return os.environ[_GPU_VARIABLE]
    gpus = nvidia_smi("--query-gpu=uuid", "--format=csv,noheader").split()
    deadline = time.monotonic() + patience_seconds
    while gpus:
        gpu = next(filter(_take, gpus), "")
        if gpu:
            os.environ[_GPU_VARIABLE] = gpu
            if len(gpus) > 1:
                os.environ[_VISIBLE] = gpu
            return gpu
        if time.monotonic() > deadline:
            raise MachineTooSmall(
                f"needed a GPU of its own for this run, found {len(gpus)}, held by other runs "
                f"(locks in {_folder()}); wait for one of them, or let the pool take as many runs "
                "as there are GPUs (MCP_FORGE_GPU_SLOTS)"
            )
        time.sleep(0.5)
    return ""


def _take(gpu: str) -> bool:
    _folder().mkdir(parents=True, exist_ok=True)
    lock = FileLock(_folder() / f"{gpu}.lock")
    try:
        lock.acquire(timeout=0)
    except Timeout:
        return False
    _locks.append(lock)
    return True


def _folder() -> Path:
    return Settings().home / "gpus"
