"""A stage is made again when what it is made from is not the same, and only then."""

from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from prefect.context import TaskRunContext
from prefect.filesystems import LocalFileSystem
from prefect.results import ResultStore

from profiles import FOLDER, load_model, load_recipe, load_server
from tasks.ask_base import ask_base
from tasks.caching import ByContent, code_of, content_key
from tasks.domain.products import StoredFile
from tasks.train_adapter import train_adapter

ROOT = FOLDER.parent


@pytest.fixture(autouse=True)
def store(tmp_path: Path) -> Iterator[ResultStore]:
    """Where results are, without a server that would be asked for it."""
    storage = LocalFileSystem(basepath=str(tmp_path / "results"))
    made = ResultStore(result_storage=storage, cache_result_in_memory=False)
    with TaskRunContext.model_construct(result_store=made):
        yield made


def key(policy: ByContent, **inputs: Any) -> str:
    run: Any = SimpleNamespace(task=SimpleNamespace(name="stage", fn=key))
    return policy.compute_key(run, inputs, {})


def test_what_does_not_change_the_result_does_not_change_the_key() -> None:
    report = SimpleNamespace(answers=("a",), seconds=1.0)
    other = SimpleNamespace(answers=("a",), seconds=2.0)
    better = SimpleNamespace(answers=("b",), seconds=1.0)
    policy = ByContent(without=("copy",), only={"report": ("answers",)})
    first = key(policy, report=report, copy="here")
    assert key(policy, report=other, copy="there") == first
    assert key(policy, report=better, copy="here") != first


def test_what_the_inputs_only_name_changes_the_key() -> None:
    version = "1.0"
    policy = ByContent(beside=lambda inputs: f"{inputs['package']} {version}")
    first = key(policy, package="p")
    version = "1.1"
    assert key(policy, package="p") != first


def test_the_base_is_asked_once_for_all_that_is_tuned_on_it() -> None:
    recipe = load_recipe("time", "smollm2", "demo")

    def asking(**changes: Any) -> str:
        facts = {"of": "a", "rows": "b", "recipe": recipe} | changes
        gguf, heldout = (StoredFile(uri="x", sha256=facts[k], size_bytes=1) for k in ("of", "rows"))
        policy = ask_base.cache_policy
        assert isinstance(policy, ByContent)
        return key(
            policy,
            base=SimpleNamespace(files=gguf, notes=(facts.get("note"),)),
            dataset=SimpleNamespace(
                heldout=heldout,
                train=facts.get("train"),
                tools=None,
                retriever=None,
                prompt=facts.get("prompt"),
            ),
            recipe=facts["recipe"],
        )

    def changed(part: str, **values: Any) -> str:
        profile = recipe.profile
        section = getattr(profile, part).model_copy(update=values)
        other = profile.model_copy(update={part: section})
        return asking(recipe=recipe.model_copy(update={"profile": other}))

    first = asking()
    assert asking(note="another word", train="other rows") == first
    assert changed("training", learning_rate=1e-5) == changed("thresholds", parse_rate=0.5) == first
    others = {
        asking(of="c"),
        asking(rows="c"),
        changed("evaluation", base_prompts=41),
        changed("evaluation", max_answer_tokens=97),
        changed("data", seed=1),
        asking(prompt="none"),
        asking(recipe=load_recipe("git", "smollm2", "demo")),
    }
    assert len(others - {first}) == 7


def test_a_threshold_is_no_reason_to_train_again_and_a_learning_rate_is() -> None:
    profile = load_recipe("time", "smollm2", "demo").profile
    policy = train_adapter.cache_policy
    assert isinstance(policy, ByContent)

    def training(part: str = "thresholds", **values: Any) -> str:
        section = getattr(profile, part).model_copy(update=values)
        return key(policy, profile=profile.model_copy(update={part: section}), plan=None)

    first = training()
    assert training(parse_rate=0.1) == training("evaluation", base_prompts=9) == first
    assert training("training", report_to=("mlflow",)) == first
    assert first not in (
        training("training", learning_rate=1e-5),
        training("lora", rank=2),
        training("evaluation", loss_rows=1),
    )


def test_a_file_counts_by_its_content_not_by_its_place() -> None:
    one, other = (StoredFile(uri=uri, sha256="a" * 64, size_bytes=1) for uri in ("here", "there"))
    assert content_key("x", __file__, file=one) == content_key("x", __file__, file=other)
    changed = one.model_copy(update={"sha256": "b" * 64})
    assert content_key("x", __file__, file=one) != content_key("x", __file__, file=changed)


@pytest.mark.parametrize("share", [0.0, 0.1, 0.5, 0.99])
def test_a_result_that_was_cut_off_while_it_was_written_is_made_again(
    share: float, store: ResultStore, tmp_path: Path
) -> None:
    first = key(ByContent(), value="a")
    store.persist_result_record(store.create_result_record("a value", key=first))
    file = tmp_path / "results" / first
    whole = file.read_bytes()
    file.write_bytes(whole[: int(len(whole) * share)])
    assert key(ByContent(), value="a") == first
    assert not store.exists(first)


def test_a_stage_depends_on_the_rules_that_it_imports_and_on_no_others() -> None:
    exporting, writing = (
        {file.relative_to(ROOT).as_posix() for file in code_of(ROOT / "tasks" / name)}
        for name in ("export_gguf.py", "synthesize_dataset.py")
    )
    assert "tasks/external/trainer/merging.py" in exporting  # imported inside the function
    assert "tasks/domain/writing/phrasing/frames.py" in writing
    assert not any("phrasing" in file for file in exporting)
    assert not any("trainer" in file for file in writing)


@pytest.mark.parametrize(
    ("kind", "name", "file", "line"),
    [
        ("models", "smollm2", "smollm2.jinja", "{# another template #}"),
        ("servers", "time", "time.prompts.jsonl", '{"prompt": "one more", "call": null}'),
    ],
)
def test_a_file_that_a_profile_names_is_part_of_the_key(
    kind: str, name: str, file: str, line: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    load: Any = {"models": load_model, "servers": load_server}[kind]
    before = content_key("x", __file__, of=load(name))
    (tmp_path / kind).mkdir()
    text = (FOLDER / kind / file).read_text("utf-8")
    (tmp_path / kind / file).write_text(f"{text}{line}\n", encoding="utf-8")
    monkeypatch.setenv("MCP_FORGE_PROFILES", str(tmp_path))
    assert content_key("x", __file__, of=load(name)) != before
