"""Where a bundle may be put, asked before anything is made."""

from pathlib import Path

import pytest

from tasks.domain.errors import BundleInvalid
from tasks.external.bundle_writer import place_for


@pytest.fixture
def dist(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of bundles."""
    monkeypatch.setenv("MCP_FORGE_DIST", str(tmp_path / "dist"))
    monkeypatch.chdir(tmp_path)
    return tmp_path / "dist"


def test_a_bundle_has_its_place_by_server_and_model(dist: Path) -> None:
    assert place_for("time", "smollm2", "") == dist / "time-smollm2"
    assert place_for("time", "smollm2", "mine") == dist / "mine"
    assert place_for("time", "smollm2", str(dist / "mine")) == dist / "mine"


@pytest.mark.parametrize("output", ["../elsewhere", "/etc/x", "x/../../y", ".", "out/x"])
def test_who_may_only_start_runs_may_not_choose_a_place_outside(output: str, dist: Path) -> None:
    dist.mkdir()
    (dist / "out").symlink_to("/etc")
    with pytest.raises(BundleInvalid, match=r"outside .*dist \(MCP_FORGE_DIST\)"):
        place_for("time", "smollm2", output)


def test_a_person_at_a_shell_may(dist: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MCP_FORGE_ALLOW_AD_HOC_SERVERS", "true")
    assert place_for("time", "smollm2", "elsewhere") == dist.parent / "elsewhere"


def test_something_else_in_the_place_is_never_replaced(dist: Path) -> None:
    (dist / "mine").mkdir(parents=True)
    assert place_for("time", "smollm2", "mine") == dist / "mine"
    (dist / "mine" / "thesis.md").touch()
    with pytest.raises(BundleInvalid, match="holds no bundle; needed a new folder"):
        place_for("time", "smollm2", "mine")
