"""An installation that was broken off, or is made twice at once, ends as a whole one."""

import fcntl
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from infra.install import MADE_FROM, broken

INSTALL = Path(__file__).parents[2] / "infra" / "install.py"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A folder of a project that is installed: nothing of it is newer than its environment."""
    (tmp_path / "infra").mkdir()
    (tmp_path / ".venv").mkdir()
    for name in MADE_FROM:
        (tmp_path / name).touch()
    shutil.copy(INSTALL, tmp_path / "infra")
    (tmp_path / ".venv" / ".installed").touch()
    return tmp_path


def package(site: Path, name: str, record: str | None) -> Path:
    """An installed package of one file of 4 bytes."""
    (site / f"{name}.py").write_text("x=1\n", encoding="utf-8")
    metadata = site / f"{name}-1.0.dist-info"
    metadata.mkdir()
    if record is not None:
        (metadata / "RECORD").write_text(record, encoding="utf-8")
    return metadata


def test_only_packages_whose_files_are_not_all_there_are_installed_again(tmp_path: Path) -> None:
    made_here = "__pycache__/whole.cpython-311.pyc,,\nwhole-1.0.dist-info/RECORD,,\n"
    package(tmp_path, "whole", f'whole.py,"sha256=x",4\n{made_here}')
    harmed = [
        package(tmp_path, "lacks_one", "lacks_one.py,sha256=x,4\ngone.py,sha256=x,4\n"),
        package(tmp_path, "cut_off", "cut_off.py,sha256=x,40\n"),
        package(tmp_path, "never_ended", None),
    ]
    assert sorted(broken(tmp_path)) == sorted(harmed)


def test_the_second_of_two_installations_waits_for_the_first(project: Path) -> None:
    with (project / "pyproject.toml").open("rb") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        with subprocess.Popen(
            [sys.executable, project / "infra" / "install.py"], stdout=subprocess.PIPE, text=True
        ) as second:
            assert second.stdout
            assert second.stdout.readline() == "another installation is under way: waiting for it\n"
            assert second.poll() is None
            fcntl.flock(held, fcntl.LOCK_UN)
            assert second.wait(timeout=20) == 0


def test_an_environment_that_is_only_linked_here_is_never_removed(project: Path) -> None:
    shutil.move(project / ".venv", project / "shared")
    (project / "shared" / ".installed").unlink()
    (project / ".venv").symlink_to(project / "shared")
    done = subprocess.run(
        [sys.executable, project / "infra" / "install.py"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert "is a link to an environment without pip; needed one of our own" in done.stderr
    assert (project / "shared").is_dir()
