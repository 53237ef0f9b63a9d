"""prefect.yaml is what profiles/ say, and has no key that Prefect would drop without a word."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from prefect.cli.deploy._models import DeploymentConfig, PrefectYamlModel, WorkPoolConfig
from prefect.utilities.callables import parameter_schema
from prefect.utilities.importtools import import_object
from prefect.utilities.schema_tools.validation import is_valid

import profiles
from infra.write_prefect_yaml import prefect_yaml
from tests.fakes.own_profiles import model, write

ROOT = Path(__file__).parent.parent.parent
CONTENT: dict[str, Any] = yaml.safe_load((ROOT / "prefect.yaml").read_text("utf-8"))
DEPLOYMENTS = {f"{d['entrypoint'].split(':')[1]}/{d['name']}": d for d in CONTENT["deployments"]}


def unknown_keys(content: dict[str, Any]) -> list[str]:
    """Keys that are no field of Prefect's own models; its schedules refuse theirs themselves."""
    known = {field.alias or name for name, field in PrefectYamlModel.model_fields.items()}
    found = sorted(content.keys() - known)
    for deployment in content["deployments"]:
        found += sorted(deployment.keys() - DeploymentConfig.model_fields.keys())
        found += sorted(deployment["work_pool"].keys() - WorkPoolConfig.model_fields.keys())
    return found


def test_prefect_yaml_is_what_the_profiles_say() -> None:
    assert (ROOT / "prefect.yaml").read_text("utf-8") == prefect_yaml(), "run: make deploy"


def test_every_deployed_model_has_three_deployments_and_every_server_a_watch() -> None:
    names = profiles.deployed_models()
    assert {"deepseek-r1", "qwen-2.5", "smollm2"} <= set(names) < set(profiles.models())
    expected = {f"{flow}/{name}" for flow in ("forge", "train", "evaluate") for name in names}
    expected |= {f"watch/{server}" for server in profiles.deployed_servers()}
    expected |= {f"{flow}/mcp-forge" for flow in ("sweep", "promote", "rollback")}
    assert DEPLOYMENTS.keys() == expected
    pools = {name: deployment["work_pool"]["name"] for name, deployment in DEPLOYMENTS.items()}
    assert {name for name in pools if pools[name] == "gpu"} == {
        name for name in expected if name.startswith(("train/", "evaluate/"))
    }


def test_prefect_reads_every_key() -> None:
    PrefectYamlModel.model_validate(CONTENT)
    assert unknown_keys(CONTENT) == []


@pytest.mark.parametrize("place", ["the file", "a deployment", "a work pool"])
def test_a_misspelt_key_would_be_noticed(place: str) -> None:
    content = yaml.safe_load(prefect_yaml())
    deployment = content["deployments"][0]
    at = {"the file": content, "a deployment": deployment, "a work pool": deployment["work_pool"]}
    at[place]["parametres"] = {}
    assert unknown_keys(content) == ["parametres"]


@pytest.mark.parametrize("name", DEPLOYMENTS)
def test_every_parameter_is_one_of_its_flow_and_within_its_form(name: str) -> None:
    deployment = DEPLOYMENTS[name]
    schema = parameter_schema(import_object(deployment["entrypoint"])).model_dump()
    schedules = [s.get("parameters", {}) for s in deployment.get("schedules", [])]
    for given in ({}, *schedules):
        for key, value in (deployment["parameters"] | given).items():
            field = schema["properties"][key]
            assert value in field.get("enum", [value])


def test_the_weekly_forge_is_an_inactive_example_and_the_nightly_watch_is_active() -> None:
    schedules = {name: d["schedules"] for name, d in DEPLOYMENTS.items() if "schedules" in d}
    for name, (schedule,) in schedules.items():
        slug, active = ("nightly", True) if name.startswith("watch/") else ("weekly", False)
        assert (schedule["slug"], schedule["active"]) == (slug, active)


@pytest.mark.parametrize(
    ("code", "step"),
    [
        ("/opt/mcp-forge", {"set_working_directory": {"directory": "/opt/mcp-forge"}}),
        (
            "https://example.com/mcp-forge.git#main",
            {
                "git_clone": {
                    "repository": "https://example.com/mcp-forge.git",
                    "branch": "main",
                }
            },
        ),
        (
            "https://example.com/mcp-forge.git",
            {"git_clone": {"repository": "https://example.com/mcp-forge.git"}},
        ),
    ],
)
def test_flow_code_comes_from_where_the_operator_says(
    code: str, step: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MCP_FORGE_CODE", code)
    ((name, values),) = step.items()
    assert yaml.safe_load(prefect_yaml())["pull"] == [{f"prefect.deployments.steps.{name}": values}]


def test_a_server_may_be_any_text_only_where_the_operator_allows_commands(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    forge = import_object("flows.forge:forge")
    assert parameter_schema(forge).properties["server"]["enum"] == profiles.servers()
    monkeypatch.setenv("MCP_FORGE_ALLOW_AD_HOC_SERVERS", "true")
    assert "enum" not in parameter_schema(forge).properties["server"]


@pytest.mark.parametrize("stage", ["train", "evaluate"])
def test_a_stage_takes_a_profile_with_changes_from_the_run_that_places_it(stage: str) -> None:
    schema = parameter_schema(import_object(f"flows/{stage}.py:{stage}")).model_dump_for_openapi()
    given = {"server": "time", "model": "smollm2"}
    changed = profiles.profile_text("cpu", ["training.learning_rate=1e-4", "data.seed=7"])
    for profile, is_right in (("cpu", True), (changed, True), ("cpu; rm", False)):
        assert is_valid(given | {"profile": profile}, schema) == is_right


def test_a_model_without_deployments_of_its_own_can_be_chosen_in_every_form() -> None:
    others = set(profiles.models()) - set(profiles.deployed_models())
    for deployment in DEPLOYMENTS.values():
        fields = parameter_schema(import_object(deployment["entrypoint"])).properties
        choices = [fields["model"]] if "model" in fields else []
        choices += [fields["models"]["items"]] if "models" in fields else []
        assert all(others <= set(choice["enum"]) for choice in choices)


def test_no_description_in_a_form_has_what_prefect_takes_for_a_tag_and_leaves_out() -> None:
    for deployment in DEPLOYMENTS.values():
        fields = parameter_schema(import_object(deployment["entrypoint"])).properties
        assert not [name for name, field in fields.items() if "<" in field.get("description", "")]


def test_no_secret_can_be_given_as_a_parameter() -> None:
    for deployment in DEPLOYMENTS.values():
        fields = parameter_schema(import_object(deployment["entrypoint"])).properties
        assert fields
        assert not [name for name in fields if re.search("password|secret|token|key", name)]


def test_a_misspelt_default_of_a_deployment_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path, {"models/own": model(tmp_path, deployment={"profil": "demo"})})
    monkeypatch.setenv("MCP_FORGE_PROFILES", str(tmp_path))
    with pytest.raises(profiles.ProfileError, match=r"models/own\.toml: profil: Extra inputs"):
        prefect_yaml()


def test_a_model_whose_profile_is_none_is_not_deployed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path, {"models/own": model(tmp_path, deployment={"profile": "fast"})})
    monkeypatch.setenv("MCP_FORGE_PROFILES", str(tmp_path))
    with pytest.raises(profiles.ProfileError, match="no 'fast' in profiles/training; known: bal"):
        prefect_yaml()
