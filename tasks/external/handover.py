"""Products in a person's own files: written where they ask, with a manifest beside, and read back.

train.jsonl, train.heldout.jsonl, train.jsonl.manifest.json   a dataset; its card is train.README.md
train.tools.json, train.retriever.json                      its tool list, where that is long
adapter/…, adapter.manifest.json                            an adapter
model.gguf, model.gguf.manifest.json                        an exported model
tools.json, validation.json, benchmark.json                 these are their own manifest
"""

import shutil
from pathlib import Path
from typing import TypeVar

from pydantic import ValidationError

from profiles import explain
from tasks.domain.errors import UnusableData
from tasks.domain.products import (
    Dataset,
    GgufModel,
    LoraAdapter,
    Product,
    StoredFile,
)
from tasks.domain.writing.teaching.product import Phrasebook
from tasks.external.storage import Storage, digest

_FILES = {
    Dataset: ("train", "heldout", "card", "tools", "retriever"),
    LoraAdapter: ("files",),
    GgufModel: ("files",),
}
_SUFFIXES = {
    "heldout": ".heldout.jsonl",
    "card": ".README.md",
    "tools": ".tools.json",
    "retriever": ".retriever.json",
}
"""Of files beside the one that a person named: a README.md may be there already."""
_OF_ADAPTERS = ("adapter_config.json", "training.json")
_Product = TypeVar("_Product", bound=Product)


def check_place(output: Path) -> None:
    """Make sure that an adapter can be put in a place: an adapter replaces an adapter, no more.

    Raises:
        UnusableData: something else is there.
    """
    is_empty = output.is_dir() and not any(output.iterdir())
    is_adapter = all((output / name).is_file() for name in _OF_ADAPTERS)
    if output.exists() and not is_empty and not is_adapter:
        raise UnusableData(
            f"{output}: holds no adapter; needed a new folder, or one of an adapter to replace"
        )


def give(product: Product, output: Path) -> None:
    """Copy a product's files to ``output`` and write its manifest.

    Files of these names are replaced, and so is the folder of an adapter by another one.

    Raises:
        UnusableData: an adapter is to go where something else is.
    """
    if isinstance(product, LoraAdapter):
        check_place(output)
    output.parent.mkdir(parents=True, exist_ok=True)
    if isinstance(product, Phrasebook):  # a person edits it, so nothing may say what it holds
        if product.file is not None:
            _copy(product.file, output)
        return
    copies = {}
    for name in _FILES.get(type(product), ()):
        file = getattr(product, name)
        if file is not None:
            copies[name] = _copy(file, output.with_suffix(_SUFFIXES.get(name, output.suffix)))
    manifest = _manifest(output) if copies else output
    text = product.model_copy(update=copies).model_dump_json(indent=2)
    manifest.write_text(text + "\n", encoding="utf-8")


def take(path: Path, kind: type[_Product]) -> _Product:
    """Read back what ``give`` wrote.

    Raises:
        UnusableData: a file or its manifest is missing, altered, or of another kind.
    """
    manifest = _manifest(path) if kind in _FILES else path
    if not (has_manifest(path) if kind in _FILES else manifest.is_file()):
        raise UnusableData(f"{path}: no {manifest.name} beside it; needed what mcp-forge wrote")
    try:
        product = kind.model_validate_json(manifest.read_text(encoding="utf-8"))
    except ValidationError as error:
        raise UnusableData(f"{manifest}: not a {kind.__name__}: {explain(error)}") from error
    placed = {
        name: _placed(file, manifest.parent)
        for name in _FILES.get(kind, ())
        if (file := getattr(product, name)) is not None
    }
    for file in placed.values():
        Storage().fetch(file)
    return product.model_copy(update=placed)


def has_manifest(path: Path) -> bool:
    """Whether a file is one that mcp-forge wrote.

    Raises:
        UnusableData: an earlier version wrote it.
    """
    if _manifest(path).is_file():
        return True
    before = path.with_name(f"{path.stem}.manifest.json")
    if before.is_file() and f'"uri": "{path.name}"' in before.read_text(encoding="utf-8"):
        raise UnusableData(
            f"{before}: of an earlier version; needed {_manifest(path).name}. Run the command "
            f"that wrote {path.name} again"
        )
    return False


def _manifest(path: Path) -> Path:
    return path.with_name(f"{path.name}.manifest.json")


def _copy(file: StoredFile, target: Path) -> StoredFile:
    source = Storage().fetch(file)
    if source.is_dir():
        shutil.rmtree(target, ignore_errors=True)
        shutil.copytree(source, target)
    else:
        shutil.copyfile(source, target)
    sha256, size = digest(target)
    return StoredFile(uri=target.name, sha256=sha256, size_bytes=size)


def _placed(file: StoredFile, folder: Path) -> StoredFile:
    return file.model_copy(update={"uri": str((folder / file.uri).absolute())})
