"""A version goes to the hub whole: GGUF, adapter, both cards, the token never among them."""

import hashlib
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from tasks.domain.bundle.versions import Version
from tasks.domain.errors import NoSuchVersion
from tasks.external.storage import Storage
from tasks.external.versions import Versions
from tasks.push_version import push_version
from tests.fakes.hub_uploads import COMMIT, Uploads, take_uploads
from tests.fakes.toolsets import CLOCKS
from tests.helpers.versions import version

ROOT = Path(__file__).parent.parent
TOKEN, REPOSITORY = "hf_of_somebody", "somebody/clock-model"
WEIGHTS = b"GGUF" + bytes(1000)


@pytest.fixture
def hub() -> Iterator[Uploads]:
    with take_uploads(TOKEN) as uploads:
        yield uploads


@pytest.fixture
def published(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Version:
    """A version with an adapter and a dataset card, in a storage of its own."""
    monkeypatch.setenv("MCP_FORGE_STORAGE", str(tmp_path / "storage"))
    storage = Storage()
    card = storage.write_text("# Rows", "datasets", "README.md")
    with storage.writing("adapters", "one") as draft:
        draft.mkdir()
        (draft / "adapter_model.safetensors").write_bytes(b"lora")
        (draft / "adapter_config.json").write_text("{}", encoding="utf-8")
        adapter = storage.keep(draft, "adapters", "one")
    facts = {"base": "unsloth/tiny@0123abc", "base_licence": "Apache-2.0", "code": "0.2.0+abc"}
    record = version("20261127T090000", **facts)
    with storage.writing("drafts", "one") as draft:
        draft.mkdir()
        (draft / "model.gguf").write_bytes(WEIGHTS)
        (draft / "README.md").write_text("# time-tiny", encoding="utf-8")
        update = {"adapter": adapter, "dataset_card": card}
        return Versions("time-tiny").publish(draft, CLOCKS, record.model_copy(update=update))


def push(hub: Uploads, token: str = TOKEN) -> subprocess.CompletedProcess[str]:
    environment = {
        "HF_ENDPOINT": hub.url,
        "HF_HUB_OFFLINE": "0",
        "TRANSFORMERS_OFFLINE": "0",
        "HF_HUB_DISABLE_XET": "1",  # it would ask for a server of its own
        "HF_HUB_DISABLE_PROGRESS_BARS": "1",
        "HF_TOKEN": token,
        "NO_PROXY": "127.0.0.1",
    }
    return subprocess.run(
        [sys.executable, "-m", "tests.fakes.push", "time-tiny", REPOSITORY, "2026"],
        env=os.environ | environment,
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


@pytest.mark.usefixtures("published")
def test_a_version_is_one_commit_with_model_adapter_and_both_cards(hub: Uploads) -> None:
    done = push(hub)
    assert done.returncode == 0, done.stderr
    assert done.stdout == f"{hub.url}/{REPOSITORY}/commit/{COMMIT}"
    assert hub.repositories == {REPOSITORY: True}
    assert hub.messages == ["Version 20261127T090000"]
    assert hub.files["model.gguf"] == hashlib.sha256(WEIGHTS).hexdigest()
    assert WEIGHTS in hub.objects.values()
    assert hub.files.keys() == {
        "README.md",
        "model.gguf",
        "dataset-card.md",
        "adapter/adapter_config.json",
        "adapter/adapter_model.safetensors",
    }
    card = hub.files["README.md"]
    assert isinstance(card, bytes)
    header = yaml.safe_load(card.decode().split("---")[1])
    assert header["license"] == "apache-2.0"
    assert header["base_model"] == "unsloth/tiny"
    assert "# time-tiny" in card.decode()
    assert not [name for name, data in hub.files.items() if TOKEN in str(data)]


@pytest.mark.usefixtures("published")
@pytest.mark.parametrize(
    ("token", "message"),
    [("", "no token; needed HF_TOKEN, or a Prefect"), ("of_another", "the hub does not take it: ")],
    ids=["none", "of somebody else"],
)
def test_what_the_hub_does_not_take_is_said_in_one_line(
    token: str, message: str, hub: Uploads
) -> None:
    done = push(hub, token)
    assert done.returncode == 1
    line = done.stderr.strip().splitlines()[-1]
    assert line.startswith(f"PushFailed: {REPOSITORY}: {message}")
    assert hub.files == {}


@pytest.mark.usefixtures("published")
@pytest.mark.parametrize(
    ("chosen", "message"),
    [("1999", "no version begins with '1999'"), ("", "no champion, needed a version by --version")],
    ids=["an unknown version", "no champion"],
)
def test_what_is_not_there_is_not_pushed(chosen: str, message: str) -> None:
    with pytest.raises(NoSuchVersion, match=message):
        push_version.fn("time-tiny", REPOSITORY, chosen, True, "")
