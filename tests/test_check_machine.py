"""The first look at a machine: what has nothing to do with a run does not stop it."""

from pathlib import Path

import pytest

from profiles import ProfileError, load_model, load_profile
from tasks.check_machine import check_machine
from tasks.domain.training.requirements import Request
from tests.fakes.own_profiles import write


def test_a_profile_that_somebody_is_still_writing_stops_no_run_of_another(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path, {"training/draft": "[lora]"})
    monkeypatch.setenv("MCP_FORGE_PROFILES", str(tmp_path))
    with pytest.raises(ProfileError, match=r"profiles/training/draft\.toml: "):
        load_profile("draft")
    # Without sizes nothing is asked of this machine's memory and disk.
    model = load_model("smollm2").model_copy(update={"architecture": None})
    profile = load_profile("demo")
    check_machine.fn(Request(model=model, profile=profile, stages=("prepare",)))
