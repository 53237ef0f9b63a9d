"""What checkpoints were made from: why a training can go on from them, or cannot."""

from typing import Any

from tasks.domain import Frozen


class Origin(Frozen):
    """The inputs of one training."""

    model: str
    data: str
    """sha256 of the training rows."""
    base: str
    """sha256 of the base model's folder."""
    settings: dict[str, Any]
    """Every number of model, adapter and training, by its name in the profile."""


def differences(before: Origin, now: Origin) -> list[str]:
    """What is not the same, in words; empty when a training can go on."""
    changes = []
    if before.model != now.model:
        changes.append(f"the model {before.model}, now {now.model}")
    if before.base != now.base:
        changes.append("other base weights")
    if before.data != now.data:
        changes.append("other training rows")
    for name in sorted(before.settings.keys() | now.settings.keys()):
        old, new = before.settings.get(name), now.settings.get(name)
        if old != new:
            changes.append(f"{name} {old}, now {new}")
    return changes


def flat(prefix: str, values: dict[str, Any]) -> dict[str, Any]:
    """Nested settings by dotted name."""
    entries: dict[str, Any] = {}
    for name, value in values.items():
        whole = f"{prefix}.{name}"
        entries |= flat(whole, value) if isinstance(value, dict) else {whole: value}
    return entries
