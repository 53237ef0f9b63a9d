"""What an export takes depends on the largest tensor, and fits where a training fitted."""

import pytest

from profiles import Architecture, load_model
from tasks.domain.training.export_memory import export_memory
from tasks.domain.training.memory import GIB


def shape(name: str) -> Architecture:
    known = load_model(name).architecture
    assert known is not None
    return known


@pytest.mark.parametrize("name", ["deepseek-r1", "qwen-2.5-7b", "qwen-2.5"])
def test_a_mission_model_is_exported_where_it_was_trained(name: str) -> None:
    needed = export_memory(shape(name), True, on_gpu=True)
    assert needed.gpu < 1.5 * GIB
    assert needed.host < 6 * GIB


def test_layers_cost_nothing_and_a_larger_vocabulary_does() -> None:
    small = shape("qwen-2.5")
    deep = small.model_copy(update={"num_hidden_layers": 500})
    wordy = small.model_copy(update={"vocab_size": 500_000})
    assert export_memory(deep, True, on_gpu=True) == export_memory(small, True, on_gpu=True)
    assert (
        export_memory(wordy, True, on_gpu=True).host > export_memory(small, True, on_gpu=True).host
    )


def test_a_merge_of_16_bit_weights_needs_no_gpu() -> None:
    assert export_memory(shape("smollm2"), False, on_gpu=True).gpu == 0
    assert export_memory(shape("qwen-2.5"), True, on_gpu=False).gpu == 0


def test_rounding_on_a_cpu_is_done_in_its_memory() -> None:
    known = shape("qwen-2.5")
    rounded, whole = (export_memory(known, in_4bit, on_gpu=False).host for in_4bit in (True, False))
    assert rounded > whole
