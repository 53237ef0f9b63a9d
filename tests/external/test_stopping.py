"""A training ends when held-out rows gain nothing more, and at the first number that is none."""

from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file

from profiles import Training
from tasks.domain.errors import TrainingDiverged
from tasks.domain.gate.quality import EncodedRow
from tasks.external.trainer import engine
from tasks.external.trainer.checkpoints import Checkpoints
from tests.helpers.training import (
    Recorder,
    difference,
    interrupted,
    prepared,
    rows,
    settings,
    weights,
)

LEARNS = {"max_steps": 12, "eval_steps": 2, "save_steps": 4}


def watched(base: Path, training: Training, folder: Path) -> tuple[Any, Any, Recorder]:
    """A training whose held-out rows are noise: what it learns makes them ever less likely."""
    model, tokenizer = prepared(base, training)
    ids = [[(7919 * seed + 31 * n) % 49_152 for n in range(60)] for seed in (1, 2)]
    noise = [EncodedRow(ids=each, trained=[n >= 10 for n in range(60)]) for each in ids]
    data, recorder = rows(base), Recorder()
    held_out = engine.prepare_dataset(noise)
    record = engine.train(model, tokenizer, data, held_out, training, folder, recorder)
    return model, record, recorder


@pytest.fixture(scope="module")
def early(tiny_base: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """A training that may stop early."""
    folder = tmp_path_factory.mktemp("early")
    training = settings(**LEARNS, early_stopping_patience=2, keep_best=True)
    model, record, recorder = watched(tiny_base, training, folder)
    return {**locals(), "weights": weights(model, adapter=True)}


def test_training_stops_when_held_out_rows_gain_nothing(early: dict[str, Any]) -> None:
    record = early["record"]
    losses = dict(record.eval_losses)
    assert record.steps == max(losses) < 12
    assert record.best_step == record.steps - 4 > 0
    assert losses[record.best_step] == record.eval_loss == min(losses.values())
    assert early["recorder"].moments()[-2:] == ["checkpoint", "finished"]
    assert [note.split(":")[0] for note in record.notes] == [
        f"stopped early at step {record.steps} of 12",
        f"the adapter is that of step {record.best_step}, whose evaluation loss was lowest",
    ]


def test_the_best_adapter_is_the_one_a_training_of_so_many_steps_would_have_given(
    early: dict[str, Any], tiny_base: Path, tmp_path: Path
) -> None:
    """The schedule of twelve steps, ended by a signal behind the best one."""
    best = early["record"].best_step
    interrupted(tiny_base, settings(**LEARNS), tmp_path, best)
    file = tmp_path / f"checkpoint-{best}" / "adapter_model.safetensors"
    kept = {name.replace(".default", ""): v for name, v in early["weights"].items()}
    assert difference(load_file(file), kept) == 0


def test_a_training_that_stopped_early_but_was_not_saved_is_not_gone_on_with(
    early: dict[str, Any], tiny_base: Path
) -> None:
    again, record, recorder = watched(tiny_base, early["training"], early["folder"])
    assert recorder.moments() == ["resumed", "finished"]
    assert (record.steps, record.best_step) == (early["record"].steps, early["record"].best_step)
    assert difference(early["weights"], weights(again, adapter=True)) == 0


def test_without_patience_every_step_is_trained_and_the_last_adapter_kept(
    early: dict[str, Any], tiny_base: Path, tmp_path: Path
) -> None:
    training = settings(**LEARNS, early_stopping_patience=0, keep_best=False)
    _, record, _ = watched(tiny_base, training, tmp_path)
    assert (record.steps, record.best_step, record.notes) == (12, None, ())
    assert record.eval_loss == record.eval_losses[-1][1] > early["record"].eval_loss
    shared = len(early["record"].eval_losses)
    assert record.eval_losses[:shared] == early["record"].eval_losses


def poisoned(base: Path, training: Training, at_step: int) -> tuple[Any, Any]:
    """A model whose gradient is not a number in one step, though its loss is one."""
    model, tokenizer = prepared(base, training)
    weight = next(v for n, v in model.named_parameters() if "lora_B" in n)
    passes = iter(range(1000))  # the first is the self-check's, before any step

    def spoil(gradient: torch.Tensor) -> torch.Tensor:
        return gradient * float("nan") if next(passes) == at_step else gradient

    weight.register_hook(spoil)
    return model, tokenizer


@pytest.mark.parametrize("logging_steps", [1, 10])
def test_a_gradient_that_is_not_a_number_stops_the_training_before_it_is_applied(
    logging_steps: int, tiny_base: Path, tmp_path: Path
) -> None:
    training = settings(save_steps=2, max_steps=6, logging_steps=logging_steps)
    model, tokenizer = poisoned(tiny_base, training, at_step=4)
    recorder = Recorder()
    with pytest.raises(TrainingDiverged, match="is not a number in step 4 of 6"):
        engine.train(model, tokenizer, rows(tiny_base), None, training, tmp_path, recorder)
    assert recorder.moments() == ["started", "checkpoint", "diverged"]
    assert all(bool(value.isfinite().all()) for value in weights(model, adapter=True).values())
    assert Checkpoints(tmp_path).newest() == tmp_path / "checkpoint-2"


def test_a_rate_that_is_far_too_high_stops_the_training(tiny_base: Path, tmp_path: Path) -> None:
    training, recorder = settings(learning_rate=1e30, save_steps=1), Recorder()
    model, tokenizer = prepared(tiny_base, training)
    with pytest.raises(TrainingDiverged, match=r"(loss nan|not a number) in step \d of 4"):
        engine.train(model, tokenizer, rows(tiny_base), None, training, tmp_path, recorder)
    assert recorder.moments()[-1] == "diverged"
    assert "finished" not in recorder.moments()
    newest = Checkpoints(tmp_path).newest()
    assert newest is not None
    assert int(newest.name.split("-")[1]) <= recorder[-1].step


def test_weights_that_are_not_numbers_stop_the_training_at_once(
    tiny_base: Path, tmp_path: Path
) -> None:
    recorder = Recorder()
    training = settings(save_steps=1, share_prefix="off")
    model, tokenizer = prepared(tiny_base, training)
    with torch.no_grad():
        next(v for n, v in model.named_parameters() if "lora_B" in n).fill_(float("nan"))
    with pytest.raises(TrainingDiverged, match="not a number in step 1 of 4"):
        engine.train(model, tokenizer, rows(tiny_base), None, training, tmp_path, recorder)
    assert recorder.moments() == ["started", "diverged"]
    assert "is not a number" in recorder[-1].detail
    assert Checkpoints(tmp_path).newest() is None
