"""A deployment as an operator has it: a server, two workers and deployments, each a process.

One server for all tests of this folder; a test waits for states, never for seconds.
"""

import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from flows.local_server import SERVER_SETTINGS
from tests.fakes.own_profiles import model, profile, write
from tests.fakes.toolsets import CLOCKS
from tests.helpers.deployment import DEPLOYED, ROOT, Deployment
from tests.helpers.processes import PATIENCE, end, free_port


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Everything here is one target of its own."""
    for item in items:
        if "services" in item.path.parts:
            item.add_marker(pytest.mark.services)
            item.add_marker(pytest.mark.timeout(3 * PATIENCE))


@pytest.fixture(scope="session")
def tools_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The tool list of the server ``listed``; a test may change it."""
    path = tmp_path_factory.mktemp("tools") / "tools.json"
    path.write_text(CLOCKS.model_dump_json(), encoding="utf-8")
    return path


@pytest.fixture(scope="session")
def deployment(
    tiny_base: Path, tools_file: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Deployment]:
    """Server, pools, deployments and workers, made as ``make deploy`` makes them."""
    folder = tmp_path_factory.mktemp("services")
    own = folder / "profiles"
    write(
        own,
        {
            "models/tiny": model(tiny_base, deployment={"profile": "tiny"}),
            "training/tiny": profile(),
            "training/strict": profile(thresholds={"tool_selection": 0.9}),
            "training/brief": profile(training={"max_steps": 30, "save_steps": 5}),
            "training/long": profile(training={"max_steps": 400, "save_steps": 20}),
            "training/endless": profile(training={"max_steps": 100_000, "save_steps": 5}),
            "servers/listed": f"tools_file = {json.dumps(str(tools_file))}\n"
            '[deployment]\nmodel = "tiny"\nactive = false',
        },
    )
    port = free_port()
    environment = os.environ | {
        "PYTHONPATH": os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")]),
        "OMP_NUM_THREADS": "1",
        **SERVER_SETTINGS,
        "PREFECT_HOME": str(folder / "prefect"),
        "PREFECT_API_URL": f"http://127.0.0.1:{port}/api",
        "PREFECT_SERVER_API_PORT": str(port),  # where the pages look for the API
        "PREFECT_WORKER_QUERY_SECONDS": "1",
        "PREFECT_SERVER_SERVICES_SCHEDULER_LOOP_SECONDS": "2",
        "PREFECT_SERVER_SERVICES_CANCELLATION_CLEANUP_LOOP_SECONDS": "2",
        "MCP_FORGE_PROFILES": str(own),
        "MCP_FORGE_HOME": str(folder / "home"),
        "MCP_FORGE_DIST": str(folder / "dist"),
    }
    made = Deployment(folder, port, environment)
    try:
        made.start_server()
        made.do(sys.executable, "-m", "infra.bootstrap")
        made.do(sys.executable, "-m", "infra.write_prefect_yaml")
        made.deploy(*DEPLOYED)
        for pool in ("cpu", "gpu"):
            made.start_worker(pool)
        yield made
    finally:
        for worker in made.workers.values():
            end(worker)
        made.stop_server()
