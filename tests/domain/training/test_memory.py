"""Whether a training fits: sizes that are known, and what they must depend on."""

import json
from pathlib import Path
from typing import Any

import pytest

from profiles import Architecture, Training, load_model, load_profile, models
from tasks.domain.training.duration import estimated_seconds
from tasks.domain.training.memory import (
    GIB,
    MARGIN,
    TYPICAL,
    Checkpointing,
    Estimate,
    RowLengths,
    choose,
    estimate,
    largest_pass,
    lengths_of,
)
from tasks.domain.training.sizes import Device, adapter_parameters, parameters, weight_bytes

CPU = Device(kind="CPU", total=24 * GIB, free=20 * GIB)
GPU = Device(kind="GPU", total=16 * GIB, free=16 * GIB, bf16=True)
# What the models' makers say: model cards, or the sum of all tensors. The sizes of all models are
# counted once more with transformers' own classes (test_model_families).
PUBLISHED = {
    "deepseek-r1": 8_030_261_248,
    "gemma-3": 999_885_952,
    "llama-3.1": 8_030_261_248,
    "llama-3.2": 3_212_749_824,
    "phi-4": 14_659_507_200,
    "qwen-3": 4_022_468_096,
    "qwen-3-0.6b": 596_049_920,
    "smollm-3": 3_075_098_624,
    "qwen-2.5": 14_770_033_664,
    "qwen-2.5-7b": 7_615_616_512,
    "smollm2": 134_515_008,
}
BENCH = Path(__file__).parents[3] / "benchmarks" / "bench-memory.json"


def shape(name: str) -> Architecture:
    known = load_model(name).architecture
    assert known is not None
    return known


def training(**changes: Any) -> Training:
    return Training.model_validate(load_profile("balanced").training.model_dump() | changes)


def of_smollm2(
    settings: Training,
    lengths: RowLengths = TYPICAL,
    device: Device = CPU,
    checkpointing: Checkpointing = "off",
) -> Estimate:
    lora = load_profile("balanced").lora
    return estimate(shape("smollm2"), False, lora, settings, lengths, device, checkpointing)


@pytest.mark.parametrize("name", PUBLISHED)
def test_the_parameters_of_every_model_are_those_that_its_makers_count(name: str) -> None:
    assert parameters(shape(name)) == PUBLISHED[name]


def test_a_size_of_its_own_is_published_for_nearly_every_model() -> None:
    assert [name for name in models() if name not in PUBLISHED] == ["granite-4.1"]


@pytest.mark.parametrize(("name", "published"), [("deepseek-r1", 6), ("qwen-2.5", 9)])
def test_the_published_floors_come_out_within_a_tenth(name: str, published: float) -> None:
    model, profile = load_model(name), load_profile("fast_dev")
    assert model.gpu_memory_gb == published
    in_4bit, lora, training = model.load_in_4bit, profile.lora, profile.training
    step = estimate(shape(name), in_4bit, lora, training, TYPICAL, GPU, "unsloth")
    assert step.resident / GIB == pytest.approx(published, rel=0.1)


def test_embeddings_and_head_stay_in_16_bit_when_the_rest_is_in_4() -> None:
    llama = shape("deepseek-r1")
    tables = 2 * llama.vocab_size * llama.hidden_size
    in_4bit = weight_bytes(llama, True, GPU)
    assert in_4bit > 2 * tables
    assert in_4bit == pytest.approx(2 * tables + 0.516 * (parameters(llama) - tables), rel=0.001)
    assert weight_bytes(llama, False, GPU) == 2 * parameters(llama)


def test_an_adapter_has_its_rank_times_the_ends_of_each_module() -> None:
    lora = load_profile("balanced").lora
    # 30 layers of q, k, v, o, gate, up and down, rank 16: what peft counts for SmolLM2.
    assert adapter_parameters(shape("smollm2"), lora) == 4_884_480


def test_a_cpu_holds_weights_in_float32_and_a_gpu_in_16_bit() -> None:
    small = shape("smollm2")
    assert weight_bytes(small, False, CPU) == 2 * weight_bytes(small, False, GPU)


def test_a_padded_batch_is_as_long_as_its_longest_row_and_a_pack_has_one_prefix() -> None:
    lengths = lengths_of([100, 150, 120, 130], prefix=90, trained_share=0.1)
    plain = training(share_prefix="off", per_device_batch_size=2, gradient_accumulation_steps=2)
    packed = training(share_prefix="auto", per_device_batch_size=2, gradient_accumulation_steps=2)
    assert largest_pass(lengths, plain).tokens == 2 * 150
    assert largest_pass(lengths, packed).tokens == 90 + 10 + 60 + 30 + 40


def test_more_conversations_than_known_lengths_count_as_the_shortest_known() -> None:
    lengths = lengths_of([50] * 100, prefix=40, trained_share=0.1, keep=2)
    step = training(per_device_batch_size=5, gradient_accumulation_steps=1)
    assert largest_pass(lengths, step).tokens == 40 + 5 * 10


def test_a_step_is_as_long_as_chance_makes_it_not_as_its_longest_rows_together() -> None:
    lengths = lengths_of([500] * 990 + [2000] * 10, prefix=400, trained_share=0.1)
    step = training(per_device_batch_size=8, gradient_accumulation_steps=1)
    longest_together, usual = 400 + 8 * 1600, 400 + 8 * 115
    assert usual < largest_pass(lengths, step).tokens < longest_together / 3


@pytest.mark.parametrize("share", ["auto", "off"])
@pytest.mark.parametrize("device", [CPU, GPU], ids=["CPU", "GPU"])
def test_longer_rows_larger_batches_and_no_checkpointing_take_more(
    share: str, device: Device
) -> None:
    small = training(share_prefix=share, per_device_batch_size=2)
    large = training(share_prefix=share, per_device_batch_size=4)
    longer = TYPICAL.model_copy(update={"longest": (1500,) * 64, "tokens": 1_200_000})
    usual = of_smollm2(small, device=device).total
    assert of_smollm2(large, device=device).total > usual
    assert of_smollm2(small, longer, device).total > usual
    assert of_smollm2(small, device=device, checkpointing="unsloth").total < usual


def test_on_a_gpu_a_pack_keeps_what_unsloths_kernel_saves_of_it() -> None:
    """Of each token, padded to 128: seven vectors of the model's width, e and g, keys and values.

    Nothing of it grows with the pairs of tokens: the kernel's mask is one of blocks.
    """
    small, step = shape("smollm2"), training(share_prefix="auto")
    made = of_smollm2(step, device=GPU)
    tokens = -(-made.largest.tokens // 128) * 128
    keys = small.hidden_size // small.num_attention_heads * small.num_key_value_heads
    layer = tokens * 2 * (7 * small.hidden_size + 2 * small.intermediate_size + 2 * keys)
    assert made.largest == largest_pass(TYPICAL, step)
    assert made.activations == pytest.approx(1.1 * 30 * layer, rel=1e-6)


def test_a_pack_of_a_step_takes_less_than_its_rows_side_by_side_on_a_gpu() -> None:
    rows = {"per_device_batch_size": 8, "gradient_accumulation_steps": 1, "pack_tokens": 16384}
    packed, padded = (
        of_smollm2(training(share_prefix=share, **rows), device=GPU) for share in ("auto", "off")
    )
    assert packed.largest.tokens < padded.largest.tokens / 2
    assert packed.activations < padded.activations / 2


def test_auto_does_without_checkpointing_only_where_there_is_room() -> None:
    lora = load_profile("demo").lora
    auto = training(gradient_checkpointing="auto")
    full = of_smollm2(auto).total

    def chosen(free: float) -> str:
        device = CPU.model_copy(update={"free": round(free)})
        made = choose(shape("smollm2"), False, lora, auto, TYPICAL, device)
        return made.checkpointing

    assert chosen(MARGIN * full + 1) == "off"
    assert chosen(MARGIN * full - 1) == "unsloth"


@pytest.mark.parametrize("asked", ["unsloth", "off"])
def test_a_profile_that_says_which_is_not_overruled(asked: str) -> None:
    settings = training(gradient_checkpointing=asked)
    tiny = CPU.model_copy(update={"free": 1})
    lora = load_profile("balanced").lora
    assert choose(shape("smollm2"), False, lora, settings, TYPICAL, tiny).checkpointing == asked


def test_time_grows_with_steps_and_with_the_repeated_forward_pass() -> None:
    settings = training(epochs=None, max_steps=10)
    more = training(epochs=None, max_steps=20)

    def seconds(one: Training, checkpointing: Checkpointing) -> float:
        made = of_smollm2(one, checkpointing=checkpointing)
        return estimated_seconds(shape("smollm2"), one, TYPICAL, CPU, made, 1e11)

    assert seconds(more, "off") == pytest.approx(2 * seconds(settings, "off"))
    assert 1.2 < seconds(settings, "unsloth") / seconds(settings, "off") < 1.5


def test_the_estimates_that_were_measured_are_within_their_stated_error() -> None:
    report = json.loads(BENCH.read_text("utf-8"))
    lora = load_profile("balanced").lora
    errors = []
    for case in report["cases"]:
        device = Device(kind="CPU", total=0, free=0)
        settings = training(
            share_prefix=case["share"],
            per_device_batch_size=case["rows"],
            gradient_accumulation_steps=1,
        )
        lengths = RowLengths.model_validate(case["lengths"])
        made = estimate(
            shape("smollm2"), False, lora, settings, lengths, device, case["checkpointing"]
        )
        errors.append(made.total / case["peak"] - 1)
    assert errors
    assert max(map(abs, errors)) <= report["largest_error"] + 0.005
