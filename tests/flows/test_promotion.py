"""The last stage, between runs: a champion that changed meanwhile stays, old versions go."""

import threading
from pathlib import Path
from uuid import uuid4

import pytest
from prefect import flow

from flows.versions import promote, rollback
from profiles import Promotion, load_profile
from tasks.domain.bundle.files import CHECKSUMS
from tasks.domain.bundle.versions import Version
from tasks.domain.evaluation.challenge import Verdict
from tasks.domain.products import Bundle
from tasks.external.bundle_writer import lock_of
from tasks.external.versions import Versions
from tasks.promote_version import promote_version
from tests.helpers.versions import decide, publish

pytestmark = pytest.mark.usefixtures("prefect_api")
RULES = load_profile("cpu").promotion
BETTER = Verdict(promoted=True, reason="better", champion="a")


@pytest.fixture
def versions(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Versions:
    """A champion, in a storage and a dist of its own."""
    monkeypatch.setenv("MCP_FORGE_STORAGE", str(tmp_path / "storage"))
    monkeypatch.setenv("MCP_FORGE_DIST", str(tmp_path / "dist"))
    made = Versions("time-tiny")
    publish(made, "a", 40)
    decide(made, "a")
    return made


@flow
def settle(made: Version, promotion: Promotion) -> Bundle:
    """The last stage of a forge."""
    return promote_version(made, BETTER, promotion, "")


def test_a_better_version_becomes_the_champion(versions: Versions, tmp_path: Path) -> None:
    bundle = settle(publish(versions, "b"), RULES)
    assert (bundle.promoted, bundle.reason) == (True, "better")
    assert (tmp_path / "dist" / "time-tiny" / CHECKSUMS).read_text("utf-8") == "b"
    found = versions.champion()
    assert found is not None
    assert found.id == "b"


def test_a_champion_that_changed_meanwhile_is_not_replaced(
    versions: Versions, tmp_path: Path
) -> None:
    publish(versions, "b")
    decide(versions, "b")
    bundle = settle(publish(versions, "c"), RULES)
    assert not bundle.promoted
    assert bundle.reason == "the champion has changed meanwhile, to b; forge again"
    assert versions.champions() == ["a", "b"]
    assert not (tmp_path / "dist").exists()


def test_a_version_that_is_not_promoted_lies_where_a_person_can_open_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MCP_FORGE_STORAGE", f"memory://{uuid4().hex}")
    monkeypatch.setenv("MCP_FORGE_HOME", str(tmp_path / "home"))
    remote = Versions("time-tiny")
    for name in ("a", "b"):
        publish(remote, name)
        decide(remote, name)
    bundle = settle(publish(remote, "c"), RULES)
    assert not bundle.promoted
    assert Path(bundle.path, CHECKSUMS).read_text("utf-8") == "c"


def test_a_run_waits_for_another_that_decides(versions: Versions) -> None:
    made, held, ended = publish(versions, "c"), threading.Event(), threading.Event()

    def other() -> None:
        with lock_of("time-tiny"):
            held.set()
            ended.wait(5)
            decide(versions, "a2")

    publish(versions, "a2")
    thread = threading.Thread(target=other)
    thread.start()
    held.wait()
    threading.Timer(1, ended.set).start()
    bundle = settle(made, RULES)
    thread.join()
    assert bundle.reason.startswith("the champion has changed meanwhile, to a2")


def test_versions_that_are_old_and_many_go_and_the_champion_stays(versions: Versions) -> None:
    for number in range(3):
        publish(versions, f"o{number}", 50 + number)
    settle(publish(versions, "b"), RULES.model_copy(update={"versions_kept": 1}))
    left = {one.id for one in versions.all()}
    assert "b" in left
    assert not left & {"o0", "o1", "o2"}


def test_a_person_promotes_and_goes_back(versions: Versions, tmp_path: Path) -> None:
    publish(versions, "b", 1)
    assert promote("time-tiny", "b").promoted
    assert rollback("time-tiny").version == "a"
    assert (tmp_path / "dist" / "time-tiny" / CHECKSUMS).read_text("utf-8") == "a"
    assert versions.champions() == ["a"]
