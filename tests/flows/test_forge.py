"""The whole workflow under a real Prefect API, with a tiny model and the real time server."""

import json
import os
import shutil
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from prefect import flow
from prefect.client.orchestration import get_client
from prefect.client.schemas.filters import (
    ArtifactFilter,
    ArtifactFilterKey,
    FlowRunFilter,
    FlowRunFilterState,
)
from prefect.client.schemas.objects import StateType
from prefect.events import Event
from prefect.exceptions import ObjectNotFound, PrefectHTTPStatusError

from flows import stages
from flows.forge import forge
from flows.prepare import prepare
from flows.sweep import sweep
from flows.train import train
from flows.versions import promote, rollback
from flows.watch import watch
from profiles import (
    Promotion,
    load_profile,
    load_recipe,
)
from tasks.ask_breadth import request_of
from tasks.ask_person import ask_person
from tasks.domain.errors import (
    BundleInvalid,
    ValidationFailed,
)
from tasks.domain.evaluation.bfcl import CATEGORIES
from tasks.domain.evaluation.challenge import Verdict
from tasks.domain.products import Bundle
from tasks.external.versions import Versions
from tasks.list_versions import compare_versions, list_versions
from tasks.verify_bundle import verify_bundle
from tests.fakes.bfcl import need_the_package
from tests.fakes.mute_model import mute
from tests.fakes.own_profiles import model, profile, write
from tests.helpers.shown_in_prefect import heard, text

pytestmark = pytest.mark.usefixtures("llama_cpp", "own_profiles", "prefect_api")

STAGES = (
    "check_machine",
    "prepare_base",
    "inspect_server",
    "fit_toolset",
    "write_phrasebook",
    "synthesize_dataset",
    "mix_dataset",
    "show_tools",
    "describe_dataset",
    "check_quality",
    "estimate_memory",
    "train_adapter",
    "export_gguf",
    "ask_adapter",
    "validate_model",
    "ask_base",
    "benchmark_model",
    "challenge_champion",
    "publish_version",
    "judge_version",
    "ask_person",
    "promote_version",
)
ALWAYS_RUN = {
    "check_machine",
    "inspect_server",
    "write_phrasebook",
    "mix_dataset",
    "estimate_memory",
    "validate_model",
    "challenge_champion",
    "publish_version",
    "judge_version",
    "ask_person",
    "promote_version",
}


@dataclass
class Forged:
    """One run: its bundle, its events, and how each stage ended."""

    bundle: Bundle
    events: list[Event]

    @property
    def stages(self) -> dict[str, set[str]]:
        """The last states of each stage's task runs: Completed, or Cached."""
        ended: dict[str, set[str]] = {}
        for event in self.events:
            kind, _, state = event.event.rpartition(".")
            if kind == "prefect.task-run" and state in ("Completed", "Cached", "Failed"):
                name = event.resource["prefect.resource.name"].rpartition("-")[0]
                ended.setdefault(name, set()).add(state)
        return {name: states for name, states in ended.items() if name in STAGES}

    def named(self, prefix: str) -> list[Event]:
        """Events of our own."""
        return [event for event in self.events if event.event.startswith(f"mcp-forge.{prefix}")]


def run(output: Path) -> Forged:
    with heard() as events:
        bundle = forge("time", "tiny", "tiny", output=str(output))
    return Forged(bundle, events)


@pytest.fixture(scope="module")
def forged(tmp_path_factory: pytest.TempPathFactory) -> Forged:
    """The first run, from nothing to a bundle."""
    return run(tmp_path_factory.mktemp("dist") / "bundle")


@pytest.fixture(scope="module")
def again(forged: Forged, tmp_path_factory: pytest.TempPathFactory) -> Forged:
    """The same run once more."""
    assert forged.bundle
    return run(tmp_path_factory.mktemp("dist") / "bundle")


def test_every_stage_is_run_once_and_a_bundle_comes_out(forged: Forged) -> None:
    assert forged.stages == {name: {"Completed"} for name in STAGES}
    names = sorted(path.name for path in Path(forged.bundle.path).iterdir())
    assert {
        "Modelfile",
        "README.md",
        "agent.yaml",
        "confidence.json",
        "mcp.json",
        "server.json",
        "tests",
        "tools.json",
    } <= set(names)
    assert len([name for name in names if name.endswith(".gguf")]) == 1
    assert (forged.bundle.server, forged.bundle.model, forged.bundle.profile) == (
        "time",
        "tiny",
        "tiny",
    )


def test_the_bundles_files_and_tools_are_those_that_were_proved(forged: Forged) -> None:
    # Random weights complete no tool loop, so that there is no call to repeat.
    with pytest.raises(BundleInvalid, match="no completed call to repeat"):
        verify_bundle(forged.bundle.path)


def test_training_is_told_as_events_of_the_run_that_trains(forged: Forged) -> None:
    events = forged.named("training")
    moments = [event.event.rpartition(".")[2] for event in events]
    assert moments[0] == "started"
    assert moments[-1] == "finished"
    assert set(moments) == {"started", "progress", "evaluated", "checkpoint", "finished"}
    runs = {event.resource.id for event in events}
    assert len(runs) == 1
    assert runs.pop().startswith("prefect.flow-run.")
    assert {event.resource["mcp-forge.model"] for event in events} == {"tiny"}
    assert events[-1].payload["step"] == events[-1].payload["total_steps"] == 2
    assert events[-1].payload["fraction"] == 1
    assert float(events[-1].payload["loss"]) > 0


def test_an_evaluation_says_what_it_expects_and_how_far_it_is(forged: Forged) -> None:
    told = [event.payload for event in forged.named("evaluation")]
    moments = {event.event.rpartition(".")[2] for event in forged.named("evaluation")}
    assert {"expected", "finished"} <= moments <= {"expected", "progress", "finished"}
    ends = {one["stage"]: one for one in told if one["done"] == one["total"]}
    # Nine held-out prompts and two loops; the base's sample of both kinds; the typed ones.
    assert {name: one["total"] for name, one in ends.items()} == {
        "validation": 9 + 2,
        "base": 4 + 4,
        "benchmark": 16,
    }
    expected = [one for one in told if one["done"] == 5]
    assert all(one["seconds_left"] > 0 for one in expected)
    assert len(expected) == 3


def test_runs_are_named_by_what_they_do_for_which_server_and_model(forged: Forged) -> None:
    assert forged.bundle
    with get_client(sync_client=True) as client:
        names = {run.name for run in client.read_flow_runs()}
    assert {"forge time tiny", "train time tiny", "evaluate time tiny"} <= names


def test_the_base_is_asked_a_sample_and_compared_on_it(forged: Forged) -> None:
    report = json.loads((Path(forged.bundle.path) / "tests" / "benchmark.json").read_text("utf-8"))
    assert report["tuned"]["finished"]["total"] == 9
    assert report["base"]["finished"]["total"] == 4
    assert 0 < report["base"]["exact_match"]["total"] < 4
    assert sum(report["compared"][name] for name in ("both", "only_tuned", "only_base")) <= 4
    assert "On the same 4 prompts the tuned model is right where the base is not" in text(
        "scorecard-time-tiny"
    )


def test_what_the_model_lost_is_measured_beside_the_base_of_that_run(forged: Forged) -> None:
    need_the_package()
    request = request_of(forged.bundle.path, per_category=1, seed=1)
    short = request.plan.model_copy(update={"answer_tokens": 8})
    with heard() as events:
        found = stages.breadth(request.model_copy(update={"plan": short}))
    assert list(found.categories) == list(CATEGORIES)
    assert found.overall.compared.prompts == 4
    told = [one.payload for one in events if one.event.startswith("mcp-forge.stage")]
    assert [(one["stage"], one["cached"]) for one in told] == [
        ("prepare_base", True),
        ("export_gguf", True),
        ("ask_breadth", False),
        ("ask_breadth", False),
    ]


def test_a_run_whose_training_comes_from_the_cache_shows_adapter_and_loss_curve_too(
    forged: Forged, again: Forged
) -> None:
    assert forged.bundle.sha256 == again.bundle.sha256
    with get_client(sync_client=True) as client:
        for kind in ("adapter", "loss-curve"):
            named = ArtifactFilter(key=ArtifactFilterKey(any_=[f"{kind}-time-tiny"]))
            shown = client.read_artifacts(artifact_filter=named)
            assert len({one.flow_run_id for one in shown} - {None}) == 2


def test_every_stage_tells_that_it_is_completed(forged: Forged, again: Forged) -> None:
    for run, cached in ((forged, set()), (again, set(STAGES) - ALWAYS_RUN)):
        told = run.named("stage")
        assert {event.payload["stage"] for event in told} == set(STAGES)
        assert {e.event for e in told} == {f"mcp-forge.stage.{name}.completed" for name in STAGES}
        assert {event.payload["stage"] for event in told if event.payload["cached"]} == cached
        assert all(event.resource.id.startswith("prefect.flow-run.") for event in told)
        facts = {event.payload["stage"]: event.payload["facts"] for event in told}
        assert facts["check_quality"] == {"rows": 30}
        assert facts["inspect_server"]["tools"] == 2
        assert facts["promote_version"]["sha256"] == run.bundle.sha256


def test_an_adapter_of_a_whole_forge_is_not_evaluated_twice(forged: Forged) -> None:
    (event,) = forged.named("adapter.saved")
    assert event.resource["mcp-forge.alone"] == "false"
    assert "parent-flow-run" in {other.role for other in event.related}


@pytest.mark.parametrize(
    ("name", "resource"),
    [
        ("adapter.saved", "mcp-forge.adapter.tiny"),
        ("bundle.published", "mcp-forge.bundle.time-tiny"),
    ],
)
def test_a_product_is_told_as_an_event_of_its_own(name: str, resource: str, forged: Forged) -> None:
    (event,) = forged.named(name)
    assert event.resource.id == resource
    assert len(event.payload["sha256"]) == 64
    related = [other.id for other in event.related]
    assert "mcp-forge.model.tiny" in related
    assert "mcp-forge.server.time" in related
    assert any(one.startswith("prefect.flow-run.") for one in related)


@pytest.mark.parametrize(
    ("key", "words"),
    [
        ("quality-time-tiny", "well-formed calls"),
        ("dataset-time-tiny", "| train | 30 |"),
        ("dataset-card-time-tiny", "## Header\n\n```yaml\npretty_name: "),
        ("rows-time-tiny", "tokens are trained ("),
        ("rows-time-tiny", "\n\n- **trained** `"),
        ("memory-time-tiny", "## Will tiny with tiny fit? Yes."),
        ("adapter-time-tiny", "adamw_torch_fused"),
        ("loss-curve-time-tiny", "data:image/svg+xml;base64,"),
        ("progress-time-tiny", "100"),
        ("progress-validation-time-tiny", "100"),
        ("progress-base-time-tiny", "100"),
        ("progress-benchmark-time-tiny", "100"),
        ("gguf-time-tiny", "20 tensors compared"),
        ("gguf-time-tiny-base", "20 tensors compared"),
        ("validation-time-tiny", "Loops completed: "),
        ("scorecard-time-tiny", "# tiny for time\n\nProfile tiny, "),
        ("scorecard-time-tiny", "always one call"),
        ("scorecard-time-tiny", "Fitted on 9 held-out rows (Platt scaling)"),
        ("scorecard-time-tiny", "![risk over coverage](data:image/svg+xml;base64,"),
        ("bundle-time-tiny", "mcp-forge chat "),
        ("bundle-time-tiny", ", the champion: it is the "),
    ],
)
def test_every_stage_leaves_an_artifact(key: str, words: str, forged: Forged) -> None:
    assert forged.bundle
    assert words in text(key)


def test_the_same_run_again_makes_nothing_that_is_there(again: Forged) -> None:
    expected = {name: {"Completed"} if name in ALWAYS_RUN else {"Cached"} for name in STAGES}
    assert again.stages == expected
    assert again.named("training") == []
    assert again.named("adapter") == []


def test_a_cached_file_that_was_altered_is_made_again_and_nothing_else(
    again: Forged, tmp_path: Path
) -> None:
    assert again.bundle
    (gguf,) = Path(os.environ["MCP_FORGE_HOME"]).glob("storage/gguf/tiny-base-*.gguf")
    wanted = gguf.read_bytes()
    gguf.write_bytes(wanted[:-10])
    third = run(tmp_path / "bundle")
    assert third.stages == again.stages | {"export_gguf": {"Cached", "Completed"}}
    assert gguf.read_bytes() == wanted


def test_a_missed_threshold_stops_the_run_and_leaves_the_report() -> None:
    with (
        heard() as events,
        pytest.raises(ValidationFailed, match=r"select the expected tool \(n = 6\), need 90\.0 %"),
    ):
        forge("time", "tiny", "strict")
    assert "select the expected tool" in text("validation-time-tiny")
    assert "on the same 4 held-out prompts" in text("adapter-comparison-time-tiny")
    (failure,) = [event for event in events if event.event == "mcp-forge.validation.failed"]
    assert "select the expected tool" in failure.payload["failures"][0]


def test_a_base_that_was_handed_over_is_trained_where_its_source_is_out_of_reach() -> None:
    prepared = flow(prepare)(load_recipe("time", "tiny", "tiny"))
    assert train("time", "lost", "tiny", prepared=prepared).base == prepared.base


def copied(bundle: Bundle, folder: Path) -> Path:
    shutil.copytree(bundle.path, folder)
    return folder


def change_weights(folder: Path) -> None:
    (gguf,) = folder.glob("*.gguf")
    data = bytearray(gguf.read_bytes())
    data[-1] ^= 1
    gguf.write_bytes(data)


@pytest.mark.parametrize(
    ("harm", "message"),
    [
        (change_weights, r"\.gguf was altered: sha256 "),
        (lambda folder: (folder / "agent.yaml").unlink(), r"agent\.yaml is missing"),
        (lambda folder: (folder / "tools.json").write_text("[]"), r"tools\.json was altered"),
        (lambda folder: (folder / "SHA256SUMS").unlink(), "no SHA256SUMS; needed the folder of a"),
    ],
    ids=["a changed byte", "a missing file", "other tools", "no sums"],
)
def test_a_harmed_bundle_is_refused_by_the_name_of_the_file(
    harm: Callable[[Path], Any], message: str, forged: Forged, tmp_path: Path
) -> None:
    folder = copied(forged.bundle, tmp_path / "bundle")
    harm(folder)
    with pytest.raises(BundleInvalid, match=message):
        verify_bundle(str(folder))


def test_a_sweep_ranks_its_trials_and_goes_on_without_those_that_fail(forged: Forged) -> None:
    bundle = sweep("time", ["tiny"], ["tiny", "strict"], [3407])
    assert bundle.version == forged.bundle.version
    assert bundle.reason == "it is the champion already"
    page = text("leaderboard-time")
    assert "| → | tiny | tiny | 3407 |" in page
    assert "| tiny | strict | 0.0 % | - | 0 of 1 |" in page
    assert "select the expected tool" in page


def test_only_a_better_model_takes_the_champions_place(
    forged: Forged, own_profiles: Path, tiny_base: Path, tmp_path: Path
) -> None:
    """Drift, a worse challenger, a person's choice, a better one that is approved, a rollback."""
    first = forged.bundle.version
    assert watch("time", "tiny", "tiny") is None
    write(own_profiles, {"models/tiny": model(mute(tiny_base, tmp_path / "mute"))})
    worse = forged_for_other_tools(first)
    assert watch("time", "tiny", "tiny") is None, "the same tools are not forged again every night"
    assert promote("time-tiny", worse.version[:-2], "to look at it").version == worse.version
    assert_champion(worse.version)
    asking = profile(promotion={"approval": "person"})
    write(own_profiles, {"models/tiny": model(tiny_base), "training/tiny": asking})
    with answering(approve=True, comment="seen") as asked:
        better = forge("time", "tiny", "tiny")
    write(own_profiles, {"training/tiny": profile()})
    assert "| abstention accuracy | 100.0 % | 0.0 % |" in asked[0]
    assert better.promoted
    assert " differs by +50.0 points [+" in better.reason
    assert better.reason.endswith("; approved by a person: seen")
    assert better.version == first, "the same file for the same tools is the same version"
    assert_champion(better.version)
    assert rollback("time-tiny").version == worse.version
    assert_champion(worse.version)
    page = list_versions("time-tiny")
    assert f"→  {worse.version}" in page
    assert f"   {first}" in page
    assert "base_sha256" in compare_versions("time-tiny", first, worse.version)


def forged_for_other_tools(champion: str) -> Bundle:
    """A tool changes, and what is forged for it never says a word: it is not promoted."""
    change_a_tool(champion)
    with heard() as events:
        worse = watch("time", "tiny", "tiny")
    assert worse is not None
    assert not worse.promoted
    assert "abstention accuracy differs by -100.0 points [-100.0, " in worse.reason
    told = {event.event: event.payload for event in events}
    assert told["mcp-forge.tools.changed"]["changed"] == {"get_current_time": ["description"]}
    assert told["mcp-forge.bundle.rejected"] == {
        "version": worse.version,
        "champion": champion,
        "reason": worse.reason,
    }
    assert "mcp-forge.bundle.published" not in told
    assert "Rows of changed tools (get_current_time) were left out" in text("challenge-time-tiny")
    assert "**not promoted**: " in text("challenge-time-tiny")
    return worse


def assert_champion(version: str) -> None:
    """It is that by what was decided, and it lies in dist."""
    found = Versions("time-tiny").champion()
    assert found is not None
    assert found.id == version
    put = Path(os.environ["MCP_FORGE_DIST"]) / "time-tiny" / "model.gguf"
    kept = storage() / "versions" / "time-tiny" / version / "bundle" / "model.gguf"
    assert put.read_bytes() == kept.read_bytes()


def change_a_tool(version: str) -> None:
    """As if the newest version had been made for a tool that said something else."""
    record = storage() / "versions" / "time-tiny" / version / "toolset.json"
    tools = json.loads(record.read_text("utf-8"))
    (changed,) = [tool for tool in tools["tools"] if tool["name"] == "get_current_time"]
    changed["description"] = "What it said before"
    record.write_text(json.dumps(tools), encoding="utf-8")


def storage() -> Path:
    return Path(os.environ["MCP_FORGE_HOME"]) / "storage"


@contextmanager
def answering(**answer: Any) -> Iterator[list[str]]:
    """Whoever looks at the API: the page of the run that pauses, which is then resumed."""
    pages: list[str] = []

    def answer_once() -> None:
        paused = FlowRunFilter(state=FlowRunFilterState(type={"any_": [StateType.PAUSED]}))
        with get_client(sync_client=True) as client:
            while not pages:
                for run in client.read_flow_runs(flow_run_filter=paused):
                    keys = run.state.state_details.run_input_keyset if run.state else None
                    assert keys is not None
                    # The form is written after the state, and a busy server is asked again.
                    with suppress(ObjectNotFound, PrefectHTTPStatusError, httpx.TransportError):
                        page = client.read_flow_run_input(run.id, keys["description"])
                        client.resume_flow_run(run.id, run_input=answer)
                        pages.append(str(json.loads(page)))
                time.sleep(0.3)

    with ThreadPoolExecutor(1) as pool:
        done = pool.submit(answer_once)
        try:
            yield pages
        except BaseException:
            pages.append("the run ended without an answer")
            raise
        done.result(timeout=60)


def careful(hours: float) -> Promotion:
    """A person is to answer within that time."""
    plan = load_profile("tiny").promotion
    return plan.model_copy(update={"approval": "person", "approval_hours": hours})


@flow
def waiting(promotion: Promotion) -> Verdict:
    """A run that asks a person about a version."""
    version = Versions("time-tiny").all()[0]
    verdict = Verdict(promoted=True, reason="it is better", champion=None)
    return ask_person(verdict, version, None, promotion)


def test_a_version_that_nobody_approves_in_time_is_not_promoted_and_the_run_ends_well(
    forged: Forged,
) -> None:
    assert forged.bundle
    state = waiting(careful(hours=2 / 3600), return_state=True)
    assert state.is_completed()
    verdict = state.result()
    assert not verdict.promoted
    assert verdict.reason.startswith("nobody answered within 0.000555")


def test_a_version_that_a_person_refuses_is_not_promoted(forged: Forged) -> None:
    assert forged.bundle
    with answering(approve=False, comment="not today"):
        verdict = waiting(careful(hours=1))
    assert not verdict.promoted
    assert verdict.reason == "it is better; refused by a person: not today"


def test_a_server_without_a_bundle_is_left_to_a_person() -> None:
    # Nothing is published for this model, which has no files either: forging it would fail.
    assert watch("time", "lost", "tiny") is None


def test_a_folder_that_holds_something_else_than_a_bundle_is_never_replaced(
    forged: Forged, tmp_path: Path
) -> None:
    assert forged.bundle
    (tmp_path / "thesis.md").write_text("years of work", encoding="utf-8")
    with pytest.raises(BundleInvalid, match="holds no bundle; needed a new folder, or one to"):
        forge("time", "tiny", "tiny", output=str(tmp_path))
    assert (tmp_path / "thesis.md").read_text("utf-8") == "years of work"
