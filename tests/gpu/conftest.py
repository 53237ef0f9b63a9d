"""Every test here needs an NVIDIA GPU."""

import os
import subprocess

import pytest


@pytest.fixture(autouse=True)
def cuda() -> None:
    """Skip without a GPU; fail where one was promised, by FORGE_EXPECT_GPU=1."""
    try:
        subprocess.run(["nvidia-smi"], check=True, capture_output=True)
    except (FileNotFoundError, subprocess.CalledProcessError):
        reason = "no NVIDIA GPU here (nvidia-smi does not answer)"
        if os.environ.get("FORGE_EXPECT_GPU") == "1":
            pytest.fail(reason)
        pytest.skip(reason)
