"""What a machine lacks for a model."""

import pytest

from profiles import load_model, load_profile, models, training_profiles
from tasks.domain.machine import Machine, Verdict, as_text, instead, lacks, need, what_fits
from tasks.domain.memory import GIB, TYPICAL

PLENTY = Machine(cores=8, memory=64 * GIB, free_memory=60 * GIB, free_disk=10**12)
ON_GPU = PLENTY.model_copy(
    update={"gpu": "A10", "gpu_memory": 24 * GIB, "free_gpu_memory": 23 * GIB, "bf16": True}
)
BALANCED = load_profile("balanced")


def others(machine: Machine, model: str, profile: str) -> list[str]:
    return what_fits(
        load_model(model),
        load_profile(profile),
        [load_model(name) for name in models()],
        [load_profile(name) for name in training_profiles()],
        machine.device,
    )


@pytest.mark.parametrize("profile", training_profiles())
def test_a_plain_machine_can_forge_the_small_model_with_every_profile(profile: str) -> None:
    assert lacks(PLENTY, load_model("smollm2"), load_profile(profile)) == []


def test_six_free_gigabytes_are_enough_for_the_demo() -> None:
    small = PLENTY.model_copy(update={"free_memory": 6 * 10**9})
    assert lacks(small, load_model("smollm2"), load_profile("demo")) == []


def test_a_large_model_needs_a_gpu_and_says_how_large_and_what_fits_instead() -> None:
    model = load_model("deepseek-r1")
    (fault,) = lacks(PLENTY, model, BALANCED, others(PLENTY, "deepseek-r1", "balanced"))
    assert fault.startswith(
        "an NVIDIA GPU with 6 GB: deepseek-r1 is too large for a CPU; what fits"
    )
    assert "model smollm2 (" in fault


@pytest.mark.parametrize("name", models())
def test_a_gpu_of_24_gigabytes_can_forge_every_model(name: str) -> None:
    assert lacks(ON_GPU, load_model(name), BALANCED) == []


def test_a_gpu_that_is_too_small_is_named_with_both_sizes() -> None:
    machine = ON_GPU.model_copy(update={"free_gpu_memory": 8 * GIB})
    (fault,) = lacks(
        machine, load_model("qwen-2.5"), BALANCED, others(machine, "qwen-2.5", "balanced")
    )
    assert " GiB of GPU memory for profile balanced, found 8.0 GiB; what fits: " in fault
    assert "model deepseek-r1 (" in fault
    assert "qwen-2.5 (" not in fault


def test_a_profile_that_fits_is_named_before_another_model() -> None:
    machine = ON_GPU.model_copy(update={"free_gpu_memory": 8 * GIB})
    found = others(machine, "deepseek-r1", "max_quality")
    assert found[0].startswith("profile fast_dev (")
    assert not any(name.startswith("model") for name in found)


def test_where_nothing_fits_that_is_said() -> None:
    nothing = PLENTY.model_copy(update={"free_memory": GIB})
    assert others(nothing, "smollm2", "demo") == []
    assert instead([]) == "; nothing that is known here fits"


def test_a_model_whose_sizes_are_not_known_yet_is_let_through() -> None:
    unknown = load_model("smollm2").model_copy(update={"architecture": None})
    tight = PLENTY.model_copy(update={"free_memory": GIB})
    assert lacks(tight, unknown, BALANCED) == []
    assert need(tight, unknown, BALANCED) == ""


@pytest.mark.parametrize(
    ("lacking", "named"),
    [
        ({"free_memory": 10**9}, "GiB of memory for profile balanced, found 0.9 GiB"),
        ({"free_disk": 10**9}, "of free disk, found 1.0"),
        ({"missing_packages": ("torch",)}, "packages torch"),
        ({"missing_tools": ("a quantiser for q4_k_m",)}, "a quantiser for q4_k_m"),
        ({"model_fault": "the hub is away"}, "the hub is away"),
    ],
)
def test_whatever_is_missing_is_named(lacking: dict[str, object], named: str) -> None:
    (fault,) = lacks(PLENTY.model_copy(update=lacking), load_model("smollm2"), BALANCED)
    assert named in fault


def test_an_export_needs_less_memory_than_a_training() -> None:
    tight = PLENTY.model_copy(update={"free_memory": 10**9})
    assert lacks(tight, load_model("smollm2")) == ["2 GB of free memory, found 1.0"]


def test_the_need_is_said_of_the_device_that_the_model_needs() -> None:
    assert "of GPU memory" in need(PLENTY, load_model("qwen-2.5"), BALANCED)
    assert "of memory, 60.0 GiB are free" in need(PLENTY, load_model("smollm2"), BALANCED)
    assert "of GPU memory, 23.0 GiB are free" in need(ON_GPU, load_model("qwen-2.5"), BALANCED)


def test_rows_are_never_taken_for_longer_than_the_profile_allows() -> None:
    short = BALANCED.training.model_copy(update={"max_seq_length": 256})
    profile = BALANCED.model_copy(update={"training": short})
    assert max(TYPICAL.longest) > 256
    full, capped = (need(PLENTY, load_model("smollm2"), one) for one in (BALANCED, profile))
    assert float(capped.split()[2]) < float(full.split()[2])


def test_the_doctor_lists_each_model_with_what_it_needs_and_lacks() -> None:
    able = Verdict(model="small", need="balanced needs 2 GiB", faults=(), template="reads tools")
    unable = Verdict(model="large", need="", faults=("a GPU",), template="")
    text = as_text(PLENTY, [able, unable])
    assert "small: can be forged here\n  memory: balanced needs 2 GiB\n  template: reads" in text
    assert text.endswith("large: needs\n  - a GPU")
