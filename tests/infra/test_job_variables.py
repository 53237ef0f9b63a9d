"""What a model's runs ask of a container engine: enough for its files, in the template's words."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from infra.job_variables import job_variables
from infra.write_prefect_yaml import prefect_yaml
from profiles import load_model, models

ROOT = Path(__file__).parent.parent.parent


def quantities(name: str) -> tuple[int, int]:
    """(memory, disk) of a model's runs, in GiB."""
    asked = job_variables(load_model(name), "kubernetes")
    assert asked["memory_request"] == asked["memory_limit"]
    return int(asked["memory_limit"].removesuffix("Gi")), int(
        asked["ephemeral_storage"].removesuffix("Gi")
    )


def template(kind: str) -> dict[str, Any]:
    """A base job template."""
    path = ROOT / "infra" / kind / "gpu-base-job-template.json"
    found: dict[str, Any] = json.loads(path.read_text("utf-8"))
    return found


def variables(kind: str) -> set[str]:
    """The variables of a job template."""
    return set(template(kind)["variables"]["properties"])


def test_a_larger_model_gets_more_memory_and_disk() -> None:
    memory, disk = zip(
        *(quantities(name) for name in ("smollm2", "qwen-2.5-7b", "deepseek-r1", "qwen-2.5")),
        strict=True,
    )
    assert memory == (7, 11, 12, 19)
    assert disk == (3, 51, 54, 97)


@pytest.mark.parametrize("kind", ["kubernetes", "docker"])
def test_a_template_knows_every_variable_that_a_deployment_gives(kind: str) -> None:
    for name in models():
        asked = job_variables(load_model(name), kind)
        assert asked
        assert asked.keys() <= variables(kind)


@pytest.mark.parametrize("kind", ["kubernetes", "docker"])
def test_what_a_template_fills_in_are_its_variables_and_each_is_used(kind: str) -> None:
    job = json.dumps(template(kind)["job_configuration"])
    assert set(re.findall(r"{{ (\w+) }}", job)) == variables(kind)


def test_a_process_has_what_its_machine_has() -> None:
    assert job_variables(load_model("qwen-2.5"), "process") == {}


def test_a_model_of_unknown_size_gets_what_the_template_says() -> None:
    unknown = load_model("qwen-2.5").model_copy(update={"architecture": None})
    assert job_variables(unknown, "kubernetes") == {}


def test_only_runs_on_the_gpu_pool_ask_for_a_models_room(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MCP_FORGE_POOL_TYPE", "kubernetes")
    deployments: list[dict[str, Any]] = yaml.safe_load(prefect_yaml())["deployments"]
    for deployment in deployments:
        asked = deployment["work_pool"]["job_variables"].keys() - {"env"}
        on_gpu = deployment["work_pool"]["name"] == "gpu"
        assert bool(asked) == on_gpu, deployment["name"]
