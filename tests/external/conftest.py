"""What several tests of the outside world share: a library, as a server of its own process."""

import sys
from pathlib import Path

import pytest

from profiles import Server

LIBRARY = Path(__file__).parents[1] / "fakes" / "library_server.py"


@pytest.fixture(scope="module")
def deleted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the server writes when its changing tool is called."""
    return tmp_path_factory.mktemp("library") / "deleted"


@pytest.fixture(scope="module")
def library(deleted: Path) -> Server:
    """A server with tools that read and one that does not."""
    return Server(name="library", command=(sys.executable, str(LIBRARY), str(deleted)))
