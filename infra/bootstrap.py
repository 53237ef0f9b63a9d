"""Make the work pools ``cpu`` and ``gpu``, or bring them up to the settings; as often as you like.

Where runs keep their files in a remote storage, a block for Prefect's results is made there too.

The limit of ``gpu`` is the pool's own: it spans all models, and it holds no lease that a restart of
the server would lose.
"""

import asyncio
import json
import os
import sys
from typing import Any

from prefect.client.orchestration import SyncPrefectClient, get_client
from prefect.client.schemas.actions import WorkPoolCreate, WorkPoolUpdate
from prefect.exceptions import ObjectNotFound
from prefect.workers.utilities import get_default_base_job_template_for_infrastructure_type

from infra import result_storage
from profiles import UNREADABLE
from profiles.settings import Settings

CPU, GPU = "cpu", "gpu"


def main() -> None:
    """Make or update both pools at the configured API."""
    if not os.environ.get("PREFECT_API_URL"):
        sys.exit("needed PREFECT_API_URL, the address of the Prefect server (or use: make serve)")
    settings = Settings()
    with get_client(sync_client=True) as client:
        settle(client, CPU, settings.cpu_pool_type, None, settings)
        settle(client, GPU, settings.pool_type, settings.gpu_slots, settings)
    block = result_storage.settle(settings)
    if block:
        sys.stdout.write(f"workers need PREFECT_RESULTS_DEFAULT_STORAGE_BLOCK={block}\n")


def settle(
    client: SyncPrefectClient, name: str, kind: str, limit: int | None, settings: Settings
) -> None:
    """Make one pool, or change its limit and its template to what they should be.

    ``limit``: runs at once; None leaves what an operator has set.
    """
    template = _template(name, settings)
    try:
        pool = client.read_work_pool(name)
    except ObjectNotFound:
        client.create_work_pool(
            WorkPoolCreate(
                name=name,
                type=kind,
                description=f"mcp-forge: {'training and evaluation' if limit else 'the rest'}",
                concurrency_limit=limit,
                base_job_template=template or _default_template(kind),
            )
        )
        return
    if pool.type != kind:
        variable = "MCP_FORGE_POOL_TYPE" if name == GPU else "MCP_FORGE_CPU_POOL_TYPE"
        sys.exit(
            f"the pool {name} has the type {pool.type}, needed {kind} ({variable}); delete it "
            f"first: prefect work-pool delete {name}"
        )
    client.update_work_pool(
        name,
        WorkPoolUpdate(
            concurrency_limit=pool.concurrency_limit if limit is None else limit,
            base_job_template=template or pool.base_job_template,
        ),
    )


def _template(name: str, settings: Settings) -> dict[str, Any] | None:
    """The job template that the operator wrote for a pool, if there is one."""
    folder = settings.job_templates
    if folder is None:
        return None
    path = folder / f"{name}-base-job-template.json"
    if not folder.is_dir():  # with Prefect's own template a run would have no GPU
        sys.exit(f"MCP_FORGE_JOB_TEMPLATES: no folder {folder}; needed one such as infra/docker")
    if not path.is_file():
        return None
    try:
        template: dict[str, Any] = json.loads(path.read_text("utf-8"))
    except UNREADABLE as error:
        sys.exit(f"{path}: no job template: {error}")
    return template


def _default_template(pool_type: str) -> dict[str, Any]:
    template = asyncio.run(get_default_base_job_template_for_infrastructure_type(pool_type))
    if template is None:
        sys.exit(f"no worker of the type {pool_type} is known; install its prefect integration")
    return template


if __name__ == "__main__":
    main()
