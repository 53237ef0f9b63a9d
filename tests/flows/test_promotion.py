"""The last stage, between runs: a champion that changed meanwhile stays, old versions go."""

import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from prefect import flow

from flows.versions import promote, rollback
from profiles import Promotion, load_profile
from tasks.domain.bundle.files import CHECKSUMS
from tasks.domain.bundle.versions import Decision, Version
from tasks.domain.evaluation.challenge import Verdict
from tasks.domain.products import Bundle
from tasks.external.bundle_writer import lock_of
from tasks.external.storage import Storage
from tasks.external.versions import Versions
from tasks.promote_version import promote_version
from tests.fakes.toolsets import CLOCKS
from tests.helpers.versions import version

pytestmark = pytest.mark.usefixtures("prefect_api")
RULES = load_profile("cpu").promotion
BETTER = Verdict(promoted=True, reason="better", champion="a")


@pytest.fixture
def versions(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Versions:
    """A champion, in a storage and a dist of its own."""
    monkeypatch.setenv("MCP_FORGE_STORAGE", str(tmp_path / "storage"))
    monkeypatch.setenv("MCP_FORGE_DIST", str(tmp_path / "dist"))
    made = Versions("time-tiny")
    publish("a", 40)
    decide(made, "a")
    return made


def publish(name: str, days_old: float = 0) -> Version:
    with Storage().writing("drafts", name) as draft:
        draft.mkdir(parents=True)
        (draft / CHECKSUMS).write_text(name, encoding="utf-8")
        old = (datetime.now(UTC) - version(name).made_at) / timedelta(days=1)
        return Versions("time-tiny").publish(draft, CLOCKS, version(name, days_old - old))


def decide(versions: Versions, name: str) -> None:
    at = datetime.now(UTC)
    versions.decide(Decision(kind="promoted", version=name, at=at, reason="so"))


@flow
def settle(made: Version, promotion: Promotion) -> Bundle:
    """The last stage of a forge."""
    return promote_version(made, BETTER, promotion, "")


def test_a_better_version_becomes_the_champion(versions: Versions, tmp_path: Path) -> None:
    bundle = settle(publish("b"), RULES)
    assert (bundle.promoted, bundle.reason) == (True, "better")
    assert (tmp_path / "dist" / "time-tiny" / CHECKSUMS).read_text("utf-8") == "b"
    found = versions.champion()
    assert found is not None
    assert found.id == "b"


def test_a_champion_that_changed_meanwhile_is_not_replaced(
    versions: Versions, tmp_path: Path
) -> None:
    publish("b")
    decide(versions, "b")
    bundle = settle(publish("c"), RULES)
    assert not bundle.promoted
    assert bundle.reason == "the champion has changed meanwhile, to b; forge again"
    assert versions.champions() == ["a", "b"]
    assert not (tmp_path / "dist").exists()


def test_a_run_waits_for_another_that_decides(versions: Versions) -> None:
    made, held, ended = publish("c"), threading.Event(), threading.Event()

    def other() -> None:
        with lock_of("time-tiny"):
            held.set()
            ended.wait(5)
            decide(versions, "a2")

    publish("a2")
    thread = threading.Thread(target=other)
    thread.start()
    held.wait()
    threading.Timer(1, ended.set).start()
    bundle = settle(made, RULES)
    thread.join()
    assert bundle.reason.startswith("the champion has changed meanwhile, to a2")


def test_versions_that_are_old_and_many_go_and_the_champion_stays(versions: Versions) -> None:
    for number in range(3):
        publish(f"o{number}", 50 + number)
    settle(publish("b"), RULES.model_copy(update={"versions_kept": 1}))
    left = {one.id for one in versions.all()}
    assert "b" in left
    assert not left & {"o0", "o1", "o2"}


def test_a_person_promotes_and_goes_back(versions: Versions, tmp_path: Path) -> None:
    publish("b", 1)
    assert promote("time-tiny", "b").promoted
    assert rollback("time-tiny").version == "a"
    assert (tmp_path / "dist" / "time-tiny" / CHECKSUMS).read_text("utf-8") == "a"
    assert versions.champions() == ["a"]
