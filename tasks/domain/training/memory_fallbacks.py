"""What is tried, and in which order, when a training step does not fit into memory.

First less at once: packs of half the tokens, or half the rows side by side, twice as often; an
optimiser step still sees the same conversations. Then gradient checkpointing. Then rows that are
longer than a limit are set aside, whole: one that is cut teaches calls that never end.
"""

import math
from collections.abc import Sequence

from pydantic import AliasChoices, Field

from profiles import Training
from tasks.domain import Frozen

SHORTEST_LIMIT = 1024
"""Tokens. Rows up to here are never set aside."""
_MOST_NAMES = 20


class Ladder(Frozen):
    """The fallbacks that a training has taken."""

    original: Training = Field(validation_alias=AliasChoices("original", "asked"))
    """The settings of the profile; older checkpoints have the second name."""
    training: Training
    """Those settings as the fallbacks left them."""
    memory_fallbacks: tuple[str, ...] = ()


def says_out_of_memory(text: str) -> bool:
    """Whether an error's text says that an allocation failed, of torch or of a library beside it.

    Triton's "out of resource" is another thing: a kernel that needs more than a GPU ever has.
    """
    return any(words in text.casefold() for words in _OUT_OF_MEMORY)


_OUT_OF_MEMORY = (
    "outofmemoryerror",  # torch's last words on a GPU
    "defaultcpuallocator",  # and on a CPU
    "cuda error: out of memory",  # bitsandbytes
    "cuda driver error: out of memory",  # torch's expandable segments
    "triton error [cuda]: out of memory",
    "cublas_status_alloc_failed",  # cuBLAS has no room for its workspace
)


def next_rung(training: Training, lengths: Sequence[int], *, packed: bool) -> Training | None:
    """The settings to try next, for rows of ``lengths`` tokens; None when all was tried.

    ``packed``: whether rows go into packs, as they may not although the profile asks for it.
    """
    longest = max((n for n in lengths if n <= training.max_seq_length), default=0)
    if packed and training.pack_tokens > longest:
        return _with(training, pack_tokens=max(training.pack_tokens // 2, longest))
    batch, step = training.per_device_batch_size, training.effective_batch
    if not packed and batch > 1:
        half = next(n for n in range(batch // 2, 0, -1) if step % n == 0)
        return _with(training, per_device_batch_size=half, gradient_accumulation_steps=step // half)
    if training.gradient_checkpointing == "off":
        return _with(training, gradient_checkpointing="unsloth")
    limit = max(SHORTEST_LIMIT, longest * 3 // 4)
    if longest <= SHORTEST_LIMIT or min(lengths) > limit:
        return None
    steps = planned_steps(training, len(lengths))
    return _with(training, max_seq_length=limit, epochs=None, max_steps=steps)


def planned_steps(training: Training, rows: int) -> int:
    """Optimiser steps of a whole training."""
    one_epoch = math.ceil(rows / training.effective_batch)
    return training.max_steps or one_epoch * (training.epochs or 1)


def set_aside(training: Training, lengths: Sequence[int]) -> list[int]:
    """The positions of the rows that are too long."""
    return [n for n, length in enumerate(lengths) if length > training.max_seq_length]


def described(before: Training, after: Training, lengths: Sequence[int]) -> str:
    """One fallback in words; rows are counted from 1, as lines of the training file are."""
    if after.pack_tokens != before.pack_tokens:
        return f"packs of {after.pack_tokens} instead of {before.pack_tokens} tokens"
    if after.per_device_batch_size != before.per_device_batch_size:
        return (
            f"{after.per_device_batch_size} instead of {before.per_device_batch_size} "
            f"conversations at once, {after.gradient_accumulation_steps} times a step"
        )
    if after.gradient_checkpointing != before.gradient_checkpointing:
        return "gradient checkpointing: activations are computed again instead of kept"
    dropped_rows = set_aside(after, lengths)
    names = ", ".join(f"{n + 1} ({lengths[n]} tokens)" for n in dropped_rows[:_MOST_NAMES])
    more = f" and {len(dropped_rows) - _MOST_NAMES} more" if len(dropped_rows) > _MOST_NAMES else ""
    return (
        f"{len(dropped_rows)} of {len(lengths)} rows are longer than {after.max_seq_length} tokens "
        f"and set aside: {names}{more}"
    )


def recommendation(training: Training, lengths: Sequence[int]) -> str:
    """What a person can change when nothing is left to try."""
    remaining = len(lengths) - len(set_aside(training, lengths))
    return (
        f"{remaining} rows of up to {training.max_seq_length} tokens, one at a time and with "
        "gradient checkpointing, need more memory than there is: take a machine with more, a "
        "smaller model, a lower lora.rank, or fewer tools (include_tools of the server)"
    )


def _with(training: Training, **changes: int | str | None) -> Training:
    return Training.model_validate(training.model_dump() | changes)
