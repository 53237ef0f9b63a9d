"""Which errors mean that memory ran out, and how memory that nobody holds is given back."""

import gc

import torch

_WORDS = (
    "DefaultCPUAllocator",  # torch on a CPU
    "CUDA error: out of memory",  # a library beside torch's allocator: Triton, bitsandbytes
    "CUBLAS_STATUS_ALLOC_FAILED",  # cuBLAS has no room for its workspace
)
"""What a RuntimeError says that is no torch.OutOfMemoryError and means the same."""


def is_out_of_memory(error: BaseException) -> bool:
    """Whether an allocation failed: on a GPU, in Python, or in torch's allocator on a CPU."""
    return isinstance(error, torch.OutOfMemoryError | MemoryError) or (
        isinstance(error, RuntimeError) and any(words in str(error) for words in _WORDS)
    )


def give_back() -> None:
    """Give a GPU the memory that torch keeps for later: another process may need it now."""
    gc.collect()
    if torch.cuda.is_available():
        torch.cuda.empty_cache()
