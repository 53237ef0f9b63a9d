"""What ``infra/`` writes for container engines, read by the classes and schemas that will read it.

No engine runs here: files are parsed, rendered and validated, never applied.
"""

import asyncio
import importlib
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest
from prefect.client.schemas.objects import FlowRun
from prefect.settings import PREFECT_API_URL, temporary_settings

import profiles
from infra.job_variables import job_variables
from tests.helpers.containers import CLAIM, COMPOSE, in_the_image, template
from tests.services.observing import prefect_server

pytestmark = pytest.mark.services


def test_every_module_that_compose_names_is_there() -> None:
    pytest.importorskip("prefect_redis", reason="needed the extra services")
    environment = COMPOSE["services"]["api"]["environment"]
    modules = {value for value in environment.values() if value.startswith("prefect_redis.")}
    assert len(modules) == 4
    for module in modules:
        importlib.import_module(module)


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
