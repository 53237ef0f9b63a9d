"""No secret that a run is given is found in anything that it leaves, whatever went wrong.

The server, the teacher and the web page tell the keys that they were given to everybody.
"""

import os
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest
from prefect.blocks.system import Secret
from prefect.logging.handlers import APILogWorker
from prefect.settings import (
    PREFECT_API_URL,
    PREFECT_FLOWS_HEARTBEAT_FREQUENCY,
    temporary_settings,
)

from flows import stages
from flows.forge import forge
from flows.local_server import prefect_api
from profiles import load_recipe
from tasks.domain.errors import ForgeError
from tasks.reporting import events
from tests.fakes.endpoint import Endpoint, Reply, endpoint
from tests.fakes.own_profiles import model, profile, write
from tests.helpers.teacher import PLAN

ROOT = Path(__file__).parents[2]
CANARIES = {
    name: f"canary-{name.lower().replace('_', '-')}-7f3a9c"
    for name in ("WEATHER_KEY", "TEACHER_KEY", "HF_TOKEN", "DATABASE_PASSWORD", "SECRET_BLOCK")
}
SERVER = """
command = [{python}, "-m", "tests.fakes.telling_server"{die}]
env = {{ WEATHER_KEY = "${{WEATHER_KEY}}", PYTHONPATH = "{root}" }}
"""
WEB = """
url = "{url}?key=${{WEATHER_KEY}}"
headers = {{ Authorization = "Bearer ${{WEATHER_KEY}}" }}
"""


def teacher(url: str, right_tool: float = 0.0, **changes: str) -> str:
    plan = PLAN | {"endpoint": url, "attempts": 1, "model": "good"} | changes
    return profile(teacher=plan, thresholds={"tool_selection": right_tool})


@contextmanager
def watched() -> Iterator[set[str]]:
    """The command lines of all that this process starts meanwhile."""
    seen: set[str] = set()
    done = threading.Event()

    def look() -> None:
        while not done.wait(0.05):
            for child in psutil.Process().children(recursive=True):
                try:
                    seen.add(" ".join(child.cmdline()))
                except psutil.Error:
                    continue

    thread = threading.Thread(target=look)
    thread.start()
    try:
        yield seen
    finally:
        done.set()
        thread.join()


@pytest.fixture
def secrets(
    tiny_base: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[tuple[Path, Endpoint]]:
    """A home whose Prefect server runs, and a teacher that tells its key when it refuses."""
    for name, text in CANARIES.items():
        monkeypatch.setenv(name, text)
    database = f"file:{tmp_path}/prefect.db?uri=true&password={CANARIES['DATABASE_PASSWORD']}"
    monkeypatch.setenv("PREFECT_API_DATABASE_CONNECTION_URL", f"sqlite+aiosqlite:///{database}")
    monkeypatch.setenv("MCP_FORGE_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("MCP_FORGE_DIST", str(tmp_path / "dist"))
    monkeypatch.setenv("MCP_FORGE_PROFILES", str(tmp_path / "profiles"))
    monkeypatch.setenv("PREFECT_HOME", str(tmp_path / "prefect"))
    refusal = Reply(status=401, body=f"bad keys: {' '.join(CANARIES.values())}")
    answers = {"good": Reply(content="no JSON"), "bad": refusal}
    with endpoint(lambda body, _: answers[body["model"]]) as seen, prefect_api() as url:
        files = {
            "models/tiny": model(tiny_base),
            "training/good": teacher(seen.url, right_tool=0.9, key_variable="TEACHER_KEY"),
            "training/block": teacher(seen.url, key_secret="canary"),
            "training/bad": teacher(seen.url, model="bad", key_variable="TEACHER_KEY"),
            "servers/telling": server(),
            "servers/dying": server(', "die"'),
            "servers/web": WEB.format(url=seen.url),
        }
        write(tmp_path / "profiles", files)
        quiet = {PREFECT_API_URL: url, PREFECT_FLOWS_HEARTBEAT_FREQUENCY: None}
        with temporary_settings(quiet):
            yield tmp_path, seen
            events.flush()
            APILogWorker.drain_all(timeout=10)


def server(die: str = "") -> str:
    return SERVER.format(python=f'"{sys.executable}"', root=ROOT, die=die)


def leaks(folder: Path) -> list[str]:
    """The files below a folder that hold a secret."""
    return [
        f"{name} in {path.relative_to(folder)}"
        for path in folder.rglob("*")
        if path.is_file()
        for name, text in CANARIES.items()
        if text.encode() in path.read_bytes()
    ]


def test_no_secret_is_left_anywhere(
    secrets: tuple[Path, Endpoint], tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    _, seen = secrets
    Secret(value=CANARIES["SECRET_BLOCK"]).save("canary")
    with watched() as commands:
        stages.generate(load_recipe("telling", "tiny", "block"), str(tmp_path / "made.jsonl"))
        for asked in (
            ("dying", "tiny", "good"),
            ("web", "tiny", "good"),
            ("telling", "tiny", "bad"),
            ("telling", "tiny", "good"),
        ):
            with pytest.raises(ForgeError) as refused:
                forge(*asked)
            assert not any(text in str(refused.value) for text in CANARIES.values()), asked
        # What was refused is taken where less is asked of it: the same adapter, another threshold.
        lenient = teacher(seen.url, key_variable="TEACHER_KEY")
        write(tmp_path / "profiles", {"training/good": lenient})
        bundle = forge("telling", "tiny", "good")
    assert Path(bundle.path).is_dir()
    assert {f"Bearer {CANARIES['TEACHER_KEY']}", f"Bearer {CANARIES['SECRET_BLOCK']}"} <= set(
        seen.keys
    )
    assert "${WEATHER_KEY}" in (tmp_path / "made.jsonl").read_text("utf-8")
    assert leaks(tmp_path) == []
    assert leaks(Path(os.environ["PREFECT_HOME"])) == []
    printed = capfd.readouterr()
    for text in CANARIES.values():
        assert text not in printed.out + printed.err
        assert [line for line in commands if text in line] == []
    assert any("llama_server" in line for line in commands)
