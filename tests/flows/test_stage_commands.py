"""Each stage as a command: what it writes, what it says, and what the next one makes of it."""

import io
import json
import re
from contextlib import redirect_stdout
from pathlib import Path

import pytest

from flows.command_line import run_command
from tasks.domain.errors import UnusableData, ValidationFailed

pytestmark = pytest.mark.usefixtures("prefect_api", "own_profiles", "llama_cpp")
TUNED = ("--model", "tiny", "--profile", "tiny")
SERVED = ("--server", "time", *TUNED)


def told(*arguments: str) -> str:
    """Run a command; the lines of its own, behind what libraries print before."""
    with redirect_stdout(io.StringIO()) as output:
        run_command([*arguments])
    return re.sub(r"(?m)^(?:Unsloth|==|🦥).*\n", "", output.getvalue())


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the commands write."""
    return tmp_path_factory.mktemp("stages")


@pytest.fixture(scope="module")
def rows(folder: Path) -> str:
    """What ``generate`` wrote."""
    file = folder / "train.jsonl"
    assert told("generate", *SERVED, "--output", str(file)).startswith(f"30 rows in {file}, ")
    assert len(file.read_text("utf-8").splitlines()) == 30
    return str(file)


@pytest.fixture(scope="module")
def gguf(folder: Path, rows: str) -> str:
    """What ``train`` and ``export`` made of the rows."""
    adapter, file = str(folder / "adapter"), str(folder / "model.gguf")
    answer = told("train", *TUNED, "--data", rows, "--output", adapter)
    assert answer.startswith(f"adapter {adapter}, loss ")
    assert (folder / "adapter" / "adapter_model.safetensors").is_file()
    assert json.loads((folder / "adapter" / "training.json").read_text("utf-8"))["steps"] == 2
    answer = told("export", "--model", "tiny", "--adapter", adapter, "--output", file)
    assert answer.startswith(file)
    return file


@pytest.fixture(scope="module")
def reports(folder: Path, rows: str, gguf: str) -> tuple[str, str]:
    """What ``validate`` and ``benchmark`` said of the file."""
    validation, scorecard = str(folder / "validation.json"), str(folder / "benchmark.json")
    files = ("--gguf", gguf, "--data", rows)
    answer = told("validate", *SERVED, *files, "--output", validation)
    assert answer.startswith("loops completed: ")
    files = (*files, "--validation", validation)
    answer = told("benchmark", *SERVED, *files, "--output", scorecard)
    assert answer.startswith("exact match ")
    return validation, scorecard


def test_rows_are_held_against_the_gate_and_the_report_says_how(folder: Path, rows: str) -> None:
    report = str(folder / "report")
    answer = told("check", *TUNED, "--data", rows, "--report", report)
    assert answer == f"30 rows let through; report {report}.md\n"
    page = (folder / "report.md").read_text("utf-8")
    assert "## Quality gate" in page
    assert "## What is trained" in page
    assert json.loads((folder / "report.json").read_text("utf-8"))["rows"] == 30


def test_an_adapter_does_not_go_where_something_else_is(folder: Path, rows: str) -> None:
    with pytest.raises(UnusableData, match="holds no adapter; needed a new folder"):
        told("train", *TUNED, "--data", rows, "--output", str(folder))
    assert Path(rows).is_file()


def test_a_bundle_is_packed_and_its_scores_are_read(
    folder: Path, gguf: str, reports: tuple[str, str]
) -> None:
    proofs = ("--validation", reports[0], "--benchmark", reports[1])
    bundle = folder / "bundle"
    answer = told("pack", *SERVED, "--gguf", gguf, *proofs, "--output", str(bundle))
    assert answer == f"bundle {bundle}\n"
    assert (bundle / "model.gguf").read_bytes() == Path(gguf).read_bytes()
    assert "exact match" in told("scores", str(bundle))


def test_a_report_of_another_file_is_neither_scored_nor_packed(
    folder: Path, rows: str, gguf: str, reports: tuple[str, str]
) -> None:
    stale = folder / "stale.json"
    value = json.loads(Path(reports[0]).read_text("utf-8")) | {"gguf": "0" * 64}
    stale.write_text(json.dumps(value), encoding="utf-8")
    proof = ("--gguf", gguf, "--validation", str(stale))
    message = "the validation is of a file with sha256 0000"
    with pytest.raises(ValidationFailed, match=message):
        told("benchmark", *SERVED, *proof, "--data", rows, "--output", str(folder / "new.json"))
    with pytest.raises(ValidationFailed, match=message):
        told("pack", *SERVED, *proof, "--benchmark", reports[1], "--output", str(folder / "new"))
