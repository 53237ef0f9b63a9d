"""Toolset → a table: the tokens of each tool, and how the list would be put into prompts."""

import tempfile
from pathlib import Path

from prefect import task
from prefect.cache_policies import NO_CACHE

from profiles import Model, Profile
from tasks.domain.errors import UnusableModel
from tasks.domain.products import Toolset
from tasks.domain.prompting.room import LONGEST
from tasks.domain.prompting.size_table import size_table
from tasks.external.base_model import tokenizer_folder
from tasks.external.storage import Storage
from tasks.external.text_counter import TextCounter


@task(cache_policy=NO_CACHE)
def measure_tools(toolset: Toolset, model: Model, profile: Profile) -> str:
    """Count with the model's tokenizer; nothing is downloaded and no weights are read.

    Raises:
        UnusableModel: its tokenizer is not on this machine.
    """
    most = LONGEST if profile.training.grows else profile.training.max_seq_length
    with tempfile.TemporaryDirectory() as scratch:
        folder = _prepared(model) or tokenizer_folder(model, Path(scratch))
        if folder is None:
            raise UnusableModel(f"{model.name}: not downloaded yet; needed its tokenizer to count")
        return size_table(toolset, profile, TextCounter(folder).count, most)


def _prepared(model: Model) -> Path | None:
    """The newest base of the model that a run has left here: quicker than reading its GGUF file."""
    bases = (Storage().local_root / "bases").glob(f"{model.name}-????????")
    whole = [folder for folder in bases if (folder / "tokenizer.json").is_file()]
    return max(whole, key=lambda folder: folder.stat().st_mtime, default=None)
