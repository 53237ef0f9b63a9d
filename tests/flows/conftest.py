"""What the tests of whole runs share: a Prefect API for each file, and what a person registers."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from prefect.settings import (
    PREFECT_FLOWS_HEARTBEAT_FREQUENCY,
    PREFECT_LOCAL_STORAGE_PATH,
    PREFECT_LOGGING_TO_API_ENABLED,
    temporary_settings,
)
from prefect.testing.utilities import prefect_test_harness

from tasks.external.llama_cpp import missing_for
from tests.fakes.own_profiles import model, profile, write
from tests.helpers.needs import need


@pytest.fixture(scope="module")
def prefect_api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """A Prefect API and results of this module's own: nothing is cached that it does not show.

    Heartbeats would cost a second for each flow run.
    """
    settings = {
        PREFECT_LOCAL_STORAGE_PATH: tmp_path_factory.mktemp("results"),
        PREFECT_LOGGING_TO_API_ENABLED: False,
        PREFECT_FLOWS_HEARTBEAT_FREQUENCY: None,
    }
    with prefect_test_harness(server_startup_timeout=300), temporary_settings(settings):
        yield


@pytest.fixture(scope="module")
def llama_cpp() -> None:
    """The converter and the server that a run needs."""
    need(*missing_for("q8_0"))


@pytest.fixture(scope="module")
def own_profiles(tiny_base: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A tiny model, its profile, and those that a run refuses, in a folder of a person's own."""
    folder = tmp_path_factory.mktemp("profiles")
    files = {
        "models/tiny": model(tiny_base),
        "models/lost": model(folder),
        "training/tiny": profile(),
        "training/greedy": profile(quality={"min_trained_share": 1.0}),
        "training/strict": profile(
            thresholds={"tool_selection": 0.9}, evaluation={"adapter_prompts": 4}
        ),
        "training/tracked": profile(training={"report_to": ["wandb"]}),
        "training/narrow": profile(training={"max_seq_length": 512}),
        "training/vast": profile(
            training={"per_device_batch_size": 4_000_000, "share_prefix": "off"}
        ),
        "servers/broken": 'command = ["no-such-program", "--stdio"]',
    }
    write(folder, files)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MCP_FORGE_PROFILES", str(folder))
        patch.setenv("MCP_FORGE_DIST", str(tmp_path_factory.getbasetemp()))
        yield folder
