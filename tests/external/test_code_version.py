"""Which code says that it made something: in an image the commit that it was built from."""

from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path

import pytest

from tasks.external.code_version import code_version, deployed_code


@pytest.fixture(autouse=True)
def asked_anew() -> Iterator[None]:
    """What is said once is kept for the life of a process."""
    code_version.cache_clear()
    yield
    code_version.cache_clear()


def test_an_image_says_the_commit_that_it_was_built_from(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MCP_FORGE_COMMIT", "1a2b3c4")
    assert code_version() == f"{version('mcp-forge')}+1a2b3c4"
    assert deployed_code() == {"version": code_version()}


def test_where_nothing_says_the_commit_the_version_stands_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("MCP_FORGE_COMMIT", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))  # no git is found there
    assert code_version() == version("mcp-forge")
