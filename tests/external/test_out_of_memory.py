"""Memory runs out for real: a process that may take so much and no more trains what does not fit.

The limit is the kernel's, on data (``RLIMIT_DATA``): torch maps far more addresses than it uses.
"""

import gc
import sys
import weakref
from pathlib import Path
from typing import Any

import pytest
import torch
from bitsandbytes.optim.optimizer import GlobalOptimManager
from safetensors.torch import load_file

from tasks.domain.products import TrainingRecord
from tasks.domain.training.memory_fallbacks import Ladder
from tasks.domain.training.progress import TrainingUpdate
from tasks.external.trainer.out_of_memory import give_back
from tests.helpers.training import child, difference

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the limit is one of Linux")

VOCABULARY = 49_152
ROOM = {"off": 100, "auto": 60}
"""Megabytes that are left when training begins."""
ALLOCATOR = {
    # Memory that is let go is given back at once, so that the same steps always need the same.
    "MALLOC_MMAP_THRESHOLD_": "65536",
    "MALLOC_TRIM_THRESHOLD_": "65536",
    "MALLOC_ARENA_MAX": "1",
    "OMP_NUM_THREADS": "1",
}


def row(tokens: int, seed: int, shared: int = 0) -> dict[str, Any]:
    """A row of noise that begins as others do, and of which the last ten tokens are trained."""
    ids = [(31 * n if n < shared else 7919 * seed + 31 * n) % VOCABULARY for n in range(tokens)]
    return {"input_ids": ids, "labels": [-100] * (tokens - 10) + ids[-10:]}


def limited(
    base: Path, folder: Path, plan: dict[str, Any]
) -> tuple[int, list[TrainingUpdate], str]:
    """A training in its own process: how it ended, what it said, the last line of errors."""
    folder.mkdir()
    process = child(folder, {"base": str(base), "work": str(folder / "work")} | plan, ALLOCATOR)
    output, errors = process.communicate(timeout=500)
    said = [line for line in output.splitlines() if line.startswith("{")]
    updates = [TrainingUpdate.model_validate_json(line) for line in said]
    return process.returncode, updates, errors.strip().splitlines()[-1] if errors else ""


def adapter(folder: Path) -> tuple[dict[str, torch.Tensor], TrainingRecord]:
    place = folder / "work" / "adapter"
    record = (place / "training.json").read_text(encoding="utf-8")
    weights = load_file(place / "adapter_model.safetensors")
    return weights, TrainingRecord.model_validate_json(record)


def memory_fallbacks(updates: list[TrainingUpdate]) -> tuple[str, ...]:
    return tuple(update.detail for update in updates if update.moment == "out_of_memory")


@pytest.mark.parametrize("share_prefix", ["off", "auto"])
def test_a_step_that_does_not_fit_is_taken_in_smaller_parts(
    share_prefix: str, tiny_base: Path, tmp_path: Path
) -> None:
    """Eight rows take some 160 MB at once, four some 80; 100 are left: neither is on the edge."""
    asked = {
        "per_device_batch_size": 8,
        "gradient_accumulation_steps": 1,
        "max_steps": 2,
        "max_seq_length": 4096,
        "share_prefix": share_prefix,
        "pack_tokens": 16384,
    }
    data = [row(2000, seed, shared=1000 if share_prefix == "auto" else 0) for seed in range(8)]
    plan = {"settings": asked, "rows": data, "room_mb": ROOM[share_prefix]}
    code, updates, error = limited(tiny_base, tmp_path / "limited", plan)
    assert code == 0, error
    found, record = adapter(tmp_path / "limited")
    assert record.memory_fallbacks == memory_fallbacks(updates) != ()
    first = {
        "off": "4 instead of 8 conversations at once, 2 times a step",
        "auto": "packs of 8192 instead of 16384 tokens",
    }
    assert record.memory_fallbacks[0] == first[share_prefix]
    assert record.effective["rows_set_aside"] == 0
    assert record.steps == 2
    batch = record.effective["per_device_batch_size"]
    assert batch * record.effective["gradient_accumulation_steps"] == 8
    # A training that is asked for these parts from the start. Its memory is as short: where that
    # is so, some processors (one with AMX) round sums otherwise.
    changed = Ladder.model_validate_json(
        (tmp_path / "limited" / "work" / "ladder.json").read_text(encoding="utf-8")
    ).training.model_dump(mode="json")
    code, updates, error = limited(
        tiny_base, tmp_path / "asked", plan | {"settings": asked | changed}
    )
    assert code == 0, error
    assert memory_fallbacks(updates) == ()
    expected, as_asked = adapter(tmp_path / "asked")
    assert as_asked.losses == record.losses
    assert difference(expected, found) == 0


def test_a_row_that_does_not_fit_alone_is_set_aside_and_named(
    tiny_base: Path, tmp_path: Path
) -> None:
    asked = {
        "per_device_batch_size": 1,
        "gradient_accumulation_steps": 4,
        "gradient_checkpointing": "unsloth",
        "max_steps": 2,
        "max_seq_length": 16384,
        "share_prefix": "off",
    }
    data = [row(300, seed) for seed in range(8)]
    data[2] = row(12_000, 2)
    code, updates, error = limited(
        tiny_base, tmp_path / "limited", {"settings": asked, "rows": data, "room_mb": 45}
    )
    assert code == 0, error
    _, record = adapter(tmp_path / "limited")
    wanted = "1 of 8 rows are longer than 9000 tokens and set aside: 3 (12000 tokens)"
    assert record.memory_fallbacks == memory_fallbacks(updates) == (wanted,)
    assert record.effective["rows_set_aside"] == 1
    assert record.trained_tokens == 70
    assert record.steps == 2


def test_when_nothing_is_left_to_try_it_says_what_would_help(
    tiny_base: Path, tmp_path: Path
) -> None:
    asked = {
        "per_device_batch_size": 2,
        "gradient_accumulation_steps": 1,
        "max_seq_length": 16384,
        "share_prefix": "off",
    }
    code, updates, error = limited(
        tiny_base,
        tmp_path / "limited",
        {"settings": asked, "rows": [row(12_000, seed) for seed in (1, 2)], "room_mb": 45},
    )
    assert code == 1
    assert [update.moment for update in updates] == ["started", "out_of_memory"] * 2 + ["started"]
    assert error.startswith("OutOfMemory: 2 rows of up to 16384 tokens, one at a time")
    assert "Tried: 1 instead of 2 conversations at once, 2 times a step; gradient" in error
    assert "can't allocate memory" in error or "MemoryError" in error


def test_an_embedding_that_an_optimiser_was_made_for_is_let_go() -> None:
    """The Trainer names every embedding to bitsandbytes, which keeps them for the whole process."""
    embedding = torch.nn.Embedding(8, 4)
    GlobalOptimManager.get_instance().register_module_override(
        embedding, "weight", {"optim_bits": 32}
    )
    gone = weakref.ref(embedding)
    del embedding
    gc.collect()
    assert gone() is not None
    give_back()
    assert gone() is None
