"""A base comes from the hub whole, the same twice, and goes on where it was broken off."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from profiles import load_model
from tests.fakes.hub import COMMIT, REPOSITORY, Hub, serve

ROOT = Path(__file__).parent.parent.parent
WEIGHTS = "model.safetensors"
CHUNK = 10 * 2**20
"""How much the hub's client holds before it writes."""
BESIDE = {
    "README.md": b"# A model",
    "pytorch_model.bin": b"the same weights",
    "consolidated.safetensors": b"the same weights once more",
    "model.Q8_0.gguf": b"and again",
}


@pytest.fixture
def whole_hub(tiny_base: Path) -> Iterator[Hub]:
    """A hub with the tiny model, and files beside it that nothing here needs."""
    files = {file.name: file.read_bytes() for file in tiny_base.iterdir()}
    with serve(Hub(files | BESIDE | {"LICENSE": b"Apache-2.0"})) as serving:
        yield serving


@pytest.fixture
def hub(whole_hub: Hub) -> Hub:
    """A hub with a model that has no tokenizer.json, which to open takes each process 7 seconds."""
    whole_hub.files = {n: data for n, data in whole_hub.files.items() if n != "tokenizer.json"}
    return whole_hub


def download(
    hub: Hub, folder: Path, revision: str = "", repository: str = REPOSITORY, **environment: str
) -> subprocess.CompletedProcess[str]:
    """What a worker does that prepares this model; ``HF_HOME`` lies beside ``folder``."""
    ours = {
        "HF_ENDPOINT": hub.url,
        "HF_HUB_OFFLINE": "0",
        "TRANSFORMERS_OFFLINE": "0",
        "HF_HOME": str(folder.parent / "hf"),
        "HF_HUB_DISABLE_PROGRESS_BARS": "1",
        "NO_PROXY": "127.0.0.1",
    }
    command = [sys.executable, "-m", "tests.fakes.download", repository, revision, str(folder)]
    return subprocess.run(
        command,
        env=os.environ | ours | environment,
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def made(done: subprocess.CompletedProcess[str]) -> tuple[str, str]:
    """(origin, sha256) of a base that came."""
    assert done.returncode == 0, done.stderr
    origin, sha256 = done.stdout.split()
    return origin, sha256


def refusal(done: subprocess.CompletedProcess[str]) -> str:
    """The one line that says why a base did not come."""
    assert done.returncode == 1, done.stdout
    return done.stderr.strip().splitlines()[-1]


def test_two_downloads_are_one_base_with_its_commit_and_only_what_training_needs(
    whole_hub: Hub, tiny_base: Path, tmp_path: Path
) -> None:
    hub, first, second = whole_hub, tmp_path / "one" / "base", tmp_path / "two" / "base"
    origin, sha256 = made(download(hub, first))
    assert made(download(hub, second, COMMIT)) == (origin, sha256)
    assert origin == f"{REPOSITORY}@{COMMIT}"
    names = {path.relative_to(first).as_posix() for path in first.rglob("*") if path.is_file()}
    assert names == {file.name for file in tiny_base.iterdir()} | {"LICENSE"}
    assert (first / WEIGHTS).read_bytes() == hub.files[WEIGHTS]
    assert not set(hub.taken) & BESIDE.keys()


def test_a_cache_that_was_filled_elsewhere_is_enough_and_stays_as_it_is(
    hub: Hub, tmp_path: Path
) -> None:
    first = made(download(hub, tmp_path / "first"))
    before, hub.files = len(hub.taken), hub.files | {"chat_template.jinja": b"{{ theirs }}"}
    assert made(download(hub, tmp_path / "second", HF_HUB_OFFLINE="1")) == first
    assert made(download(hub, tmp_path / "third")) == first
    assert len(hub.taken) == before
    template = (tmp_path / "third" / "chat_template.jinja").read_text("utf-8")
    assert template == load_model("smollm2").template_text
    blobs = (tmp_path / "hf").rglob("blobs/*")
    sizes = {blob.name: blob.stat().st_nlink for blob in blobs if blob.stat().st_nlink > 1}
    assert sizes == {hub.facts(WEIGHTS)["lfs"]["oid"]: 4}, "the weights are on the disk once"


def test_a_connection_that_breaks_is_taken_up_where_it_broke(hub: Hub, tmp_path: Path) -> None:
    hub.files = hub.files | {WEIGHTS: bytes(3 * CHUNK)}
    hub.cuts = [CHUNK + 1000]
    made(download(hub, tmp_path / "base"))
    assert hub.ranges == ["", f"bytes={CHUNK}-"]


def test_a_download_that_was_broken_off_goes_on_in_another_process(
    hub: Hub, tmp_path: Path
) -> None:
    hub.files = hub.files | {WEIGHTS: bytes(3 * CHUNK)}
    hub.cuts, hub.answers = [CHUNK + 1000], 1
    said = refusal(download(hub, tmp_path / "base"))
    assert said.startswith(f"other: neither the hub nor its cache gives {REPOSITORY} (")
    assert "503" in said
    hub.answers = None
    done = download(hub, tmp_path / "base")
    made(done)
    assert hub.ranges == ["", f"bytes={CHUNK}-", f"bytes={CHUNK}-"]
    progress = [line for line in done.stderr.splitlines() if line.endswith(" bytes")]
    assert progress[0] == f"{2 * CHUNK} of {3 * CHUNK} bytes"
    assert progress[-1] == f"{3 * CHUNK} of {3 * CHUNK} bytes"


def test_a_file_that_is_not_what_the_hub_names_is_not_kept(hub: Hub, tmp_path: Path) -> None:
    blobs = tmp_path / "hf" / "hub" / f"models--{REPOSITORY.replace('/', '--')}" / "blobs"
    blobs.mkdir(parents=True)
    part = blobs / f"{hub.facts(WEIGHTS)['lfs']['oid']}.part"
    part.write_bytes(b"not the beginning of these weights")
    said = refusal(download(hub, tmp_path / "base"))
    assert said.startswith("other: model.safetensors came with sha256 ")
    assert not part.exists()
    made(download(hub, tmp_path / "base"))


@pytest.mark.parametrize(
    ("token", "said"),
    [("", "is gated and HF_TOKEN is not set"), ("another", "is gated and HF_TOKEN has no access")],
    ids=["none", "of somebody else"],
)
def test_a_gated_model_says_what_opens_it(token: str, said: str, hub: Hub, tmp_path: Path) -> None:
    hub.token = "secret"
    found = refusal(download(hub, tmp_path / "base", HF_TOKEN=token))
    assert found.startswith(f"other: {REPOSITORY} {said}")
    assert f"{hub.url}/{REPOSITORY}" in found


def test_a_gated_model_comes_with_a_token_that_has_access(hub: Hub, tmp_path: Path) -> None:
    hub.token = "secret"
    made(download(hub, tmp_path / "base", HF_TOKEN="secret"))


def test_an_unknown_repository_or_revision_is_named(hub: Hub, tmp_path: Path) -> None:
    found = refusal(download(hub, tmp_path / "base", "v2"))
    assert found == f"other: {REPOSITORY} has no revision 'v2'"
    found = refusal(download(hub, tmp_path / "base", repository="no/body"))
    assert found == "other: no no/body on the hub, or it is private and HF_TOKEN is not set"
    found = refusal(download(hub, tmp_path / "base", repository="a/b/c"))
    assert found.startswith("other: neither the hub nor its cache gives a/b/c (Repo id must be")


def test_a_disk_without_room_is_said_before_anything_is_taken(hub: Hub, tmp_path: Path) -> None:
    hub.sizes = {WEIGHTS: 10**16}
    found = refusal(download(hub, tmp_path / "base"))
    assert "needed 10000000.0 GB of free disk in " in found
    assert WEIGHTS not in hub.taken


def test_a_repository_without_weights_is_named(hub: Hub, tmp_path: Path) -> None:
    hub.files = {name: data for name, data in hub.files.items() if name != WEIGHTS}
    found = refusal(download(hub, tmp_path / "base"))
    assert found == f"other: {REPOSITORY} has no model*.safetensors"


def test_without_a_network_the_way_to_get_the_model_is_said(hub: Hub, tmp_path: Path) -> None:
    found = refusal(download(hub, tmp_path / "base", HF_ENDPOINT="http://127.0.0.1:1"))
    assert "neither the hub nor its cache gives" in found
    assert "point HF_HOME at the copy" in found
