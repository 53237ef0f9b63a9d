"""What a machine lacks for a model."""

import pytest

from profiles import load_model, load_profile, models, training_profiles
from tasks.domain.training.machine import (
    Disk,
    Machine,
    Torch,
    Verdict,
    as_text,
    instead,
    lacks,
    needs,
    what_fits,
)
from tasks.domain.training.memory import GIB, TYPICAL
from tasks.domain.training.requirements import Request, disk, moments

TORCH = Torch(version="2.14.1+cu130", cuda="13.0")
ROOMY = Disk(device=1, free=10**12)
PLENTY = Machine(
    cores=8,
    memory=64 * GIB,
    free_memory=60 * GIB,
    disks={"storage": ROOMY, "bundles": ROOMY, "downloads": ROOMY},
    torch=TORCH,
)
ON_GPU = PLENTY.model_copy(
    update={
        "gpu": "A10",
        "gpu_memory": 24 * GIB,
        "free_gpu_memory": 23 * GIB,
        "bf16": True,
        "driver": "580.65.06",
    }
)
BALANCED = load_profile("balanced")


def request(model: str, profile: str = "balanced", **facts: object) -> Request:
    return Request.model_validate(
        {"model": load_model(model), "profile": load_profile(profile), **facts}
    )


def on_disks(**free: float) -> dict[str, object]:
    """Each place on a file system of its own, with so many free gigabytes."""
    return {
        "disks": {
            place: Disk(device=number, free=round(gigabytes * 1e9))
            for number, (place, gigabytes) in enumerate(free.items())
        }
    }


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
    assert lacks(PLENTY, request("smollm2", profile)) == []


def test_six_free_gigabytes_are_enough_for_the_demo() -> None:
    small = PLENTY.model_copy(update={"free_memory": 6 * 10**9})
    assert lacks(small, request("smollm2", "demo")) == []


def test_a_large_model_needs_a_gpu_and_says_how_large_and_what_fits_instead() -> None:
    (fault,) = lacks(PLENTY, request("deepseek-r1"), others(PLENTY, "deepseek-r1", "balanced"))
    assert fault.startswith(
        "an NVIDIA GPU with 6 GB: deepseek-r1 is too large for a CPU; what fits"
    )
    assert "model smollm2 (" in fault


@pytest.mark.parametrize("name", models())
def test_a_gpu_of_24_gigabytes_can_forge_every_model(name: str) -> None:
    assert lacks(ON_GPU, request(name)) == []


def test_a_gpu_that_is_too_small_is_named_with_both_sizes() -> None:
    machine = ON_GPU.model_copy(update={"free_gpu_memory": 8 * GIB})
    fault, *_ = lacks(machine, request("qwen-2.5"), others(machine, "qwen-2.5", "balanced"))
    assert " GiB of GPU memory for training with balanced, found 8.0 GiB; what fits: " in fault
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
    asked = Request(model=unknown, profile=BALANCED)
    assert lacks(tight, asked) == []
    assert needs(tight, asked) == []


@pytest.mark.parametrize(
    ("lacking", "named"),
    [
        ({"missing_packages": ("torch",)}, "packages torch"),
        ({"missing_tools": ("a quantiser for q4_k_m",)}, "a quantiser for q4_k_m"),
        ({"model_faults": ("the hub is away",)}, "the hub is away"),
        (on_disks(storage=1, bundles=9, downloads=9), "2 GB of free disk for storage, found 1.0"),
    ],
)
def test_whatever_is_missing_is_named(lacking: dict[str, object], named: str) -> None:
    (fault,) = lacks(PLENTY.model_copy(update=lacking), request("smollm2"))
    assert named in fault


def test_a_tracker_that_is_missing_is_told_apart_from_what_an_installation_has() -> None:
    lacking = PLENTY.model_copy(update={"missing_packages": ("trl", "mlflow", "wandb")})
    asked = request("smollm2")
    assert asked.profile is not None
    training = asked.profile.training.model_copy(update={"report_to": ("wandb", "mlflow")})
    profile = asked.profile.model_copy(update={"training": training})
    assert lacks(lacking, asked.model_copy(update={"profile": profile})) == [
        "packages trl; install them with: make install",
        "packages mlflow, wandb, which training.report_to names; "
        "install them with: pip install -e '.[trackers]'",
    ]


def test_every_stage_that_lacks_memory_is_named() -> None:
    tight = PLENTY.model_copy(update={"free_memory": 10**9})
    training, exporting, asking = lacks(tight, request("smollm2"))
    assert "of memory for training with balanced, found 0.9 GiB; nothing that" in training
    assert exporting.endswith(" of memory for exporting, found 0.9 GiB")
    assert asking.endswith(" of memory for asking the adapter, found 0.9 GiB")


def test_a_small_machine_is_told_each_lack_of_the_8b_model_at_once() -> None:
    """12 GB of GPU memory, 16 GB of memory, 3 GB of disk, and a driver of the year before last."""
    machine = ON_GPU.model_copy(
        update={
            "free_gpu_memory": 12 * 10**9,
            "free_memory": 14 * 10**9,
            "driver": "550.54.15",
            **on_disks(storage=3, bundles=3, downloads=3),
        }
    )
    faults = lacks(machine, request("deepseek-r1"))
    assert [fault.partition(",")[0] for fault in faults] == [
        "NVIDIA's driver 580 or newer",
        "43 GB of free disk for storage",
        "9 GB of free disk for bundles",
        "6 GB of free disk for downloads",
    ]
    assert "found driver 550.54.15" in faults[0]
    smaller = machine.model_copy(update={"free_gpu_memory": 6 * 10**9, "free_memory": 8 * 10**9})
    work = [fault for fault in lacks(smaller, request("deepseek-r1")) if "memory for" in fault]
    assert [fault.partition(" for ")[2].partition(",")[0] for fault in work] == [
        "training with balanced",
        "asking the adapter",
        "serving the q8_0 file",
    ]


def test_a_server_on_the_gpu_takes_its_memory_there_with_a_context_for_each_slot() -> None:
    serving = request("qwen-2.5", stages=("evaluate",))
    one, four = (ON_GPU.model_copy(update={"gpu_slots": slots}) for slots in (1, 4))
    assert lacks(one, serving) == lacks(four, serving) == []
    small = {"free_gpu_memory": 18 * GIB}
    assert lacks(one.model_copy(update=small), serving) == []
    (fault,) = lacks(four.model_copy(update=small), serving)
    assert " GiB of GPU memory for serving the q8_0 file, found 18.0 GiB" in fault
    assert lacks(ON_GPU.model_copy(update=small), serving) == []  # the CPU serves


def test_a_cpu_that_answers_several_at_once_has_a_context_for_each() -> None:
    def serving(name: str, at_once: int) -> int:
        demo = load_profile("demo")
        plan = demo.evaluation.model_copy(update={"base_at_once": at_once})
        chosen = demo.model_copy(update={"evaluation": plan})
        wanted = Request(model=load_model(name), profile=chosen)
        return moments(wanted, PLENTY.device)[-1].memory

    assert serving("smollm2", 4) > serving("smollm2", 1)
    # A CPU trains no model of 8B, and may be short of memory for its contexts.
    assert serving("deepseek-r1", 4) == serving("deepseek-r1", 1)


def test_places_that_share_a_file_system_need_their_space_together() -> None:
    shared = Disk(device=7, free=50 * 10**9)
    machine = ON_GPU.model_copy(
        update={"disks": {"storage": shared, "bundles": shared, "downloads": shared}}
    )
    (fault,) = lacks(machine, request("deepseek-r1"))
    assert fault == "57 GB of free disk for downloads and bundles and storage, found 50.0"
    assert lacks(machine.model_copy(update={"stored": 14 * 10**9}), request("deepseek-r1")) == []


def test_a_base_that_is_handed_over_needs_no_room_for_its_download() -> None:
    full = ON_GPU.model_copy(update=on_disks(storage=90, bundles=90, downloads=0))
    assert lacks(full, request("deepseek-r1", stages=("train", "evaluate"))) == []
    assert lacks(full, request("deepseek-r1")) == ["6 GB of free disk for downloads, found 0.0"]


def test_a_mixed_quantization_needs_room_for_the_file_it_is_made_from() -> None:
    direct, mixed = (disk(request("qwen-2.5", quantization=q)) for q in ("q8_0", "q4_k_m"))
    assert mixed["storage"] > direct["storage"]
    assert mixed["bundles"] < direct["bundles"]


def test_who_only_prepares_needs_neither_a_gpu_nor_memory() -> None:
    tight = PLENTY.model_copy(update={"free_memory": 10**9, "torch": None})
    assert lacks(tight, request("qwen-2.5", stages=("prepare",))) == []


def test_an_evaluation_needs_less_memory_than_a_training() -> None:
    tight = PLENTY.model_copy(update={"free_memory": 3 * GIB})
    assert lacks(tight, request("smollm2", stages=("evaluate",))) == []
    assert lacks(tight, request("smollm2", stages=("train", "evaluate"))) != []


@pytest.mark.parametrize(
    ("facts", "fault"),
    [
        ({"driver": "535.183.01"}, "NVIDIA's driver 580 or newer, since torch 2.14.1+cu130 is "),
        ({"torch": Torch(version="2.14.1+cpu")}, "a torch built for CUDA, since there is a A10; "),
    ],
)
def test_a_gpu_that_torch_cannot_use_is_an_error_and_no_training_on_the_cpu(
    facts: dict[str, object], fault: str
) -> None:
    (said,) = lacks(ON_GPU.model_copy(update=facts), request("smollm2"))
    assert said.startswith(fault)
    assert said.endswith("or hide the GPU with CUDA_VISIBLE_DEVICES= to train on the CPU")


def test_any_driver_of_the_same_cuda_generation_will_do() -> None:
    older = Torch(version="2.9.1+cu128", cuda="12.8")
    machine = ON_GPU.model_copy(update={"torch": older, "driver": "535.183.01"})
    assert lacks(machine, request("smollm2")) == []


def test_the_need_is_said_of_the_device_that_the_model_needs() -> None:
    assert "of GPU memory" in needs(PLENTY, request("qwen-2.5"))[0]
    assert "GPU" not in " ".join(needs(PLENTY, request("smollm2")))
    assert needs(ON_GPU, request("qwen-2.5"))[-1] == "104 GB of disk"


def test_rows_are_never_taken_for_longer_than_the_profile_allows() -> None:
    short = BALANCED.training.model_copy(update={"max_seq_length": 256})
    profile = BALANCED.model_copy(update={"training": short})
    assert max(TYPICAL.longest) > 256
    full, capped = (
        moments(Request(model=load_model("smollm2"), profile=one), PLENTY.device)[0].memory
        for one in (BALANCED, profile)
    )
    assert capped < full


def test_the_doctor_lists_each_model_with_what_it_needs_and_lacks() -> None:
    able = Verdict(model="small", needs=("2 GiB", "1 GB"), faults=(), template="reads tools")
    unable = Verdict(model="large", needs=(), faults=("a GPU",), template="")
    text = as_text(PLENTY, [able, unable])
    assert "small: can be forged here\n  takes: 2 GiB; 1 GB\n  template: reads tools" in text
    assert text.endswith("large: needs\n  - a GPU")
