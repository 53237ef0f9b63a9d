"""One MCP server, from the far end of its wire: real ones, and small ones that misbehave."""

import os
import shutil
import signal
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import psutil
import pytest

from profiles import Server, load_server
from tasks.domain.errors import CallFailed, ServerFailed, UnusableData, UnusableTool
from tasks.domain.products import ToolResult
from tasks.domain.toolcalls import ToolCall
from tasks.external.mcp_server import McpSession, connect, inspect
from tasks.external.servers import Caller, read_toolset_of
from tasks.external.stub_server import stub
from tasks.external.tool_files import read_toolset

ROOT = Path(__file__).parents[2]
FAKES = ROOT / "tests" / "fakes"
TOKEN = uuid.uuid4().hex
ROME = ToolCall(name="forecast", arguments={"city": "Rome"})
NOWHERE = ToolCall(name="forecast", arguments={"city": "Nowhere"})


def faulty(mode: str, *include: str) -> Server:
    """The faulty server in one of its modes."""
    return Server(
        name="weather",
        command=(sys.executable, str(FAKES / "faulty_server.py"), mode),
        env={"TEST_TOKEN": TOKEN},
        include_tools=include,
    )


def refusal(server: Server, seconds: float = 20) -> str:
    """What ``connect`` or ``toolset`` says against a server."""
    with (
        pytest.raises((ServerFailed, UnusableTool)) as caught,
        connect(server, start_timeout_seconds=seconds) as session,
    ):
        session.toolset()
    return str(caught.value)


def answer(mode: str, call: ToolCall = ROME) -> ToolResult:
    """What the faulty server answers to one call."""
    with connect(faulty(mode)) as session:
        session.toolset()
        return session.call(call)


def running() -> list[int]:
    """The processes that the tests of this module started and that still run."""
    every = psutil.process_iter(["pid", "environ"])
    return [p.pid for p in every if (p.info["environ"] or {}).get("TEST_TOKEN") == TOKEN]


@pytest.fixture(autouse=True)
def _no_process_is_left() -> Iterator[None]:
    yield
    deadline = time.monotonic() + 2
    while running() and time.monotonic() < deadline:
        time.sleep(0.02)
    assert running() == []


@pytest.fixture(scope="module")
def clock() -> Iterator[McpSession]:
    with connect(load_server("time")) as session:
        yield session


@pytest.fixture(scope="module")
def weather_url() -> Iterator[str]:
    command = [sys.executable, str(FAKES / "weather_server.py"), "http"]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as process:
        assert process.stdout
        yield f"http://127.0.0.1:{int(process.stdout.readline())}/mcp"
        process.terminate()


@contextmanager
def web_server(status: int) -> Iterator[tuple[str, list[str]]]:
    """A web server that is no MCP server: its URL, and the credentials it was shown."""
    shown: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            shown.append(self.headers["Authorization"])
            self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(status)
            self.send_header("Content-Type", "text/html")
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            """Stay quiet."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as web:
        thread = threading.Thread(target=web.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{web.server_port}/mcp", shown
        web.shutdown()
        thread.join()


def test_a_server_whose_calls_only_fail_is_not_asked_for_ever() -> None:
    server = faulty("is-error").model_copy(update={"read_only": ("forecast",)})
    toolset = read_toolset_of(server)
    with connect(server) as session:
        caller = Caller(toolset, 1, session, patience_seconds=0)
        assert caller(ROME).text == "no such city"
        with pytest.raises(CallFailed, match=r"not asked any more: .* \(1 in a row"):
            caller(ROME)


def test_a_call_that_succeeds_gives_a_server_its_patience_back() -> None:
    server = faulty("contents").model_copy(update={"read_only": ("forecast",)})
    toolset = read_toolset_of(server)
    with connect(server) as session:
        caller = Caller(toolset, 1, session, patience_seconds=100, failures=[60, 39])
        assert not caller(ROME).is_error
    assert caller.failures == []


def test_a_real_server_lists_its_tools(clock: McpSession) -> None:
    toolset = clock.toolset()
    assert toolset.server == "time"
    assert toolset.version.startswith("mcp-time 20")
    assert [tool.name for tool in toolset.tools] == ["get_current_time", "convert_time"]
    assert all(tool.read_only and not tool.destructive for tool in toolset.tools)
    assert toolset.tool("get_current_time").input_schema["required"] == ["timezone"]


def test_a_real_server_answers_a_call(clock: McpSession) -> None:
    result = clock.call(ToolCall(name="get_current_time", arguments={"timezone": "Asia/Tokyo"}))
    assert not result.is_error
    assert result.structured is not None
    assert result.structured["timezone"] == "Asia/Tokyo"
    assert '"timezone": "Asia/Tokyo"' in result.text


def test_a_real_servers_refusal_is_a_result_that_is_an_error(clock: McpSession) -> None:
    wrong = clock.call(ToolCall(name="get_current_time", arguments={"timezone": "Mars"}))
    unknown = clock.call(ToolCall(name="tell_fortune", arguments={}))
    assert wrong.is_error
    assert "No time zone found with key Mars" in wrong.text
    assert unknown == ToolResult(text="Unknown tool: tell_fortune", is_error=True)


def test_one_session_serves_calls_from_many_threads(clock: McpSession) -> None:
    call = ToolCall(name="get_current_time", arguments={"timezone": "UTC"})
    with ThreadPoolExecutor(4) as pool:
        results = list(pool.map(clock.call, [call] * 20))
    assert not any(result.is_error for result in results)


def test_a_console_script_beside_python_is_found_without_path(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert len(inspect(load_server("time")).tools) == 2


def test_a_missing_command_is_named() -> None:
    said = refusal(Server(name="weather", command=("no-such-weather", "--now")))
    assert said == (
        "server 'weather': no program 'no-such-weather' on PATH; needed an installed command"
    )


def test_how_a_missing_program_is_installed_is_said_with_its_name() -> None:
    command = "uv tool install weather==1.2"
    said = refusal(Server(name="weather", command=("no-such-weather",), install=command))
    assert said == f"server 'weather': no program 'no-such-weather' on PATH; install it: {command}"


def test_a_start_that_fails_says_how_the_program_is_installed() -> None:
    said = refusal(faulty("exit-at-once").model_copy(update={"install": "npm install weather"}))
    assert said.endswith("no API key; if it is not installed: npm install weather")


def test_a_server_is_started_in_the_folder_that_its_file_names(tmp_path: Path) -> None:
    workspace = tmp_path / "workspace"
    workspace.mkdir()
    shutil.copy(FAKES / "weather_server.py", workspace)
    server = Server(
        name="weather", command=(sys.executable, "weather_server.py"), folder="{workspace}"
    )
    with connect(server, workspace) as session:
        assert session.call(ROME).text == "Rome: sunny for 1 days"
    assert "{workspace}, needed a workspace" in refusal(server)


def test_a_file_that_is_no_program_is_named(tmp_path: Path) -> None:
    program = tmp_path / "weather"
    program.write_bytes(b"\x00\x01")
    program.chmod(0o755)
    said = refusal(Server(name="weather", command=(str(program),)))
    assert "cannot be started" in said
    assert "Exec format error" in said


def test_the_last_words_of_a_server_that_exits_at_once_are_told() -> None:
    said = refusal(faulty("exit-at-once"))
    assert said == (
        "server 'weather': ended without an answer to the handshake; needed an MCP server; "
        "its stderr ends: two | three | four | five | no API key"
    )


def test_a_server_that_dies_of_the_newer_protocol_is_asked_in_the_older() -> None:
    assert answer("die-on-discover").text == "Sunny"


def test_a_server_that_dies_in_a_call_is_told_with_its_last_words_and_started_again() -> None:
    with connect(faulty("die-in-call")) as session:
        for _ in range(2):
            assert session.call(ROME).text == "Sunny"
            with pytest.raises(CallFailed) as caught:
                session.call(NOWHERE)
            assert str(caught.value) == (
                "server 'weather': ended without an answer to a call of 'forecast'; "
                "needed a tool result; its stderr ends: first words | lost the database"
            )


def test_a_server_that_never_greets_is_given_up_in_time() -> None:
    start = time.monotonic()
    said = refusal(faulty("hang-initialize"), seconds=1)
    assert said == "server 'weather': no answer to the handshake within 1 s; needed an MCP server"
    assert time.monotonic() - start < 8


def test_after_a_call_that_hangs_the_session_stays_usable() -> None:
    with connect(faulty("hang-in-call"), call_timeout_seconds=1) as session:
        with pytest.raises(CallFailed, match=r"no answer to a call of 'forecast' within 1 s"):
            session.call(NOWHERE)
        assert session.call(ROME).text == "Sunny"


@pytest.mark.parametrize("mode", ["junk", "not-utf-8"])
def test_junk_on_stdout_is_passed_over(mode: str, caplog: pytest.LogCaptureFixture) -> None:
    assert answer(mode).text == "Sunny"
    assert caplog.text == ""


def test_a_command_that_floods_stdout_is_given_up_and_quoted() -> None:
    said = refusal(faulty("flood"))
    assert "sent 10000 messages that nobody asked for, no answer to the handshake" in said
    assert "its stdout has 'y', which is no message" in said


def test_a_greeting_that_is_not_mcp_is_told() -> None:
    said = refusal(faulty("malformed-initialize"))
    assert "its answer to the handshake is not MCP: capabilities: Field required" in said


def test_a_refused_greeting_is_told() -> None:
    said = refusal(faulty("initialize-error"))
    assert "answered to the handshake with error -32603: no licence" in said


def test_a_server_without_tools_is_refused() -> None:
    assert refusal(faulty("no-tools")) == "server 'weather': lists no tools, needed at least one"
    assert "-32601: Method not found" in refusal(faulty("no-list"))


@pytest.mark.parametrize("mode", ["no-schema", "snake-schema"])
def test_a_tool_without_a_schema_is_left_out_with_a_note_or_refused(mode: str) -> None:
    said = "server 'weather': tool 2 'bare': no input schema; needed a JSON Schema of type 'object'"
    toolset = inspect(faulty(mode))
    assert [tool.name for tool in toolset.tools] == ["forecast"]
    assert toolset.notes == (f"left out: {said}",)
    assert refusal(faulty(mode).model_copy(update={"strict": True})) == said
    assert refusal(faulty(mode, "bare")) == said


def test_a_tool_with_a_broken_schema_is_named() -> None:
    (note,) = inspect(faulty("bad-schema")).notes
    assert note.startswith(
        "left out: server 'weather': tool 2 'odd': not a valid JSON Schema: required: "
    )


def test_an_unusable_tool_that_is_left_out_harms_nothing() -> None:
    with connect(faulty("no-schema", "forecast")) as session:
        assert [tool.name for tool in session.toolset().tools] == ["forecast"]
        assert session.call(ROME).text == "Sunny"


def test_two_tools_of_one_name_are_refused() -> None:
    assert "listed more than once: 'forecast'" in refusal(faulty("twice"))


def test_include_tools_may_name_only_tools_that_exist() -> None:
    said = refusal(faulty("pages", "tool_1", "tool_9"))
    assert said == (
        "server 'weather': include_tools names 'tool_9', "
        "the server has 'tool_0', 'tool_1', 'tool_2'"
    )


@pytest.mark.parametrize(("mode", "count"), [("pages", 3), ("repeated-cursor", 2)])
def test_every_page_is_read_once(mode: str, count: int) -> None:
    names = [tool.name for tool in inspect(faulty(mode)).tools]
    assert names == [f"tool_{number}" for number in range(count)]


def test_a_list_without_an_end_is_given_up() -> None:
    said = refusal(faulty("endless-pages"))
    assert said == "server 'weather': lists its tools on more than 500 pages, needed them all"


def test_an_error_answer_to_a_call_is_a_result_that_is_an_error() -> None:
    # The code is the SDK's own for a closed connection, but here the server says it.
    assert answer("call-error") == ToolResult(text="the weather is closed", is_error=True)


def test_an_error_result_is_handed_on() -> None:
    assert answer("is-error") == ToolResult(text="no such city", is_error=True)


def test_contents_that_are_no_text_are_named() -> None:
    assert answer("contents").text == "Sunny\n[image image/png]\n[resource_link file:///map.png]"


def test_a_result_without_text_shows_its_structure() -> None:
    assert answer("structured") == ToolResult(text='{"degrees": 21}', structured={"degrees": 21})


def test_a_result_against_its_output_schema_is_an_error() -> None:
    result = answer("output-schema")
    assert result.is_error
    assert "did not return structured content" in result.text


def test_a_result_is_held_to_a_pattern_in_bounded_time() -> None:
    start = time.process_time()
    result = answer("slow-output")
    assert time.process_time() - start < 5
    assert result.is_error
    assert result.text.startswith("forecast: sky: ")


def test_an_output_schema_that_cannot_be_used_forbids_no_result() -> None:
    assert answer("lost-output").structured == {"sky": "clear"}


def test_an_answer_that_is_no_result_fails_the_call() -> None:
    with pytest.raises(CallFailed, match="its answer to a call of 'forecast' is not MCP"):
        answer("bad-result")


def test_a_closed_session_refuses_calls() -> None:
    with connect(faulty("fine")) as session:
        pass
    with pytest.raises(CallFailed, match="the connection is closed"):
        session.call(ROME)


def test_an_error_of_the_caller_leaves_as_it_is() -> None:
    with pytest.raises(ZeroDivisionError), connect(faulty("fine")):
        raise ZeroDivisionError


def test_what_a_server_started_ends_with_it() -> None:
    with connect(faulty("leaves-a-child")) as session:
        session.toolset()
        assert len(running()) == 2


def test_a_server_that_ignores_being_told_to_stop_is_killed() -> None:
    start = time.monotonic()
    assert answer("stubborn").text == "Sunny"
    assert time.monotonic() - start < 10


def test_an_interrupt_from_the_keyboard_leaves_no_server() -> None:
    script = (
        "import sys\n"
        "from profiles import Server\n"
        "from tasks.domain.toolcalls import ToolCall\n"
        "from tasks.external.mcp_server import connect\n"
        "with connect(Server(name='weather', command=tuple(sys.argv[1:]))) as session:\n"
        "    session.toolset()\n"
        "    sys.stdout.write('ready\\n')\n"
        "    sys.stdout.flush()\n"
        "    session.call(ToolCall(name='forecast', arguments={'city': 'Nowhere'}))\n"
    )
    command = faulty("hang-in-call").command
    with subprocess.Popen(
        [sys.executable, "-c", script, *command],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout
        assert process.stdout.readline() == "ready\n"
        (server,) = psutil.Process(process.pid).children()
        process.send_signal(signal.SIGINT)
        _, stderr = process.communicate(timeout=20)
    assert "KeyboardInterrupt" in stderr
    assert not server.is_running()


def test_a_missing_environment_variable_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("WEATHER_KEY", raising=False)
    needed = "server 'weather': needed the environment variable WEATHER_KEY, unset"
    stdio = faulty("fine").model_copy(update={"env": {"KEY": "${WEATHER_KEY}"}})
    web = Server(name="weather", url="http://127.0.0.1:9/mcp", headers={"K": "${WEATHER_KEY}"})
    assert refusal(stdio) == needed
    assert refusal(web) == needed


def test_a_server_on_a_workspace_needs_one() -> None:
    assert "names {workspace}, needed a workspace" in refusal(load_server("git"))


def test_a_server_over_http_lists_and_answers(
    weather_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    with connect(Server(name="weather", url=weather_url)) as session:
        toolset = session.toolset()
        assert toolset.version == "weather 1.0"
        assert [tool.read_only for tool in toolset.tools] == [True, False]
        assert session.call(ROME).text == "Rome: sunny for 1 days"
        assert session.call(NOWHERE).is_error
        assert session.call(ToolCall(name="hail", arguments={})).text == "Unknown tool: hail"


def test_the_same_server_answers_over_stdio() -> None:
    command = (sys.executable, str(FAKES / "weather_server.py"))
    with connect(Server(name="weather", command=command)) as session:
        assert session.call(ROME).text == "Rome: sunny for 1 days"


@pytest.mark.parametrize(
    ("status", "words"), [(401, "401 Unauthorized"), (503, "503 Service Unavailable")]
)
def test_an_http_refusal_is_told_with_its_status_and_without_the_secret(
    status: int, words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WEATHER_KEY", "s3cret")
    with web_server(status) as (url, shown):
        said = refusal(
            Server(
                name="weather",
                url=f"{url}?key=s3cret",
                headers={"Authorization": "Bearer ${WEATHER_KEY}"},
            )
        )
    assert f"{url} answered HTTP {words} to the handshake" in said
    assert "s3cret" not in said
    assert shown[0] == "Bearer s3cret"


def test_http_400_is_told_too() -> None:
    with web_server(400) as (url, _):
        said = refusal(Server(name="weather", url=url))
    assert f"{url} answered HTTP 400 Bad Request to the handshake" in said


def test_a_web_page_is_no_mcp_server() -> None:
    with web_server(200) as (url, _):
        assert "Unexpected content type: text/html" in refusal(Server(name="weather", url=url))


def test_an_http_server_that_is_not_there_is_told() -> None:
    said = refusal(Server(name="weather", url="http://127.0.0.1:9/mcp"))
    assert said == (
        "server 'weather': http://127.0.0.1:9/mcp cannot be reached: "
        "All connection attempts failed; needed an MCP server"
    )


def test_a_tool_list_is_read_from_json_and_yaml(tmp_path: Path) -> None:
    text = '{"tools": [{"name": "forecast", "inputSchema": {"type": "object"}}]}'
    yaml = "functions:\n- name: forecast\n  parameters: {type: object}\n"
    for name, content in {"a.json": f"\ufeff{text}", "a.yaml": yaml, "a.yml": text}.items():
        (tmp_path / name).write_text(content, encoding="utf-8")
        toolset = read_toolset(tmp_path / name)
        assert (toolset.server, [tool.name for tool in toolset.tools]) == ("a", ["forecast"])


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("a.json", b" \n", "is empty, needed a tool list"),
        ("a.json", b"{", "is not JSON: Expecting property name"),
        ("a.json", b"\xff", "is not UTF-8 text"),
        ("a.yaml", b"a: [", "is not YAML: while parsing a flow node"),
        ("a.yaml", b"since: 2024-01-02", "needed JSON values (put dates in quotes)"),
        ("a.yaml", b"a: &a [*a]", "is not YAML: it is nested too deep, or inside itself"),
        ("a.json", b"[" * 100_000, "is not JSON: maximum recursion depth exceeded"),
        ("a.txt", b"[]", "found .txt, needed .json, .yaml, .yml"),
        ("a.json", b"[]", "the tool list is empty"),
        ("a.json", None, "cannot be read: No such file or directory"),
    ],
)
def test_a_file_that_is_no_tool_list_is_refused(
    tmp_path: Path, name: str, content: bytes | None, said: str
) -> None:
    if content is not None:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(UnusableData) as caught:
        read_toolset(tmp_path / name)
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_stub_lists_a_files_tools_and_simulates_their_results(tmp_path: Path) -> None:
    path = tmp_path / "weather.json"
    path.write_text(inspect(faulty("pages")).model_dump_json(), encoding="utf-8")
    with connect(stub(path, seed=7)) as session:
        toolset = session.toolset()
        assert [tool.name for tool in toolset.tools] == ["tool_0", "tool_1", "tool_2"]
        call = ToolCall(name="tool_1", arguments={"city": "Rome"})
        result = session.call(call)
        assert not result.is_error
        assert result == session.call(call)
        assert session.call(ToolCall(name="hail", arguments={})).is_error
