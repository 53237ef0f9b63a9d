"""Which errors mean that memory ran out, and how memory that nobody holds is given back."""

import gc
import sys
from typing import Any

import torch

from tasks.domain.training.memory_fallbacks import says_out_of_memory


def is_out_of_memory(error: BaseException) -> bool:
    """Whether an allocation failed: on a GPU, in Python, or in torch's allocator on a CPU."""
    return isinstance(error, torch.OutOfMemoryError | MemoryError) or (
        isinstance(error, RuntimeError) and says_out_of_memory(str(error))
    )


def give_back() -> None:
    """Give a GPU the memory that nobody needs: torch keeps some for later, and bitsandbytes' 8-bit
    optimisers keep every embedding that they were ever made for."""
    if "bitsandbytes" in sys.modules:
        from bitsandbytes.optim.optimizer import GlobalOptimManager

        manager: Any = GlobalOptimManager
        manager.get_instance().module_weight_config_triple.clear()
    gc.collect()
    if torch.cuda.is_available():
        torch.cuda.empty_cache()
