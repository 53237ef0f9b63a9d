"""A command line that is wrong, and its help."""

import os
from pathlib import Path

import pytest
from pydantic import ValidationError
from pydantic_settings import SettingsError

from flows.command_line import Commands, run_command
from flows.inputs import check_files, chosen_server
from flows.usage import explain_arguments, explain_environment, explain_usage
from profiles.settings import Settings
from tasks.domain.errors import ForgeError


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("run --samples 0", "--samples 0 should be greater than or equal to 1"),
        (
            "generate --samples many --own-share 2",
            "--samples many should be a valid integer, unable to parse string as an integer; "
            "--own-share 2 should be less than or equal to 1",
        ),
        ("run --samples 200000", "--samples 200000 should be less than or equal to 100000"),
        ("run --seed -1", "--seed -1 should be greater than or equal to 0"),
        (
            "chat bundle --min-confidence 2",
            "--min-confidence 2 should be 'off', 'auto' or 'bundle' "
            "or should be less than or equal to 1",
        ),
        ("completion fish", "SHELL fish should be 'bash' or 'zsh'"),
        ("validate --gguf model.gguf --seed x", "needed --data; --seed x should be a valid"),
        (
            "phrasebook write --teacher-max-tokens x",
            "--teacher-max-tokens x should be a valid integer",
        ),
    ],
)
def test_what_is_wrong_is_named_as_it_is_typed(line: str, reason: str) -> None:
    with pytest.raises(ValidationError) as caught:
        run_command(line.split())
    assert explain_arguments(caught.value, Commands).startswith(reason)


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("chatt bundle", "no command 'chatt'; is it chat?; mcp-forge --help says what it takes"),
        ("dance", "no command 'dance'; mcp-forge --help says what it takes"),
        (
            "chat bundle --servr time",
            "unrecognized arguments: --servr time; is it --server?; "
            "mcp-forge chat --help says what it takes",
        ),
        (
            "chat",
            "the following arguments are required: FOLDER; "
            "mcp-forge chat --help says what it takes",
        ),
        (
            "chat bundle --ask",
            "argument --ask: expected one argument; mcp-forge chat --help says what it takes",
        ),
        (
            "phrasebook",
            "CLI subcommand is required {check, write}; "
            "mcp-forge phrasebook --help says what it takes",
        ),
        (
            "phrasebook chek x",
            "no command 'chek'; is it check?; mcp-forge phrasebook --help says what it takes",
        ),
    ],
)
def test_a_line_that_cannot_be_read_is_explained_in_one_with_what_was_perhaps_meant(
    line: str, reason: str
) -> None:
    with pytest.raises(SettingsError) as caught:
        run_command(line.split())
    assert explain_usage(str(caught.value), line.split(), Commands) == reason


def test_a_setting_that_cannot_be_is_named_as_the_environment_has_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("MCP_FORGE_LLAMA_SLOTS", "0")
    with pytest.raises(ValidationError) as caught:
        Settings()
    assert explain_environment(caught.value) == (
        "MCP_FORGE_LLAMA_SLOTS=0 should be greater than or equal to 1"
    )


@pytest.mark.parametrize("command", ["run", "inspect", "chat", "push", "sweep", "phrasebook write"])
def test_help_says_what_to_type_and_no_types_of_python(
    command: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit, match="0"):
        run_command([*command.split(), "--help"])
    shown = capsys.readouterr().out
    assert " TEXT" in shown
    for word in (" str]", " int]", "list[", "None", "(default: )", "{{", "--no-json"):
        assert word not in shown


def test_without_a_command_the_help_says_what_there_is(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        run_command([])
    shown = capsys.readouterr().err
    assert shown.startswith("usage: mcp-forge [-h] [--version] COMMAND ...")
    assert "verify-bundle" in shown


@pytest.mark.parametrize(
    ("server", "tools", "fault"),
    [
        ("", "", "needed one of --server and --tools, found neither"),
        ("time", "tools.json", "needed one of --server and --tools, found both"),
        ("", "tools.json", r"--tools tools\.json: no such file"),
        ("tools.json", "", r"--server tools\.json: no such file"),
        ("", "time", r"--tools time: needed a file with a tool list, in \.json or \.yaml"),
        ("", "python3 server.py", "--tools python3 .*: needed a file with a tool list"),
    ],
)
def test_a_server_or_a_tool_list_is_looked_at_before_anything_starts(
    server: str, tools: str, fault: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MCP_FORGE_ALLOW_AD_HOC_SERVERS", "true")
    with pytest.raises(ForgeError, match=fault):
        chosen_server(server, tools)


def test_a_file_that_is_not_there_is_named_with_its_flag(tmp_path: Path) -> None:
    check_files(data=str(tmp_path), own_data="")
    with pytest.raises(ForgeError, match=r"^--own-data ours\.jsonl: no such file$"):
        check_files(data=str(tmp_path), own_data="ours.jsonl")
    with pytest.raises(ForgeError, match=r"^sweep\.toml: no such file$"):
        check_files("sweep.toml")
    os.mkfifo(tmp_path / "rows")
    with pytest.raises(ForgeError, match="rows: is a pipe or a device, needed a file"):
        check_files(own_data=str(tmp_path / "rows"))
