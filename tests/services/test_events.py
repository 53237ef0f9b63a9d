"""Events and artifacts of a training in a process of its own: none is lost, none holds it up."""

import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from flows.local_server import SERVER_SETTINGS
from tests.helpers.processes import end, wait_for
from tests.services.observing import ROOT, Server, prefect_server, python

pytestmark = pytest.mark.services


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server whose log of the runs below is complete."""
    with prefect_server(tmp_path_factory.mktemp("server")) as server:
        yield server


def train(server: Server, steps: int, *, options: tuple[str, ...] = ()) -> "subprocess.Popen[str]":
    """The told training, in a process that ends right after."""
    return subprocess.Popen(
        [sys.executable, "-m", "tests.fakes.told_training", str(steps), *options],
        env=os.environ | {"PREFECT_API_URL": server.url, "PYTHONPATH": str(ROOT)},
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )


def moments(server: Server) -> list[str]:
    """The moments of trainings that the server knows, oldest first; of progress only the last."""
    found = [
        (event["event"].rpartition(".")[2], event["payload"])
        for event in server.events("mcp-forge.training.")
    ]
    return [name for name, now in found if name != "progress" or now["fraction"] == 1]


def test_what_clients_send_again_after_a_restart_costs_no_new_event(tmp_path: Path) -> None:
    """Known events in such a number that they fill more than one INSERT."""
    known, new = ([tick(number) for number in numbers] for numbers in (range(40), range(40, 43)))
    with prefect_server(tmp_path, SERVER_SETTINGS) as server:
        server.post("/events", known)
        wait_for(lambda: len(server.events("clock.")) == len(known), "the known events")
    with prefect_server(tmp_path, SERVER_SETTINGS) as server:
        server.post("/events", [*known, *new])
        wait_for(lambda: server.events("clock.")[-1]["id"] == new[-1]["id"], "the newest event", 20)
        assert [event["id"] for event in server.events("clock.")] == [
            event["id"] for event in [*known, *new]
        ]


def tick(number: int) -> dict[str, Any]:
    """An event about ten resources, as a run's are."""
    return {
        "id": str(uuid4()),
        "occurred": (datetime.now(UTC) + timedelta(milliseconds=number)).isoformat(),
        "event": "clock.ticked",
        "resource": {"prefect.resource.id": "clock"},
        "related": [
            {"prefect.resource.id": f"wheel.{wheel}", "prefect.resource.role": "part"}
            for wheel in range(9)
        ],
    }


def test_a_process_that_exits_right_after_loses_no_event(server: Server) -> None:
    process = train(server, 10)
    process.communicate(timeout=120)
    assert process.returncode == 0
    expected = ["started", "checkpoint", "progress", "checkpoint", "finished"]
    wait_for(lambda: moments(server) == expected, "every event of the training", 20)
    first, *_, last = server.events("mcp-forge.training.")
    payload = last["payload"]
    assert (payload["step"], payload["total_steps"], payload["fraction"]) == (10, 10, 1.0)
    progress = server.events("mcp-forge.training.progress")[-1]["payload"]
    for name in ("loss", "learning_rate", "epoch", "tokens_per_second"):
        assert float(progress[name]) > 0, name
    assert progress["seconds_left"] == 0
    check_resources(server, first)


def check_resources(server: Server, event: dict[str, dict[str, str]]) -> None:
    """The training's own run is the resource; its parent and its model are related."""
    run = event["resource"]["prefect.resource.id"]
    trained = server.get(f"/flow_runs/{run.removeprefix('prefect.flow-run.')}")
    assert server.get(f"/flows/{trained['flow_id']}")["name"] == "train"
    related = {r["prefect.resource.role"]: r["prefect.resource.id"] for r in event["related"]}
    assert related["base-model"] == "mcp-forge.model.qwen-2.5"
    parent = server.get(
        f"/flow_runs/{related['parent-flow-run'].removeprefix('prefect.flow-run.')}"
    )
    assert server.get(f"/flows/{parent['flow_id']}")["name"] == "forge"


def test_an_api_that_never_answers_neither_stalls_nor_fails_a_training(server: Server) -> None:
    before = len(moments(server))
    process = train(server, 12, options=("--step-by-step",))
    assert process.stdin is not None
    assert process.stdout is not None

    def step() -> float:
        process.stdin.write("\n")
        process.stdin.flush()
        return float(process.stdout.readline())

    try:
        wait_for(lambda: len(moments(server)) == before + 1, "the training's start")
        server.pause()
        # The first of these steps has a loss curve to send, and a request waits for a minute.
        assert max(step() for _ in range(11)) < 5
        server.resume()
        step()
        process.communicate(timeout=120)
    finally:
        server.resume()
        end(process)
    assert process.returncode == 0
    expected = ["started", "checkpoint", "checkpoint", "progress", "finished"]
    wait_for(lambda: moments(server)[before:] == expected, "the events of the time without an API")
    assert "finished at step 12 of 12" in latest(server, "loss-curve-qwen-2-5")
    assert latest(server, "progress-qwen-2-5") == 100


def latest(server: Server, key: str) -> str | float | None:
    """What an artifact's newest version shows."""
    found = server.ask("/artifacts/filter", artifacts={"key": {"any_": [key]}}, sort="CREATED_DESC")
    return found[0]["data"] if found else None


COMMAND = """
import sys
from flows.local_server import settle_environment
settle_environment()
from flows.in_prefect import in_prefect
in_prefect("tests.fakes.told_training:publish", times=100)
"""


def test_a_command_with_a_server_of_its_own_keeps_its_last_events(tmp_path: Path) -> None:
    home = tmp_path / "home" / "prefect"
    done = python(COMMAND, "", MCP_FORGE_HOME=str(home.parent), PREFECT_HOME=str(home))
    assert done.returncode == 0, done.stderr
    with prefect_server(home) as later:
        asked = {"event": {"prefix": ["mcp-forge.bundle.published"]}}
        found = later.ask("/events/filter", filter=asked, limit=1)
    assert found["total"] == 100
    (event,) = found["events"]
    assert event["resource"]["prefect.resource.id"] == "mcp-forge.bundle.time-qwen-2.5"
