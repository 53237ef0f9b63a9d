"""The training engine, with a tiny model that is really trained by Unsloth and TRL on the CPU."""

import json
import math
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import torch
from transformers import TrainerControl, TrainerState

from profiles import Lora, Training, load_model, load_profile
from tasks.domain.conversations import SYSTEM_PROMPT, Message, MessageCall, Row
from tasks.domain.errors import TrainingDiverged, TrainingInterrupted, UnusableModel
from tasks.domain.progress import TrainingUpdate
from tasks.domain.schemas import functions
from tasks.domain.toolcalls import ToolCall
from tasks.external.tokenizer import ChatTokenizer
from tasks.external.trainer import engine
from tasks.external.trainer.callback import ReportingCallback
from tasks.external.trainer.packs import IGNORED
from tests.fakes.toolsets import CLOCKS

ROOT = Path(__file__).parents[2]
BOTH = functions(CLOCKS)
TOOLS = BOTH[:1]
CITIES = ("Asia/Tokyo", "Europe/Zurich", "America/New_York", "Africa/Cairo")
LORA = Lora(rank=8, alpha=16, dropout=0.0, target_modules=load_profile("demo").lora.target_modules)


def settings(**changes: Any) -> Training:
    """Four conversations a step, no warm-up, a rate that a tiny model needs."""
    fast = {
        "per_device_batch_size": 2,
        "gradient_accumulation_steps": 2,
        "learning_rate": 0.02,
        "warmup_ratio": 0.0,
        "max_steps": 4,
        "save_steps": 100,
        "gradient_checkpointing": "off",
    }
    return Training.model_validate(load_profile("demo").training.model_dump() | fast | changes)


def conversation(text: str, *turns: Message, tools: Any = TOOLS) -> Row:
    start = Message(role="system", content=SYSTEM_PROMPT), Message(role="user", content=text)
    return Row(scenario="standard", messages=(*start, *turns), tools=tools)


def said(text: str, *zones: str) -> Message:
    calls = [ToolCall(name="get_current_time", arguments={"timezone": zone}) for zone in zones]
    return Message(
        role="assistant", content=text, tool_calls=tuple(MessageCall.of(call) for call in calls)
    )


def looked_up(city: str, text: str = "What time is it in") -> Row:
    answer = (Message(role="tool", content="12:30"), said(f"It is 12:30 in {city}."))
    return conversation(f"{text} {city}?", said("", city), *answer)


@cache
def encoder(base: Path) -> Callable[[Row], Any]:
    """Opening a tokenizer takes a second."""
    return ChatTokenizer(base).encode


def rows(base: Path, count: int = 8) -> Any:
    """Rows that call a tool and rows that do not, of several lengths."""
    texts = [looked_up(city, "Now," * (n % 5)) for n, city in enumerate(CITIES * count)]
    texts[1::4] = [conversation(f"Hi {n}!", said("Hello " * n)) for n in range(1, count + 1)]
    return engine.prepare_dataset([encoder(base)(row) for row in texts[:count]])


def prepared(base: Path, training: Training) -> tuple[Any, Any]:
    """The tiny model with a fresh adapter, and its tokenizer."""
    return engine.load_model(base, load_model("smollm2"), LORA, training)


def weights(model: Any, *, adapter: bool) -> dict[str, torch.Tensor]:
    """A copy of the adapter's weights, or of the base's."""
    return {
        name: value.detach().clone()
        for name, value in model.state_dict().items()
        if ("lora_" in name) == adapter
    }


def difference(one: dict[str, torch.Tensor], other: dict[str, torch.Tensor]) -> float:
    """The largest difference of two sets of weights."""
    assert one.keys() == other.keys()
    return max(float((one[name] - other[name]).abs().max()) for name in one)


class Listener(list[TrainingUpdate]):
    """Keeps every update, and sends this process a signal at one step."""

    def __init__(self, interrupt_at: int = 0, by: signal.Signals = signal.SIGTERM) -> None:
        super().__init__()
        self._interrupt_at, self._by = interrupt_at, by

    def __call__(self, update: TrainingUpdate) -> None:
        self.append(update)
        if update.moment == "progress" and update.step == self._interrupt_at:
            os.kill(os.getpid(), self._by)

    def moments(self) -> list[str]:
        return [update.moment for update in self if update.moment != "progress"]


@pytest.fixture(scope="module")
def trained(tiny_base: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """One whole training of ten steps, looked at from many sides."""
    training = settings(max_steps=10, save_steps=5)
    model, tokenizer = prepared(tiny_base, training)
    before = {is_adapter: weights(model, adapter=is_adapter) for is_adapter in (True, False)}
    data, listener = rows(tiny_base), Listener()
    folder = tmp_path_factory.mktemp("checkpoints")
    held_out = data.select(range(4))
    record = engine.train(model, tokenizer, data, held_out, training, folder, listener)
    return locals()


def interrupted(base: Path, training: Training, folder: Path, step: int) -> Listener:
    """A training that gets a signal while it tells of one step, and stops behind the next."""
    listener = Listener(interrupt_at=step - 1)
    model, tokenizer = prepared(base, training)
    with pytest.raises(TrainingInterrupted, match=f"SIGTERM at step {step} of"):
        engine.train(model, tokenizer, rows(base), None, training, folder, listener)
    return listener


def finished(base: Path, training: Training, folder: Path) -> tuple[Any, Any, Listener]:
    """A training to its end: the model, the record, what was said."""
    listener = Listener()
    model, tokenizer = prepared(base, training)
    record = engine.train(model, tokenizer, rows(base), None, training, folder, listener)
    return model, record, listener


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


def test_the_listener_hears_of_every_moment(trained: dict[str, Any]) -> None:
    listener = trained["listener"]
    assert listener.moments() == ["started", "checkpoint", "checkpoint", "finished"]
    assert [update.step for update in listener if update.moment == "checkpoint"] == [5, 10]
    steps = [update for update in listener if update.moment == "progress"]
    assert [update.fraction for update in steps] == [n / 10 for n in range(1, 11)]
    for update in steps:
        assert update.loss is not None
        assert update.learning_rate is not None
        assert update.gradient_norm is not None
        assert update.tokens_per_second is not None
        assert update.tokens_per_second > 0
        assert update.seconds_left is not None
    assert steps[-1].seconds_left == 0
    assert listener[-1].eval_loss == trained["record"].eval_loss


def test_a_saved_adapter_reopens_as_it_was(trained: dict[str, Any], tmp_path: Path) -> None:
    from safetensors.torch import load_file

    engine.save_adapter(trained["model"], tmp_path / "adapter")
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
    engine.drop_checkpoints(tmp_path / "run")
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


def test_an_interrupted_training_ends_like_an_uninterrupted_one(
    tiny_base: Path, tmp_path: Path
) -> None:
    training = settings()
    whole, record, _ = finished(tiny_base, training, tmp_path / "whole")
    first = interrupted(tiny_base, training, tmp_path / "parts", 2)
    assert first.moments() == ["started", "checkpoint", "interrupted"]
    parts, continued, second = finished(tiny_base, training, tmp_path / "parts")
    assert second[0].moment == "resumed"
    assert second[0].step == continued.resumed_at_step == 2
    assert continued.losses == record.losses
    assert difference(weights(whole, adapter=True), weights(parts, adapter=True)) == 0


def test_a_checkpoint_that_was_not_finished_is_passed_over(tiny_base: Path, tmp_path: Path) -> None:
    training = settings(save_steps=2)
    interrupted(tiny_base, training, tmp_path, 3)
    newest = tmp_path / "checkpoint-3" / "trainer_state.json"
    newest.write_text(newest.read_text("utf-8")[:40], encoding="utf-8")
    shutil.copytree(tmp_path / "checkpoint-2", tmp_path / "checkpoint-9")
    assert engine.newest_checkpoint(tmp_path) == tmp_path / "checkpoint-2"
    _, record, listener = finished(tiny_base, training, tmp_path)
    assert (listener[0].moment, listener[0].step) == ("resumed", 2)
    assert [step for step, _ in record.losses] == [1, 2, 3, 4]


def test_a_training_that_was_done_but_not_saved_is_not_done_again(
    tiny_base: Path, tmp_path: Path
) -> None:
    training = settings(max_steps=2, save_steps=3)
    model, record, _ = finished(tiny_base, training, tmp_path)
    again, repeated, _ = finished(tiny_base, training, tmp_path)
    assert repeated.resumed_at_step == repeated.steps == 2
    assert repeated.losses == record.losses
    assert difference(weights(model, adapter=True), weights(again, adapter=True)) == 0


def test_no_checkpoint_is_found_where_there_is_none(tmp_path: Path) -> None:
    assert engine.newest_checkpoint(tmp_path / "nowhere") is None


def test_the_keyboard_stops_like_a_signal(tiny_base: Path, tmp_path: Path) -> None:
    listener = Listener(interrupt_at=1, by=signal.SIGINT)
    model, tokenizer = prepared(tiny_base, settings())
    with pytest.raises(TrainingInterrupted, match="SIGINT at step 2 of 4"):
        engine.train(model, tokenizer, rows(tiny_base), None, settings(), tmp_path, listener)
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_a_process_that_is_terminated_leaves_a_checkpoint_to_go_on_from(
    tiny_base: Path, tmp_path: Path
) -> None:
    command = [sys.executable, "-m", "tests.fakes.train_until_told", str(tiny_base), str(tmp_path)]
    process = subprocess.Popen(
        command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout is not None
        for line in process.stdout:
            if line.startswith("{") and json.loads(line)["moment"] == "progress":
                break
        process.terminate()
        output, errors = process.communicate(timeout=120)
    finally:
        process.kill()
        process.wait()
    last = TrainingUpdate.model_validate_json(output.strip().splitlines()[-1])
    assert last.moment == "interrupted"
    assert process.returncode == 1
    assert f"TrainingInterrupted: SIGTERM at step {last.step} of 400" in errors.splitlines()[-1]
    assert engine.newest_checkpoint(tmp_path) == tmp_path / f"checkpoint-{last.step}"
    training = settings(max_steps=400, save_steps=1000)
    listener = interrupted(tiny_base, training, tmp_path, last.step + 2)
    assert (listener[0].moment, listener[0].step) == ("resumed", last.step)


def test_a_rate_that_is_far_too_high_stops_the_training(tiny_base: Path, tmp_path: Path) -> None:
    training, listener = settings(learning_rate=1e30, save_steps=1), Listener()
    model, tokenizer = prepared(tiny_base, training)
    with pytest.raises(TrainingDiverged, match=r"not a number at step \d of 4"):
        engine.train(model, tokenizer, rows(tiny_base), None, training, tmp_path, listener)
    assert listener.moments()[-1] == "diverged"
    assert "finished" not in listener.moments()
    newest = engine.newest_checkpoint(tmp_path)
    assert newest is not None
    assert int(newest.name.split("-")[1]) < listener[-1].step


def test_weights_that_are_not_numbers_stop_the_training_at_once(
    tiny_base: Path, tmp_path: Path
) -> None:
    listener = Listener()
    model, tokenizer = prepared(tiny_base, settings(save_steps=1))
    with torch.no_grad():
        next(v for n, v in model.named_parameters() if "lora_B" in n).fill_(float("nan"))
    with pytest.raises(TrainingDiverged, match="not a number at step 1 of 4"):
        engine.train(
            model, tokenizer, rows(tiny_base), None, settings(save_steps=1), tmp_path, listener
        )
    assert listener.moments() == ["started", "diverged"]
    assert "loss nan" in listener[-1].detail
    assert engine.newest_checkpoint(tmp_path) is None


def heard(is_main: bool, *logs: dict[str, Any] | None) -> tuple[ReportingCallback, Listener]:
    """What a listener hears when a trainer logs these things."""
    listener = Listener()
    callback = ReportingCallback(listener, tokens_per_step=100)
    state = TrainerState(global_step=0, max_steps=4, is_world_process_zero=is_main)
    control = TrainerControl()
    callback.on_train_begin(None, state, control)
    for step, entry in enumerate(logs, start=1):
        state.global_step = step
        callback.on_log(None, state, control, logs=entry)
    callback.on_save(None, state, control)
    callback.on_train_end(None, state, control)
    return callback, listener


def test_logs_without_a_loss_are_no_progress() -> None:
    callback, listener = heard(True, None, {}, {"train_runtime": 3.0}, {"eval_loss": 1.5})
    assert [update.moment for update in listener] == ["started", "checkpoint", "finished"]
    assert (callback.losses, callback.eval_losses) == ([], [(4, 1.5)])
    assert listener[-1].eval_loss == 1.5
    assert listener[-1].loss is None


def test_only_the_main_process_speaks() -> None:
    callback, listener = heard(False, {"loss": 2.0, "grad_norm": 0.5}, {"loss": float("nan")})
    assert listener == []
    assert callback.diverged


def test_the_last_moment_carries_the_last_loss() -> None:
    _, listener = heard(True, {"loss": 2.0}, {"loss": 1.5, "grad_norm": 0.5})
    assert (listener[-1].moment, listener[-1].loss) == ("finished", 1.5)
