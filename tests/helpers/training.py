"""Trainings of the tiny model: their settings, rows and results."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import torch

from profiles import Lora, Training, load_model, load_profile
from tasks.domain.conversations import Message, Row, opening
from tasks.domain.errors import TrainingInterrupted
from tasks.domain.toolcalls import ToolCall
from tasks.domain.toollists import functions
from tasks.domain.training.progress import TrainingUpdate
from tasks.external.tokenizer import ChatTokenizer
from tasks.external.trainer import engine
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
        "eval_steps": 100,
        "gradient_checkpointing": "off",
    }
    return Training.model_validate(load_profile("demo").training.model_dump() | fast | changes)


def conversation(text: str, *turns: Message, tools: Any = TOOLS) -> Row:
    return Row(scenario="standard", messages=(*opening(text), *turns), tools=tools)


def assistant(text: str, *zones: str) -> Message:
    calls = [ToolCall(name="get_current_time", arguments={"timezone": zone}) for zone in zones]
    return Message.assistant(text, *calls)


def looked_up(city: str, text: str = "What time is it in") -> Row:
    answer = (Message(role="tool", content="12:30"), assistant(f"It is 12:30 in {city}."))
    return conversation(f"{text} {city}?", assistant("", city), *answer)


@cache
def encoder(base: Path) -> Callable[[Row], Any]:
    """Opening a tokenizer takes a second."""
    return ChatTokenizer(base).encode


def rows(base: Path, count: int = 8) -> Any:
    """Rows that call a tool and rows that do not, of several lengths."""
    texts = [looked_up(city, "Now," * (n % 5)) for n, city in enumerate(CITIES * count)]
    texts[1::4] = [conversation(f"Hi {n}!", assistant("Hello " * n)) for n in range(1, count + 1)]
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


class Recorder(list[TrainingUpdate]):
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


def finished(base: Path, training: Training, folder: Path) -> tuple[Any, Any, Recorder]:
    """A training to its end: the model, the record, what was said."""
    recorder = Recorder()
    model, tokenizer = prepared(base, training)
    record = engine.train(model, tokenizer, rows(base), None, training, folder, recorder)
    return model, record, recorder


def child(
    folder: Path, plan: dict[str, Any], env: dict[str, str] | None = None
) -> "subprocess.Popen[str]":
    """Start a training in a process of its own."""
    file = folder / "plan.json"
    file.write_text(json.dumps(plan), encoding="utf-8")
    command = [sys.executable, "-m", "tests.fakes.train_until_told", str(file)]
    return subprocess.Popen(
        command,
        cwd=ROOT,
        env=os.environ | (env or {}),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def interrupted(base: Path, training: Training, folder: Path, step: int) -> Recorder:
    """A training that gets a signal while it tells of one step, and stops before the next."""
    recorder = Recorder(interrupt_at=step)
    model, tokenizer = prepared(base, training)
    with pytest.raises(TrainingInterrupted, match=f"SIGTERM at step {step} of"):
        engine.train(model, tokenizer, rows(base), None, training, folder, recorder)
    return recorder
