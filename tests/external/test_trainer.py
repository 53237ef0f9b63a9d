"""The training engine, with a tiny model that is really trained by Unsloth and TRL on the CPU."""

import json
import math
import tomllib
from pathlib import Path
from typing import Any

import pytest
import torch
from transformers import AutoModelForCausalLM, TrainerControl, TrainerState

from tasks.domain.errors import UnusableModel
from tasks.external.trainer import engine
from tasks.external.trainer.callback import ReportingCallback
from tasks.external.trainer.checkpoints import Checkpoints
from tasks.external.trainer.merging import save_adapter
from tasks.external.trainer.packs import IGNORED
from tasks.external.trainer.stopping import Stopping
from tests.helpers.training import (
    LORA,
    Recorder,
    difference,
    encoder,
    looked_up,
    prepared,
    rows,
    settings,
    weights,
)

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def trained(tiny_base: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """One whole training of ten steps, looked at from many sides."""
    training = settings(max_steps=10, save_steps=5, eval_steps=5)
    model, tokenizer = prepared(tiny_base, training)
    before = {is_adapter: weights(model, adapter=is_adapter) for is_adapter in (True, False)}
    data, recorder = rows(tiny_base), Recorder()
    folder = tmp_path_factory.mktemp("checkpoints")
    held_out = data.select(range(4))
    record = engine.train(model, tokenizer, data, held_out, training, folder, recorder)
    return locals()


def test_training_changes_the_adapter_and_nothing_of_the_base(trained: dict[str, Any]) -> None:
    before, model = trained["before"], trained["model"]
    assert difference(before[True], weights(model, adapter=True)) > 1e-3
    assert difference(before[False], weights(model, adapter=False)) == 0


def test_the_loss_is_finite_and_falls(trained: dict[str, Any]) -> None:
    record = trained["record"]
    losses = [loss for _, loss in record.losses]
    assert [step for step, _ in record.losses] == list(range(1, 11))
    assert all(math.isfinite(loss) for loss in losses)
    assert record.first_loss == losses[0] == pytest.approx(math.log(49_152), rel=0.2)
    assert record.final_loss == losses[-1] < record.first_loss - 1
    assert [step for step, _ in record.eval_losses] == [5, 10]
    assert record.eval_loss == record.eval_losses[-1][1] < record.eval_losses[0][1]


def test_the_loss_on_general_text_is_that_of_the_base_and_of_the_tuned_model(
    trained: dict[str, Any], tiny_base: Path
) -> None:
    measured = trained["record"].general_loss
    base = AutoModelForCausalLM.from_pretrained(tiny_base, dtype=torch.float32)
    text = tomllib.loads((ROOT / "tasks/external/trainer/general_text.toml").read_text("utf-8"))
    ids = [torch.tensor([trained["tokenizer"](p.strip())["input_ids"]]) for p in text["passages"]]
    with torch.no_grad():
        losses = [float(base(input_ids=one, labels=one).loss) * (one.shape[1] - 1) for one in ids]
    expected = sum(losses) / sum(one.shape[1] - 1 for one in ids)
    assert measured.base == pytest.approx(expected, rel=1e-4)
    assert abs(measured.change) > 1e-4


def test_the_record_says_what_was_asked_and_what_was_done(trained: dict[str, Any]) -> None:
    record = trained["record"]
    assert record.requested == trained["training"].model_dump(mode="json")
    assert record.requested["optimizer"] == "adamw_8bit"
    expected = {
        "optimizer": "adamw_torch_fused",
        "precision": "float32",
        "device": "cpu",
        "per_device_batch_size": 4,
        "gradient_accumulation_steps": 1,
        "shared_prefix": True,
        "offline": True,
        "parameters_trained": sum(v.numel() for v in trained["before"][True].values()),
    }
    assert {name: record.effective[name] for name in expected} == expected
    assert (record.steps, record.resumed_at_step) == (10, 0)
    assert record.seconds > 0


def test_what_tensorboard_shows_outlives_the_checkpoints(
    tiny_base: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("tensorboard", reason="needed the extra trackers")
    monkeypatch.setenv("MCP_FORGE_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("TENSORBOARD_LOGGING_DIR", raising=False)
    training = settings(max_steps=1, report_to=("tensorboard",))
    model, tokenizer = prepared(tiny_base, training)
    folder = tmp_path / "checkpoints" / "adapter-1"
    engine.train(model, tokenizer, rows(tiny_base), None, training, folder, Recorder())
    assert list((tmp_path / "home" / "tensorboard" / "adapter-1").glob("events.out.tfevents.*"))
    assert not list(folder.rglob("events.out.tfevents.*"))


def test_every_moment_is_told(trained: dict[str, Any]) -> None:
    recorder = trained["recorder"]
    saved = ["evaluated", "checkpoint"]
    assert recorder.moments() == ["started", *saved, *saved, "finished"]
    assert [update.step for update in recorder if update.moment == "checkpoint"] == [5, 10]
    steps = [update for update in recorder if update.moment == "progress"]
    assert [update.fraction for update in steps] == [n / 10 for n in range(1, 11)]
    for update in steps:
        assert update.loss is not None
        assert update.learning_rate is not None
        assert update.gradient_norm is not None
        assert update.tokens_per_second is not None
        assert update.tokens_per_second > 0
        assert update.seconds_left is not None
    assert steps[-1].seconds_left == 0
    assert recorder[-1].eval_loss == trained["record"].eval_loss


def test_a_saved_adapter_reopens_as_it_was(trained: dict[str, Any], tmp_path: Path) -> None:
    from safetensors.torch import load_file

    save_adapter(trained["model"], tmp_path / "adapter")
    written = load_file(tmp_path / "adapter" / "adapter_model.safetensors")
    current = weights(trained["model"], adapter=True)
    plain = {name.replace(".default", ""): value for name, value in current.items()}
    assert difference(written, plain) == 0
    assert not [name for name in written if "embed" in name or "lm_head" in name]
    config = json.loads((tmp_path / "adapter" / "adapter_config.json").read_text("utf-8"))
    assert (config["r"], config["lora_alpha"]) == (8, 16)
    assert sorted(config["target_modules"]) == sorted(LORA.target_modules)


def test_checkpoints_are_dropped_when_they_have_served(tmp_path: Path) -> None:
    (tmp_path / "run" / "checkpoint-5").mkdir(parents=True)
    Checkpoints(tmp_path / "run").drop()
    assert not (tmp_path / "run").exists()


def test_only_tokens_that_are_trained_have_a_label(tiny_base: Path) -> None:
    encoded = encoder(tiny_base)(looked_up("Asia/Tokyo"))
    (row,) = engine.prepare_dataset([encoded])
    assert row["input_ids"] == list(encoded.ids)
    labelled = [label != IGNORED for label in row["labels"]]
    assert labelled == encoded.trained
    assert 0 < sum(labelled) < len(labelled)


def test_a_folder_that_holds_no_model_is_named(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text("{}", encoding="utf-8")
    with pytest.raises(UnusableModel, match=f"{tmp_path.name}: Unsloth cannot open it"):
        prepared(tmp_path, settings())


def heard(is_main: bool, *logs: dict[str, Any]) -> tuple[Stopping, Recorder]:
    """What a listener hears when a trainer logs these things."""
    recorder, stopping = Recorder(), Stopping()
    callback = ReportingCallback(recorder, tokens_per_step=100)
    state = TrainerState(global_step=0, max_steps=4, is_world_process_zero=is_main)
    control = TrainerControl()
    callback.on_train_begin(None, state, control)
    for step, entry in enumerate(logs, start=1):
        state.global_step = step
        state.log_history.append({**entry, "step": step})
        for each in (stopping, callback):
            each.on_log(None, state, control, logs=entry)
    callback.on_save(None, state, control)
    return stopping, recorder


def test_logs_without_a_loss_are_no_progress() -> None:
    _, recorder = heard(True, {}, {"train_runtime": 3.0}, {"eval_loss": 1.5})
    assert [update.moment for update in recorder] == ["started", "evaluated", "checkpoint"]
    assert recorder[-1].eval_loss == 1.5
    assert recorder[-1].loss is None


def test_a_checkpoint_bears_the_loss_of_its_own_step_only() -> None:
    _, recorder = heard(True, {"eval_loss": 1.5}, {"loss": 2.0})
    assert (recorder[-1].moment, recorder[-1].loss) == ("checkpoint", 2.0)
    assert recorder[-1].eval_loss is None


def test_only_the_main_process_speaks() -> None:
    stopping, recorder = heard(False, {"loss": 2.0, "grad_norm": 0.5}, {"loss": float("nan")})
    assert recorder == []
    assert stopping.diverged == "loss nan in step 2"
