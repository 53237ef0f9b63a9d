"""What the API takes from a run form, and what a redeployment changes."""

from typing import Any

import pytest

import profiles
from tests.helpers.deployment import Deployment
from tests.helpers.processes import wait_for
from tests.services import browser

VOLATILE = {"updated", "version_id", "last_polled", "status"}


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"server": "mcp-server-time --stdio"}, "'mcp-server-time --stdio' is not one of"),
        ({"server": "time", "profile": "slow"}, "'slow' is not one of"),
        ({"server": "time", "model": "huge"}, "'huge' is not one of"),
        ({"server": "time", "quantization": "q2_k"}, "'q2_k' is not one of"),
        ({"server": "time", "samples": 0}, "0 is less than the minimum of 1"),
        ({"server": "time", "seed": -1}, "-1 is less than the minimum of 0"),
        ({}, "'server' is a required property"),
    ],
    ids=lambda value: str(value),
)
def test_a_wrong_parameter_is_refused_before_any_work(
    parameters: dict[str, Any], message: str, deployment: Deployment
) -> None:
    found = deployment.deployed("forge/tiny")
    mine = {"deployments": {"id": {"any_": [found["id"]]}}}
    before = deployment.read("POST", "flow_runs/count", mine)
    asked = {"parameters": parameters, "state": {"type": "SCHEDULED"}}
    answer = deployment.ask("POST", f"deployments/{found['id']}/create_flow_run", asked)
    assert answer.status_code == 409  # what this version of Prefect answers
    assert message in answer.text
    assert deployment.read("POST", "flow_runs/count", mine) == before


def test_a_form_offers_what_is_in_the_profiles_and_says_what_each_field_is(
    deployment: Deployment,
) -> None:
    fields = deployment.deployed("forge/tiny")["parameter_openapi_schema"]["properties"]
    assert fields["server"]["enum"] == sorted([*profiles.servers(), "listed"])
    assert "tiny" in fields["model"]["enum"]
    assert fields["profile"]["enum"][-1] == "tiny"
    assert fields["quantization"]["enum"] == ["f16", "q8_0", "q4_k_m", "q5_k_m"]
    assert all(field["description"] for field in fields.values())


@pytest.mark.parametrize(("name", "value"), [("seed", 7), ("samples", 99), ("profile", "fast_dev")])
def test_redeploying_one_model_with_another_value_changes_just_that(
    name: str, value: Any, deployment: Deployment
) -> None:
    def all_of_them() -> dict[str, dict[str, Any]]:
        found = deployment.read("POST", "deployments/filter", {})
        return {one["id"]: {k: one[k] for k in one.keys() - VOLATILE} for one in found}

    deployment.deploy("train/smollm2")
    before = all_of_them()
    deployment.deploy("train/smollm2", options=("--param", f"{name}={value}"))
    after = all_of_them()
    changed = deployment.deployed("train/smollm2")["id"]
    assert after[changed]["parameters"] == before[changed]["parameters"] | {name: value}
    after[changed]["parameters"] = before[changed]["parameters"]
    assert after == before


@pytest.mark.skipif(browser.program() is None, reason="needed chromium")
def test_a_run_is_started_from_the_form_in_a_browser(deployment: Deployment) -> None:
    found = deployment.deployed("forge/tiny")
    mine = {"flow_runs": {"deployment_id": {"any_": [found["id"]]}}}
    before = {run["id"] for run in deployment.read("POST", "flow_runs/filter", mine)}
    site = deployment.url.removesuffix("/api")

    def new() -> list[dict[str, Any]]:
        runs = deployment.read("POST", "flow_runs/filter", mine)
        return [run for run in runs if run["id"] not in before]

    with browser.chromium() as page:
        page.show(f"{site}/v2/deployments/deployment/{found['id']}/run", browser.has("server"))
        page.click("button", "Select")
        page.click("[role=option]", "listed")
        page.click("button", "Submit")
        (run,) = wait_for(new, "a run from the form")
    assert run["parameters"]["server"] == "listed"
    assert run["parameters"]["profile"] == "tiny"
    deployment.wait_for(run["id"], "COMPLETED")
