"""A training that is killed, told to end or damaged goes on as if nothing had been.

Checkpoints are those of Unsloth and TRL on the CPU, with dropout, so that the random state counts.
"""

import json
import os
import shutil
import signal
import time
from collections.abc import Callable
from itertools import count
from pathlib import Path
from typing import Any

import pytest
import torch

from profiles import Training, load_model
from tasks.domain.errors import ResumeRefused, TrainingInterrupted
from tasks.domain.training.origin import Origin
from tasks.domain.training.progress import TrainingUpdate
from tasks.external.trainer import engine
from tasks.external.trainer.checkpoints import Checkpoints
from tasks.external.trainer.stopping import GRACE_SECONDS
from tests.helpers.training import (
    LORA,
    Recorder,
    child,
    difference,
    finished,
    interrupted,
    prepared,
    rows,
    settings,
    weights,
)

PLAN = {"max_steps": 12, "save_steps": 4, "share_prefix": "off"}
DROPOUT = {"dropout": 0.1}
ROWS = 20
"""Five steps are an epoch: a step may be the first, the last or one in the middle."""


def dropping(base: Path, training: Training) -> tuple[Any, Any]:
    return engine.load_model(base, load_model("smollm2"), LORA.model_copy(update=DROPOUT), training)


def trained(
    base: Path, training: Training, folder: Path, recorder: Recorder | None = None, **more: Any
) -> tuple[dict[str, torch.Tensor], Any]:
    """A training with dropout, to its end: the adapter's weights and the record."""
    model, tokenizer = dropping(base, training)
    said = Recorder() if recorder is None else recorder
    record = engine.train(model, tokenizer, rows(base, ROWS), None, training, folder, said, **more)
    return weights(model, adapter=True), record


@pytest.fixture(scope="module")
def whole(tiny_base: Path, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """The training that nothing happens to."""
    return trained(tiny_base, settings(**PLAN), tmp_path_factory.mktemp("whole"))


def test_two_runs_give_the_same_adapter(whole: Any, tiny_base: Path, tmp_path: Path) -> None:
    again, record = trained(tiny_base, settings(**PLAN), tmp_path)
    assert difference(whole[0], again) == 0
    assert record.losses == whole[1].losses


def test_another_seed_gives_another_adapter(whole: Any, tiny_base: Path, tmp_path: Path) -> None:
    other, _ = trained(tiny_base, settings(**PLAN, seed=1), tmp_path)
    assert difference(whole[0], other) > 1e-4


def test_a_process_killed_between_two_checkpoints_goes_on_to_the_same_adapter(
    whole: Any, tiny_base: Path, tmp_path: Path
) -> None:
    work = tmp_path / "work"
    plan = {"settings": PLAN, "lora": DROPOUT, "count": ROWS, "kill_at": 7}
    process = child(tmp_path, plan | {"base": str(tiny_base), "work": str(work)})
    output, errors = process.communicate(timeout=300)
    assert process.returncode == -signal.SIGKILL, errors
    steps = [json.loads(line)["step"] for line in output.splitlines() if line.startswith("{")]
    assert steps[-1] == 7
    assert Checkpoints(work).newest() == work / "checkpoint-4"
    recorder = Recorder()
    parts, record = trained(tiny_base, settings(**PLAN), work, recorder)
    assert (recorder[0].moment, recorder[0].step) == ("resumed", 4)
    assert record.losses == whole[1].losses
    assert difference(whole[0], parts) == 0


def on_forward(model: Any, number: int, act: Callable[[], None]) -> None:
    """Do something in the forward pass of this number, from 1."""
    passes = count(1)

    def hook(*_: Any) -> None:
        if next(passes) == number:
            act()

    model.register_forward_pre_hook(hook)


def terminate(times: int) -> None:
    for _ in range(times):
        os.kill(os.getpid(), signal.SIGTERM)


@pytest.mark.parametrize("signals", [1, 2])
@pytest.mark.parametrize("step", [1, 5, 7], ids=["first", "last of an epoch", "in the middle"])
def test_a_step_that_is_abandoned_leaves_no_trace(
    signals: int, step: int, whole: Any, tiny_base: Path, tmp_path: Path
) -> None:
    """One signal waits for the pass under way, a second does not even do that."""
    training, recorder = settings(**PLAN), Recorder()
    model, tokenizer = dropping(tiny_base, training)
    on_forward(model, 2 * step + 1, lambda: terminate(signals))  # two passes are a step
    with pytest.raises(TrainingInterrupted, match=f"SIGTERM at step {step} of 12"):
        engine.train(model, tokenizer, rows(tiny_base, ROWS), None, training, tmp_path, recorder)
    assert recorder.moments()[-2:] == ["checkpoint", "interrupted"]
    parts, record = trained(tiny_base, training, tmp_path)
    assert record.resumed_at_step == step
    assert difference(whole[0], parts) == 0


def test_a_training_told_to_end_in_its_first_step_has_nothing_to_keep(
    tiny_base: Path, tmp_path: Path
) -> None:
    training, recorder = settings(**PLAN), Recorder()
    model, tokenizer = dropping(tiny_base, training)
    on_forward(model, 1, lambda: terminate(1))
    with pytest.raises(TrainingInterrupted, match="SIGTERM at step 0 of 12"):
        engine.train(model, tokenizer, rows(tiny_base, ROWS), None, training, tmp_path, recorder)
    assert recorder.moments() == ["started", "interrupted"]
    assert Checkpoints(tmp_path).newest() is None


def test_a_step_that_would_take_minutes_is_abandoned_in_time(
    tiny_base: Path, tmp_path: Path
) -> None:
    training = settings(**PLAN)
    model, tokenizer = dropping(tiny_base, training)
    told: list[float] = []

    def take_minutes() -> None:
        told.append(time.monotonic())
        terminate(1)
        for _ in range(3000):
            time.sleep(0.1)

    on_forward(model, 4, take_minutes)
    with pytest.raises(TrainingInterrupted, match="SIGTERM at step 1 of 12"):
        engine.train(model, tokenizer, rows(tiny_base), None, training, tmp_path, Recorder())
    assert GRACE_SECONDS <= time.monotonic() - told[0] < 30
    assert Checkpoints(tmp_path).newest() == tmp_path / "checkpoint-1"


def damaged(work: Path, how: str) -> Path:
    """A folder whose newest checkpoint is not whole."""
    place = work / "checkpoint-8"
    if how == "cut":
        file = place / "optimizer.pt"
        file.write_bytes(file.read_bytes()[:-100])
    elif how == "altered":
        file = place / "adapter_model.safetensors"
        file.write_bytes(file.read_bytes()[:-1] + b"x")
    elif how == "gone":
        (place / "scheduler.pt").unlink()
    elif how == "unsealed":
        (place / "sealed.json").unlink()
    elif how == "half a seal":
        file = place / "sealed.json"
        file.write_text(file.read_text("utf-8")[:40], encoding="utf-8")
    else:
        shutil.rmtree(place)
        shutil.copytree(work / "checkpoint-4", place)
    return work


FAULTS = {
    "cut": "optimizer.pt is altered",
    "altered": "adapter_model.safetensors is altered",
    "gone": "scheduler.pt is gone",
    "unsealed": "its writing was not finished",
    "half a seal": "its seal or its state is not JSON",
    "of another step": "it is of step 4",
}


@pytest.fixture(scope="module")
def stopped(tiny_base: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The checkpoints of a training that was told to end in its ninth step."""
    folder = tmp_path_factory.mktemp("stopped")
    training = settings(**PLAN)
    model, tokenizer = dropping(tiny_base, training)
    on_forward(model, 17, lambda: terminate(2))
    with pytest.raises(TrainingInterrupted, match="step 8 of 12"):
        engine.train(
            model, tokenizer, rows(tiny_base, ROWS), None, training, folder, Recorder(), ORIGIN
        )
    return folder


@pytest.mark.parametrize("how", FAULTS)
def test_a_checkpoint_that_is_not_whole_is_never_read(
    how: str, stopped: Path, tmp_path: Path
) -> None:
    work = damaged(Path(shutil.copytree(stopped, tmp_path / "work")), how)
    kept = Checkpoints(work)
    assert kept.newest() == work / "checkpoint-4"
    assert kept.drop_broken() == [f"checkpoint-8: {FAULTS[how]}"]
    assert not (work / "checkpoint-8").exists()


def test_a_training_with_a_broken_checkpoint_goes_on_from_the_one_before(
    stopped: Path, whole: Any, tiny_base: Path, tmp_path: Path
) -> None:
    work = damaged(Path(shutil.copytree(stopped, tmp_path / "work")), "cut")
    parts, record = trained(tiny_base, settings(**PLAN), work)
    assert record.resumed_at_step == 4
    assert difference(whole[0], parts) == 0


def test_a_training_whose_checkpoints_are_all_broken_says_so(
    stopped: Path, tiny_base: Path, tmp_path: Path
) -> None:
    work = damaged(Path(shutil.copytree(stopped, tmp_path / "work")), "cut")
    shutil.rmtree(work / "checkpoint-4")
    recorder = Recorder()
    _, record = trained(tiny_base, settings(**PLAN), work, recorder)
    wanted = "no checkpoint is whole: checkpoint-8: optimizer.pt is altered"
    assert (recorder[0].moment, recorder[0].detail) == ("started", wanted)
    assert record.resumed_at_step == 0


def test_three_checkpoints_are_kept(tiny_base: Path, tmp_path: Path) -> None:
    trained(tiny_base, settings(**PLAN | {"max_steps": 5, "save_steps": 1}), tmp_path)
    assert sorted(path.name for path in tmp_path.glob("checkpoint-*")) == [
        "checkpoint-3",
        "checkpoint-4",
        "checkpoint-5",
    ]


ORIGIN = Origin(
    model="tiny", data="d1", base="b1", settings={"training.learning_rate": 0.02, "lora.rank": 8}
)


def test_checkpoints_of_another_training_are_refused(
    stopped: Path, tiny_base: Path, tmp_path: Path
) -> None:
    work = Path(shutil.copytree(stopped, tmp_path / "work"))
    other = ORIGIN.model_copy(update={"data": "d2", "settings": {"lora.rank": 16}})
    with pytest.raises(ResumeRefused) as refused:
        trained(tiny_base, settings(**PLAN), work, origin=other)
    said = str(refused.value)
    assert "other training rows; lora.rank 8, now 16; training.learning_rate 0.02, now None" in said
    assert Checkpoints(work).newest() == work / "checkpoint-8"


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"data": "d2"}, "but was made from other training rows"),
        ({"base": "b2"}, "but was made from other base weights"),
        ({"settings": ORIGIN.settings | {"lora.rank": 4}}, "made from lora.rank 8, now 4"),
        ({}, "but was made from another version of the code"),
        ({"model": "other"}, ""),
    ],
)
def test_a_training_that_begins_anew_says_why(
    changes: dict[str, Any], why: str, stopped: Path, tmp_path: Path
) -> None:
    shutil.copytree(stopped, tmp_path / "adapter-1")
    said = Checkpoints(tmp_path / "adapter-2").claim(ORIGIN.model_copy(update=changes))
    assert said.endswith(why)
    assert bool(said) == bool(why)
    assert not said or said.startswith("adapter-1 has checkpoint-8")


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
    assert Checkpoints(tmp_path / "nowhere").newest() is None


def test_the_keyboard_stops_like_a_signal(tiny_base: Path, tmp_path: Path) -> None:
    recorder = Recorder(interrupt_at=1, by=signal.SIGINT)
    model, tokenizer = prepared(tiny_base, settings())
    with pytest.raises(TrainingInterrupted, match="SIGINT at step 1 of 4"):
        engine.train(model, tokenizer, rows(tiny_base), None, settings(), tmp_path, recorder)
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_a_process_that_is_terminated_leaves_a_checkpoint_to_go_on_from(
    tiny_base: Path, tmp_path: Path
) -> None:
    endless = {"max_steps": 400, "save_steps": 1000}
    work = tmp_path / "work"
    process = child(tmp_path, {"settings": endless, "base": str(tiny_base), "work": str(work)})
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
    assert Checkpoints(work).newest() == work / f"checkpoint-{last.step}"
    recorder = interrupted(tiny_base, settings(**endless), work, last.step + 2)
    assert (recorder[0].moment, recorder[0].step) == ("resumed", last.step)
