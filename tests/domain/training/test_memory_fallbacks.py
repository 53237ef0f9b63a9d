"""Which settings are tried next when a step does not fit into memory."""

from typing import Any

import pytest

from profiles import Training, load_profile
from tasks.domain.training.memory_fallbacks import (
    described,
    next_rung,
    planned_steps,
    recommendation,
    says_out_of_memory,
    set_aside,
)

LENGTHS = [500, 3000, 900, 1400, 2000]


def settings(**changes: Any) -> Training:
    start = {
        "per_device_batch_size": 4,
        "gradient_accumulation_steps": 2,
        "gradient_checkpointing": "off",
        "max_seq_length": 4096,
        "pack_tokens": 8192,
        "epochs": 3,
    }
    return Training.model_validate(load_profile("balanced").training.model_dump() | start | changes)


def climbed(training: Training, lengths: list[int], *, packed: bool) -> list[tuple[Training, str]]:
    """Every rung to the top, in words too."""
    memory_fallbacks = []
    while (after := next_rung(training, lengths, packed=packed)) is not None:
        memory_fallbacks.append((after, described(training, after, lengths)))
        training = after
    return memory_fallbacks


def test_packs_shrink_to_the_longest_row_then_checkpointing_then_rows_are_set_aside() -> None:
    assert [text for _, text in climbed(settings(), LENGTHS, packed=True)] == [
        "packs of 4096 instead of 8192 tokens",
        "packs of 3000 instead of 4096 tokens",
        "gradient checkpointing: activations are computed again instead of kept",
        "1 of 5 rows are longer than 2250 tokens and set aside: 2 (3000 tokens)",
        "packs of 2000 instead of 3000 tokens",
        "2 of 5 rows are longer than 1500 tokens and set aside: 2 (3000 tokens), 5 (2000 tokens)",
        "packs of 1400 instead of 2000 tokens",
        "3 of 5 rows are longer than 1050 tokens and set aside: "
        "2 (3000 tokens), 4 (1400 tokens), 5 (2000 tokens)",
        "packs of 900 instead of 1400 tokens",
    ]


def test_plain_batches_halve_and_are_summed_twice_as_often() -> None:
    texts = [text for _, text in climbed(settings(), LENGTHS, packed=False)]
    assert texts[:3] == [
        "2 instead of 4 conversations at once, 4 times a step",
        "1 instead of 2 conversations at once, 8 times a step",
        "gradient checkpointing: activations are computed again instead of kept",
    ]
    assert "1 of 5 rows are longer than 2250 tokens" in texts[3]


@pytest.mark.parametrize("packed", [True, False])
@pytest.mark.parametrize(("batch", "accumulation"), [(1, 8), (3, 1), (4, 2), (5, 3), (12, 1)])
def test_a_step_always_sees_the_same_number_of_conversations_and_there_are_as_many_steps(
    batch: int, accumulation: int, packed: bool
) -> None:
    start = settings(per_device_batch_size=batch, gradient_accumulation_steps=accumulation)
    memory_fallbacks = climbed(start, LENGTHS, packed=packed)
    assert memory_fallbacks
    for training, _ in memory_fallbacks:
        assert training.effective_batch == start.effective_batch
        left = len(LENGTHS) - len(set_aside(training, LENGTHS))
        assert planned_steps(training, left) == planned_steps(start, len(LENGTHS))
        unchanged = {"learning_rate", "seed", "scheduler", "warmup_ratio", "optimizer"}
        assert training.model_dump(include=unchanged) == start.model_dump(include=unchanged)


def test_checkpointing_that_is_on_is_no_rung() -> None:
    start = settings(gradient_checkpointing="unsloth", per_device_batch_size=1)
    after = next_rung(start, LENGTHS, packed=False)
    assert after is not None
    assert after.max_seq_length == 2250


def test_no_row_of_1024_tokens_or_less_is_set_aside() -> None:
    start = settings(gradient_checkpointing="unsloth", per_device_batch_size=1)
    after = next_rung(start, [1024, 1025], packed=False)
    assert after is not None
    assert set_aside(after, [1024, 1025]) == [1]
    assert next_rung(start, [1024, 300], packed=False) is None


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("[enforce fail at alloc_cpu.cpp:117] DefaultCPUAllocator: can't allocate memory", True),
        ("torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 2.00 GiB", True),
        ("CUDA error: out of memory", True),
        ("CUDA driver error: out of memory", True),
        ("Triton Error [CUDA]: out of memory", True),
        ("CUBLAS_STATUS_ALLOC_FAILED when calling `cublasCreate(handle)`", True),
        ("out of resource: shared memory, Required: 262144, Hardware limit: 101376", False),
        ("CUDA error: invalid configuration argument", False),
    ],
)
def test_memory_that_ran_out_is_told_from_a_kernel_that_never_fits(text: str, says: bool) -> None:
    assert says_out_of_memory(text) is says


def test_there_is_no_rung_that_leaves_no_row() -> None:
    start = settings(gradient_checkpointing="unsloth", per_device_batch_size=1)
    assert next_rung(start, [3000, 3100], packed=False) is None


def test_the_rows_that_are_named_are_counted_where_they_are_many() -> None:
    lengths = [100] + [2000] * 25
    before = settings(gradient_checkpointing="unsloth", per_device_batch_size=1)
    after = next_rung(before, lengths, packed=False)
    assert after is not None
    said = described(before, after, lengths)
    assert said.startswith("25 of 26 rows are longer than 1500 tokens and set aside: 2 (2000 tok")
    assert said.endswith("21 (2000 tokens) and 5 more")


def test_at_the_end_a_person_reads_what_to_change() -> None:
    start = settings(max_seq_length=1050)
    assert recommendation(start, LENGTHS).startswith("2 rows of up to 1050 tokens, one at a time")
