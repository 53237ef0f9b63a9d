"""A bundle as a person uses it from a shell: one question, a conversation, a stranger's server."""

import json
import os
import pty
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from flows.terminal import Consent
from tasks.domain.products.confidence import UNSURE
from tasks.domain.toolcalls import ToolCall
from tasks.external.bfcl_package import VERSION
from tests.fakes.bundles import (
    REPEAT,
    time_tools,
    write_bundle,
    write_real_bundle,
)

ROOT = Path(__file__).parents[2]
COMMAND = [sys.executable, "-P", "-m", "flows"]
ENVIRONMENT = os.environ | {"PYTHONPATH": str(ROOT)}


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A whole one, with the real small model."""
    return write_real_bundle(tmp_path_factory.mktemp("bundles") / "bundle")


def run(*command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command, capture_output=True, text=True, check=False, timeout=300, env=ENVIRONMENT
    )


def test_one_question_is_answered_as_json_with_its_calls(bundle: Path) -> None:
    done = run(*COMMAND, "chat", str(bundle), "--ask", REPEAT, "--json", "--grammar")
    assert done.returncode == 0, done.stderr
    reply = json.loads(done.stdout)
    first = reply["calls"][0]
    assert reply["question"] == REPEAT
    assert (first["name"], first["arguments"]) == ("get_current_time", {"timezone": "Asia/Tokyo"})
    assert first["executed"]
    assert "Asia/Tokyo" in first["result"]
    assert reply["answer"]
    assert 0 <= reply["confidence"] < 1


def test_a_call_that_is_not_sure_enough_is_shown_and_not_made(bundle: Path) -> None:
    done = run(*COMMAND, "chat", str(bundle), "--ask", REPEAT, "--min-confidence", "auto")
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == UNSURE
    assert 'call      get_current_time {"timezone": "Asia/Tokyo"}' in done.stderr
    assert "Held back: the model is not sure enough" in done.stderr


def test_a_conversation_ends_cleanly_at_ctrl_c(bundle: Path) -> None:
    process = subprocess.Popen(
        [*COMMAND, "chat", str(bundle)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=ENVIRONMENT,
    )
    assert process.stderr is not None
    assert "can call get_current_time, convert_time" in process.stderr.readline()
    process.send_signal(signal.SIGINT)
    output, errors = process.communicate(timeout=60)
    assert process.returncode == 0
    assert output == ""
    assert errors.strip() == ""


def test_lines_on_standard_input_are_asked_one_by_one_and_their_end_is_the_end(
    bundle: Path,
) -> None:
    too_long, not_utf_8 = b"word " * 9000, "Hello, Grüße!".encode("latin-1")
    done = subprocess.run(
        [*COMMAND, "chat", str(bundle)],
        input=b"\n".join([too_long, b"", not_utf_8, b""]),
        capture_output=True,
        check=False,
        timeout=300,
        env=ENVIRONMENT | {"PYTHONIOENCODING": "utf-8:strict"},
    )
    errors = done.stderr.decode("utf-8", "replace")
    assert done.returncode == 0, errors
    greeting, *others = errors.splitlines()
    assert "can call get_current_time, convert_time. Ctrl-D ends it." in greeting
    assert sum("exceed_context_size" in line for line in others) == 1, errors
    assert done.stdout.strip(), "the line behind the one that was refused is answered"


@contextmanager
def at_a_terminal(*arguments: str) -> Iterator[tuple[int, "subprocess.Popen[bytes]"]]:
    """A command whose input and errors are a terminal; the terminal's other end comes with it."""
    here, there = pty.openpty()
    process = subprocess.Popen(
        [*COMMAND, *arguments], stdin=there, stdout=there, stderr=there, env=ENVIRONMENT
    )
    os.close(there)
    try:
        yield here, process
    finally:
        process.kill()
        process.wait()
        os.close(here)


def read_until(terminal: int, words: bytes) -> bytes:
    text = b""
    while words not in text:
        text += os.read(terminal, 4096)
    return text


@pytest.mark.parametrize(("answer", "is_started"), [(b"n\n", False), (b"y\n", True)])
def test_a_strangers_server_is_shown_and_started_only_at_a_persons_word(
    answer: bytes, is_started: bool, tmp_path: Path
) -> None:
    shown = tmp_path / "started"
    command = [sys.executable, "-c", f"open({str(shown)!r}, 'w').close()"]
    folder = write_bundle(tmp_path / "bundle", {"name": "time", "command": command})
    with at_a_terminal("chat", str(folder), "--ask", "Hello") as (terminal, process):
        asked = read_until(terminal, b"Start it? [y/N]")
        assert b"the bundle's server 'time' is not one that is registered here" in asked
        assert not shown.exists()
        os.write(terminal, answer)
        # A server that ends at once, and one that nobody wants, both end the command.
        assert b"mcp-forge: " in read_until(terminal, b"mcp-forge: ")
        assert process.wait(60) == 1
    assert shown.exists() is is_started


def test_only_calls_that_change_nothing_need_no_word() -> None:
    reading = time_tools().tool("get_current_time")
    changing = reading.model_copy(update={"read_only": False})
    call = ToolCall(name="get_current_time", arguments={})
    assert Consent().allows(reading, call)
    assert not Consent().allows(changing, call)  # nobody sits at the terminal of a test
    assert not Consent().allows_unattended(changing, call)
    assert Consent(yes=True).allows(changing, call)
    assert Consent(yes=True).allows_unattended(changing, call)


def test_breadth_says_how_its_package_is_installed_where_it_is_not() -> None:
    program = (
        "import sys; sys.modules['bfcl_eval'] = None; sys.argv[1:] = ['breadth', 'nowhere']; "
        "from flows.__main__ import main; main()"
    )
    done = run(sys.executable, "-P", "-c", program)
    assert done.returncode == 1
    assert done.stdout == ""
    (line,) = done.stderr.splitlines()
    assert line.startswith("mcp-forge: the package bfcl-eval, with the questions and their checker")
    assert line.endswith(f"pip install --no-deps bfcl-eval=={VERSION}")
