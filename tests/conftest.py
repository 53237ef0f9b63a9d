"""What all tests share: nothing leaves this machine, nothing is written outside a scratch folder.

``smollm2_base`` is the real small model; ``tiny_base`` its tokenizer with two layers of noise.
"""

import os
import shutil
import signal
import socket
import tempfile
from collections.abc import Iterator
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest

from tests.helpers.tiny_model import build_tiny

# Read when Prefect, the hub's client or Unsloth is imported, hence before anything of ours is.
SCRATCH = Path(tempfile.mkdtemp(prefix="mcp-forge-tests-"))
os.environ |= {
    "MCP_FORGE_HOME": str(SCRATCH / "home"),
    "MCP_FORGE_DIST": str(SCRATCH / "dist"),
    "PREFECT_HOME": str(SCRATCH / "prefect"),
    "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
    "DO_NOT_TRACK": "1",
    "HF_HOME": str(SCRATCH / "hub"),
    "HF_HUB_OFFLINE": "1",
    "HF_DATASETS_OFFLINE": "1",
    "TRANSFORMERS_OFFLINE": "1",
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "UNSLOTH_DISABLE_STATISTICS": "1",
    "TOKENIZERS_PARALLELISM": "false",
}
# A tiny model has nothing to share among threads, which wait for each other beside another program
# that computes: a training of twelve steps took 21 s of CPU time with two, and takes 3 with one.
os.environ.setdefault("OMP_NUM_THREADS", "1")
for name in (
    "MCP_FORGE_STORAGE",
    "MCP_FORGE_PROFILES",
    "MCP_FORGE_ALLOW_AD_HOC_SERVERS",
    "MCP_FORGE_PLACEMENT",
    "MCP_FORGE_CODE",
    "MCP_FORGE_LLAMA_SERVER",
    "MCP_FORGE_LLAMA_SLOTS",
    "PREFECT_API_URL",
    # Each of the many programs that tests start would compile all that it imports of ours again.
    "PYTHONDONTWRITEBYTECODE",
):
    os.environ.pop(name, None)

# A shell that starts the tests in the background has Ctrl-C ignored, and children inherit that.
signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The files that take minutes come first, so that two workers end at about the same time."""
    items.sort(key=lambda item: item.path.parent.name != "flows")


def pytest_sessionfinish() -> None:
    """Leave nothing behind."""
    shutil.rmtree(SCRATCH, ignore_errors=True)


@pytest.fixture(scope="session", autouse=True)
def no_network() -> Iterator[None]:
    """Refuse every connection that would leave this machine."""

    def guarded(connect: Any) -> Any:
        def connect_nearby(sock: socket.socket, address: Any) -> Any:
            if sock.family in (socket.AF_INET, socket.AF_INET6) and not _is_loopback(address[0]):
                raise PermissionError(f"a test reaches for {address[0]}: tests have no network")
            return connect(sock, address)

        return connect_nearby

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket.socket, "connect", guarded(socket.socket.connect))
        patch.setattr(socket.socket, "connect_ex", guarded(socket.socket.connect_ex))
        yield


def _is_loopback(host: str) -> bool:
    return host == "localhost" or ip_address(host).is_loopback


@pytest.fixture(scope="session")
def smollm2_base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The real SmolLM2-135M, built from its package as a run builds it."""
    from profiles import load_model
    from tasks.external.base_model import build_base

    folder = tmp_path_factory.mktemp("smollm2")
    build_base(load_model("smollm2"), folder)
    return folder


@pytest.fixture(scope="session")
def tiny_base(smollm2_base: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model of two layers and random weights, with SmolLM2's tokenizer and our template."""
    folder = tmp_path_factory.mktemp("tiny")
    build_tiny(smollm2_base, folder)
    return folder
