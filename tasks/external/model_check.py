"""Everything about a model that a late stage would refuse, asked before anything is trained.

Nothing is downloaded, no weights are read, and torch is not needed.
"""

import json
import tempfile
from collections.abc import Iterator
from pathlib import Path

from profiles import Model
from tasks.domain.errors import UnusableModel
from tasks.domain.gate.templates import template_faults
from tasks.external.base_model import read_architecture, tokenizer_folder
from tasks.external.gguf_names import GgufNames, gguf_architecture
from tasks.external.llama_cpp import unknown_to_converter, unknown_to_server
from tasks.external.tokenizer import ChatTokenizer


def model_faults(model: Model, folder: Path | None = None) -> list[str]:
    """What keeps a model from being forged, a sentence each; empty when nothing is known to.

    Args:
        model: the model.
        folder: its prepared base; None: look at those of its files that are on this machine.
    """
    return check_model(model, folder)[1]


def check_model(model: Model, folder: Path | None = None) -> tuple[str, list[str]]:
    """(what was seen of its template, what is wrong with the model)."""
    with tempfile.TemporaryDirectory() as scratch:
        try:
            tokenizer_place = folder or tokenizer_folder(model, Path(scratch))
            if tokenizer_place is None:
                return "not downloaded, so not looked at", []
            unfit = _template_faults(model, ChatTokenizer(tokenizer_place, model.template_text))
        except UnusableModel as error:
            return "not looked at", [str(error)]
        others = (
            list(_export_faults(tokenizer_place))
            if (tokenizer_place / "config.json").is_file()
            else []
        )
    if unfit:
        return "not fit for training", [*unfit, *others]
    return (
        "renders tools, keeps what it has rendered, trains its stop token, calls are read back",
        others,
    )


def _template_faults(model: Model, chat: ChatTokenizer) -> list[str]:
    """One sentence, however much is wrong with the template."""
    faults = template_faults(chat, model.stop, model.thinks)
    if faults:
        more = f" (and {len(faults) - 1} more)" if len(faults) > 1 else ""
        return [f"a chat template fit for tool calls; this one: {faults[0]}{more}"]
    try:
        chat.turns()
    except UnusableModel as error:
        return [f"a chat template that a Modelfile can repeat; this one: {error}"]
    return []


def _export_faults(folder: Path) -> Iterator[str]:
    """What the converter to GGUF, or the comparison after it, would refuse."""
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    try:
        gguf_architecture(config)
        read_architecture(folder)
        names = GgufNames(config)
        for name in _tensors(folder):
            names.of(name)
    except UnusableModel as error:
        yield str(error)
        return
    yield from unknown_to_converter(config["architectures"][0])
    yield from unknown_to_server(names.architecture)


def _tensors(folder: Path) -> Iterator[str]:
    """The names of the weights, from the heads of their files; what 4 bit adds to them is left."""
    from safetensors import safe_open

    for shard in sorted(folder.glob("*.safetensors")):
        with safe_open(shard, framework="numpy") as tensors:
            names: list[str] = tensors.keys()
        yield from (name for name in names if name.endswith((".weight", ".bias")))
