"""Which code is running: mcp-forge's version and, in a checkout, the commit."""

import importlib.metadata
import subprocess
from functools import cache
from pathlib import Path

from profiles.settings import Settings

_ROOT = Path(__file__).parents[2]
_SECONDS = 20


@cache
def code_version() -> str:
    """``0.2.0+1a2b3c4``; ``-dirty`` behind it where files of the checkout are changed.

    In an image there is no checkout: MCP_FORGE_COMMIT says the commit that it was built from.
    """
    version = importlib.metadata.version("mcp-forge")
    commit = Settings().commit or _described()
    return f"{version}+{commit}" if commit else version


def deployed_code() -> dict[str, str]:
    """A build step of ``prefect deploy``: what a deployment's ``version`` is."""
    return {"version": code_version()}


def _described() -> str:
    if not (_ROOT / ".git").exists():
        return ""
    command = ["git", "-C", str(_ROOT), "describe", "--always", "--dirty", "--exclude=*"]
    try:
        process = subprocess.run(
            command, capture_output=True, text=True, timeout=_SECONDS, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return process.stdout.strip()
