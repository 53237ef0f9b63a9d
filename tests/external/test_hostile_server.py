"""What a server sends is bounded before anything of it is built: one line, soon, in little memory.

Each attempt runs in a process of its own, whose time and memory are then known.
"""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil
import pytest

from profiles import ProfileError, Server, resolve_server
from tasks.domain.toolcalls import ToolCall
from tasks.external.mcp_server import connect

ROOT = Path(__file__).parents[2]
FAKE = str(ROOT / "tests" / "fakes" / "hostile_server.py")
CALL = ToolCall(name="list_things", arguments={})
ATTEMPT = """
import json, resource, sys
from profiles import Server
from tasks.domain.errors import CallFailed
from tasks.domain.toolcalls import ToolCall
from tasks.external.mcp_server import connect
from benchmarks.kernel_facts import peak_bytes
with connect(Server.model_validate_json(sys.argv[1])) as session:
    session.toolset()
    try:
        said = session.call(ToolCall(name="list_things", arguments={})).text
    except CallFailed as error:
        said = str(error)
used = resource.getrusage(resource.RUSAGE_SELF)
print(json.dumps([said, used.ru_utime + used.ru_stime, peak_bytes() / 2**20]))
"""


def attempt(**spec: Any) -> str:
    """What is said of a server that is called once; it took less than 10 s of CPU and 300 MB."""
    server = Server(name="hostile", **spec)
    done = subprocess.run(
        [sys.executable, "-c", ATTEMPT, server.model_dump_json()],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=100,
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    said, seconds, megabytes = json.loads(done.stdout)
    assert seconds < 10
    assert megabytes < 300
    left = [p for p in psutil.process_iter(["cmdline"]) if FAKE in (p.info["cmdline"] or [])]
    assert left == [] or "url" in spec
    return str(said)


@contextmanager
def serving(mode: str, *options: str) -> Iterator[str]:
    """The hostile server over HTTP: its URL."""
    with subprocess.Popen(
        [sys.executable, FAKE, mode, "http", *options],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as process:
        assert process.stdout
        yield f"http://127.0.0.1:{int(process.stdout.readline())}/mcp"
        process.terminate()


@pytest.mark.parametrize(
    ("mode", "said"),
    [
        ("huge", "sent more than 8388608 characters at once"),
        ("endless", "sent more than 8388608 characters at once"),
        ("unasked", "sent 10000 messages that nobody asked for"),
    ],
)
def test_a_process_that_answers_without_measure_is_ended(mode: str, said: str) -> None:
    assert attempt(command=(sys.executable, FAKE, mode)) == (
        f"server 'hostile': {said}, no answer to a call of 'list_things'; needed a tool result"
    )


def test_lists_in_lists_without_end_are_a_text_like_any_other() -> None:
    assert attempt(command=(sys.executable, FAKE, "deep-text")).startswith("[[[[")


@pytest.mark.parametrize(
    ("mode", "options", "said"),
    [
        ("huge", (), "sent more than 8388608 characters at once"),
        ("huge", ("gzip",), "sent a compressed answer, which it was asked not to do"),
        ("huge", ("events",), "Server-sent event exceeded the 8388608 byte limit"),
        ("deep", (), "Invalid JSON: recursion limit exceeded"),
    ],
)
def test_an_address_that_answers_without_measure_is_refused(
    mode: str, options: tuple[str, ...], said: str
) -> None:
    with serving(mode, *options) as url:
        assert said in attempt(url=url)


def test_a_tool_that_says_odd_things_of_itself_costs_no_other_one() -> None:
    with connect(Server(name="hostile", command=(sys.executable, FAKE, "sloppy"))) as session:
        toolset = session.toolset()
    read_only = {tool.name: tool.read_only for tool in toolset.tools}
    assert read_only == {"list_things": True, "find_things": False, "get_thing": False}
    (note,) = toolset.notes
    assert note.endswith("is blank, or has control characters")
    assert "\x1b" not in note


def test_a_file_in_a_result_is_read_and_a_picture_is_named() -> None:
    with connect(Server(name="hostile", command=(sys.executable, FAKE, "embedded"))) as session:
        session.toolset()
        assert session.call(CALL).text == "what is in a.txt\n[resource file:///b.bin]"


def test_a_key_that_a_server_shows_is_neither_learned_nor_told(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("CANARY", "s3cret-k3y")
    monkeypatch.setenv("OTHER_CANARY", "never-handed-over")
    server = Server(
        name="hostile",
        command=(sys.executable, FAKE, "environment"),
        env={"KEY": "${CANARY}"},
    )
    with connect(server) as session:
        session.toolset()
        result = session.call(CALL)
        told = session._wire.tail()
    assert result.structured is not None
    assert result.structured["all"]["KEY"] == "${CANARY}"
    assert told == "; its stderr ends: my key is ${CANARY}"
    for secret in ("s3cret-k3y", "never-handed-over"):
        assert secret not in result.model_dump_json()


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("http://[::1", "'http://[::1' is no URL: Invalid IPv6 URL"),
        ("http://localhost:99999/mcp", "is no URL: Port out of range 0-65535"),
        ("http://localhost:port", "is no URL: Port could not be cast to integer"),
        ("http://", "is no URL; needed http:// or https:// and a host"),
        ("http://ada:s3cret@localhost/mcp", "the URL of 'localhost' holds a user's name"),
        ("npx 'server", '"npx \'server" is no command: No closing quotation'),
    ],
)
def test_an_address_that_is_none_is_refused_in_one_line(
    url: str, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MCP_FORGE_ALLOW_AD_HOC_SERVERS", "true")
    with pytest.raises(ProfileError) as caught:
        resolve_server(url)
    assert said in str(caught.value)
    assert "s3cret" not in str(caught.value)


def test_a_key_in_a_url_is_taken_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CANARY", "s3cret-k3y")
    with serving("fine") as url:
        server = Server(name="hostile", url=f"{url}?key=${{CANARY}}")
        assert server.variables == ("CANARY",)
        with connect(server) as session:
            session.toolset()
            assert session.call(CALL).text == "fine"
