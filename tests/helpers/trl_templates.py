"""The training templates that come with TRL, and what it asks about one."""

import importlib
import importlib.util
from pathlib import Path
from types import ModuleType


def shipped_with_trl(name: str) -> str:
    """The text of a template."""
    spec = importlib.util.find_spec("trl")
    assert spec is not None
    assert spec.origin is not None
    return (Path(spec.origin).parent / "chat_templates" / name).read_text(encoding="utf-8")


def trl_checks() -> ModuleType:
    """TRL's own questions about a chat template."""
    # Unsloth patches TRL, so it must be imported before it.
    importlib.import_module("tasks.external.trainer.engine")
    return importlib.import_module("trl.chat_template_utils")
