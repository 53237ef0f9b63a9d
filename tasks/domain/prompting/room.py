"""How long a row may be where the profile leaves it open: what model and machine have room for."""

from profiles import Architecture, Model, Profile
from tasks.domain.products import ToolPrompt
from tasks.domain.prompting.budget import ROOM
from tasks.domain.training.memory import RowLengths, choose
from tasks.domain.training.sizes import Device

LONGEST = 16_384
"""Tokens that a list is measured up to: beyond, no small model was seen to find its tool."""
_STEP = 512
_SHARE = 0.9
"""Of a machine's memory that a training may take; what is free now is asked before it starts."""


def longest_row(
    shape: Architecture, holds: int, model: Model, profile: Profile, device: Device | None
) -> int:
    """Tokens that a row may have at most.

    Args:
        shape: the base's sizes.
        holds: the tokens that the base was made for.
        model: the base, for how it is loaded.
        profile: with the least that a row may have.
        device: what it is trained on; None where that is another machine.
    """
    least = profile.training.max_seq_length
    if not profile.training.grows:
        return least
    most = max(least, min(holds, LONGEST))
    while device is not None and most > least and not _fits(most, shape, model, profile, device):
        most = max(least, most - _STEP)
    return most


def _fits(length: int, shape: Architecture, model: Model, profile: Profile, device: Device) -> bool:
    training = ToolPrompt(max_seq_length=length).settled(profile).training
    rows = RowLengths(
        rows=profile.data.samples,
        tokens=profile.data.samples * (length - ROOM // 2),
        prefix=length - ROOM,
        longest=(length,) * training.effective_batch,
        deviation=ROOM / 4,
        trained_share=ROOM / 4 / length,
    )
    total = choose(shape, model.load_in_4bit, profile.lora, training, rows, device).total
    return total <= _SHARE * device.total
