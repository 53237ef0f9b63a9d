"""Before a training shares its prefix, the first rows' loss is computed both ways.

A kernel that ignores positions or lets rows see each other does not fail: it trains a worse model.
"""

import math
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch

from tasks.external.trainer.batches import PaddedBatch, SharedPrefixPacks, labels_of
from tasks.external.trainer.packs import Rows
from tasks.external.trainer.steps import StepTrainer

TOLERANCES = {"float32": 1e-4, "bfloat16": 3e-2, "float16": 3e-2}
"""Of the loss. Measured with SmolLM2-135M on four rows of mcp-server-time: right packs are off by
1e-7 in float32 and by 4e-3 under bfloat16 autocast, rows that see each other by 0.49; with random
weights, which make little of what they see, by 1.2e-3. float16 was not measured."""


def beyond_window(config: Any, longest: int) -> str:
    """Say so when a row of ``longest`` tokens reaches beyond what a layer looks back; else nothing.

    In a pack every token sees the whole prefix, which is exact only where a row by itself would.
    The first rows may be short, so no comparison of losses is to be relied on.
    """
    said = config.get_text_config().to_dict()
    window = said.get("sliding_window")
    slides = "sliding_attention" in said.get("layer_types", ["sliding_attention"])
    if not window or not slides or longest <= window:
        return ""
    return (
        f"the longest row has {longest} tokens, and layers that look back {window} see a pack "
        "otherwise than a row, so plain batches are trained"
    )


def find_fault(trainer: StepTrainer, rows: Rows, pack_tokens: int) -> str:
    """Say how packs of ``rows`` differ from the rows themselves; nothing when they agree.

    No gradients are kept, and plain rows go one by one, so this takes less memory than a step.
    """
    model, plain = trainer.model, PaddedBatch(0)
    batches = [plain([row]) for row in rows]
    labels = [labels_of(batch) for batch in batches]
    with torch.no_grad(), trainer.accelerator.autocast(), _without_dropout(model):
        packed = float(trainer.mean_loss(model, SharedPrefixPacks(pack_tokens)(rows)))
        alone = [float(trainer.mean_loss(model, batch)) for batch in batches]
    expected = sum(x * n for x, n in zip(alone, labels, strict=True)) / sum(labels)
    if not math.isfinite(expected):
        return ""  # not for packs to blame: the training says so itself
    tolerance = TOLERANCES[_precision(trainer)]
    if abs(packed - expected) <= tolerance * abs(expected):
        return ""
    return (
        f"packs give a loss of {packed:.6f} for the first {len(rows)} rows, the rows themselves "
        f"{expected:.6f}: more than {tolerance:g} of it apart, so plain batches are trained"
    )


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
