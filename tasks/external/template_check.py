"""Hold a model's own tokenizer to what training needs, where its files are on this machine."""

import tempfile
from pathlib import Path

from profiles import Model
from tasks.domain.errors import UnusableModel
from tasks.domain.templates import template_faults
from tasks.external.base_model import tokenizer_folder
from tasks.external.tokenizer import ChatTokenizer


def check_template(model: Model) -> tuple[str, list[str]]:
    """(what was seen, what is wrong); nothing is downloaded, and torch is not needed."""
    with tempfile.TemporaryDirectory() as scratch:
        try:
            folder = tokenizer_folder(model, Path(scratch))
            if folder is None:
                return "not downloaded, so not looked at", []
            chat = ChatTokenizer(folder, model.template_text)
        except UnusableModel as error:
            return "not looked at", [str(error)]
        faults = template_faults(chat, model.stop, model.thinks)
    if faults:
        return "not fit for training", [f"a chat template that {fault}" for fault in faults]
    return (
        "renders tools, keeps what it has rendered, trains its stop token, calls are read back",
        [],
    )
