"""``mcp-forge`` as a person starts it: one line says what is wrong, and the status says it too."""

import json
import re
import subprocess
import sys
import time
import tomllib
from importlib.metadata import version
from pathlib import Path

import pytest

from flows.command_line import Commands
from flows.usage import subcommands
from flows.version_commands import SweepPlan
from profiles import load_recipe

PROGRAM = Path(sys.executable).with_name("mcp-forge")


def mcp_forge(*arguments: str, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [PROGRAM, *arguments], capture_output=True, text=True, check=False, timeout=120, cwd=cwd
    )


def test_help_names_every_command() -> None:
    answer = mcp_forge("--help")
    assert answer.returncode == 0
    known = subcommands(Commands)
    assert len(known) > 20
    listed = re.findall(r"^ +([a-z][a-z-]+)(?: |$)", answer.stdout, re.MULTILINE)
    assert set(known) <= set(listed)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            ["run", "--server", "nobody"],
            "'nobody' is neither a registered server (",
        ),
        (["run", "--server", "time", "--model", "huge"], "no 'huge' in profiles/models; known: "),
        (["run", "--server", "time", "--profile", "slow"], "no 'slow' in profiles/training; known"),
        (["train", "--data", "no.jsonl"], "--data no.jsonl: no such file"),
    ],
    ids=["server", "model", "profile", "rows"],
)
def test_what_cannot_be_done_is_said_in_one_line(arguments: list[str], message: str) -> None:
    answer = mcp_forge(*arguments)
    assert answer.returncode == 1
    (line,) = answer.stderr.splitlines()
    assert line.startswith(f"mcp-forge: {message}")
    assert answer.stdout == ""


def test_a_model_that_this_machine_cannot_forge_is_refused_before_anything_starts() -> None:
    started = time.monotonic()
    answer = mcp_forge("run", "--server", "time", "--model", "deepseek-r1")
    assert answer.returncode == 1
    (line,) = answer.stderr.splitlines()
    assert line.startswith("mcp-forge: this machine cannot forge deepseek-r1: needed ")
    assert "deepseek-r1: neither the hub nor its cache gives unsloth/" in line
    assert time.monotonic() - started < 60


def test_a_preview_prints_as_many_rows_as_were_wanted_and_leaves_nothing(tmp_path: Path) -> None:
    tools = tmp_path / "tools.json"
    schema = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
    tool = {"name": "get_weather", "description": "Get the weather.", "inputSchema": schema}
    tools.write_text(json.dumps({"tools": [tool]}), encoding="utf-8")
    answer = mcp_forge("preview", "--tools", str(tools), "--rows", "12", cwd=tmp_path)
    assert answer.returncode == 0, answer.stderr
    assert answer.stdout.count("\nuser    ") == 12
    assert "call    get_weather {" in answer.stdout
    assert list(tmp_path.iterdir()) == [tools]


def test_what_a_phrasebook_would_cost_is_said_where_nobody_is_there_to_write_it(
    tmp_path: Path,
) -> None:
    tools = tmp_path / "tools.json"
    schema = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
    tool = {"name": "get_weather", "description": "Get the weather.", "inputSchema": schema}
    tools.write_text(json.dumps({"tools": [tool]}), encoding="utf-8")
    answer = mcp_forge("phrasebook", "write", "--tools", str(tools))
    assert answer.stdout.startswith(
        "requests of 1 of 1 tools are written from their schemas alone; a teacher: "
    )
    assert " at 0.25 and 2 a million" in answer.stdout
    assert answer.returncode == 1
    assert answer.stderr.startswith("mcp-forge: no teacher; needed --teacher-endpoint (or ")
    assert list(tmp_path.iterdir()) == [tools]


def test_a_folder_that_is_no_bundle_is_refused(tmp_path: Path) -> None:
    answer = mcp_forge("verify-bundle", str(tmp_path))
    assert answer.returncode == 1
    assert answer.stderr == (
        f"mcp-forge: {tmp_path}: no SHA256SUMS; needed the folder of a bundle\n"
    )


def test_the_version_is_said_and_what_a_run_can_name_is_listed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("VERSION", "1.2")  # another program's
    monkeypatch.setenv("LIST", "x")
    assert mcp_forge("--version").stdout == f"mcp-forge {version('mcp-forge')}\n"
    known = json.loads(mcp_forge("list", "--json").stdout)
    assert set(known) == {"models", "profiles", "servers"}
    assert known["servers"]["time"].startswith("mcp-server-time")


def test_a_server_is_inspected_for_people_and_for_programs(tmp_path: Path) -> None:
    shown = mcp_forge("inspect", "--server", "time")
    assert "get_current_time(timezone*)\n" in shown.stdout
    file = tmp_path / "tools.json"
    told = json.loads(
        mcp_forge("inspect", "--server", "time", "--json", "--output", str(file)).stdout
    )
    assert json.loads(file.read_text("utf-8")) == told
    assert [tool["name"] for tool in told["tools"]] == ["get_current_time", "convert_time"]


@pytest.mark.parametrize(
    ("plan", "message"),
    [
        ('models = ["tiny"]', "profiles: Field required; seeds: Field required"),
        ("models = [", "no plan of a sweep: "),
    ],
    ids=["a list is missing", "no TOML"],
)
def test_a_plan_of_a_sweep_that_cannot_be_read_is_named(
    plan: str, message: str, tmp_path: Path
) -> None:
    (tmp_path / "sweep.toml").write_text(plan, encoding="utf-8")
    answer = mcp_forge("sweep", "sweep.toml", "--server", "time", cwd=tmp_path)
    assert answer.returncode == 1
    assert answer.stderr.startswith(f"mcp-forge: sweep.toml: {message}")


def test_a_sweep_tries_each_profile_with_each_combination_of_settings() -> None:
    plan = tomllib.loads("""
        models = ["smollm2"]
        profiles = ["demo", "cpu"]
        seeds = [1]
        [set]
        training.learning_rate = [1e-4, 0.002]
        lora.rank = 8
    """)
    profiles = SweepPlan.model_validate(plan).changed_profiles
    assert len(profiles) == 4
    changed = load_recipe("time", "smollm2", profiles[3]).profile
    assert (changed.name, changed.training.learning_rate, changed.lora.rank) == ("cpu", 0.002, 8)


def test_versions_that_are_not_there_are_said_to_be_none(tmp_path: Path) -> None:
    answer = mcp_forge("versions", "time-smollm2", cwd=tmp_path)
    assert answer.returncode == 1
    (line,) = answer.stderr.splitlines()
    assert line == "mcp-forge: no versions of time-smollm2; mcp-forge run makes the first"


def test_a_command_that_does_not_exist_is_a_usage_error() -> None:
    assert mcp_forge("dance").returncode == 2


def test_an_argument_that_cannot_be_is_a_usage_error_in_one_line() -> None:
    answer = mcp_forge("run", "--server", "time", "--samples", "0")
    assert answer.returncode == 2
    assert answer.stderr == "mcp-forge: --samples 0 should be greater than or equal to 1\n"


def test_an_api_that_is_not_there_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PREFECT_API_URL", "http://127.0.0.1:1/api")
    answer = mcp_forge("rollback", "time-smollm2", cwd=tmp_path)
    assert answer.returncode == 1
    (line,) = answer.stderr.splitlines()
    assert line.startswith("mcp-forge: no Prefect API answers at http://127.0.0.1:1/api (")


def test_a_reader_that_has_read_enough_is_no_fault() -> None:
    with subprocess.Popen(
        [PROGRAM, "completion", "bash"], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        assert process.stderr.read() == b""
