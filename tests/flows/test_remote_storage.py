"""tasks/train_adapter.py: a remote storage that takes no checkpoints costs no training."""

import logging
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from fsspec.implementations.memory import MemoryFileSystem

from tasks.external.storage import Storage
from tests.fakes.in_turn import prepare_and_train
from tests.fakes.own_profiles import model, profile, write


@pytest.fixture
def four_steps(tiny_base: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A training of four steps with two checkpoints."""
    training = profile(training={"max_steps": 4, "save_steps": 2})
    write(tmp_path / "own", {"models/tiny": model(tiny_base), "training/tiny": training})
    monkeypatch.setenv("MCP_FORGE_PROFILES", str(tmp_path / "own"))
    monkeypatch.setenv("MCP_FORGE_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("MCP_FORGE_STORAGE", f"memory://{uuid4().hex}")


@pytest.mark.usefixtures("prefect_api", "four_steps")
def test_checkpoints_that_the_storage_does_not_take_or_remove_are_warnings(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    put, remove = MemoryFileSystem.put_file, MemoryFileSystem.rm

    def put_others(files: MemoryFileSystem, local: str, path: str, *more: Any, **named: Any) -> Any:
        if "checkpoint-4" in path:
            raise ConnectionError("the bucket is full")
        return put(files, local, path, *more, **named)

    def remove_others(files: MemoryFileSystem, path: str, *more: Any, **named: Any) -> Any:
        if "/checkpoints/" in path:
            raise PermissionError("no right to delete")
        return remove(files, path, *more, **named)

    monkeypatch.setattr(MemoryFileSystem, "put_file", put_others)
    monkeypatch.setattr(MemoryFileSystem, "rm", remove_others)
    with caplog.at_level(logging.WARNING):
        adapter = prepare_and_train()
    assert Storage().holds(adapter)
    assert adapter.record.steps == 4
    said = [record.getMessage() for record in caplog.records]
    assert [message for message in said if message.startswith("The storage failed: ")] == [
        "The storage failed: ConnectionError: the bucket is full; "
        "the newest checkpoint is on this machine only",
        "The storage failed: PermissionError: no right to delete; "
        "the checkpoints of a finished training are left there",
    ]
