"""Training on an NVIDIA GPU. Never run where this was written; `pytest -m gpu` runs it."""

import os
import subprocess
from pathlib import Path

import pytest

from profiles import load_model, load_profile
from tasks.domain.progress import TrainingUpdate
from tasks.domain.token_rules import EncodedRow

pytestmark = pytest.mark.gpu


@pytest.fixture(autouse=True)
def cuda() -> None:
    """Skip without a GPU; fail where one was promised."""
    try:
        subprocess.run(["nvidia-smi"], check=True, capture_output=True)
    except (FileNotFoundError, subprocess.CalledProcessError):
        reason = "no NVIDIA GPU here (nvidia-smi does not answer)"
        if os.environ.get("FORGE_EXPECT_GPU") == "1":
            pytest.fail(reason)
        pytest.skip(reason)


@pytest.mark.parametrize("in_4bit", [False, True])
def test_a_few_rows_are_learned_by_heart_on_cuda(
    tiny_base: Path, tmp_path: Path, in_4bit: bool
) -> None:
    """The loss of a tiny model on two rows falls to less than half, in 16 bit and in NF4."""
    from tasks.external.trainer import engine

    profile = load_profile("demo")
    training = profile.training.model_copy(
        update={"max_steps": 30, "per_device_batch_size": 2, "save_steps": 30}
    )
    model = load_model("smollm2").model_copy(update={"load_in_4bit": in_4bit})
    rows = [EncodedRow(ids=[5, 6, 7, 8, 9 + n], trained=[False] * 2 + [True] * 3) for n in (0, 1)]
    updates: list[TrainingUpdate] = []
    tuned, tokenizer = engine.load_model(tiny_base, model, profile.lora, training)
    dataset = engine.prepare_dataset(rows * 8)
    record = engine.train(
        tuned, tokenizer, dataset, None, training, tmp_path / "checkpoints", updates.append
    )
    assert str(record.effective["device"]).startswith("cuda")
    assert record.effective["precision"] in ("bf16", "fp16")
    assert record.final_loss < record.first_loss / 2
    assert updates[-1].moment == "finished"
