"""Called in a folder with packages of our names, mcp-forge runs its own code and not theirs."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tasks.domain.errors import ExportFailed
from tasks.external.llama_cpp import served
from tasks.external.mcp_server import inspect
from tasks.external.stub_server import stub
from tests.fakes.bundles import time_tools

ROOT = Path(__file__).parents[1]


@pytest.fixture
def strange(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The working directory: packages of our names in it leave a trace when they are imported."""
    trace = tmp_path / "trace"
    for name in ("flows", "tasks", "profiles", "infra", "unsloth_compiled_cache/json"):
        package = tmp_path / "strange" / name
        package.mkdir(parents=True)
        code = f"open({str(trace)!r}, 'a').write({name!r})\nraise SystemExit('a strange {name}')\n"
        (package / "__init__.py").write_text(code, encoding="utf-8")
    monkeypatch.chdir(tmp_path / "strange")
    yield tmp_path / "strange"
    assert not trace.exists(), trace.read_text("utf-8")


def said_by(*command: str | Path) -> str:
    answer = subprocess.run(
        command,
        env={k: v for k, v in os.environ.items() if k != "PREFECT_API_URL"}
        | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert answer.returncode == 0, answer.stderr
    return answer.stdout


@pytest.mark.usefixtures("strange")
def test_a_command_lists_a_servers_tools() -> None:
    said = said_by(Path(sys.executable).with_name("mcp-forge"), "inspect", "--server", "time")
    assert "get_current_time(timezone*)" in said


@pytest.mark.usefixtures("strange")
def test_the_stand_in_of_a_server_is_ours(tmp_path: Path) -> None:
    file = tmp_path / "tools.json"
    file.write_text(time_tools().model_dump_json(), encoding="utf-8")
    assert len(inspect(stub(file, seed=1)).tools) == 2


@pytest.mark.usefixtures("strange")
def test_the_process_that_serves_a_model_is_ours(tmp_path: Path) -> None:
    (tmp_path / "model.gguf").write_text("no model", encoding="utf-8")
    with (
        pytest.raises(ExportFailed, match=r"llama\.cpp cannot load model\.gguf: "),
        served(tmp_path / "model.gguf", 512),
    ):
        pass


@pytest.mark.usefixtures("strange")
def test_what_unsloth_imports_from_is_a_folder_of_ours() -> None:
    code = "import os, tasks.external.trainer; print(os.environ['UNSLOTH_COMPILE_LOCATION'])"
    assert said_by(sys.executable, "-P", "-c", code).strip() == str(
        Path(os.environ["MCP_FORGE_HOME"]) / "unsloth"
    )
