"""What forging a model takes of a machine, from its sizes alone: memory of each stage, and disk.

The largest moment of each stage counts, never the sum of stages: they run one after another.
"""

from typing import Literal

from profiles import Architecture, Lora, Model, Profile, Quantization, Training
from tasks.domain import Frozen
from tasks.domain.training.export_memory import export_memory
from tasks.domain.training.memory import GIB, TYPICAL, RowLengths, choose
from tasks.domain.training.sizes import (
    Device,
    adapter_parameters,
    base_at_once,
    context_for,
    key_value_size,
    parameters,
    weight_bytes,
    width,
)

Stage = Literal["prepare", "train", "evaluate"]
"""What is done here: download the base and write rows; train; export, validate and benchmark."""
Place = Literal["storage", "bundles", "downloads"]
"""Where a run writes: its storage, the folder of bundles, the cache of downloads."""

ALL_STAGES: tuple[Stage, ...] = ("prepare", "train", "evaluate")

FILE_BYTES: dict[Quantization, float] = {
    "f16": 2.0,
    "q8_0": 34 / 32,
    "q5_k_m": 5.7036 / 8,
    "q4_k_m": 4.8944 / 8,
}
"""Bytes of a weight in a GGUF file: q8_0's blocks hold 32 weights in 34 bytes; those of the mixed
types are what llama.cpp's tools/quantize/README.md measured of Llama 3.1 8B."""
DIRECT: tuple[Quantization, ...] = ("f16", "q8_0")
"""What the converter writes at once; the others are made from a file in f16."""
_SPARE = 1.1
"""Disk taken over what is counted: rows, reports, Prefect's database, a file system's own."""
_LEAST_DISK = 2_000_000_000
"""Bytes of the smallest model's run with all that is not counted; measured: 1.6 GB."""
_SERVER = GIB // 2
"""Bytes of a llama.cpp server beside weights and cache; SmolLM2's takes 0.3 GiB of them."""
_ASKING = GIB
"""Bytes of torch and transformers once imported, in the process that asks the adapter."""
PROMPTS_AT_ONCE = 8
"""That the adapter is asked. Each token reads all weights once, and keys and values of every
prompt: from eight on these are most of what a CPU reads."""
_GPU_HOST = 4 * GIB
"""Host memory of a process that trains on a GPU: CUDA's libraries, Unsloth, pinned buffers. Not
measured."""


class Request(Frozen):
    """What a machine is to do."""

    model: Model
    profile: Profile | None = None
    """None where nothing is trained."""
    quantization: Quantization = "q8_0"
    stages: tuple[Stage, ...] = ALL_STAGES

    @property
    def uses_device(self) -> bool:
        """Whether a GPU is computed on where there is one: preparing needs none."""
        return "train" in self.stages or "evaluate" in self.stages


class Moment(Frozen):
    """The largest moment of one piece of work; bytes."""

    work: str
    """As a sentence names it: ``training with balanced``."""
    memory: int
    gpu_memory: int = 0
    trains: bool = False
    """Whether another profile would take less."""


def moments(
    request: Request, device: Device, lengths: RowLengths = TYPICAL, gpu_slots: int = 0
) -> list[Moment]:
    """The memory that each stage takes at once; none where the model's sizes are not known.

    ``gpu_slots``: requests that a server on the GPU answers at once; 0: the CPU serves, and answers
    ``base_at_once``.
    """
    shape, profile = request.model.architecture, request.profile
    if shape is None:
        return []
    work = []
    if "train" in request.stages and profile is not None:
        work.append(_training(shape, request.model, profile, device, lengths))
    if "evaluate" in request.stages:
        work.append(_exporting(shape, request.model.load_in_4bit, device))
        if profile is not None and profile.evaluation.adapter_prompts:
            work.append(_asking(shape, request.model.load_in_4bit, profile, device))
        longest = profile.training.max_seq_length if profile else 0
        at_once = base_at_once(request.model, profile.evaluation) if profile else 1
        work.append(_serving(shape, request.quantization, longest, gpu_slots, at_once))
    return work


def disk(request: Request) -> dict[Place, int]:
    """Bytes that a run has on disk at once, by place; empty where the sizes are not known.

    Checkpoints are gone before the export, and the merged model before the bundle is packed.
    """
    shape, profile = request.model.architecture, request.profile
    if shape is None:
        return {}
    base, file = base_bytes(request.model), gguf_bytes(shape, request.quantization)
    bytes_by_place: dict[Place, int] = {}
    if "prepare" in request.stages and request.model.source.kind == "hub":
        bytes_by_place["downloads"] = base
    later = 0
    if "train" in request.stages and profile is not None:
        later = _checkpoints(shape, profile.lora, profile.training)
    if "evaluate" in request.stages:
        bytes_by_place["bundles"] = file
        later = max(later, 2 * file + _converting(shape, request.quantization))
    bytes_by_place["storage"] = max(round(_SPARE * (base + later)), _LEAST_DISK)
    return bytes_by_place


def base_bytes(model: Model) -> int:
    """The size of a base model folder, which holds the numbers that a GPU computes in."""
    assert model.architecture is not None
    device = Device(kind="GPU", total=0, free=0)
    return weight_bytes(model.architecture, model.load_in_4bit, device)


def gguf_bytes(shape: Architecture, quantization: Quantization) -> int:
    """The size of a GGUF file."""
    return round(FILE_BYTES[quantization] * parameters(shape))


def _training(
    shape: Architecture, model: Model, profile: Profile, device: Device, lengths: RowLengths
) -> Moment:
    estimate = choose(
        shape,
        model.load_in_4bit,
        profile.lora,
        profile.training,
        _at_most(lengths, profile.training.max_seq_length),
        device,
    )
    work = f"training with {profile.name}"
    if device.kind == "CPU":
        return Moment(work=work, memory=estimate.total, trains=True)
    # Unsloth's checkpointing moves the input of each layer to the host.
    offloaded = 2 * shape.num_hidden_layers * estimate.largest.tokens * shape.hidden_size
    memory = _GPU_HOST + offloaded
    return Moment(work=work, memory=memory, gpu_memory=estimate.total, trains=True)


def _exporting(shape: Architecture, in_4bit: bool, device: Device) -> Moment:
    peak = export_memory(shape, in_4bit, on_gpu=device.kind == "GPU")
    return Moment(work="exporting", memory=peak.host, gpu_memory=peak.gpu)


def _asking(shape: Architecture, in_4bit: bool, profile: Profile, device: Device) -> Moment:
    """Base and adapter in a process of their own, keys and values of a batch of prompts."""
    each = 2 * width(device) * shape.num_hidden_layers * key_value_size(shape)
    longest = profile.training.max_seq_length + profile.evaluation.max_answer_tokens
    size = weight_bytes(shape, in_4bit, device) + each * longest * (PROMPTS_AT_ONCE + 1)
    work = "asking the adapter"
    if device.kind == "CPU":
        return Moment(work=work, memory=size + _ASKING)
    return Moment(work=work, memory=_GPU_HOST, gpu_memory=size)


def _at_most(lengths: RowLengths, limit: int) -> RowLengths:
    return lengths.model_copy(
        update={
            "prefix": min(lengths.prefix, limit),
            "longest": tuple(min(length, limit) for length in lengths.longest),
        }
    )


def _serving(
    shape: Architecture,
    quantization: Quantization,
    max_seq_length: int,
    gpu_slots: int,
    at_once: int,
) -> Moment:
    """The file, keys and values in 16 bit of each slot's context, and the server."""
    each = 2 * 2 * shape.num_hidden_layers * key_value_size(shape) * context_for(max_seq_length)
    size = gguf_bytes(shape, quantization) + each * (gpu_slots or at_once)
    work = f"serving the {quantization} file"
    if gpu_slots:
        return Moment(work=work, memory=_SERVER, gpu_memory=size + _SERVER)
    return Moment(work=work, memory=size + _SERVER)


def _checkpoints(shape: Architecture, lora: Lora, training: Training) -> int:
    """Adapter and optimiser in float32 at most, for each checkpoint kept, one more and the best."""
    return (training.checkpoints_kept + 2) * 12 * adapter_parameters(shape, lora)


def _converting(shape: Architecture, quantization: Quantization) -> int:
    """The merged model in 16 bit, and the draft that a quantiser reads."""
    drafts = 0 if quantization in DIRECT else gguf_bytes(shape, "f16")
    return 2 * parameters(shape) + drafts
