"""A schedule looks at the tools, and forges again only when they have changed."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tasks.domain.products import Toolset
from tasks.domain.toollists import is_included
from tasks.external.storage import Storage
from tasks.external.versions import Versions
from tests.helpers.deployment import Deployment
from tests.helpers.processes import wait_for
from tests.helpers.versions import version

SOON = timedelta(seconds=5)
EVERY = 3600
"""Seconds between two times of the test's schedule: it fires once here."""


@pytest.fixture(params=[()])
def published(
    deployment: Deployment,
    tools_file: Path,
    monkeypatch: pytest.MonkeyPatch,
    request: pytest.FixtureRequest,
) -> Iterator[Path]:
    """A version that was made for the tools as they are now: its list of them.

    The parameter: the patterns that they were chosen by.
    """
    monkeypatch.setenv("MCP_FORGE_HOME", str(deployment.folder / "home"))
    whole = Toolset.model_validate_json(tools_file.read_text("utf-8"))
    chosen = tuple(tool for tool in whole.tools if is_included(tool.name, request.param))
    tools = whole.model_copy(update={"tools": chosen})
    versions = Versions("listed-tiny")
    with Storage().writing("drafts", "published") as draft:
        draft.mkdir()
        (draft / "model.gguf").touch()
        made = versions.publish(
            draft,
            tools.model_copy(update={"server": "listed"}),
            version("20261127T090000", include_tools=request.param).model_copy(
                update={"name": versions.name}
            ),
        )
    yield Path(made.files.uri).with_name("toolset.json")
    versions.remove([made])


@pytest.fixture
def schedule(deployment: Deployment) -> Iterator[dict[str, Any]]:
    """A schedule of the watch with parameters of its own, seconds away."""
    place = f"deployments/{deployment.deployed('watch/listed')['id']}/schedules"
    anchor = (datetime.now(UTC) + SOON).isoformat()
    asked = {
        "schedule": {"interval": EVERY, "anchor_date": anchor},
        "active": True,
        "parameters": {"seed": 11},
        "slug": "often",
    }
    (made,) = deployment.read("POST", place, [asked])
    yield made
    deployment.ask("DELETE", f"{place}/{made['id']}").raise_for_status()


def scheduled(deployment: Deployment, state: str) -> dict[str, Any]:
    """A run that the scheduler made and a worker brought into a state."""
    chosen = {
        "flow_runs": {
            "deployment_id": {"any_": [deployment.deployed("watch/listed")["id"]]},
            "state": {"type": {"any_": [state]}},
        }
    }

    def reached() -> dict[str, Any] | None:
        runs = deployment.read("POST", "flow_runs/filter", chosen)
        return next((run for run in runs if run["auto_scheduled"]), None)

    return dict(wait_for(reached, state))


@pytest.mark.usefixtures("published", "schedule")
def test_a_schedule_fires_with_its_own_parameters_and_starts_nothing(
    deployment: Deployment,
) -> None:
    run = scheduled(deployment, "COMPLETED")
    assert run["auto_scheduled"] is True
    assert run["parameters"]["seed"] == 11
    assert run["parameters"]["server"] == "listed"
    deployment.hear(run["id"], "The 2 tools are those of the bundle")
    asked = {"flow_runs": {"parent_flow_run_id": {"any_": [run["id"]]}}}
    assert deployment.read("POST", "flow_runs/filter", asked) == []


@pytest.mark.parametrize("published", [("convert_*",)], indirect=True)
@pytest.mark.usefixtures("published")
def test_tools_that_the_last_version_left_out_are_no_change(deployment: Deployment) -> None:
    run = deployment.start("watch/listed")
    deployment.wait_for(run, "COMPLETED")
    deployment.hear(run, "The 1 tools are those of the bundle")


def test_without_a_version_there_is_nothing_to_watch(deployment: Deployment) -> None:
    run = deployment.start("watch/listed")
    deployment.wait_for(run, "COMPLETED")
    deployment.hear(run, "No version of listed-tiny is forged yet")


def test_changed_tools_are_told_one_by_one_and_forged_again(
    deployment: Deployment, published: Path
) -> None:
    record = json.loads(published.read_text("utf-8"))
    record["tools"][0]["description"] = "What it said before"
    record["tools"][1]["name"] = "gone"
    published.write_text(json.dumps(record), encoding="utf-8")
    run = deployment.start("watch/listed")
    forging = deployment.child(run, "forge")
    assert forging["parameters"]["server"] == "listed"
    (event,) = wait_for(lambda: deployment.events("mcp-forge.tools.changed", run), "the event")
    assert event["resource"]["prefect.resource.id"] == "mcp-forge.server.listed"
    assert event["payload"]["added"] == ["convert_time"]
    assert event["payload"]["removed"] == ["gone"]
    assert event["payload"]["changed"] == {"get_current_time": ["description"]}
    shown = deployment.read("GET", "artifacts/tools-listed-tiny/latest")["data"]
    assert "| gone | removed |" in shown
    deployment.cancel(run)
    deployment.wait_for(run, "CANCELLED")
    deployment.wait_for(forging["id"], "CANCELLED")
