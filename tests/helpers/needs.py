"""What some tests need beside Python packages."""

import os

import pytest


def need(*missing: str) -> None:
    """Skip a test, or all of a module, where something is missing; CI is promised everything."""
    if missing and os.environ.get("CI"):
        pytest.fail(f"needed {'; '.join(missing)}")
    if missing:
        pytest.skip(f"needed {'; '.join(missing)}")
