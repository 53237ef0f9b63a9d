"""Server → a table: the tokens of its tools, and how the list would be put into prompts.

No task: nobody waits for it in a run, and Prefect takes a second to import.
"""

from pathlib import Path

from profiles import Model, Profile, Server
from tasks.domain.errors import UnusableModel
from tasks.domain.prompting.room import LONGEST
from tasks.domain.prompting.size_table import size_table
from tasks.external.base_model import tokenizer_folder, version_of
from tasks.external.servers import read_toolset_of
from tasks.external.storage import Storage
from tasks.external.text_counter import TextCounter


def measure_tools(server: Server, model: Model, profile: Profile) -> str:
    """Count with the model's tokenizer; nothing is downloaded and no weights are read.

    Raises:
        ServerFailed: the server cannot be started, reached or understood.
        UnusableData: the tool list cannot be read.
        UnusableModel: its tokenizer is not on this machine.
    """
    most = LONGEST if profile.training.grows else profile.training.max_seq_length
    toolset = read_toolset_of(server)
    return size_table(toolset, profile, TextCounter(_tokenizer(model)).count, most)


def _tokenizer(model: Model) -> Path:
    """A folder with the model's tokenizer; one that stands in a GGUF file is read out once."""
    place = Storage().folder("tokenizers", f"{model.name}-{version_of(model) or 'hub'}")
    if (place / "tokenizer.json").is_file():
        return place
    folder = tokenizer_folder(model, place)
    if folder is None:
        raise UnusableModel(f"{model.name}: not downloaded yet; needed its tokenizer to count")
    return folder
