"""Versions in the storage, whatever kind it is: whole or not there, and never written again."""

from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import pytest

from tasks.domain.errors import UnusableData, VersionExists
from tasks.external.storage import Storage
from tasks.external.versions import Versions, bundle_names
from tests.fakes.toolsets import CLOCKS
from tests.helpers.versions import NOW, decide, publish


@pytest.fixture(params=["a folder", "memory://"])
def versions(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Versions:
    root = str(tmp_path / "s") if request.param == "a folder" else f"memory://{uuid4().hex}"
    monkeypatch.setenv("MCP_FORGE_STORAGE", root)
    monkeypatch.setenv("MCP_FORGE_HOME", str(tmp_path / "home"))
    return Versions("time-tiny")


def test_what_was_published_is_read_back_with_its_files_and_tools(versions: Versions) -> None:
    assert versions.all() == []
    assert versions.champion() is None
    old, new = publish(versions, "old", 2), publish(versions, "new", 1)
    assert versions.all() == [old, new]
    assert bundle_names() == ["time-tiny"]
    assert versions.toolset(new) == CLOCKS
    assert (versions.files(new) / "tests" / "name").read_text("utf-8") == "new"


def test_a_version_is_never_written_again(versions: Versions) -> None:
    first = publish(versions, "a")
    with pytest.raises(VersionExists, match="time-tiny: version a is there already"):
        publish(versions, "a")
    assert versions.all() == [first]


def test_the_champion_follows_from_the_decisions(versions: Versions) -> None:
    publish(versions, "a")
    publish(versions, "b")
    decide(versions, "a", "b")
    found = versions.champion()
    assert found is not None
    assert found.id == "b"


def test_a_champion_that_somebody_removed_leaves_the_place_to_the_one_before(
    versions: Versions,
) -> None:
    kept, gone = publish(versions, "a"), publish(versions, "b")
    decide(versions, "a", "b")
    versions.remove([gone])
    assert versions.champion() == kept
    versions.remove([kept])
    assert versions.champion() is None


def test_a_champion_whose_removal_was_cut_short_leaves_its_place_too(versions: Versions) -> None:
    kept, half_gone = publish(versions, "a"), publish(versions, "b")
    decide(versions, "a", "b")
    Storage().remove("versions", "time-tiny", half_gone.id, "version.json")
    assert half_gone.id in Storage().names("versions", "time-tiny")
    assert versions.champion() == kept


def test_a_version_without_its_record_is_not_seen_and_goes_when_it_is_old(
    versions: Versions,
) -> None:
    whole = publish(versions, "20261126T120000-aaaaaaaa")
    cut = publish(versions, "20261126T130000-bbbbbbbb")
    Storage().remove("versions", "time-tiny", cut.id, "version.json")
    assert versions.all() == [whole]
    versions.remove_unfinished(NOW - timedelta(days=7))
    assert cut.id in Storage().names("versions", "time-tiny")
    versions.remove_unfinished(NOW)
    assert Storage().names("versions", "time-tiny") == [whole.id]


def test_the_last_version_is_the_one_that_a_forge_came_to_last(versions: Versions) -> None:
    assert versions.last() is None
    first, second = publish(versions, "a", 2), publish(versions, "b", 1)
    assert versions.last() == second
    decide(versions, "b", "a")
    assert versions.last() == first, "the same content was forged again"


def test_a_removed_version_is_gone_and_others_stay(versions: Versions) -> None:
    kept, gone = publish(versions, "a"), publish(versions, "b")
    versions.remove([gone])
    assert versions.all() == [kept]
    assert (versions.files(kept) / "tests" / "name").is_file()


def test_an_altered_bundle_is_not_handed_out(versions: Versions) -> None:
    published = publish(versions, "a")
    Storage().write_text("else", "versions", "time-tiny", "a", "bundle", "tests", "name")
    with pytest.raises(UnusableData, match="altered: sha256 is "):
        versions.files(published)


def test_a_record_that_cannot_be_read_is_named(versions: Versions) -> None:
    Storage().write_text("{}", "versions", "time-tiny", "a", "version.json")
    with pytest.raises(UnusableData, match=r"a/version\.json: not a Version: id: Field required"):
        versions.all()
