"""Products in a person's own files, and back."""

from pathlib import Path

import pytest

from tasks.domain.errors import UnusableData
from tasks.domain.products import (
    BaseModelFolder,
    Dataset,
    GgufModel,
    LoraAdapter,
    StoredFile,
    TrainingRecord,
)
from tasks.external.handover import give, has_manifest, take
from tasks.external.storage import Storage
from tests.fakes.templates import CHATML


def _stored(name: str, text: str) -> StoredFile:
    storage = Storage()
    with storage.writing("handover", name) as draft:
        draft.write_text(text, encoding="utf-8")
        return storage.keep(draft, "handover", name)


def _dataset() -> Dataset:
    return Dataset(
        train=_stored("a.jsonl", "one\n"),
        heldout=_stored("b.jsonl", "two\n"),
        train_rows=1,
        heldout_rows=1,
        toolset_fingerprint="f",
        seed=1,
    )


def test_a_dataset_is_written_with_its_held_out_rows_and_read_back(tmp_path: Path) -> None:
    output = tmp_path / "new" / "train.jsonl"
    give(_dataset(), output)
    assert output.read_text(encoding="utf-8") == "one\n"
    assert output.with_suffix(".heldout.jsonl").read_text(encoding="utf-8") == "two\n"
    assert has_manifest(output)
    back = take(output, Dataset)
    assert back.heldout.sha256 == _dataset().heldout.sha256
    assert Storage().fetch(back.train) == output


def test_the_files_can_be_moved_together(tmp_path: Path) -> None:
    give(_dataset(), tmp_path / "here" / "train.jsonl")
    (tmp_path / "here").rename(tmp_path / "there")
    assert take(tmp_path / "there" / "train.jsonl", Dataset).train_rows == 1


def test_a_file_that_was_changed_since_is_refused(tmp_path: Path) -> None:
    output = tmp_path / "train.jsonl"
    give(_dataset(), output)
    output.write_text("changed\n", encoding="utf-8")
    with pytest.raises(UnusableData, match=r"train\.jsonl: altered"):
        take(output, Dataset)


def test_a_file_without_a_manifest_says_what_is_missing(tmp_path: Path) -> None:
    (tmp_path / "model.gguf").write_bytes(b"GGUF")
    with pytest.raises(UnusableData, match=r"no model\.gguf\.manifest\.json beside it"):
        take(tmp_path / "model.gguf", GgufModel)


def test_a_manifest_of_another_kind_is_named(tmp_path: Path) -> None:
    give(_dataset(), tmp_path / "train.jsonl")
    with pytest.raises(UnusableData, match="not a GgufModel"):
        take(tmp_path / "train.jsonl", GgufModel)


def _adapter(name: str) -> LoraAdapter:
    storage = Storage()
    with storage.writing("handover", name) as draft:
        draft.mkdir()
        (draft / "adapter_config.json").write_text(f'{{"name": "{name}"}}', encoding="utf-8")
        (draft / "training.json").write_text("{}", encoding="utf-8")
        files = storage.keep(draft, "handover", name)
    base = BaseModelFolder(model="m", files=files, origin="here", licence="none", turns=CHATML)
    record = TrainingRecord.model_construct()
    return LoraAdapter.model_construct(
        model="m", profile="p", files=files, base=base, record=record
    )


def test_an_adapter_replaces_an_adapter_and_nothing_else(tmp_path: Path) -> None:
    give(_adapter("one"), tmp_path / "adapter")
    give(_adapter("two"), tmp_path / "adapter")
    assert '"two"' in (tmp_path / "adapter" / "adapter_config.json").read_text("utf-8")
    (tmp_path / "models").mkdir()
    (tmp_path / "models" / "thesis.md").write_text("years of work", encoding="utf-8")
    for place in (tmp_path / "models", tmp_path, tmp_path / "models" / "thesis.md"):
        with pytest.raises(UnusableData, match="holds no adapter; needed a new folder"):
            give(_adapter("two"), place)
    assert (tmp_path / "models" / "thesis.md").read_text("utf-8") == "years of work"


def test_names_that_differ_behind_a_dot_have_manifests_of_their_own(tmp_path: Path) -> None:
    for name in ("adapter-v1.5", "adapter-v1.6"):
        give(_adapter(name), tmp_path / name)
    give(_dataset(), tmp_path / "time.jsonl")
    give(GgufModel.model_construct(files=_stored("c.gguf", "GGUF")), tmp_path / "time.gguf")
    manifests = {path.name for path in tmp_path.glob("*.manifest.json")}
    assert manifests == {
        f"{name}.manifest.json"
        for name in ("adapter-v1.5", "adapter-v1.6", "time.jsonl", "time.gguf")
    }
    assert '"uri": "adapter-v1.5"' in (tmp_path / "adapter-v1.5.manifest.json").read_text("utf-8")


def test_a_manifest_of_an_earlier_version_is_named(tmp_path: Path) -> None:
    output = tmp_path / "train.jsonl"
    give(_dataset(), output)
    output.with_name("train.jsonl.manifest.json").rename(tmp_path / "train.manifest.json")
    for read in (lambda: take(output, Dataset), lambda: has_manifest(output)):
        with pytest.raises(UnusableData, match=r"train\.manifest\.json: of an earlier version"):
            read()
    assert not has_manifest(tmp_path / "train.gguf")
