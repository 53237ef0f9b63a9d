"""Automations as code: applied as often as you like, and each one is made to fire."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
from typing import Any

import pytest
from prefect.blocks.notifications import CustomWebhookNotificationBlock
from prefect.client.orchestration import SyncPrefectClient, get_client
from prefect.events.schemas.automations import AutomationCore
from prefect.settings import PREFECT_API_URL, temporary_settings

from infra.apply_automations import apply
from tests.helpers.processes import end, wait_for
from tests.services.observing import ROOT, Server, prefect_server

SOON = {"diverged_training": 10, "stalled_training": 10, "zombie_run": 10}
NAMES = [
    "mcp-forge: cancel a diverged training",
    "mcp-forge: cancel a stalled training",
    "mcp-forge: evaluate a saved adapter of tiny",
    "mcp-forge: report a run without heartbeat as crashed",
    "mcp-forge: tell of a failed gate or validation",
    "mcp-forge: tell of a version that waits for approval",
]

pytestmark = [pytest.mark.services, pytest.mark.usefixtures("applied")]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server that looks for silence every second, not every five."""
    quick = {"PREFECT_SERVER_EVENTS_PROACTIVE_GRANULARITY": "PT1S"}
    with prefect_server(tmp_path_factory.mktemp("server"), quick) as server:
        yield server


@pytest.fixture(scope="module")
def client(server: Server) -> Iterator[SyncPrefectClient]:
    """A client of that server; the deployment evaluate/tiny is there."""
    with (
        temporary_settings({PREFECT_API_URL: server.url}),
        get_client(sync_client=True) as client,
    ):
        flow = client.create_flow_from_name("evaluate")
        client.create_deployment(flow, "tiny", parameters={"model": "tiny"})
        yield client


@pytest.fixture(scope="module")
def heard() -> Iterator[tuple[list[Any], str]]:
    """Where notifications arrive: what came in, and the address."""
    notes: list[Any] = []

    class Receiver(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            notes.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    with HTTPServer(("127.0.0.1", 0), Receiver) as receiver:
        thread = Thread(target=receiver.serve_forever)
        thread.start()
        yield notes, f"http://127.0.0.1:{receiver.server_port}"
        receiver.shutdown()
        thread.join()


@pytest.fixture(scope="module")
def applied(client: SyncPrefectClient, heard: tuple[list[Any], str]) -> list[str]:
    """All automations, with little patience; notifications go to the receiver."""
    block = CustomWebhookNotificationBlock(
        name="forge",
        url=heard[1],
        json_data={"subject": "{{subject}}", "body": "{{body}}"},
        allow_private_urls=True,
    )
    block.save("forge")
    return apply(client, "custom-webhook/forge", SOON)


@contextmanager
def run_that_is(what: str, server: Server) -> Iterator[tuple[str, "subprocess.Popen[bytes]"]]:
    """A run in a process of its own that says one thing: its id and its process."""
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.fakes.told_events", what],
        env=os.environ | {"PREFECT_API_URL": server.url, "PYTHONPATH": str(ROOT)},
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    assert process.stdout is not None
    assert process.stdin is not None
    try:
        yield process.stdout.readline().decode().strip(), process
    finally:
        process.stdin.close()
        end(process)
        process.stdout.close()


def state(server: Server, run: str) -> str:
    """The type of a run's state."""
    return str(server.get(f"/flow_runs/{run}")["state_type"])


def ours(client: SyncPrefectClient) -> dict[str, Any]:
    """Every automation by name; an AssertionError when a name is there twice."""
    found = client.read_automations()
    assert len({automation.name for automation in found}) == len(found)
    return {automation.name: automation for automation in found}


def test_applying_again_makes_no_second_one_and_keeps_what_an_operator_did(
    client: SyncPrefectClient, applied: list[str]
) -> None:
    assert applied == NAMES
    before = ours(client)
    client.pause_automation(before[NAMES[1]].id)
    foreign = AutomationCore.model_validate(
        before[NAMES[0]].model_dump(include={"trigger", "actions"}) | {"name": "of another team"}
    )
    gone = foreign.model_copy(update={"name": "mcp-forge: evaluate a saved adapter of gone"})
    twice = foreign.model_copy(update={"name": NAMES[0]})
    for core in (foreign, gone, twice):
        client.create_automation(core)
    assert apply(client, "custom-webhook/forge", SOON) == NAMES
    after = ours(client)
    assert sorted(after) == [*NAMES, "of another team"]
    assert after[NAMES[1]].id == before[NAMES[1]].id
    assert not after[NAMES[1]].enabled
    client.resume_automation(after[NAMES[1]].id)


def test_without_a_notification_block_nobody_is_notified(
    client: SyncPrefectClient, applied: list[str]
) -> None:
    assert apply(client, "", SOON) == NAMES[:-2]
    assert not set(NAMES[-2:]) & ours(client).keys()
    assert apply(client, "custom-webhook/forge", SOON) == applied


def test_a_notification_block_that_is_not_there_is_named(client: SyncPrefectClient) -> None:
    with pytest.raises(SystemExit, match="no block 'slack-webhook/forge'; needed type/name"):
        apply(client, "slack-webhook/forge")


def test_a_diverged_training_is_cancelled(server: Server) -> None:
    with run_that_is("diverged", server) as (run, _):
        wait_for(lambda: state(server, run) in ("CANCELLING", "CANCELLED"), "a cancelled run")


def test_a_training_that_falls_silent_is_cancelled(server: Server) -> None:
    with run_that_is("stalled", server) as (run, _):
        assert state(server, run) == "RUNNING"
        wait_for(lambda: state(server, run) in ("CANCELLING", "CANCELLED"), "a cancelled run")


def test_a_run_whose_process_is_gone_is_reported_as_crashed(server: Server) -> None:
    with run_that_is("silent", server) as (run, process):
        wait_for(lambda: server.events("prefect.flow-run.heartbeat"), "a heartbeat")
        process.kill()
        assert state(server, run) == "RUNNING"
        wait_for(lambda: state(server, run) == "CRASHED", "a crashed run")


def test_an_adapter_that_nobody_waits_for_is_evaluated_as_it_was_trained(server: Server) -> None:
    of_evaluate = {"name": {"any_": ["evaluate"]}}
    with run_that_is("saved", server):
        (evaluation,) = wait_for(
            lambda: server.ask("/flow_runs/filter", flows=of_evaluate), "an evaluation"
        )
    assert evaluation["parameters"] == {
        "model": "tiny",
        "server": "time",
        "profile": "demo",
        "samples": 30,
        "seed": None,
        "include_tools": ["convert_time"],
        "tools_in_prompt": None,
    }


@pytest.mark.parametrize(
    ("what", "subject", "words"),
    [
        ("refused", "mcp-forge: mcp-forge.quality.failed", "rows per tool"),
        ("waiting", "mcp-forge: 20261127T090000 waits for approval", "is better"),
    ],
)
def test_a_failed_gate_and_a_version_that_waits_are_notified(
    what: str, subject: str, words: str, server: Server, heard: tuple[list[Any], str]
) -> None:
    heard[0].clear()
    with run_that_is(what, server):
        (note,) = wait_for(lambda: heard[0], "a notification")
    assert note["subject"] == subject
    assert words in note["body"]
