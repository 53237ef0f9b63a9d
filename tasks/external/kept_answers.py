"""Answers that were paid for, one file each; a file is there whole or not at all."""

import random
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel, ValidationError

M = TypeVar("M", bound=BaseModel)


def read_kept(file: Path, form: type[M]) -> M | None:
    """What a file holds; None when it is missing or broken."""
    try:
        return form.model_validate_json(file.read_bytes())
    except (OSError, ValidationError):
        return None


def keep(file: Path, value: BaseModel) -> None:
    """Write a value; another process may do the same at the same time."""
    draft = file.with_suffix(f".{random.getrandbits(32):08x}")
    draft.write_text(value.model_dump_json(), encoding="utf-8")
    draft.replace(file)
