"""What a run does before it trains: it refuses what cannot be, and writes and judges rows."""

import json
import re
import shutil
import sys
from pathlib import Path

import pytest
from prefect.blocks.system import Secret

from flows import stages
from flows.forge import forge
from flows.sweep import sweep
from flows.watch import watch
from profiles import OwnData, ProfileError, Server, TeacherPlan, load_recipe
from tasks.check_phrasebook import check_book
from tasks.domain.errors import (
    MachineTooSmall,
    QualityGateFailed,
    ServerFailed,
    ToolsetTooLarge,
    UnusableData,
)
from tasks.external.storage import Storage
from tasks.external.versions import Versions
from tests.fakes.endpoint import endpoint
from tests.fakes.tracker import PHRASES, TRACKER
from tests.fakes.writing_model import capable
from tests.helpers.shown_in_prefect import heard, text
from tests.helpers.teacher import PLAN
from tests.helpers.versions import publish

pytestmark = pytest.mark.usefixtures("llama_cpp", "own_profiles", "prefect_api")


def test_a_refused_dataset_is_told_with_rule_count_and_remedy() -> None:
    with (
        heard() as events,
        pytest.raises(QualityGateFailed) as caught,
    ):
        forge("time", "tiny", "greedy")
    for words in (
        "share of trained tokens: ",
        "need at least 100.0 %",
        "To do: list fewer tools in each prompt",
    ):
        assert words in str(caught.value)
    assert "at least 100.0 %" in text("quality-time-tiny")
    (failure,) = [event for event in events if event.event == "mcp-forge.quality.failed"]
    assert [finding["rule"] for finding in failure.payload["findings"]] == [
        "share of trained tokens"
    ]


@pytest.mark.parametrize(
    ("names", "message"),
    [
        (
            ("nobody", "tiny", "tiny"),
            "no server 'nobody' is registered; known: broken, ",
        ),
        (("time", "huge", "tiny"), "no 'huge' in profiles/models; known: .*tiny"),
        (("time", "tiny", "slow"), "no 'slow' in profiles/training; known: .*tiny"),
        (("mcp-server-time --stdio", "tiny", "tiny"), "MCP_FORGE_ALLOW_AD_HOC_SERVERS=true"),
    ],
)
def test_a_name_that_is_not_registered_is_answered_with_those_that_are(
    names: tuple[str, str, str], message: str
) -> None:
    with pytest.raises(ProfileError, match=message):
        forge(*names)


def test_a_server_that_cannot_start_stops_the_run() -> None:
    with pytest.raises(ServerFailed, match="'broken': no program 'no-such-program' on PATH"):
        forge("broken", "tiny", "tiny")


def test_a_model_without_files_stops_the_run_before_it_begins() -> None:
    with pytest.raises(MachineTooSmall, match=r"lost: no model in .*: needed a folder with config"):
        forge("time", "lost", "tiny")


def test_a_tracker_that_is_not_installed_stops_the_run_before_it_begins(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "wandb", None)  # as Python says that a module is not there
    with pytest.raises(MachineTooSmall) as caught:
        forge("time", "tiny", "tracked")
    assert "packages wandb, which training.report_to names; install them with: " in str(
        caught.value
    )
    assert "make install" not in str(caught.value)


def test_a_training_that_cannot_fit_stops_the_run_before_it_begins() -> None:
    with pytest.raises(
        MachineTooSmall, match=r"GiB of memory for training with vast, .*fits: profile "
    ):
        forge("time", "tiny", "vast")


def test_a_sweep_is_refused_for_the_one_trial_that_cannot_fit_whatever_it_is_named() -> None:
    vast = "tiny training.per_device_batch_size=4000000 training.share_prefix=off"
    with pytest.raises(MachineTooSmall, match="GiB of memory for training with tiny"):
        sweep("time", ["tiny"], [vast, "tiny"], [1])


def test_a_watch_that_forges_again_looks_at_the_machine_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MCP_FORGE_STORAGE", str(tmp_path / "storage"))
    publish(Versions("time-tiny"), "a")  # of other tools than those of the server now
    with pytest.raises(MachineTooSmall, match="GiB of memory for training with vast"):
        watch("time", "tiny", "vast")


def test_a_training_that_cannot_fit_with_its_own_rows_is_refused_with_what_would(
    tmp_path: Path,
) -> None:
    recipe = load_recipe("time", "tiny", "vast")
    rows = str(tmp_path / "train.jsonl")
    stages.generate(recipe, rows)
    with pytest.raises(MachineTooSmall, match=r"tokens at once, found .*fits: profile "):
        stages.train_alone(recipe.model, recipe.profile, rows, "", "", str(tmp_path / "adapter"))
    assert "## Will tiny with vast fit? No." in text("memory-tiny")
    assert not (tmp_path / "adapter").exists()


def test_a_tool_list_that_leaves_no_room_stops_the_run() -> None:
    with pytest.raises(ToolsetTooLarge, match=r"(?s)the list of 2 tools takes .*--include-tools"):
        forge("time", "tiny", "narrow", tools_in_prompt="all")


def test_rows_of_ones_own_are_judged_with_a_tenth_held_out(tmp_path: Path) -> None:
    recipe = load_recipe("time", "tiny", "tiny")
    stages.generate(recipe, str(tmp_path / "made.jsonl"))
    own = tmp_path / "own.jsonl"
    shutil.copy(tmp_path / "made.jsonl", own)
    approved = stages.check(recipe.model, recipe.profile, str(own), "", "", "")
    assert (approved.dataset.train_rows, approved.dataset.heldout_rows) == (27, 3)
    assert approved.dataset.planned is None


def test_generate_has_a_phrasebook_written_and_never_pays_twice(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MCP_FORGE_ALLOW_AD_HOC_SERVERS", "true")
    Secret(value="sk-of-the-block").save("teacher-key", overwrite=True)
    tools = tmp_path / "tracker.json"
    tools.write_text(TRACKER.model_dump_json(), encoding="utf-8")
    recipe = load_recipe(str(tools), "tiny", "tiny", include_tools=["close_task", "get_task"])
    with endpoint(capable) as seen:
        changed = {**PLAN, "endpoint": seen.url, "key_secret": "teacher-key"}
        plan = TeacherPlan.model_validate(changed | {"max_answer_tokens": 4000})
        data = recipe.profile.data.model_copy(update={"phrasebook_share": 0.7})
        profile = recipe.profile.model_copy(update={"teacher": plan, "data": data})
        asked = recipe.model_copy(update={"profile": profile})
        draft = stages.generate(asked, str(tmp_path / "made.jsonl"))
        paid = len(seen.asked)
        again = stages.generate(asked, str(tmp_path / "again.jsonl"))
    assert (len(seen.asked), again.train.sha256) == (paid, draft.train.sha256)
    assert set(seen.keys) == {"Bearer sk-of-the-block"}
    assert draft.requests == "requests were drawn from a phrasebook (a teacher)"
    assert any(note.startswith("teacher someone: ") for note in draft.notes)
    book = text("phrasebook-tracker-tiny")
    assert "| close_task | request | tick off" in book
    assert "| unknown tool | 19 |" in book
    rows = (tmp_path / "made.jsonl").read_text("utf-8").casefold()
    lines = [*PHRASES["close_task"]["requests"], *PHRASES["get_task"]["requests"]]
    words = {max(re.split(r"\{\w+\}", line), key=len).strip().casefold() for line in lines}
    assert sum(each in rows for each in words if len(each) > 6) > 3


def test_a_book_that_a_person_has_had_written_passes_its_check(tmp_path: Path) -> None:
    tools, output = tmp_path / "tracker.json", tmp_path / "tracker.phrasebook.jsonl"
    tools.write_text(TRACKER.model_dump_json(), encoding="utf-8")
    server = Server(name="tracker", tools_file=str(tools))
    with endpoint(capable) as seen, heard() as events:
        plan = TeacherPlan(endpoint=seen.url, model="someone")
        made = stages.write_book(server, plan, str(output))
    verdict = check_book(str(output), server)
    assert (verdict.faults, verdict.notes) == ((), ())
    assert made.lines > 500
    assert sorted(tmp_path.iterdir()) == [tools, output]
    told = [event.payload for event in events if "evaluation" in event.event]
    assert {payload["stage"] for payload in told} == {"write_phrasebook", "read_phrasebook"}
    assert [p["done"] for p in told if p["stage"] == "write_phrasebook"][-1] > 40


def test_a_book_for_other_tools_of_a_server_leaves_the_first_one_as_it_is(tmp_path: Path) -> None:
    tools = tmp_path / "tracker.json"
    tools.write_text(TRACKER.model_dump_json(), encoding="utf-8")
    server = Server(name="tracker", tools_file=str(tools))
    with endpoint(capable) as seen:
        plan = TeacherPlan(endpoint=seen.url, model="someone")
        made = [
            stages.write_book(each, plan, str(tmp_path / "book.jsonl"))
            for each in (server, server.model_copy(update={"include_tools": ("get_task",)}))
        ]
    files = [book.file for book in made if book.file]
    assert [Storage().fetch(file).stat().st_size for file in files] == [
        file.size_bytes for file in files
    ]
    assert files[0].size_bytes > files[1].size_bytes > 0


def test_generate_mixes_own_rows_and_writes_a_card(tmp_path: Path) -> None:
    chat = {"messages": [{"role": "user", "content": ""}, {"role": "assistant", "content": "Hm."}]}
    lines = [json.dumps(chat).replace('""', f'"own text {number}"') for number in range(20)]
    (tmp_path / "own.jsonl").write_text("\n".join(lines), encoding="utf-8")
    recipe = load_recipe("time", "tiny", "tiny")
    made, own = str(tmp_path / "made.jsonl"), str(tmp_path / "own.jsonl")
    plan = {"own": OwnData(file=own, share=0.2, licence="CC0-1.0")}
    asked = recipe.model_copy(update={"profile": recipe.profile.model_copy(update=plan)})
    draft = stages.generate(asked, made)
    assert draft.train_rows == 30
    card = (tmp_path / "made.README.md").read_text("utf-8")
    page, _ = text("dataset-card-time-tiny").split("\n## Header\n")
    assert page.startswith("# Tool calls for time")
    assert page in card
    assert "| conversations that a person brought | 8 |" in card
    assert "| CC0-1.0 |" in card
    assert stages.check(recipe.model, recipe.profile, made, "", "", "").dataset.card is not None


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("{", r"own\.jsonl:1: not JSON"),
        ('{"messages": []}', r"own\.jsonl:1: the row has no 'tools'"),
        ("", r"own\.jsonl: no rows, needed at least one"),
    ],
    ids=["a bad line", "no tools", "an empty file"],
)
def test_rows_that_cannot_be_read_are_named_by_their_line(
    line: str, message: str, tmp_path: Path
) -> None:
    (tmp_path / "own.jsonl").write_text(line, encoding="utf-8")
    recipe = load_recipe("time", "tiny", "tiny")
    with pytest.raises(UnusableData, match=message):
        stages.check(recipe.model, recipe.profile, str(tmp_path / "own.jsonl"), "", "", "")
