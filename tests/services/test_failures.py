"""What an operator meets: a cancel, a killed process, a retry."""

import signal
import subprocess
from functools import partial

import psutil

from tests.helpers.deployment import PREFECT, Deployment
from tests.helpers.processes import wait_for


def goes_on_to_evaluate(deployment: Deployment, parent: str) -> None:
    """The parent has read the training's result and starts the next stage; that is enough here."""
    evaluation = deployment.child(parent, "evaluate")["id"]
    deployment.cancel(parent)
    deployment.wait_for(parent, "CANCELLED")
    deployment.wait_for(evaluation, "CANCELLED")


def tasks_look_cancelled(deployment: Deployment, run: str) -> bool:
    return deployment.states_of_tasks(run) <= {"CANCELLED", "COMPLETED"}


def test_a_cancelled_parent_ends_the_process_that_trains(deployment: Deployment) -> None:
    parent = deployment.start("forge/tiny", server="time", profile="endless")
    training = deployment.child(parent, "train")
    deployment.moment(training["id"], "checkpoint")
    processes = deployment.processes(training["id"])
    assert processes
    deployment.cancel(parent)
    deployment.wait_for(parent, "CANCELLED")
    deployment.wait_for(training["id"], "CANCELLED")
    _, alive = psutil.wait_procs(processes, timeout=60)
    assert alive == []
    assert deployment.run(training["id"])["run_count"] == 1
    for run in (parent, training["id"]):
        wait_for(partial(tasks_look_cancelled, deployment, run), "all tasks are cancelled or done")


def test_a_training_that_a_person_cancels_is_not_begun_again(deployment: Deployment) -> None:
    parent = deployment.start("forge/tiny", server="time", profile="endless", seed=1)
    training = deployment.child(parent, "train")
    deployment.moment(training["id"], "started")
    deployment.cancel(training["id"])
    ended = deployment.wait_for(parent, "FAILED")
    assert "was cancelled; retry this run to go on" in ended["state"]["message"]
    assert deployment.run(training["id"])["run_count"] == 1


def test_what_stops_a_stage_on_its_pool_stops_its_parent_with_the_same_words(
    deployment: Deployment,
) -> None:
    parent = deployment.start("forge/tiny", server="time", profile="strict")
    ended = deployment.wait_for(parent, "FAILED")
    assert "ValidationFailed: tiny: " in ended["state"]["message"]
    assert "select the expected tool" in ended["state"]["message"]
    assert deployment.child(parent, "evaluate")["run_count"] == 1


def test_a_killed_training_is_reported_and_goes_on_from_its_checkpoint(
    deployment: Deployment,
) -> None:
    parent = deployment.start("forge/tiny", server="time", profile="long", seed=2)
    training = deployment.child(parent, "train")["id"]
    deployment.moment(training, "checkpoint")
    for process in deployment.processes(training):
        process.send_signal(signal.SIGKILL)
    crashed = wait_for(
        lambda: deployment.events("prefect.flow-run.Crashed", training), "the crash is reported"
    )
    assert "exited with status code: -9" in crashed[0]["payload"]["validated_state"]["message"]
    resumed = wait_for(
        lambda: deployment.events("mcp-forge.training.resumed", training), "the training goes on"
    )
    assert resumed[0]["payload"]["step"] >= 5
    goes_on_to_evaluate(deployment, parent)
    assert deployment.child(parent, "train")["id"] == training
    assert deployment.run(training)["run_count"] == 2


def test_a_retry_of_the_parent_finds_the_training_that_still_runs(deployment: Deployment) -> None:
    parent = deployment.start("forge/tiny", server="time", profile="long", seed=3)
    training = deployment.child(parent, "train")["id"]
    for process in deployment.processes(parent, "cpu"):
        process.kill()
    deployment.wait_for(parent, "CRASHED")
    deployment.retry(parent)
    goes_on_to_evaluate(deployment, parent)
    assert deployment.child(parent, "train")["id"] == training
    assert deployment.run(training)["run_count"] == 1


def test_an_evicted_training_goes_back_into_the_queue_and_on_from_its_checkpoint(
    deployment: Deployment,
) -> None:
    """The process is the one that a pod runs, with what the Kubernetes worker tells it."""
    place = f"deployments/{deployment.deployed('train/tiny')['id']}/create_flow_run"
    asked = {"parameters": {"server": "time", "profile": "long", "seed": 4}}
    run = str(deployment.read("POST", place, asked | {"state": {"type": "PENDING"}})["id"])
    told = {"PREFECT_FLOW_RUN_EXECUTE_SIGTERM_BEHAVIOR": "reschedule"}
    pod = subprocess.Popen(
        [PREFECT, "flow-run", "execute", run],
        cwd=deployment.folder,
        env=deployment.environment | told,
    )
    try:
        saved = deployment.moment(run, "checkpoint")["payload"]["step"]
        pod.terminate()
        assert pod.wait(timeout=120) == 0
    finally:
        pod.kill()
        pod.wait()
    # The worker of the pool takes it up by itself.
    resumed = wait_for(
        lambda: deployment.events("mcp-forge.training.resumed", run), "the training goes on"
    )
    assert resumed[0]["payload"]["step"] >= saved
    for state in ("Failed", "Crashed"):
        assert not deployment.events(f"prefect.flow-run.{state}", run)
    deployment.wait_for(run, "COMPLETED")
