"""A bundle from anywhere: only plain files that have their sums are read, and within bounds."""

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tasks.domain.bundle.checks import CONFIDENCE, OpenedBundle
from tasks.domain.bundle.serving_defaults import is_constrained, least_confidence
from tasks.domain.conversations import Message
from tasks.domain.errors import BundleInvalid
from tasks.domain.prompting.retriever import documents_of
from tasks.domain.toollists import functions
from tasks.external.bundle_folder import open_bundle
from tests.fakes.bundles import CALIBRATION, FILES, seal, time_tools, write_bundle

BOMB = "a: &a [x]\n" + "".join(
    f"{name}: &{name} [{', '.join([f'*{before}'] * 9)}]\n"
    for before, name in zip("abcdefghi", "bcdefghij", strict=True)
)


def refusal(folder: Path) -> str:
    """Why a bundle is not opened: one line."""
    with pytest.raises(BundleInvalid) as caught:
        open_bundle(folder)
    said = str(caught.value)
    assert said.startswith(str(folder))
    assert "\n" not in said
    return said


def drop_line(folder: Path, name: str) -> None:
    sums = folder / "SHA256SUMS"
    lines = [line for line in sums.read_text("utf-8").splitlines() if not line.endswith(name)]
    sums.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")


def swap_server(folder: Path) -> None:
    drop_line(folder, "server.json")
    (folder / "server.json").write_text('{"name": "x", "command": ["evil"]}', encoding="utf-8")


def link(folder: Path, name: str, target: str) -> None:
    (folder / name).unlink(missing_ok=True)
    (folder / name).symlink_to(target)


def test_a_whole_bundle_is_opened(tmp_path: Path) -> None:
    bundle = open_bundle(write_bundle(tmp_path / "bundle"))
    assert bundle.files == 5
    assert bundle.server.command[0] == "mcp-server-time"
    assert bundle.agent.file.name == "model.gguf"
    assert bundle.tools[0]["function"]["name"] == "get_current_time"


def test_a_bundle_chooses_tools_as_its_model_was_trained(tmp_path: Path) -> None:
    folder = write_bundle(tmp_path / "bundle")
    agent = json.loads((folder / "agent.yaml").read_text("utf-8"))
    chosen = {"tools_in_prompt": "selected", "tools_selected": 1}
    (folder / "agent.yaml").write_text(json.dumps(agent | chosen), encoding="utf-8")
    known = documents_of(functions(time_tools()))
    (folder / "retriever.json").write_text(known.model_dump_json(), encoding="utf-8")
    seal(folder, *FILES, "retriever.json")
    asked = (Message(role="user", content="convert 5 pm between two time zones"),)
    (tool,) = open_bundle(folder).tools_for(asked)
    assert tool["function"]["name"] == "convert_time"


def test_a_bundle_of_a_model_that_knows_its_tools_sends_none(tmp_path: Path) -> None:
    folder = write_bundle(tmp_path / "bundle")
    agent = json.loads((folder / "agent.yaml").read_text("utf-8"))
    text = json.dumps(agent | {"tools_in_prompt": "none"})
    (folder / "agent.yaml").write_text(text, encoding="utf-8")
    seal(folder, *FILES)
    assert list(open_bundle(folder).tools_for((Message(role="user", content="time?"),))) == []


def test_how_sure_a_model_must_be_is_read_and_an_older_bundle_only_refuses_to_be_asked(
    tmp_path: Path,
) -> None:
    folder = write_bundle(tmp_path / "bundle")
    older = open_bundle(folder)
    assert least_confidence("off", older) == least_confidence("bundle", older) == 0.0
    for wanted in ("auto", 0.5):
        with pytest.raises(BundleInvalid, match=r"no confidence\.json, which a least confidence"):
            least_confidence(wanted, older)
    (folder / CONFIDENCE).write_text(CALIBRATION.model_dump_json(), encoding="utf-8")
    seal(folder, *FILES, CONFIDENCE)
    bundle = open_bundle(folder)
    assert least_confidence("auto", bundle) == CALIBRATION.threshold
    assert least_confidence(0.5, bundle) == 0.5
    assert least_confidence("bundle", bundle) == 0.0
    assert not is_constrained(None, bundle)
    assert is_constrained(True, bundle)


@pytest.mark.parametrize("mode", ["none", "names"])
def test_a_model_that_sees_no_list_must_be_as_sure_as_was_best(mode: str, tmp_path: Path) -> None:
    folder = write_bundle(tmp_path / "bundle")
    agent = json.loads((folder / "agent.yaml").read_text("utf-8"))
    (folder / "agent.yaml").write_text(json.dumps(agent | {"tools_in_prompt": mode}), "utf-8")
    without_confidence = open_sealed(folder)
    assert least_confidence("bundle", without_confidence) == 0.0
    assert is_constrained(None, without_confidence)
    assert not is_constrained(False, without_confidence)
    (folder / CONFIDENCE).write_text(CALIBRATION.model_dump_json(), encoding="utf-8")
    assert least_confidence("bundle", open_sealed(folder, CONFIDENCE)) == CALIBRATION.threshold


def open_sealed(folder: Path, *more: str) -> OpenedBundle:
    seal(folder, *FILES, *more)
    return open_bundle(folder)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[", "confidence.json cannot be read"),
        ('{"slope": 1e9, "intercept": 0, "threshold": 0, "prompts": 1}', "slope: Input should"),
        ('{"slope": 1, "intercept": 0, "threshold": 7, "prompts": 1}', "threshold: Input should"),
    ],
)
def test_a_calibration_that_is_none_is_refused(text: str, said: str, tmp_path: Path) -> None:
    folder = write_bundle(tmp_path / "bundle")
    (folder / CONFIDENCE).write_text(text, encoding="utf-8")
    seal(folder, *FILES, CONFIDENCE)
    assert said in refusal(folder)


@pytest.mark.parametrize(
    ("harm", "said"),
    [
        (lambda f: (f / "SHA256SUMS").write_text(""), "'agent.yaml' has no line in SHA256SUMS"),
        (swap_server, "'server.json' has no line in SHA256SUMS; needed one for every file"),
        (lambda f: (f / "more.bin").write_text("x"), "'more.bin' has no line in SHA256SUMS"),
        (lambda f: (f / "tools.json").write_text("[]"), "tools.json was altered: sha256"),
        (lambda f: (f / "agent.yaml").unlink(), "agent.yaml is missing"),
        (lambda f: link(f, "tools.json", "/etc/passwd"), "'tools.json' is a link or a device"),
        (lambda f: link(f, "tests/out", "/etc"), "'tests/out' is a link or a device"),
        (lambda f: link(f, "SHA256SUMS", "/etc/passwd"), "'SHA256SUMS' is a link or a device"),
        (lambda f: os.mkfifo(f / "pipe"), "'pipe' is a link or a device; needed plain files"),
        (lambda f: (f / "SHA256SUMS").write_text(f"{'0' * 64}  ../x\n"), "'../x' is not a file"),
        (lambda f: (f / "SHA256SUMS").write_text(f"{'0' * 64}  /x\n"), "'/x' is not a file"),
        (lambda f: (f / "SHA256SUMS").write_text(f"{'0' * 64}  ./x\n"), "'./x' is not a file"),
        (lambda f: (f / "SHA256SUMS").write_bytes(b"\xff"), "SHA256SUMS is not UTF-8 text"),
        (lambda f: (f / "SHA256SUMS").write_text("x" * 2**22), "needed at most 1048576"),
        (
            lambda f: [(f / f"{n}.bin").write_text("x") for n in range(1100)],
            "more than 1000 files",
        ),
    ],
)
def test_a_file_that_its_sums_do_not_vouch_for_is_refused_before_anything_is_read(
    harm: Callable[[Path], Any], said: str, tmp_path: Path
) -> None:
    # Were a text read first, it would be refused for what it is.
    folder = write_bundle(tmp_path / "bundle", agent="[", server="{", validation="{")
    harm(folder)
    assert said in refusal(folder)


@pytest.mark.parametrize(
    ("texts", "said"),
    [
        ({"agent": "just words"}, "agent.yaml: Input should be a valid dictionary"),
        ({"agent": "["}, "agent.yaml cannot be read: while parsing a flow node"),
        ({"agent": "a: &a [*a]"}, "agent.yaml cannot be read: it is nested too deep"),
        ({"agent": "[" * 100_000}, "agent.yaml cannot be read: it is nested too deep"),
        ({"agent": BOMB}, "agent.yaml cannot be read: its aliases make more than"),
        ({"agent": "x" * 2**20}, "agent.yaml has 1048576 bytes, needed at most"),
        ({"agent": "!!python/object/apply:os.system [id]"}, "could not determine a constructor"),
        (
            {"agent": json.dumps({"file": {"name": "../../etc/passwd"}, "stop": []})},
            "agent.yaml: file.name: String should match pattern",
        ),
        (
            {
                "agent": json.dumps(
                    {
                        "file": {"name": "/etc/a.gguf"},
                        "stop": [],
                        "max_seq_length": 512,
                        "toolset_fingerprint": "0",
                    }
                )
            },
            "agent.yaml: names the file '/etc/a.gguf', needed one of the bundle's",
        ),
        ({"server": "[" * 100_000}, "server.json cannot be read: recursion limit"),
        ({"server": "[]"}, "server.json: Input should be a valid dictionary"),
        ({"server": '{"name": "../../x", "command": ["x"]}'}, "server.json: name: String should"),
        (
            {"server": '{"name": "x", "tools_file": "/etc/passwd"}'},
            "server.json: names the file '/etc/passwd'",
        ),
        (
            {
                "server": '{"name": "x", "command": ["x"],'
                ' "workspace": {"files": {"../../.bashrc": "evil"}}}'
            },
            "the file '../../.bashrc' is not one inside the workspace",
        ),
        ({"tools": '[{"function": {}}]'}, "tools.json: 0.function.name: Field required"),
        ({"tools": "7"}, "tools.json: Input should be a valid list"),
        ({"validation": "{}"}, "tests/validation.json: cases: Field required"),
        ({"validation": " " * (2**24 + 1)}, "validation.json has 16777217 bytes, needed at most"),
    ],
)
def test_a_text_that_is_not_what_it_should_be_is_one_line(
    texts: dict[str, str], said: str, tmp_path: Path
) -> None:
    assert said in refusal(write_bundle(tmp_path / "bundle", **texts))


def test_a_folder_that_is_not_there_is_no_bundle(tmp_path: Path) -> None:
    assert "no such folder; needed the folder of a bundle" in refusal(tmp_path / "nowhere")
