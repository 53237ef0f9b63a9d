"""Artifacts: one timeline for each kind and model, and a curve that can always be drawn."""

import base64
import math
import re
import threading
import time

from profiles import models
from tasks.reporting.artifacts import key
from tasks.reporting.loss_curve import as_markdown
from tasks.reporting.sender import NewestSender

KINDS = ("loss-curve", "adapter", "quality", "scorecard", "bundle", "progress")


def test_every_model_has_a_timeline_of_its_own_for_every_kind() -> None:
    keys = [key(kind, model) for kind in KINDS for model in models()]
    assert len(set(keys)) == len(keys) == len(KINDS) * len(models())
    assert all(re.fullmatch("[a-z0-9-]+", one) for one in keys)


def test_a_model_name_with_a_dot_becomes_a_key_that_prefect_takes() -> None:
    assert key("adapter", "qwen-2.5") == "adapter-qwen-2-5"
    assert key("adapter", "qwen-2.5-7b") == "adapter-qwen-2-5-7b"


def test_a_loss_that_is_no_number_is_not_drawn_and_does_no_harm() -> None:
    drawn = as_markdown("tiny", [(1, 2.0), (2, math.nan), (3, 1.0)], [(3, math.inf)])
    picture = re.search(r"base64,([^)]+)", drawn)
    assert picture is not None
    svg = base64.b64decode(picture[1]).decode()
    assert "nan" not in svg + drawn
    assert "inf" not in svg + drawn
    assert "| 1 | 2.0000 |  |" in drawn


def test_a_curve_of_a_training_that_has_said_nothing_is_empty() -> None:
    assert "data:image/svg+xml" in as_markdown("tiny", [], [])


def test_a_slow_receiver_gets_the_newest_and_holds_nobody_up() -> None:
    got: list[int] = []
    gate = threading.Event()

    def send(item: int) -> None:
        gate.wait(30)
        got.append(item)

    sender = NewestSender(send)
    began = time.monotonic()
    sender.put(0)
    while sender._waiting:  # until the thread has taken the first
        time.sleep(0.01)
    for item in range(1, 100):
        sender.put(item)
    assert not sender.settle(0.05)
    assert time.monotonic() - began < 25
    gate.set()
    assert sender.settle(30)
    sender.close()
    assert got == [0, 99]
