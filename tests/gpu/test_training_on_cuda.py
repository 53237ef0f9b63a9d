"""Training on an NVIDIA GPU. Never run where this was written; `pytest -m gpu` runs it."""

from pathlib import Path

import pytest

from profiles import load_model, load_profile
from tasks.domain.gate.token_rules import EncodedRow
from tasks.domain.training.progress import TrainingUpdate

pytestmark = pytest.mark.gpu


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


def test_packs_train_like_padded_batches_on_cuda(tiny_base: Path, tmp_path: Path) -> None:
    """Unsloth's prefix kernel passes the self-check, and five steps' losses are those of rows."""
    from tasks.external.trainer import engine

    profile = load_profile("demo")
    changes = {"max_steps": 5, "per_device_batch_size": 4, "save_steps": 30, "pack_tokens": 60}
    prefix = list(range(100, 132))
    rows = [
        EncodedRow(
            ids=[*prefix, *range(200 + n, 206 + 2 * n)],
            trained=[False] * 34 + [True] * (4 + n),
        )
        for n in range(4)
    ]
    records = {}
    for share in ("auto", "off"):
        training = profile.training.model_copy(update={**changes, "share_prefix": share})
        model, tokenizer = engine.load_model(
            tiny_base, load_model("smollm2"), profile.lora, training
        )
        dataset = engine.prepare_dataset(rows * 5)
        folder = tmp_path / share
        records[share] = engine.train(
            model, tokenizer, dataset, None, training, folder, lambda _: None
        )
    assert records["auto"].notes == ()
    assert records["auto"].effective["shared_prefix"] is True
    losses = [[loss for _, loss in records[share].losses] for share in ("auto", "off")]
    assert losses[0] == pytest.approx(losses[1], rel=3e-2)
