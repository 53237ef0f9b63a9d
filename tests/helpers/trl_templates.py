"""The training templates that come with TRL."""

import importlib
import importlib.util
from pathlib import Path


def shipped_with_trl(name: str) -> str:
    """The text of a template."""
    spec = importlib.util.find_spec("trl")
    assert spec is not None
    assert spec.origin is not None
    return (Path(spec.origin).parent / "chat_templates" / name).read_text(encoding="utf-8")
