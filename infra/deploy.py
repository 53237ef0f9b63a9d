"""Deploy what prefect.yaml says; schedules stay as people set them.

``python -m infra.deploy [--prune]``, in the folder of prefect.yaml, as often as you like. Prefect
alone would switch every schedule of the file back, and remove those that a person added without a
slug. Deployments that the file does not name are listed, and with ``--prune`` removed: another
folder of profiles, deployed to the same server, has its own.
"""

import argparse
import subprocess
import sys
from collections.abc import Iterable

import yaml
from prefect.client.orchestration import SyncPrefectClient, get_client
from prefect.client.schemas.filters import DeploymentFilter, DeploymentFilterTags
from prefect.client.schemas.responses import DeploymentResponse

from infra.write_prefect_yaml import FILE, OURS

_OWN = "own"
"""What the slugs begin with of schedules that a person added without one."""
_PAGE = 200
"""Deployments that Prefect's API gives at once."""
Key = tuple[str, frozenset[str]]
"""A deployment's name and its tags."""


def main() -> None:
    """Deploy everything at the configured API."""
    parser = argparse.ArgumentParser(prog="python -m infra.deploy")
    parser.add_argument("--prune", action="store_true", help="remove what prefect.yaml lacks")
    prune = parser.parse_args().prune
    with get_client(sync_client=True) as client:
        switches = keep_schedules(client)
        command = [sys.executable, "-m", "prefect", "--no-prompt", "deploy", "--all"]
        try:
            if subprocess.run(command, check=False).returncode:
                sys.exit("failed: prefect deploy --all; its reason stands above")
        finally:
            restore_switches(client, switches)
        entries = yaml.safe_load(FILE.read_text(encoding="utf-8"))["deployments"]
        for other in others(client, {_key(one["name"], one["tags"]) for one in entries}):
            if prune:
                client.delete_deployment(other.id)
            what = "removed" if prune else "not in prefect.yaml (make deploy PRUNE=1 removes it)"
            sys.stdout.write(f"{what}: {other.name}, {', '.join(other.tags)}\n")


def keep_schedules(client: SyncPrefectClient) -> dict[tuple[str, str], bool]:
    """Whether each schedule is active, by its deployment's id and its slug; all have one then."""
    switches = {}
    for deployment in _ours(client):
        for schedule in deployment.schedules:
            slug = schedule.slug or f"{_OWN}-{schedule.id}"
            if schedule.slug is None:
                client.update_deployment_schedule(deployment.id, schedule.id, slug=slug)
            switches[str(deployment.id), slug] = schedule.active
    return switches


def restore_switches(client: SyncPrefectClient, switches: dict[tuple[str, str], bool]) -> None:
    """Switch schedules back to what they were; one that was not there is as the file says."""
    for deployment in _ours(client):
        for schedule in deployment.schedules:
            active = switches.get((str(deployment.id), schedule.slug or ""), schedule.active)
            if active != schedule.active:
                client.update_deployment_schedule(deployment.id, schedule.id, active=active)


def others(client: SyncPrefectClient, named: set[Key]) -> list[DeploymentResponse]:
    """Our deployments that are not ``named``.

    A copy that a person made in the UI has our tags too, but another name, and is none of them.
    """
    return [
        deployment
        for deployment in _ours(client)
        if _is_made_here(deployment) and _key(deployment.name, deployment.tags) not in named
    ]


def _is_made_here(deployment: DeploymentResponse) -> bool:
    name = deployment.name
    return name == OURS or not {f"model:{name}", f"server:{name}"}.isdisjoint(deployment.tags)


def _key(name: str, tags: Iterable[str]) -> Key:
    return name, frozenset(tags)


def _ours(client: SyncPrefectClient) -> list[DeploymentResponse]:
    tagged = DeploymentFilter(tags=DeploymentFilterTags(all_=[OURS]))
    deployments: list[DeploymentResponse] = []
    while page := client.read_deployments(
        deployment_filter=tagged, limit=_PAGE, offset=len(deployments)
    ):
        deployments += page
    return deployments


if __name__ == "__main__":
    main()
