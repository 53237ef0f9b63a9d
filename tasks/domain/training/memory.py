"""Does a training fit, and how long does it take? Bytes of one step from sizes and token lengths.

What one step holds: the base's weights, the adapter with its gradients and its optimiser's states,
what the forward pass keeps for the backward pass, and what is worked with meanwhile. The constants
say where they come from; ``make bench-memory`` holds the sum against measured peaks.
"""

import math
from collections.abc import Sequence
from statistics import pstdev
from typing import Literal

from profiles import Architecture, Lora, Training
from tasks.domain import Frozen
from tasks.domain.training.sizes import (
    Device,
    adapter_parameters,
    key_value_size,
    weight_bytes,
    width,
)

GIB = 2**30
Checkpointing = Literal["unsloth", "off"]

CHUNK_LOGITS = 16 * 2**20
"""Logits that the loss holds at once (unsloth_zoo.cpu.ops; on a GPU it takes what is free)."""
MARGIN = 1.15
"""What an estimate without checkpointing is multiplied by before "auto" takes it: the estimate was
never more than 2 % too low (docs/memory.md)."""


class RowLengths(Frozen):
    """Token lengths of the rows of a training."""

    rows: int
    tokens: int
    """Of all rows together."""
    prefix: int
    """Tokens that all rows begin with."""
    longest: tuple[int, ...]
    """Of the longest rows, in descending order; enough of them for one optimiser step."""
    deviation: float
    """The standard deviation of a row's length."""
    trained_share: float

    def of_step(self, count: int) -> int:
        """Tokens of ``count`` rows drawn at random, more than which hardly any draw has.

        The mean and three standard deviations of the sum (one draw in 700 has more, were lengths
        normally distributed), never more than the longest rows there are.
        """
        lengths = self.longest[:count]
        most = sum(lengths) + lengths[-1] * (count - len(lengths))
        usual = count * self.tokens / self.rows + 3 * self.deviation * math.sqrt(count)
        return min(most, round(usual))


TYPICAL = RowLengths(
    rows=1000, tokens=600_000, prefix=450, longest=(780,) * 64, deviation=100, trained_share=0.1
)
"""Before there are rows: those of mcp-server-time in SmolLM2's tokens."""


ROWS_AT_ONCE = 4
"""Rows of a pack that attention takes in one call: of 1, 2, 4, 6, 8, 12 and 24 the quickest for the
rows of mcp-server-git, and as quick as 1 for those of mcp-server-time (two cores, AMD EPYC)."""


class Pass(Frozen):
    """What is computed at once, at most: a padded batch, or a pack behind a shared prefix."""

    tokens: int
    trained: int
    rows: int
    attended: int = 0
    """A pack's rows with the prefix for each call: the tokens that attention copies keys and values
    of."""
    pairs: int = 0
    """Pairs of a token and one that it may look at: the size of the masks."""


class Estimate(Frozen):
    """The largest moment of a training, part by part, in bytes."""

    checkpointing: Checkpointing
    weights: int
    adapter: int
    gradients: int
    optimizer: int
    activations: int
    """What the forward pass keeps for the backward pass."""
    working: int
    """What one layer and the loss work with while they are computed."""
    runtime: int
    """Libraries on a CPU, the CUDA context on a GPU."""
    largest: Pass

    @property
    def total(self) -> int:
        """All parts together."""
        return self.resident + self.activations + self.working + self.runtime

    @property
    def resident(self) -> int:
        """What lies there before the first token: the floor that no setting goes below."""
        return self.weights + self.adapter + self.gradients + self.optimizer


class _LayerBytes(Frozen):
    """Bytes that one layer keeps of each token, by what they are proportional to.

    Those of a CPU were counted with ``torch.autograd.graph.saved_tensors_hooks`` on Llamas of
    several shapes, adapter and attention as in training.
    """

    hidden: float
    inner: float
    rank: float
    key_value: float = 0
    hidden_of_keys: float = 0
    pair: float = 0


_LAYER_BYTES: dict[tuple[str, bool], _LayerBytes] = {
    # kind, pack
    ("CPU", False): _LayerBytes(hidden=32, inner=16, rank=28, pair=4),
    ("CPU", True): _LayerBytes(hidden=36, inner=16, rank=28, hidden_of_keys=8, pair=4),
    # Read in unsloth/kernels (fast_lora, rms_layernorm): the inputs of both norms and of the
    # projections, q, k, v, what attention gives, and the two halves of the MLP; never measured.
    ("GPU", False): _LayerBytes(hidden=12, inner=4, rank=0, key_value=4),
    # Read in unsloth/utils/prefix_grouper_kernel.py: FlexAttention keeps q, k, v and its result as
    # it padded them, heads before tokens, so that o_proj keeps a copy of the result beside it; the
    # mask is one of blocks, and nothing grows with the pairs. Never measured either.
    ("GPU", True): _LayerBytes(hidden=14, inner=4, rank=0, key_value=4),
}
_BLOCK = 128
"""Unsloth's kernel pads the tokens of a pack to a multiple of this."""
_LAYERS_AT_WORK = {"CPU": 10, "GPU": 2}
"""What recomputing one layer and its backward pass take, in layers' keep; a CPU's is measured."""
_SLACK = {"CPU": 1.6, "GPU": 1.1}
"""Memory taken over memory used: glibc's allocator hands pieces of pages back late and in part
(measured in bfloat16: 1.5 for packs, 1.8 for padded rows); on a GPU torch rounds blocks up."""
_BYTES_OF_A_LOGIT = 9
"""float32 logits, their softmax and a copy in the model's type."""
_RUNTIME = {"CPU": round(1.14 * GIB), "GPU": GIB // 2}
"""torch, Unsloth, TRL and Prefect once imported (measured); a CUDA context and its libraries (not
measured)."""


def gib(size: float) -> str:
    """Bytes as people compare memory: in GiB."""
    return f"{size / GIB:.1f} GiB"


def largest_pass(lengths: RowLengths, training: Training) -> Pass:
    """The largest batch or pack that these rows make, but for hardly any draw."""
    if training.share_prefix == "off":
        rows = training.per_device_batch_size
        tokens = rows * lengths.longest[0]
        return Pass(
            tokens=tokens,
            trained=round(tokens * lengths.trained_share),
            rows=rows,
            pairs=tokens * lengths.longest[0],
        )
    rows = training.effective_batch
    # A budget for packs cuts a step into several; at least one row is in each.
    budget = training.pack_tokens
    while budget and rows > 1 and _pack(lengths, rows).tokens > budget:
        rows -= 1
    return _pack(lengths, rows)


def estimate(
    shape: Architecture,
    in_4bit: bool,
    lora: Lora,
    training: Training,
    lengths: RowLengths,
    device: Device,
    checkpointing: Checkpointing,
) -> Estimate:
    """The bytes of the largest step, with or without checkpointing."""
    largest = largest_pass(lengths, training)
    adapter_size = adapter_parameters(shape, lora)
    layer = _layer_bytes(shape, lora, largest, device, training.share_prefix == "auto")
    slack = _SLACK[device.kind]
    stored_bytes, at_work = layer * shape.num_hidden_layers, 0
    if checkpointing == "unsloth":
        stored_bytes = _checkpoint_bytes(shape, largest, device)
        at_work = layer * min(_LAYERS_AT_WORK[device.kind], shape.num_hidden_layers)
    return Estimate(
        checkpointing=checkpointing,
        weights=weight_bytes(shape, in_4bit, device),
        adapter=4 * adapter_size,
        gradients=4 * adapter_size,
        # Two states for each weight: 8 bits each on a GPU, float32 where adamw_torch stands in.
        optimizer=adapter_size * (2 if device.kind == "GPU" else 8),
        activations=round(slack * stored_bytes),
        working=round(slack * at_work) + _loss_bytes(shape, largest),
        runtime=_RUNTIME[device.kind],
        largest=largest,
    )


def choose(
    shape: Architecture,
    in_4bit: bool,
    lora: Lora,
    training: Training,
    lengths: RowLengths,
    device: Device,
) -> Estimate:
    """The estimate of the profile's checkpointing; "auto" does without it where there is room."""
    setting = training.gradient_checkpointing
    with_it, without = (
        estimate(shape, in_4bit, lora, training, lengths, device, way) for way in _WAYS
    )
    if setting == "auto":
        return without if without.total * MARGIN <= device.free else with_it
    return with_it if setting == "unsloth" else without


def lengths_of(
    rows: Sequence[int], prefix: int, trained_share: float, keep: int = 64
) -> RowLengths:
    """The lengths of rows that are there; ``keep`` of the longest are kept one by one."""
    longest = tuple(sorted(rows, reverse=True)[:keep])
    return RowLengths(
        rows=len(rows),
        tokens=sum(rows),
        prefix=prefix,
        longest=longest,
        deviation=pstdev(rows),
        trained_share=trained_share,
    )


_WAYS: tuple[Checkpointing, Checkpointing] = ("unsloth", "off")


def _pack(lengths: RowLengths, rows: int) -> Pass:
    return pack_of(lengths, rows, lengths.of_step(rows))


def pack_of(lengths: RowLengths, rows: int, tokens: int) -> Pass:
    """The pack of so many rows, whose tokens are counted with the prefix of each."""
    together = max(tokens, rows * lengths.prefix)
    own = together - rows * lengths.prefix
    return Pass(
        tokens=lengths.prefix + own,
        trained=round(together * lengths.trained_share),
        rows=rows,
        attended=math.ceil(rows / ROWS_AT_ONCE) * lengths.prefix + own,
        pairs=round(own * (lengths.prefix + min(rows, ROWS_AT_ONCE) * own / rows)),
    )


def _layer_bytes(
    shape: Architecture, lora: Lora, largest: Pass, device: Device, packed: bool
) -> int:
    """What one layer keeps of a pass."""
    activations = _LAYER_BYTES[device.kind, packed]
    tokens = largest.tokens
    if packed and device.kind == "GPU":
        tokens = math.ceil(tokens / _BLOCK) * _BLOCK
    per_token = (
        activations.hidden * shape.hidden_size
        + activations.inner * shape.intermediate_size
        + activations.key_value * key_value_size(shape)
        + activations.rank * lora.rank
    )
    keys = activations.hidden_of_keys * shape.hidden_size * largest.attended
    return round(per_token * tokens + keys + activations.pair * largest.pairs)


def _checkpoint_bytes(shape: Architecture, largest: Pass, device: Device) -> int:
    """The input of each layer, which checkpointing keeps; on a GPU Unsloth moves it to the CPU."""
    if device.kind == "GPU":
        return 0
    return shape.num_hidden_layers * largest.tokens * shape.hidden_size * width(device)


def _loss_bytes(shape: Architecture, largest: Pass) -> int:
    return _BYTES_OF_A_LOGIT * min(largest.trained * shape.vocab_size, CHUNK_LOGITS)
