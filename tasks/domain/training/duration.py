"""How long does a training take? A step's operations over the rate of one matrix product."""

from profiles import Architecture, Training
from tasks.domain.training.memory import Checkpointing, Estimate, Pass, RowLengths, pack_of
from tasks.domain.training.memory_fallbacks import planned_steps
from tasks.domain.training.sizes import Device, linear_parameters

_EFFICIENCY = {"CPU": 0.6, "GPU": 0.4}
"""A step's operations a second over those of one matrix product: of a step on a busy CPU (0.65);
of GPUs what training codes report, not measured here."""


def step_operations(shape: Architecture, largest: Pass, checkpointing: Checkpointing) -> float:
    """Floating-point operations of forward and backward over ``largest``.

    Two for each frozen weight and token forward and two backward (no gradient of the weight is
    computed), two more where the forward pass is repeated; the head only where a label is; and
    attention's products of queries with keys and with values.
    """
    passes = 3 if checkpointing == "unsloth" else 2
    linear = 2.0 * linear_parameters(shape) * largest.tokens * passes
    head = 2.0 * shape.vocab_size * shape.hidden_size * largest.trained * 2
    attention = 4.0 * shape.hidden_size * shape.num_hidden_layers * largest.pairs * (passes + 1)
    return linear + head + attention


def estimated_seconds(
    shape: Architecture,
    training: Training,
    lengths: RowLengths,
    device: Device,
    estimate: Estimate,
    operations_per_second: float,
) -> float:
    """Seconds that all steps take, from the rate of one matrix product on the same machine."""
    step = average_step(lengths, training)
    operations = step_operations(shape, step, estimate.checkpointing)
    rate = operations_per_second * _EFFICIENCY[device.kind]
    return planned_steps(training, lengths.rows) * operations / rate


def average_step(lengths: RowLengths, training: Training) -> Pass:
    """An optimiser step of rows of the mean length, however many passes it is."""
    mean = lengths.tokens / lengths.rows
    rows = training.effective_batch
    tokens = round(rows * mean)
    if training.share_prefix == "auto":
        return pack_of(lengths, rows, tokens)
    trained_tokens = round(rows * mean * lengths.trained_share)
    return Pass(tokens=tokens, trained=trained_tokens, rows=rows, pairs=round(rows * mean * mean))
