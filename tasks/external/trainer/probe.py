"""What torch makes of this machine: whether it can use the GPU, and how fast it multiplies."""

import time

import torch

from tasks.domain.errors import MachineTooSmall
from tasks.domain.training.sizes import Device
from tasks.external.limits import usable_cores

_TOKENS = 1024
"""Rows of the probed product: about what a step multiplies at once."""


def require(device: Device) -> None:
    """Make sure that torch can use a GPU that is there: it would train on the CPU instead.

    Raises:
        MachineTooSmall: it cannot, with torch's reason.
    """
    if device.kind == "CPU" or torch.cuda.is_available():
        return
    try:
        torch.cuda.init()
    except (RuntimeError, AssertionError) as error:
        reason = str(error).strip().splitlines()[0]
        raise MachineTooSmall(
            f"torch {torch.__version__} cannot use the GPU of this machine ({reason}); update the "
            "driver, or hide the GPU with CUDA_VISIBLE_DEVICES= to train on the CPU"
        ) from error


def limit_threads() -> None:
    """Let torch have no more threads than this process may run, as in a container of few cores."""
    torch.set_num_threads(min(torch.get_num_threads(), usable_cores()))


def operations_per_second(hidden: int, inner: int, bf16: bool, seconds: float = 1.0) -> float:
    """Floating-point operations a second of a product of a layer's size, the best of several.

    Args:
        hidden: the model's width.
        inner: the width of its MLP.
        bf16: whether the device computes in bfloat16; else float16 on a GPU, float32 on a CPU.
        seconds: how long to try.
    """
    limit_threads()
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    other = torch.float16 if device.type == "cuda" else torch.float32
    dtype = torch.bfloat16 if bf16 else other
    first = torch.ones(_TOKENS, hidden, dtype=dtype, device=device)
    second = torch.ones(hidden, inner, dtype=dtype, device=device)
    best, ends = float("inf"), time.monotonic() + seconds
    while time.monotonic() < ends:
        start = time.perf_counter()
        first @ second
        if device.type == "cuda":
            torch.cuda.synchronize()
        best = min(best, time.perf_counter() - start)
    return 2.0 * _TOKENS * hidden * inner / best
