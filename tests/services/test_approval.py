"""A run on a pool pauses for a person, who answers through the API."""

from tests.services.conftest import Deployment, until


def test_a_run_on_a_pool_waits_for_a_person_and_goes_on_with_the_answer(
    deployment: Deployment,
) -> None:
    run = deployment.start("forge/tiny", server="clocks", profile="careful")
    deployment.wait_for(run, "PAUSED")
    (asked,) = until(lambda: deployment.events("mcp-forge.approval.requested", run), "the event")
    assert asked["payload"]["reason"] == "it is the first version"
    assert not (deployment.folder / "dist" / "clocks-tiny").exists()
    answer = {"approve": True, "comment": "seen"}
    resumed = deployment.read("POST", f"flow_runs/{run}/resume", {"run_input": answer})
    assert resumed["status"] == "ACCEPT"
    deployment.wait_for(run, "COMPLETED")
    (event,) = until(lambda: deployment.events("mcp-forge.bundle.published", run), "the event")
    assert event["payload"]["reason"] == "it is the first version; approved by a person: seen"
    assert event["payload"]["version"] == asked["payload"]["version"]
    assert (deployment.folder / "dist" / "clocks-tiny" / "SHA256SUMS").is_file()
