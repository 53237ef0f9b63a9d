"""What ``infra/`` writes for container engines and systemd fits together and fits the code."""

import json
import re
from configparser import ConfigParser
from pathlib import Path

import pytest
from prefect.settings.legacy import _get_valid_setting_names
from prefect.settings.models.root import Settings

from profiles.settings import Settings as OurSettings
from tasks.external.storage import Storage
from tests.helpers.containers import CLAIM, COMPOSE, DOCKERFILE, INFRA, ROOT, in_the_image, template

IN_REDIS = {
    "PREFECT_SERVER_EVENTS_MESSAGING_BROKER",
    "PREFECT_SERVER_EVENTS_MESSAGING_CACHE",
    "PREFECT_SERVER_EVENTS_CAUSAL_ORDERING",
    "PREFECT_SERVER_CONCURRENCY_LEASE_STORAGE",
    "PREFECT_SERVER_WORKER_CHANNEL_CLEANUP_QUEUE_STORAGE",
    "PREFECT_SERVER_DOCKET_URL",
}


def test_compose_has_every_process_of_an_installation() -> None:
    assert set(COMPOSE["services"]) == {
        "postgres",
        "redis",
        "migrate",
        "api",
        "services",
        "worker-cpu",
        "worker-gpu",
    }
    for name, service in COMPOSE["services"].items():
        assert set(service.get("depends_on", {})) <= set(COMPOSE["services"]), name
        named = {volume.split(":")[0] for volume in service.get("volumes", [])}
        assert named <= set(COMPOSE["volumes"]), name


@pytest.mark.parametrize("name", ["api", "services"])
def test_both_parts_of_the_server_keep_all_six_things_in_redis(name: str) -> None:
    environment = COMPOSE["services"][name]["environment"]
    assert set(environment) >= IN_REDIS
    assert environment["PREFECT_API_DATABASE_CONNECTION_URL"].startswith("postgresql+asyncpg://")
    assert environment["PREFECT_SERVER_DATABASE_MIGRATE_ON_START"] == "false"


def test_every_setting_in_compose_is_one_that_prefect_knows() -> None:
    known = _get_valid_setting_names(Settings)
    used = {name for s in COMPOSE["services"].values() for name in s.get("environment", {})}
    of_prefect = {n for n in used if n.startswith("PREFECT_") and "_REDIS_" not in n}
    assert of_prefect
    assert of_prefect <= known


def test_every_image_of_ours_is_a_target_of_the_dockerfile() -> None:
    targets = set(re.findall(r"^FROM \S+ AS (\w+)$", DOCKERFILE, re.M))
    built = {s["build"]["target"] for s in COMPOSE["services"].values() if "build" in s}
    assert built == {"cpu", "gpu"}
    assert built <= targets
    copied = {
        name
        for line in re.findall(r"^COPY (.*) \./?\S*$", DOCKERFILE, re.M)
        for name in line.split()
    }
    assert {name for name in copied if not (ROOT / name).exists()} <= {"prefect.yaml"}


def test_the_gpu_worker_takes_as_many_runs_as_it_has_gpus() -> None:
    worker = COMPOSE["services"]["worker-gpu"]
    (device,) = worker["deploy"]["resources"]["reservations"]["devices"]
    assert device["capabilities"] == ["gpu"]
    assert worker["command"][-2:] == ["--limit", device["count"]]
    assert device["count"] == "${MCP_FORGE_GPU_SLOTS:-1}"


def test_whoever_may_download_a_base_has_the_token() -> None:
    for name in ("worker-cpu", "worker-gpu"):
        assert COMPOSE["services"][name]["environment"]["HF_TOKEN"] == "${HF_TOKEN:-}"


def test_every_place_means_the_same_home() -> None:
    home = in_the_image()["MCP_FORGE_HOME"]
    unit = (INFRA / "systemd" / "mcp-forge-gpu-worker.service").read_text("utf-8")
    assert f"MCP_FORGE_HOME={home} HF_HOME={in_the_image()['HF_HOME']}\n" in unit
    results = in_the_image()["PREFECT_RESULTS_LOCAL_STORAGE_PATH"]
    assert f"=PREFECT_RESULTS_LOCAL_STORAGE_PATH={results}\n" in unit
    assert f"StateDirectory={home.removeprefix('/var/lib/')}\n" in unit
    for name in ("worker-cpu", "worker-gpu"):
        assert COMPOSE["services"][name]["volumes"] == [f"storage:{home}"]
    assert template("docker")["variables"]["properties"]["volumes"]["default"] == [
        f"mcp-forge_storage:{home}"
    ]
    for said in (COMPOSE["services"], template("docker"), template("kubernetes")):
        assert "MCP_FORGE_HOME" not in json.dumps(said)


def test_a_pods_checkpoints_lie_where_the_trainer_writes_them_and_outlive_it(
    tmp_path: Path,
) -> None:
    remote = OurSettings(home=tmp_path, storage="memory://forge/storage")
    inside = Storage(remote).folder("checkpoints").relative_to(tmp_path)
    pod = template("kubernetes")["job_configuration"]["job_manifest"]["spec"]["template"]["spec"]
    mounts = {m["name"]: m["mountPath"] for m in pod["containers"][0]["volumeMounts"]}
    assert mounts["checkpoints"] == f"{in_the_image()['MCP_FORGE_HOME']}/{inside}"
    assert f" {mounts['checkpoints']}\n" in DOCKERFILE, "its owner is the user of the image"
    (volume,) = [v for v in pod["volumes"] if v["name"] == "checkpoints"]
    asked = template("kubernetes")["variables"]["properties"]["checkpoints_claim"]["default"]
    assert volume["persistentVolumeClaim"] == {"claimName": "{{ checkpoints_claim }}"}
    assert CLAIM["metadata"]["name"] == asked
    assert f"--uid {pod['securityContext']['fsGroup']} " in DOCKERFILE


def test_no_secret_is_written_down() -> None:
    for name, service in COMPOSE["services"].items():
        for variable, value in service.get("environment", {}).items():
            if re.search("PASSWORD|AUTH|TOKEN|KEY", variable):
                assert value.startswith("${"), (name, variable)


def test_systemd_leaves_a_training_alone_when_its_worker_is_restarted() -> None:
    unit = ConfigParser(strict=False, interpolation=None)
    unit.optionxform = str  # type: ignore[assignment, method-assign]
    unit.read(INFRA / "systemd" / "mcp-forge-gpu-worker.service", encoding="utf-8")
    assert unit["Service"]["KillMode"] == "process"
    assert "--pool gpu" in unit["Service"]["ExecStart"]
