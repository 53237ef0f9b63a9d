"""``make serve`` refuses what cannot be before it starts anything."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("port", ["http", "0", "65536", "-1"])
def test_a_port_that_is_none_is_told_in_one_line(port: str, tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "infra.serve", port],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(ROOT), "MCP_FORGE_HOME": str(tmp_path / "home")},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 1
    assert done.stderr == f"no port {port!r}; needed a number from 1 to 65535: make serve PORT=…\n"
    assert list(tmp_path.iterdir()) == []
