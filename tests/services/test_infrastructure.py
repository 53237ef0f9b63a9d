"""What ``infra/`` writes for container engines, read by the classes and schemas that will read it.

No engine runs here: files are parsed, rendered and validated, never applied.
"""

import asyncio
import importlib
import json
import re
from collections.abc import Iterator
from configparser import ConfigParser
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
import yaml
from prefect.client.schemas.objects import FlowRun
from prefect.settings import PREFECT_API_URL, temporary_settings
from prefect.settings.legacy import _get_valid_setting_names
from prefect.settings.models.root import Settings

import profiles
from infra.job_variables import job_variables
from profiles.settings import Settings as OurSettings
from tasks.external.storage import Storage
from tests.services.observing import prefect_server

pytestmark = pytest.mark.services

ROOT = Path(__file__).parent.parent.parent
INFRA = ROOT / "infra"
COMPOSE = yaml.safe_load((INFRA / "compose.yaml").read_text("utf-8"))
CLAIM = yaml.safe_load((INFRA / "kubernetes" / "checkpoints-claim.yaml").read_text("utf-8"))
DOCKERFILE = (INFRA / "Dockerfile").read_text("utf-8")
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


def test_every_module_that_compose_names_is_there() -> None:
    pytest.importorskip("prefect_redis", reason="needed the extra services")
    environment = COMPOSE["services"]["api"]["environment"]
    modules = {value for value in environment.values() if value.startswith("prefect_redis.")}
    assert len(modules) == 4
    for module in modules:
        importlib.import_module(module)


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


def in_the_image() -> dict[str, str]:
    """The variables that the images have."""
    (block,) = re.findall(r"^ENV ((?:.*\\\n)*.*)$", DOCKERFILE, re.M)
    return dict(pair.split("=", 1) for pair in block.replace("\\\n", " ").split())


def test_every_place_means_the_same_home() -> None:
    home = in_the_image()["MCP_FORGE_HOME"]
    unit = (INFRA / "systemd" / "mcp-forge-gpu-worker.service").read_text("utf-8")
    assert f"MCP_FORGE_HOME={home} HF_HOME={in_the_image()['HF_HOME']}\n" in unit
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


def template(kind: str) -> dict[str, Any]:
    """A base job template as bootstrap reads it."""
    path = INFRA / kind / "gpu-base-job-template.json"
    found: dict[str, Any] = json.loads(path.read_text("utf-8"))
    return found


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """The API that a worker asks for the blocks and variables that a template may name."""
    with (
        prefect_server(tmp_path_factory.mktemp("server")) as server,
        temporary_settings({PREFECT_API_URL: server.url}),
    ):
        yield


def rendered(configuration: Any, kind: str, **values: Any) -> Any:
    """The job of a run, as a worker of this kind makes it."""
    made = asyncio.run(configuration.from_template_and_values(template(kind), values))
    run = FlowRun(id=uuid4(), flow_id=uuid4(), name="quiet-otter")
    made.prepare_for_flow_run(run)
    return made


@pytest.mark.usefixtures("api")
def test_a_kubernetes_job_is_valid_and_has_a_gpu() -> None:
    worker = pytest.importorskip("prefect_kubernetes.worker", reason="needed the extra services")
    validate = pytest.importorskip("kubernetes_validate", reason="needed the extra services")
    job = rendered(worker.KubernetesWorkerJobConfiguration, "kubernetes", gpu_count=2)
    manifest = job.job_manifest
    validate.validate(manifest, validate.latest_version(), strict=True)
    pod = manifest["spec"]["template"]["spec"]
    (container,) = pod["containers"]
    assert container["resources"] == {
        "requests": {"memory": "16Gi", "ephemeral-storage": "60Gi"},
        "limits": {"memory": "32Gi", "ephemeral-storage": "60Gi", "nvidia.com/gpu": 2},
    }
    assert pod["nodeSelector"] == {"nvidia.com/gpu.present": "true"}
    assert pod["tolerations"][0]["key"] == "nvidia.com/gpu"
    assert pod["volumes"][0]["emptyDir"] == {"medium": "Memory", "sizeLimit": "8Gi"}
    assert container["volumeMounts"][0]["mountPath"] == "/dev/shm"
    assert container["envFrom"] == [{"secretRef": {"name": "mcp-forge"}}]
    assert job.job_watch_timeout_seconds is None
    assert job.pod_watch_timeout_seconds == 900


@pytest.mark.usefixtures("api")
@pytest.mark.parametrize("name", profiles.models())
def test_a_models_job_is_valid_with_the_room_that_its_files_take(name: str) -> None:
    worker = pytest.importorskip("prefect_kubernetes.worker", reason="needed the extra services")
    validate = pytest.importorskip("kubernetes_validate", reason="needed the extra services")
    asked = job_variables(profiles.load_model(name), "kubernetes")
    job = rendered(worker.KubernetesWorkerJobConfiguration, "kubernetes", **asked)
    validate.validate(job.job_manifest, validate.latest_version(), strict=True)
    (container,) = job.job_manifest["spec"]["template"]["spec"]["containers"]
    for kind in ("requests", "limits"):
        assert container["resources"][kind]["memory"] == asked["memory_limit"]
        assert container["resources"][kind]["ephemeral-storage"] == asked["ephemeral_storage"]


def test_the_claim_for_checkpoints_is_valid() -> None:
    validate = pytest.importorskip("kubernetes_validate", reason="needed the extra services")
    validate.validate(CLAIM, validate.latest_version(), strict=True)


@pytest.mark.usefixtures("api")
def test_a_kubernetes_job_that_is_not_valid_is_noticed() -> None:
    worker = pytest.importorskip("prefect_kubernetes.worker", reason="needed the extra services")
    validate = pytest.importorskip("kubernetes_validate", reason="needed the extra services")
    job = rendered(worker.KubernetesWorkerJobConfiguration, "kubernetes")
    job.job_manifest["spec"]["template"]["spec"]["completions"] = 1  # belongs to the job
    with pytest.raises(validate.ValidationError):
        validate.validate(job.job_manifest, validate.latest_version(), strict=True)


@pytest.mark.usefixtures("api")
def test_a_docker_container_has_a_gpu_and_shared_memory() -> None:
    worker = pytest.importorskip("prefect_docker.worker", reason="needed the extra services")
    job = rendered(worker.DockerWorkerJobConfiguration, "docker")
    assert job.image == "mcp-forge:gpu"
    asked = job.container_create_kwargs
    assert asked["shm_size"] == "8g"
    assert asked["device_requests"][0]["Capabilities"] == [["gpu"]]
    # All of them: which is its own, a run settles with the others in the volume that they share.
    assert asked["device_requests"][0]["Count"] == -1


@pytest.mark.usefixtures("api")
def test_a_docker_container_reaches_the_api_and_keeps_results_where_the_workers_look() -> None:
    worker = pytest.importorskip("prefect_docker.worker", reason="needed the extra services")
    job = rendered(worker.DockerWorkerJobConfiguration, "docker", env={"MINE": "1"})
    assert job.networks == [f"{COMPOSE['name']}_default"]
    assert job.get_network_mode() is None
    ours = COMPOSE["services"]["worker-gpu"]["environment"]
    assert job.env["PREFECT_API_URL"] == ours["PREFECT_API_URL"]
    of_image = in_the_image()["PREFECT_RESULTS_LOCAL_STORAGE_PATH"]
    assert job.env["PREFECT_RESULTS_LOCAL_STORAGE_PATH"] == of_image
    assert job.env["MINE"] == "1"
