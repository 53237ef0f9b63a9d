"""A key that stands in a Secret block of Prefect, and one that does not."""

from pathlib import Path

import pytest
from prefect.blocks.system import Secret
from prefect.logging import disable_run_logger

from profiles import Server, TeacherPlan
from tasks.domain.errors import PushFailed, TeacherFailed
from tasks.external.versions import Versions
from tasks.push_version import push_version
from tasks.secret_blocks import read_secret
from tasks.write_phrasebook import write_phrasebook
from tests.fakes.endpoint import Reply, endpoint
from tests.fakes.tracker import TRACKER
from tests.helpers.versions import decide, publish

pytestmark = pytest.mark.usefixtures("prefect_api")


def test_what_a_block_holds_is_read() -> None:
    Secret(value="sk-of-the-block").save("some-key", overwrite=True)
    assert read_secret("some-key", "a key", TeacherFailed) == "sk-of-the-block"


def test_a_push_whose_block_is_not_there_says_so_and_reaches_for_no_hub(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MCP_FORGE_STORAGE", str(tmp_path / "storage"))
    versions = Versions("time-tiny")
    publish(versions, "a")
    decide(versions, "a")
    with pytest.raises(PushFailed) as caught:
        push_version.fn("time-tiny", "somebody/clock-model", "", True, "nobody")
    assert str(caught.value) == "no Secret block 'nobody'; needed one with the hub's token"


def test_a_teacher_whose_block_is_not_there_is_asked_nothing() -> None:
    server = Server(name="tracker", tools_file="tracker.json")
    with endpoint(lambda *_: Reply()) as seen, disable_run_logger():
        plan = TeacherPlan(endpoint=seen.url, model="m", key_secret="nobody")
        with pytest.raises(TeacherFailed) as caught:
            write_phrasebook.fn(TRACKER, server, plan)
    assert str(caught.value) == (
        f"no Secret block 'nobody'; needed one with the key of {plan.place}"
    )
    assert seen.asked == []
