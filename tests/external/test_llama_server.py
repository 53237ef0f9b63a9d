"""Serving a GGUF file: by the package or by a named ``llama-server``, never longer than we live.

The program is the machine's own ``llama-server`` where there is one, else one with its command
line (``tests.fakes.llama_server``). The model is SmolLM2 as its package ships it.
"""

import json
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import psutil
import pytest

from profiles import load_model
from tasks.domain.conversations import Message, Row, opening
from tasks.domain.errors import ExportFailed
from tasks.external.base_model import gguf_in_package
from tasks.external.llama_cpp import convert, missing_for, missing_server, served
from tasks.external.student import answer_seconds, student
from tests.fakes import llama_server
from tests.helpers.needs import need

SMOLLM2 = load_model("smollm2")
WORDS = ("Paris", "seven", "green", "winter", "music", "bread")
THROUGH = ("package", "program")


@pytest.fixture(scope="module")
def gguf() -> Path:
    """A model that says something."""
    if missing := missing_server():
        pytest.skip(f"needed {'; '.join(missing)}")
    return gguf_in_package(SMOLLM2.source.package)


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A ``llama-server``."""
    own = shutil.which("llama-server")
    return own or str(llama_server.install(tmp_path_factory.mktemp("bin")))


@pytest.fixture(params=THROUGH)
def through(request: pytest.FixtureRequest, program: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """Each way to serve, chosen as an operator chooses it."""
    if request.param == "program":
        monkeypatch.setenv("MCP_FORGE_LLAMA_SERVER", program)
    return request.param


@pytest.fixture
def named(program: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The program is named in the environment."""
    monkeypatch.setenv("MCP_FORGE_LLAMA_SERVER", program)


def row(word: str) -> Row:
    messages = (*opening(f"Write one sentence about {word}."), Message.assistant("(any)"))
    return Row(scenario="no_tool", messages=messages, tools=())


ROWS = [row(word) for word in WORDS]


def is_gone(process: psutil.Process) -> bool:
    return not process.is_running() or process.status() == psutil.STATUS_ZOMBIE


def wait_until(holds: Callable[[], bool], seconds: float = 60) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline and not holds():
        time.sleep(0.05)
    return holds()


def test_a_server_has_the_end_points_that_evaluation_asks(through: str, gguf: Path) -> None:
    with served(gguf, 512) as url, httpx.Client(base_url=url, trust_env=False, timeout=60) as asked:
        assert url.startswith("http://127.0.0.1:")
        assert asked.get("/health").status_code == 200
        props = asked.get("/props").json()
        assert props["total_slots"] == (4 if through == "program" else 1)
        assert props["default_generation_settings"]["n_ctx"] == 512  # of each slot
        assert asked.post("/tokenize", json={"content": "Hi"}).json()["tokens"]


def test_a_server_and_all_that_it_started_end_with_the_block(through: str, gguf: Path) -> None:
    assert through
    with served(gguf, 512):
        processes = psutil.Process().children(recursive=True)
        assert processes
    assert wait_until(lambda: all(map(is_gone, processes)), 20)


@contextmanager
def parent_of_a_server(gguf: Path) -> Iterator[subprocess.Popen[str]]:
    program = (
        "import sys\nfrom pathlib import Path\nfrom tasks.external.llama_cpp import served\n"
        "with served(Path(sys.argv[1]), 512) as url:\n    print(url, flush=True)\n    input()\n"
    )
    parent = subprocess.Popen(
        [sys.executable, "-c", program, str(gguf)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert parent.stdout is not None
        assert parent.stdout.readline().startswith("http")
        yield parent
    finally:
        parent.kill()
        parent.communicate()


def test_a_server_does_not_outlive_a_run_that_was_killed(through: str, gguf: Path) -> None:
    with parent_of_a_server(gguf) as parent:
        processes = psutil.Process(parent.pid).children(recursive=True)
        assert len(processes) == (2 if through == "program" else 1)
        parent.kill()
        assert wait_until(lambda: all(map(is_gone, processes)))


@pytest.mark.skipif(sys.platform != "linux", reason="the kernel's own signal is Linux's")
@pytest.mark.usefixtures("named")
def test_a_program_does_not_outlive_the_process_between_it_and_the_run(gguf: Path) -> None:
    with parent_of_a_server(gguf) as parent:
        (between,) = psutil.Process(parent.pid).children()
        (server,) = between.children()
        between.kill()
        assert wait_until(lambda: is_gone(server))


def test_a_file_that_cannot_be_loaded_is_refused_with_the_cause(
    through: str, tmp_path: Path
) -> None:
    if missing := missing_server():
        pytest.skip(f"needed {'; '.join(missing)}")
    assert through
    (tmp_path / "text.gguf").write_text("not a model", encoding="utf-8")
    with (
        pytest.raises(ExportFailed, match=r"llama\.cpp cannot load text\.gguf: .*invalid magic"),
        served(tmp_path / "text.gguf", 512),
    ):
        pass


def test_answers_to_many_come_in_order_and_are_those_to_each_alone(
    through: str, gguf: Path
) -> None:
    """The package answers as many at once as it is asked to, a program as many as it is set to."""
    at_once = 4 if through == "package" else 1
    with student(gguf, SMOLLM2.stop, max_tokens=8, context=512, at_once=at_once) as model:
        assert model.at_once == 4
        alone = [model.answer(one.prompt, one.tools).text for one in ROWS]
        together = [one.text for one in model.answers(ROWS)]
    assert len(set(alone)) > len(ROWS) // 2
    # A batch adds up in another order, so one answer in many may part at words of equal weight.
    same = sum(ours == theirs for ours, theirs in zip(alone, together, strict=True))
    assert same >= len(ROWS) - 2


def test_the_package_answers_the_same_in_any_order(gguf: Path) -> None:
    with student(gguf, SMOLLM2.stop, max_tokens=8, context=512) as model:
        assert model.at_once == 1
        forwards = [one.text for one in model.answers(ROWS[:4])]
        backwards = [one.text for one in model.answers(ROWS[3::-1])]
    assert forwards == backwards[::-1]


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        (None, "is no program here"),
        ("#!/bin/sh\necho 'libcuda.so.1: not there' >&2\nexit 127\n", "libcuda.so.1: not there"),
        ("not executable by any system", "--version: "),
    ],
)
def test_a_program_that_cannot_serve_is_told_before_anything_starts(
    text: str | None, fault: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = tmp_path / "llama-server"
    if text is not None:
        program.write_text(text, encoding="utf-8")
        program.chmod(0o755)
    monkeypatch.setenv("MCP_FORGE_LLAMA_SERVER", str(program))
    (missing,) = missing_server()
    assert missing.startswith("a llama-server as MCP_FORGE_LLAMA_SERVER names it: ")
    assert fault in missing
    assert missing in missing_for("q8_0")


@pytest.mark.usefixtures("named")
def test_a_program_that_says_its_version_is_taken() -> None:
    assert missing_server() == []


@pytest.fixture(scope="module")
def thinker(tiny_base: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Noise with the template of a model that thinks."""
    need(*missing_for("q8_0"))
    folder = tmp_path_factory.mktemp("thinker")
    shutil.copytree(tiny_base, folder / "model")
    for file in (folder / "model").glob("*.jinja"):
        file.unlink()
    config = folder / "model" / "tokenizer_config.json"
    template = {"chat_template": load_model("deepseek-r1").template_text}
    config.write_text(json.dumps(json.loads(config.read_text("utf-8")) | template), "utf-8")
    convert(folder / "model", folder / "thinker.gguf", "q8_0")
    return folder / "thinker.gguf"


def test_a_thought_that_the_prompt_has_opened_and_the_limit_has_cut_is_no_answer(
    thinker: Path,
) -> None:
    with student(thinker, (), max_tokens=8) as model:
        assert model.prompt(ROWS[0].prompt, []).endswith("<think>\n")
        said = model.answer(ROWS[0].prompt, [])
    assert said.text
    assert said.cut
    assert said.is_cut_thought
    assert said.answer is None


def test_an_answer_that_the_limit_has_cut_is_still_one(gguf: Path) -> None:
    with student(gguf, (), max_tokens=4) as model:
        said = model.answer(ROWS[0].prompt, [])
    assert said.cut
    assert said.answer == said.text != ""


def test_an_answer_is_waited_for_as_long_as_a_slow_machine_needs() -> None:
    # 4,096 tokens at 6 a second are read in 683 s, and 1,184 at 1.4 a second written in 846.
    assert answer_seconds(4096, 1184) > 683 + 846
