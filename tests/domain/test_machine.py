"""What a machine lacks for a model."""

import pytest

from profiles import load_model
from tasks.domain.machine import Machine, as_text, lacks

PLENTY = Machine(cores=8, memory=64 * 10**9, free_memory=60 * 10**9, free_disk=10**12)


def test_a_plain_machine_can_forge_the_small_model() -> None:
    assert lacks(PLENTY, load_model("smollm2")) == []


def test_a_large_model_needs_a_gpu_and_says_how_large() -> None:
    (fault,) = lacks(PLENTY, load_model("deepseek-r1"))
    assert "an NVIDIA GPU with 6 GB" in fault


def test_a_gpu_that_is_too_small_is_named_with_both_sizes() -> None:
    machine = PLENTY.model_copy(update={"gpu": "T4", "gpu_memory": 4 * 10**9})
    (fault,) = lacks(machine, load_model("qwen-2.5"))
    assert fault == "9 GB of GPU memory, found 4.0"


@pytest.mark.parametrize(
    ("lacking", "named"),
    [
        ({"free_memory": 10**9}, "of free memory, found 1.0"),
        ({"free_disk": 10**9}, "of free disk, found 1.0"),
        ({"missing_packages": ("torch",)}, "packages torch"),
        ({"missing_tools": ("a quantiser for q4_k_m",)}, "a quantiser for q4_k_m"),
        ({"model_fault": "the hub is away"}, "the hub is away"),
    ],
)
def test_whatever_is_missing_is_named(lacking: dict[str, object], named: str) -> None:
    (fault,) = lacks(PLENTY.model_copy(update=lacking), load_model("smollm2"))
    assert named in fault


def test_the_doctor_lists_each_model_with_what_it_lacks() -> None:
    text = as_text(PLENTY, {"small": [], "large": ["a GPU"]})
    assert "small: can be forged here" in text
    assert "large: needs\n  - a GPU" in text
