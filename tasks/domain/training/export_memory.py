"""How much memory an export takes: the merge in 16 bit, the conversion to GGUF, the comparison.

The merge and the converter work on one tensor at a time, the comparison on a few rows, so that
the largest tensor decides, and not the number of layers; the converter comes when the merge is
done. Pages of files that are read through a mapping are not counted: a kernel that needs the room
takes them back. Measured with one layer of the shape of Qwen2.5-14B on a CPU, in bfloat16: 3.5 GiB
for the merge, 2.0 for the converter.
"""

from profiles import Architecture
from tasks.domain import Frozen
from tasks.domain.training.memory import GIB
from tasks.domain.training.sizes import largest_linear

SHARD_BYTES = 512 * 2**20
"""Of 16-bit weights in one file of a merged model, whose tensors are in memory together."""
_ADDING = 2 + 4 + 4 + 4 + 2
"""Bytes of a weight that an adapter is added to: as stored, in float32, the delta and the product
that it is made of, the sum in float16."""
_CASTING = 2 + 2
"""Bytes of a weight that nothing is added to: as stored, if that is in 16 bit, and in float16."""
_ROUNDING = 5
"""Bytes of a weight on its way to NF4 and back: in 16 bit, packed with its scales, in 16 bit."""
_CONVERTING = 2 * 34 / 32
"""Bytes of a weight that llama.cpp's converter quantises to 8 bits: in pieces, and whole."""
_RUNTIME = round(1.2 * GIB)
"""torch, Unsloth, transformers and Prefect once imported (measured on a CPU)."""
_CONVERTER = GIB // 2
"""The converter's own process, torch imported (measured)."""
_CUDA_HOST = GIB
"""What CUDA's libraries add to it; never measured."""
_CUDA_CONTEXT = GIB // 2
"""On the GPU itself; never measured."""


class ExportMemory(Frozen):
    """Bytes at the peak."""

    gpu: int
    """0 where nothing is computed there: only weights in 4 bit are, and only where there is one."""
    host: int


def export_memory(shape: Architecture, in_4bit: bool, *, on_gpu: bool) -> ExportMemory:
    """What exporting a model of this shape takes, in bytes.

    ``on_gpu``: whether the machine that trains and exports has a GPU.
    """
    linear = largest_linear(shape)
    embedding = shape.vocab_size * shape.hidden_size
    runtime = _RUNTIME + (_CUDA_HOST if on_gpu else 0)
    rounding = _ROUNDING * linear if in_4bit else 0
    merging = max(_ADDING * linear + SHARD_BYTES, _CASTING * embedding)
    converting = _CONVERTER + round(_CONVERTING * embedding)
    return ExportMemory(
        gpu=_CUDA_CONTEXT + rounding if on_gpu and in_4bit else 0,
        host=runtime + max(merging, converting) + (0 if on_gpu else 2 * rounding),
    )
