"""Where a run keeps its files: a local folder and an fsspec filesystem behave alike."""

import shutil
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from uuid import uuid4

import fsspec
import pytest

from profiles.settings import Settings
from tasks.domain.errors import UnusableData
from tasks.domain.products import BaseModelFolder, StoredFile
from tasks.external.storage import Storage, digest, stored_files
from tests.fakes.templates import CHATML

LEAVE_A_DRAFT = """
import os, signal, sys
from pathlib import Path
from profiles.settings import Settings
from tasks.external.storage import Storage
home = Path(sys.argv[1])
storage = Storage(Settings(home=home / "home", storage=str(home / "storage")))
with storage.writing("merged", "model") as draft:
    draft.mkdir()
    (draft / "half").write_text("of it")
    os.kill(os.getpid(), signal.SIGKILL)
"""
HELLO = "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824"


@pytest.fixture(params=["a folder", "memory://"])
def root(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The root of a storage: on the local disk, or on a filesystem that has no local paths."""
    return str(tmp_path / "storage") if request.param == "a folder" else f"memory://{uuid4().hex}"


@pytest.fixture
def storage(root: str, tmp_path: Path) -> Storage:
    """The storage that products are kept in."""
    return Storage(Settings(home=tmp_path / "home", storage=root))


@pytest.fixture
def elsewhere(root: str, tmp_path: Path) -> Storage:
    """The same storage seen from a machine that has no copies of it."""
    return Storage(Settings(home=tmp_path / "elsewhere", storage=root))


@pytest.fixture
def local(tmp_path: Path) -> Storage:
    """A storage on the local disk."""
    return Storage(Settings(home=tmp_path / "home", storage=str(tmp_path / "storage")))


def kept_file(storage: Storage, text: str = "hello", name: str = "words.txt") -> StoredFile:
    with storage.writing("data", name) as draft:
        draft.write_text(text, encoding="utf-8")
        return storage.keep(draft, "data", name)


def kept_folder(storage: Storage) -> StoredFile:
    with storage.writing("bases", "tiny") as draft:
        (draft / "inner").mkdir(parents=True)
        (draft / "config.json").write_text("{}", encoding="utf-8")
        (draft / "inner" / "part.bin").write_bytes(bytes(range(256)))
        return storage.keep(draft, "bases", "tiny")


def replace(stored: StoredFile, text: str) -> None:
    with fsspec.open(stored.uri, "w") as file:
        file.write(text)


def remove(stored: StoredFile) -> None:
    filesystem, place = fsspec.core.url_to_fs(stored.uri)
    filesystem.rm(place, recursive=True)


def test_a_kept_file_comes_back_with_its_sum_and_size(storage: Storage) -> None:
    stored = kept_file(storage)
    assert (stored.sha256, stored.size_bytes) == (HELLO, 5)
    assert storage.fetch(stored).read_text(encoding="utf-8") == "hello"


def test_a_kept_folder_comes_back_whole(storage: Storage) -> None:
    stored = kept_folder(storage)
    folder = storage.fetch(stored)
    names = sorted(p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file())
    assert names == ["config.json", "inner/part.bin"]
    assert (folder / "inner" / "part.bin").read_bytes() == bytes(range(256))
    assert digest(folder) == (stored.sha256, stored.size_bytes) == (stored.sha256, 258)


def test_another_machine_reads_what_was_kept(storage: Storage, elsewhere: Storage) -> None:
    stored = kept_folder(storage)
    assert digest(elsewhere.fetch(stored))[0] == stored.sha256


def test_keeping_again_replaces_what_was_there(storage: Storage) -> None:
    first = kept_file(storage, "first")
    second = kept_file(storage, "second")
    assert first.uri == second.uri
    assert storage.fetch(second).read_text(encoding="utf-8") == "second"
    assert not storage.holds(first)


def test_keeping_a_folder_again_leaves_nothing_of_the_old_one(storage: Storage) -> None:
    kept_folder(storage)
    with storage.writing("bases", "tiny") as draft:
        draft.mkdir()
        (draft / "only.txt").write_text("new", encoding="utf-8")
        stored = storage.keep(draft, "bases", "tiny")
    files = [path for path in storage.fetch(stored).rglob("*") if path.is_file()]
    assert [path.name for path in files] == ["only.txt"]


def test_the_same_again_does_not_disturb_who_reads_it(local: Storage) -> None:
    folder, file = kept_folder(local), kept_file(local)
    before = [local.fetch(stored).stat().st_ino for stored in (folder, file)]
    assert (kept_folder(local), kept_file(local)) == (folder, file)
    assert [local.fetch(stored).stat().st_ino for stored in (folder, file)] == before


def test_what_others_keep_again_is_never_away(storage: Storage, elsewhere: Storage) -> None:
    kept = kept_folder(storage)
    with ThreadPoolExecutor(1) as others:
        again = [others.submit(kept_folder, storage) for _ in range(20)]
        while not all(one.done() for one in again):
            assert elsewhere.holds(kept)
        assert {one.result() for one in again} == {kept}


def test_what_many_make_at_once_is_there_for_each_of_them(local: Storage) -> None:
    def keep_and_read(number: int) -> str:
        with local.writing("bases", f"tiny-{number % 4}") as draft:
            own = draft.with_name(f"{draft.name}-{number}")  # a process each, otherwise
            own.mkdir()
            for part in range(20):
                (own / f"part-{part}.bin").write_bytes(bytes(1000))
            stored = local.keep(own, "bases", "tiny")
        return local.fetch(stored).name

    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(keep_and_read, range(40))) == {"tiny"}


def test_an_altered_file_is_named_with_both_sums(storage: Storage, elsewhere: Storage) -> None:
    stored = kept_file(storage)
    replace(stored, "hellO")
    with pytest.raises(UnusableData, match=r"words\.txt: altered: sha256 is .*, needed 2cf24dba"):
        elsewhere.fetch(stored)


def test_a_file_that_is_gone_is_named_with_the_sum_that_was_needed(
    storage: Storage, elsewhere: Storage
) -> None:
    stored = kept_file(storage)
    remove(stored)
    with pytest.raises(UnusableData, match=rf"words\.txt: gone; needed the file with .*{HELLO}"):
        elsewhere.fetch(stored)


def test_a_folder_with_one_changed_byte_is_altered(storage: Storage, elsewhere: Storage) -> None:
    stored = kept_folder(storage)
    with fsspec.open(f"{stored.uri}/inner/part.bin", "wb") as file:
        file.write(b"\x01" + bytes(range(1, 256)))
    with pytest.raises(UnusableData, match="tiny: altered"):
        elsewhere.fetch(stored)


def test_a_product_is_held_only_while_all_its_files_are_whole(
    storage: Storage, elsewhere: Storage
) -> None:
    stored = kept_file(storage)
    product = BaseModelFolder(
        model="tiny", files=stored, origin="here", licence="none", turns=CHATML
    )
    assert storage.holds(product)
    assert storage.holds([product, "a text", 3])
    assert storage.holds(None)
    remove(stored)
    assert not elsewhere.holds((1, [product]))


def test_stored_files_are_found_however_deep_they_lie() -> None:
    files = [StoredFile(uri=f"memory://{n}", sha256=str(n), size_bytes=n) for n in range(3)]
    product = BaseModelFolder(
        model="tiny", files=files[0], origin="here", licence="none", turns=CHATML
    )
    assert list(stored_files([product, (files[1], "text"), files[2], 4])) == files


def test_a_copy_that_broke_off_is_made_again(tmp_path: Path) -> None:
    remote = Settings(home=tmp_path / "home", storage=f"memory://{uuid4().hex}")
    stored = kept_file(Storage(remote))
    copy = Storage(remote).fetch(stored)
    copy.write_text("hel", encoding="utf-8")
    assert Storage(remote).fetch(stored).read_text(encoding="utf-8") == "hello"


def test_what_is_kept_locally_lies_at_its_place(local: Storage, tmp_path: Path) -> None:
    assert kept_file(local).uri == str(tmp_path / "storage" / "data" / "words.txt")


def write_and_fail(storage: Storage) -> None:
    with storage.writing("data", "words.txt") as draft:
        draft.write_text("half of", encoding="utf-8")
        raise KeyboardInterrupt


def test_interrupted_writing_leaves_nothing(storage: Storage, tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt):
        write_and_fail(storage)
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


def test_interrupted_writing_leaves_what_was_kept_before(storage: Storage) -> None:
    stored = kept_file(storage)
    with pytest.raises(KeyboardInterrupt):
        write_and_fail(storage)
    assert storage.fetch(stored).read_text(encoding="utf-8") == "hello"


def test_a_draft_that_an_earlier_process_left_is_not_mixed_in(local: Storage) -> None:
    with local.writing("bases", "tiny") as draft:
        draft.mkdir()
        (draft / "old").touch()
        with local.writing("bases", "tiny") as again:
            assert again == draft
            assert not again.exists()


def test_the_draft_of_a_killed_process_goes_when_the_same_is_written_again(
    local: Storage, tmp_path: Path
) -> None:
    killed = subprocess.run(
        [sys.executable, "-c", LEAVE_A_DRAFT, str(tmp_path)], check=False, timeout=60
    )
    assert killed.returncode == -signal.SIGKILL
    drafts = tmp_path / "storage" / "merged"
    assert [(path / "half").read_text("utf-8") for path in drafts.iterdir()] == ["of it"]
    with local.writing("merged", "another"):
        assert len(list(drafts.iterdir())) == 1  # not ours to judge
    with local.writing("merged", "model") as draft:
        assert [*drafts.iterdir()] == []
        draft.mkdir()
        with local.writing("merged", "another"):
            assert [*drafts.iterdir()] == [draft]


def test_the_name_of_a_file_counts_in_a_folders_sum(tmp_path: Path) -> None:
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        (tmp_path / name / name).write_text("same", encoding="utf-8")
    assert digest(tmp_path / "one") != digest(tmp_path / "two")


def checkpoint(storage: Storage, step: int, text: str = "weights") -> Path:
    folder = storage.folder("checkpoints", "key") / f"checkpoint-{step}"
    folder.mkdir(exist_ok=True)
    (folder / "adapter.safetensors").write_text(text, encoding="utf-8")
    (folder / "sealed.json").write_text("{}", encoding="utf-8")
    return folder


def files_of(folder: Path) -> dict[str, str]:
    files = (path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_text("utf-8") for path in files}


def test_another_machine_finds_the_checkpoints_that_were_sent(
    storage: Storage, elsewhere: Storage
) -> None:
    checkpoint(storage, 5)
    storage.send_folder("checkpoints", "key")
    shutil.rmtree(checkpoint(storage, 5))
    checkpoint(storage, 10)
    storage.send_folder("checkpoints", "key")
    elsewhere.bring_folder("checkpoints", "key")
    assert files_of(elsewhere.folder("checkpoints", "key")) == {
        "checkpoint-10/adapter.safetensors": "weights",
        "checkpoint-10/sealed.json": "{}",
    }


def test_a_small_file_that_keeps_its_size_is_sent_again(
    storage: Storage, elsewhere: Storage
) -> None:
    for text in ("{}", "[]"):
        (storage.folder("checkpoints", "key") / "ladder.json").write_text(text, encoding="utf-8")
        storage.send_folder("checkpoints", "key")
    elsewhere.bring_folder("checkpoints", "key")
    assert files_of(elsewhere.folder("checkpoints", "key")) == {"ladder.json": "[]"}


def test_what_was_brought_by_half_is_brought_again_and_what_is_newer_here_stays(
    tmp_path: Path,
) -> None:
    root = f"memory://{uuid4().hex}"
    one, two = (Storage(Settings(home=tmp_path / name, storage=root)) for name in ("one", "two"))
    checkpoint(one, 5)
    one.send_folder("checkpoints", "key")
    checkpoint(two, 5, "wei")
    checkpoint(two, 10)
    two.bring_folder("checkpoints", "key")
    brought = files_of(two.folder("checkpoints", "key"))
    assert brought["checkpoint-5/adapter.safetensors"] == "weights"
    assert brought["checkpoint-10/adapter.safetensors"] == "weights"
