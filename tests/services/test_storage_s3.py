"""The storage on S3: a local S3 server, whose files any machine with the keys can see.

Skips with a reason where the extra ``services`` is not installed.
"""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import fsspec
import pytest
from prefect import flow, task
from prefect.settings import PREFECT_API_URL, PREFECT_LOCAL_STORAGE_PATH, temporary_settings

from profiles.settings import Settings
from tasks.caching import ByContent
from tasks.domain.errors import UnusableData
from tasks.domain.products import StoredFile
from tasks.external.storage import Storage, digest
from tests.fakes.own_profiles import model, profile, write
from tests.helpers import databases
from tests.helpers.processes import wait_for
from tests.services.observing import ROOT, Server, prefect_server

pytestmark = pytest.mark.services

pytest.importorskip("moto.server", reason="needed the extra services")
pytest.importorskip("s3fs", reason="needed the extra services")

URI = "s3://forge/storage"


@pytest.fixture(scope="module", autouse=True)
def s3(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """An S3 server with one bucket, and an environment that leads every client to it."""
    with (
        databases.s3(tmp_path_factory.mktemp("s3"), "forge") as environment,
        pytest.MonkeyPatch.context() as patch,
    ):
        for name, value in environment.items():
            patch.setenv(name, value)
        yield


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A Prefect server that the processes below share."""
    with prefect_server(tmp_path_factory.mktemp("server")) as server:
        yield server


def machine(home: Path) -> Storage:
    """The storage as a machine with this home sees it."""
    return Storage(Settings(home=home, storage=URI))


def kept(storage: Storage, name: str, text: str = "hello") -> StoredFile:
    with storage.writing("bases", name) as draft:
        (draft / "inner").mkdir(parents=True)
        (draft / "inner" / "part.txt").write_text(text, encoding="utf-8")
        return storage.keep(draft, "bases", name)


def change(stored: StoredFile, text: str) -> None:
    """Another machine writes: past the caches of this process."""
    if text:
        code = (
            f"import fsspec\nwith fsspec.open({stored.uri!r} + '/inner/part.txt', 'w') as file:\n"
            f"    file.write({text!r})"
        )
    else:
        code = f"import fsspec; fsspec.filesystem('s3').rm({stored.uri!r}, recursive=True)"
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)


def test_another_machine_reads_a_folder_that_was_kept(tmp_path: Path) -> None:
    stored = kept(machine(tmp_path / "one"), "shared")
    assert stored.uri == f"{URI}/bases/shared"
    assert digest(machine(tmp_path / "two").fetch(stored))[0] == stored.sha256


def test_a_folder_kept_by_two_machines_lies_there_once(tmp_path: Path) -> None:
    one, two = machine(tmp_path / "one"), machine(tmp_path / "two")
    first = kept(one, "twice", "first")
    assert two.holds(first)
    second = kept(two, "twice", "second")
    assert fsspec.filesystem("s3").find(second.uri) == ["forge/storage/bases/twice/inner/part.txt"]
    assert one.holds(second)


@pytest.mark.parametrize(("text", "found"), [("hellO", "altered"), ("", "gone")])
def test_a_copy_here_does_not_hide_what_became_of_the_file_there(
    text: str, found: str, tmp_path: Path
) -> None:
    storage = machine(tmp_path)
    stored = kept(storage, f"fated-{found}")
    assert storage.holds(stored)
    change(stored, text)
    with pytest.raises(UnusableData, match=found):
        storage.fetch(stored)
    assert not storage.holds(stored)


@pytest.mark.parametrize("text", ["altered", ""], ids=["altered", "gone"])
def test_a_cached_reference_whose_file_is_gone_or_altered_is_recomputed(
    text: str, server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MCP_FORGE_STORAGE", URI)
    monkeypatch.setenv("MCP_FORGE_HOME", str(tmp_path / "home"))
    made: list[str] = []

    @task(cache_policy=ByContent(), persist_result=True)
    def make(name: str) -> StoredFile:
        made.append(name)
        return kept(Storage(), name)

    @flow
    def run() -> StoredFile:
        return make(f"cached-{text}")

    with temporary_settings(
        {PREFECT_API_URL: server.url, PREFECT_LOCAL_STORAGE_PATH: tmp_path / "results"}
    ):
        stored = run()
        assert run() == stored
        assert len(made) == 1
        change(stored, text)
        assert run() == stored
        assert len(made) == 2
        assert run() == stored
        assert len(made) == 2


STEPS, SAVE_STEPS = 60, 5


@pytest.fixture(scope="module")
def own_profiles(tiny_base: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Profiles of a training that lasts long enough to be broken off."""
    own = tmp_path_factory.mktemp("profiles")
    training = profile(training={"max_steps": STEPS, "save_steps": SAVE_STEPS})
    write(own, {"models/tiny": model(tiny_base), "training/tiny": training})
    return own


def start(server: Server, own: Path, home: Path, *command: str) -> "subprocess.Popen[str]":
    """A command on a machine that shares only the storage and the API with others."""
    environment = os.environ | {
        "PREFECT_API_URL": server.url,
        "PREFECT_HOME": str(home / "prefect"),
        "PREFECT_RESULTS_PERSIST_BY_DEFAULT": "true",
        "PREFECT_RESULTS_DEFAULT_STORAGE_BLOCK": "remote-file-system/mcp-forge-results",
        "MCP_FORGE_HOME": str(home),
        "MCP_FORGE_STORAGE": URI,
        "MCP_FORGE_PROFILES": str(own),
        "PYTHONPATH": os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")]),
        "OMP_NUM_THREADS": "1",
    }
    if command[0] == "infra.result_storage":
        del environment["PREFECT_RESULTS_DEFAULT_STORAGE_BLOCK"]
    pipe = subprocess.PIPE
    words = [sys.executable, "-m", *command]
    return subprocess.Popen(words, env=environment, cwd=ROOT, stdout=pipe, stderr=pipe, text=True)


def last_line(process: "subprocess.Popen[str]") -> str:
    output, errors = process.communicate(timeout=500)
    assert process.returncode == 0, errors[-3000:]
    return output.splitlines()[-1]


def checkpoints() -> list[str]:
    """The files of checkpoints in the storage as they are now."""
    filesystem = fsspec.filesystem("s3")
    filesystem.invalidate_cache()
    return list(filesystem.find(URI + "/checkpoints"))


def test_a_machine_goes_on_with_what_others_that_are_gone_have_made(
    server: Server, own_profiles: Path, tmp_path: Path
) -> None:
    def on(name: str, *command: str) -> "subprocess.Popen[str]":
        return start(server, own_profiles, tmp_path / name, *command)

    block = last_line(on("one", "infra.result_storage"))
    assert block == "remote-file-system/mcp-forge-results"
    run = json.loads(last_line(on("one", "tests.fakes.in_turn", "prepare")))["run"]
    broken_off = on("two", "tests.fakes.in_turn", "train", run)
    wait_for(lambda: any(name.endswith("sealed.json") for name in checkpoints()), "a checkpoint")
    broken_off.kill()
    broken_off.communicate()
    stored = last_line(on("three", "tests.fakes.in_turn", "train", run))
    adapter = StoredFile.model_validate_json(stored)
    assert adapter.uri.startswith(f"{URI}/adapters/tiny-tiny-")
    assert digest(machine(tmp_path / "four").fetch(adapter))[0] == adapter.sha256
    resumed = wait_for(lambda: server.events("mcp-forge.training.resumed"), "it goes on")
    assert resumed[0]["payload"]["step"] >= SAVE_STEPS
    assert checkpoints() == []
