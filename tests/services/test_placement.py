"""The whole job over two workers, also when the server goes away in the middle of it."""

from pathlib import Path
from typing import Any

import pytest

from tests.helpers.deployment import Deployment
from tests.helpers.processes import wait_for


@pytest.fixture(scope="module")
def forged(deployment: Deployment) -> dict[str, Any]:
    """A forge run during whose training the server was stopped and started again."""
    started = deployment.start("forge/tiny", server="time", profile="brief")
    training = deployment.child(started, "train")
    deployment.moment(training["id"], "started")
    deployment.stop_server()
    deployment.start_server()
    return deployment.wait_for(started, "COMPLETED")


def test_training_and_evaluation_are_runs_on_the_gpu_pool_below_their_parent(
    deployment: Deployment, forged: dict[str, Any]
) -> None:
    assert forged["work_pool_name"] == "cpu"
    for stage in ("train", "evaluate"):
        child = deployment.child(forged["id"], stage)
        assert child["state_type"] == "COMPLETED"
        assert child["work_pool_name"] == "gpu"
        assert child["parameters"]["server"] == "time"


def test_a_bundle_is_published_by_the_worker_of_the_cpu_pool(
    deployment: Deployment, forged: dict[str, Any]
) -> None:
    assert (deployment.folder / "dist" / "time-tiny" / "SHA256SUMS").is_file()
    name = "mcp-forge.bundle.published"
    (event,) = wait_for(lambda: deployment.events(name, forged["id"]), name)
    assert Path(event["payload"]["path"]) == deployment.folder / "dist" / "time-tiny"


def test_a_restart_of_the_server_in_mid_training_loses_nothing(
    deployment: Deployment, forged: dict[str, Any]
) -> None:
    training = deployment.child(forged["id"], "train")
    assert training["run_count"] == 1
    assert wait_for(
        lambda: deployment.events("mcp-forge.training.finished", training["id"]), "events"
    )
    checkpoints = deployment.events("mcp-forge.training.checkpoint", training["id"])
    steps = [event["payload"]["step"] for event in checkpoints]
    assert steps == list(range(5, 31, 5))


def test_a_training_waits_while_the_slot_of_the_pool_is_taken(deployment: Deployment) -> None:
    first = deployment.start("train/tiny", server="time", profile="endless")
    deployment.wait_for(first, "RUNNING")
    second = deployment.start("train/tiny", server="time", profile="tiny")
    deployment.moment(first, "checkpoint")
    assert deployment.state(second) == "SCHEDULED"
    assert deployment.processes(second) == []
    deployment.cancel(first)
    deployment.wait_for(first, "CANCELLED")
    deployment.wait_for(second, "COMPLETED")
