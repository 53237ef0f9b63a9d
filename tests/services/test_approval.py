"""A run on a pool pauses for a person, who answers through the API."""

import json
import time

import pytest

from tests.helpers.deployment import PREFECT, Deployment
from tests.helpers.processes import wait_for

ENTRY = "tests.fakes.waiting_flow:waiting"


@pytest.fixture(scope="module", autouse=True)
def deployed(deployment: Deployment) -> None:
    """The flow that asks."""
    at_once = json.dumps({"env": {"PREFECT_CLIENT_MAX_RETRIES": "0"}})
    place = ("-n", "approval", "--pool", "cpu", "--job-variable", at_once)
    deployment.do(PREFECT, "--no-prompt", "deploy", ENTRY, *place)


def test_a_run_on_a_pool_waits_for_a_person_and_goes_on_with_the_answer(
    deployment: Deployment,
) -> None:
    run = deployment.start("waiting/approval")
    deployment.wait_for(run, "PAUSED")
    (asked,) = wait_for(lambda: deployment.events("mcp-forge.approval.requested", run), "the event")
    assert asked["payload"]["version"] == "20261127T090000"
    answer = {"run_input": {"approve": True, "comment": "seen"}}
    assert deployment.read("POST", f"flow_runs/{run}/resume", answer)["status"] == "ACCEPT"
    deployment.wait_for(run, "COMPLETED")
    deployment.hear(run, "promoted: True, it is better; approved by a person: seen")


def test_an_answer_is_waited_for_while_the_api_is_away(deployment: Deployment) -> None:
    run = deployment.start("waiting/approval")
    deployment.wait_for(run, "PAUSED")
    deployment.stop_server()
    time.sleep(8)
    deployment.start_server()
    answer = {"run_input": {"approve": False, "comment": "after the restart"}}
    assert deployment.read("POST", f"flow_runs/{run}/resume", answer)["status"] == "ACCEPT"
    deployment.wait_for(run, "COMPLETED")
    deployment.hear(run, "promoted: False, it is better; refused by a person: after the restart")


def test_an_answer_that_is_none_leaves_the_run_waiting(deployment: Deployment) -> None:
    run = deployment.start("waiting/approval")
    deployment.wait_for(run, "PAUSED")
    answer = {"run_input": {"comment": "hm"}}
    assert deployment.read("POST", f"flow_runs/{run}/resume", answer)["status"] == "REJECT"
    assert deployment.state(run) == "PAUSED"
    deployment.cancel(run)
    deployment.wait_for(run, "CANCELLED")
