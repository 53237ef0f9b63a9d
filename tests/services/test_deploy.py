"""Deploying again: what an operator did to schedules stays, what no file names any more goes."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from prefect.client.orchestration import SyncPrefectClient, get_client
from prefect.client.schemas.actions import WorkPoolUpdate
from prefect.client.schemas.schedules import CronSchedule
from prefect.settings import PREFECT_API_URL, temporary_settings

from infra.bootstrap import CPU, GPU
from infra.write_prefect_yaml import prefect_yaml
from profiles.settings import Settings
from tests.services.observing import ROOT, prefect_server


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The API of a server with our pools."""
    with prefect_server(tmp_path_factory.mktemp("server")) as server:
        run("infra.bootstrap", ROOT, server.url)
        yield server.url


@pytest.fixture
def client(url: str) -> Iterator[SyncPrefectClient]:
    """A client of that server."""
    with temporary_settings({PREFECT_API_URL: url}), get_client(sync_client=True) as client:
        yield client


def run(module: str, folder: Path, url: str, *options: str) -> str:
    """What a module of ours says, run in a folder."""
    done = subprocess.run(
        [sys.executable, "-m", module, *options],
        cwd=folder,
        env=os.environ | {"PREFECT_API_URL": url, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def write(folder: Path, *names: str) -> None:
    """A prefect.yaml with some of our deployments."""
    content = yaml.safe_load(prefect_yaml())
    content["deployments"] = [
        entry for entry in content["deployments"] if f"{entry['tags'][1]}/{entry['name']}" in names
    ]
    assert len(content["deployments"]) == len(names)
    (folder / "prefect.yaml").write_text(yaml.safe_dump(content), encoding="utf-8")


def schedules(client: SyncPrefectClient, name: str) -> dict[str, bool]:
    """The hour of each schedule of a deployment, and whether it is active."""
    deployed = client.read_deployment_by_name(name)
    return {one.schedule.cron: one.active for one in deployed.schedules}


def test_bootstrap_keeps_a_limit_of_an_operator_and_settles_that_of_the_gpus(
    client: SyncPrefectClient, url: str
) -> None:
    slots = client.read_work_pool(GPU).concurrency_limit
    for name in (CPU, GPU):
        client.update_work_pool(name, WorkPoolUpdate(concurrency_limit=7))
    run("infra.bootstrap", ROOT, url)
    assert slots == Settings().gpu_slots != 7
    assert client.read_work_pool(GPU).concurrency_limit == slots
    assert client.read_work_pool(CPU).concurrency_limit == 7


def test_deploying_again_keeps_schedules_and_removes_only_what_it_is_told_to(
    client: SyncPrefectClient, url: str, tmp_path: Path
) -> None:
    write(tmp_path, "watch/time", "forge/smollm2", "watch/git")
    run("infra.deploy", tmp_path, url)
    made = schedules(client, "watch/time")
    (nightly,) = made
    watch = client.read_deployment_by_name("watch/time")
    copy = client.create_deployment(watch.flow_id, "of-a-person", tags=watch.tags)
    client.update_deployment_schedule(watch.id, watch.schedules[0].id, active=not made[nightly])
    own = CronSchedule(cron="0 4 * * *", timezone="UTC")
    client.create_deployment_schedules(watch.id, [(own, True)])
    write(tmp_path, "watch/time", "forge/smollm2")
    lacking = "git, mcp-forge, watch, server:git"
    for options, gone in (((), False), (("--prune",), True), (("--prune",), False)):
        said = run("infra.deploy", tmp_path, url, *options)
        assert schedules(client, "watch/time") == {nightly: not made[nightly], "0 4 * * *": True}
        assert (f"removed: {lacking}" in said) is gone
        assert (f"removes it): {lacking}" in said) is (not options)
    left = {one.name for one in client.read_deployments()}
    assert left == {"time", "smollm2", "of-a-person"}
    assert client.read_deployment(copy).tags == watch.tags
