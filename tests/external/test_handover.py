"""Products in a person's own files, and back."""

from pathlib import Path

import pytest

from tasks.domain.errors import UnusableData
from tasks.domain.products import Dataset, GgufModel, StoredFile
from tasks.external.handover import give, has_manifest, take
from tasks.external.storage import Storage


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
    with pytest.raises(UnusableData, match=r"no model\.manifest\.json beside it"):
        take(tmp_path / "model.gguf", GgufModel)


def test_a_manifest_of_another_kind_is_named(tmp_path: Path) -> None:
    give(_dataset(), tmp_path / "train.jsonl")
    with pytest.raises(UnusableData, match="not a GgufModel"):
        take(tmp_path / "train.jsonl", GgufModel)
