"""Before a training shares its prefix, the first rows' loss is computed both ways.

A kernel that ignores positions or lets rows see each other does not fail: it trains a worse model.
One that fails does so here, where rows can still be trained one beside the other.
"""

import math
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from triton.errors import TritonError

from tasks.domain.training.memory import ROWS_AT_ONCE
from tasks.external.trainer.batches import Batch, PaddedBatch, SharedPrefixPacks, labels_of
from tasks.external.trainer.out_of_memory import is_out_of_memory
from tasks.external.trainer.packs import Rows
from tasks.external.trainer.steps import StepTrainer

TOLERANCES = {"float32": 1e-4, "bfloat16": 3e-2, "float16": 3e-2}
"""Of the loss. Measured with SmolLM2-135M on four rows of mcp-server-time: right packs are off by
1e-7 in float32 and by 4e-3 under bfloat16 autocast, rows that see each other by 0.49; with random
weights, which make little of what they see, by 1.2e-3. float16 was not measured."""
CHECKED_ROWS = ROWS_AT_ONCE + 2
"""Enough for a second call of our attention. By itself each row brings the whole tool list: the 24
of a step of git are 38,000 tokens, and 3,100 in a pack."""

FAILURES = (
    RuntimeError,  # torch's own, its compiler's and CUDA's are all children of it
    TritonError,
    AssertionError,  # Unsloth's kernel on shapes that it does not take
    TypeError,  # a forward pass that knows no positions or no layout of a pack
    ValueError,
    ImportError,  # a version of Unsloth without the kernel
    subprocess.CalledProcessError,  # the C compiler that Triton starts
)
"""What a kernel that cannot compute a pack raises, on the way to it or in it."""


def beyond_window(config: Any, longest: int) -> str:
    """Say so when a row of ``longest`` tokens reaches beyond what a layer looks back; else nothing.

    In a pack every token sees the whole prefix, which is exact only where a row by itself would.
    The first rows may be short, so no comparison of losses is to be relied on.
    """
    settings = config.get_text_config().to_dict()
    window = settings.get("sliding_window")
    slides = "sliding_attention" in settings.get("layer_types", ["sliding_attention"])
    if not window or not slides or longest <= window:
        return ""
    return (
        f"the longest row has {longest} tokens, and layers that look back {window} see a pack "
        "otherwise than a row, so plain batches are trained"
    )


def find_fault(trainer: StepTrainer, rows: Rows, pack_tokens: int) -> str:
    """Say how packs of ``rows`` differ from the rows themselves; nothing when they agree.

    Plain rows go one by one, and only a pack of two goes backward, with the training's own gradient
    checkpointing, so this takes less memory than a step. Memory that runs out all the same is no
    fault of packs, and raised.
    """
    collate = SharedPrefixPacks(pack_tokens)
    try:
        with _without_dropout(trainer.model):
            packed = _loss(trainer, collate(rows))
        _go_backward(trainer, collate(rows[:2]))
    except FAILURES as error:
        if is_out_of_memory(error):
            raise
        return f"packs cannot be computed here ({_described(error)}), so plain batches are trained"
    with _without_dropout(trainer.model):
        expected = loss_of_each(trainer, rows)
    if not math.isfinite(expected):
        return ""  # not for packs to blame: the training says so itself
    tolerance = TOLERANCES[_precision(trainer)]
    if abs(packed - expected) <= tolerance * abs(expected):
        return ""
    return (
        f"packs give a loss of {packed:.6f} for the first {len(rows)} rows, the rows themselves "
        f"{expected:.6f}: more than {tolerance:g} of it apart, so plain batches are trained"
    )


def _loss(trainer: StepTrainer, batch: Batch) -> float:
    with torch.no_grad(), trainer.accelerator.autocast():
        return float(trainer.mean_loss(trainer.model, batch))


def loss_of_each(trainer: StepTrainer, rows: Rows) -> float:
    """The mean loss over the labels of all rows, each computed for itself."""
    batches = [PaddedBatch(0)([row]) for row in rows]
    labels = [labels_of(batch) for batch in batches]
    losses = [_loss(trainer, batch) for batch in batches]
    return sum(x * n for x, n in zip(losses, labels, strict=True)) / sum(labels)


def _go_backward(trainer: StepTrainer, batch: Batch) -> None:
    """Compute gradients and throw them away: a kernel's way back is compiled for itself."""
    if hasattr(trainer.model, "for_training"):
        # Unsloth's trainer is built ready for inference: every activation would be kept.
        way = "unsloth" if trainer.args.gradient_checkpointing else False
        trainer.model.for_training(use_gradient_checkpointing=way)
    try:
        with trainer.accelerator.autocast():
            trainer.training_step(trainer.model, batch)
    finally:
        trainer.model.zero_grad(set_to_none=True)


def _described(error: Exception) -> str:
    words = str(error).strip().splitlines()
    return f"{type(error).__name__}: {words[0]}" if words else type(error).__name__


def _precision(trainer: StepTrainer) -> str:
    arguments = trainer.args
    return "bfloat16" if arguments.bf16 else "float16" if arguments.fp16 else "float32"


@contextmanager
def _without_dropout(model: Any) -> Iterator[None]:
    """Training mode, in which kernels may differ from those of evaluation, but nothing random."""
    was_training = model.training
    model.train()
    dropouts = [module for module in model.modules() if isinstance(module, torch.nn.Dropout)]
    for dropout in dropouts:
        dropout.eval()
    try:
        yield
    finally:
        model.train(was_training)
