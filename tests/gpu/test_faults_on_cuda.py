"""A training on a GPU is killed, or its memory runs out. Never run where this was written."""

from pathlib import Path

import pytest

from benchmarks.gpu import faults, material
from benchmarks.gpu.stage import FAILED, Plan

pytestmark = pytest.mark.gpu


@pytest.fixture
def plan(tmp_path: Path) -> Plan:
    return Plan(tiny=False, work=tmp_path)


@pytest.fixture
def base(tmp_path: Path) -> str:
    """Two layers in NF4."""
    return str(material.random_base(material.TINY, tmp_path / "base", in_4bit=True))


def test_a_killed_training_goes_on_from_its_last_checkpoint(plan: Plan, base: str) -> None:
    """The losses are those of one that was left alone, but for what CUDA's sums differ by."""
    killed, whole = (trainee.outcome() for trainee in faults.start_killed(plan, base))
    assert killed.code == -9
    found = faults.resumed(plan, base, killed, whole)
    assert found["resumed_at_step"] == faults.SAVED_EVERY
    assert found["steps"] == faults.STEPS
    assert found["largest_loss_difference"] < 1e-2
    assert found["notes"] == []


@pytest.mark.parametrize("name", faults.SHARES)
def test_a_step_that_does_not_fit_is_taken_in_smaller_parts(
    name: str, plan: Plan, base: str
) -> None:
    """torch.OutOfMemoryError is met, the GPU's memory freed, and the training done with less."""
    found = faults.described(faults.start_short(plan, base, name).outcome())
    assert FAILED not in found, found
    assert found["memory_fallbacks"]
    assert found["steps"] == 2
