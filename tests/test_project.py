"""The project keeps its own promises: profiles load and hold their numbers, files stay small."""

import re
import sys
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

import profiles
from profiles import Profile, ProfileError
from profiles.settings import Settings

ROOT = Path(__file__).parent.parent
PACKAGES = ("flows", "tasks", "profiles")
TEXTS = {".py", ".toml", ".md", ".yaml", ".yml", ".jinja", ".jsonl", ".txt", ".go", ".json", ".sh"}

# The mission's numbers; whoever changes one changes it here too, knowingly.
MISSION: dict[str, dict[str, Any]] = {
    "fast_dev": {
        "lora": {"rank": 8, "alpha": 16, "dropout": 0.0},
        "training": {
            "per_device_batch_size": 2,
            "gradient_accumulation_steps": 4,
            "learning_rate": 2e-4,
            "warmup_ratio": 0.03,
            "max_steps": 60,
            "epochs": None,
            "save_steps": 20,
        },
    },
    "balanced": {
        "lora": {"rank": 16, "alpha": 16, "dropout": 0.0},
        "training": {
            "per_device_batch_size": 2,
            "gradient_accumulation_steps": 4,
            "learning_rate": 2e-4,
            "warmup_ratio": 0.03,
            "max_steps": None,
            "epochs": 1,
            "save_steps": 50,
        },
    },
    "max_quality": {
        "lora": {"rank": 128, "alpha": 256, "dropout": 0.05},
        "training": {
            "per_device_batch_size": 1,
            "gradient_accumulation_steps": 8,
            "learning_rate": 1e-4,
            "warmup_ratio": 0.05,
            "max_steps": None,
            "epochs": 3,
            "save_steps": 100,
        },
    },
}
COMMON = {
    "max_seq_length": 2048,
    "seed": 3407,
    "optimizer": "adamw_8bit",
    "weight_decay": 0.01,
    "scheduler": "linear",
    "packing": False,
    "gradient_checkpointing": "unsloth",
    "logging_steps": 1,
    "checkpoints_kept": 3,
}
MODULES = ("q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj")
TARGETS = {
    "parse_rate": 0.98,
    "schema_validity": 0.95,
    "tool_selection": 0.90,
    "abstention": 0.85,
    "loop": 0.95,
    "error": 0.80,
}
HUB_MODELS = {
    "deepseek-r1": ("unsloth/DeepSeek-R1-Distill-Llama-8B-bnb-4bit", 6),
    "qwen-2.5": ("unsloth/Qwen2.5-14B-Instruct-bnb-4bit", 9),
    "qwen-2.5-7b": ("unsloth/Qwen2.5-7B-Instruct-bnb-4bit", None),
}


def tomls(kind: str) -> list[Path]:
    return sorted((ROOT / "profiles" / kind).glob("*.toml"))


def modules() -> list[Path]:
    return sorted(path for package in PACKAGES for path in (ROOT / package).rglob("*.py"))


def test_there_is_something_to_check() -> None:
    kinds = ("training", "models", "servers")
    assert all(tomls(kind) for kind in kinds)
    assert len(modules()) > 10


@pytest.mark.parametrize("path", tomls("training"), ids=lambda path: path.stem)
def test_every_training_profile_loads(path: Path) -> None:
    assert profiles.load_profile(path.stem).name == path.stem
    assert path.stem in profiles.training_profiles()


@pytest.mark.parametrize("path", tomls("models"), ids=lambda path: path.stem)
def test_every_model_loads_with_its_template(path: Path) -> None:
    model = profiles.load_model(path.stem)
    assert path.stem in profiles.models()
    assert model.stop
    text = model.template_text
    assert text is None or "<tool_call>" in text


@pytest.mark.parametrize("path", tomls("servers"), ids=lambda path: path.stem)
def test_every_server_loads_with_its_typed_prompts(path: Path) -> None:
    server = profiles.load_server(path.stem)
    assert path.stem in profiles.servers()
    prompts = server.test_prompts
    assert bool(prompts) == bool(server.prompts)


def test_a_server_that_is_not_installed_with_us_says_how_it_is_installed() -> None:
    others = set(profiles.servers()) - set(profiles.deployed_servers())
    assert {"sqlite", "excel", "playwright"} <= others
    assert [name for name in others if not profiles.load_server(name).install] == []


@pytest.mark.parametrize("name", MISSION)
def test_the_mission_profiles_hold_the_missions_numbers(name: str) -> None:
    profile = profiles.load_profile(name)
    lora, training = profile.lora.model_dump(), profile.training.model_dump()
    expected = MISSION[name]
    assert {key: lora[key] for key in expected["lora"]} == expected["lora"]
    assert {key: training[key] for key in expected["training"]} == expected["training"]
    assert {key: training[key] for key in COMMON} == COMMON
    assert lora["target_modules"] == MODULES
    assert lora["bias"] == "none"
    assert profile.training.effective_batch == 8
    assert profile.thresholds.model_dump(exclude={"finished"}) == TARGETS


def test_every_profile_trains_the_seven_linear_modules() -> None:
    loaded = [profiles.load_profile(name) for name in profiles.training_profiles()]
    assert {profile.lora.target_modules for profile in loaded} == {MODULES}


@pytest.mark.parametrize("name", HUB_MODELS)
def test_the_mission_models_are_the_4_bit_ones_of_the_hub(name: str) -> None:
    model = profiles.load_model(name)
    repository, memory = HUB_MODELS[name]
    assert (model.source.kind, model.source.repository) == ("hub", repository)
    assert model.gpu_memory_gb == memory
    assert model.load_in_4bit
    assert model.needs_gpu


def test_only_small_models_are_trained_in_full_precision_without_a_gpu() -> None:
    loaded = [profiles.load_model(name) for name in profiles.models()]
    small = ["gemma-3", "qwen-3-0.6b", "smollm2"]
    assert [model.name for model in loaded if not model.load_in_4bit] == small
    assert [model.name for model in loaded if not model.needs_gpu] == small


@pytest.mark.parametrize(
    ("length", "found"),
    [({"epochs": 1, "max_steps": 60}, "both"), ({"epochs": None, "max_steps": None}, "neither")],
)
def test_a_profile_has_one_length_only(length: dict[str, int | None], found: str) -> None:
    value = profiles.load_profile("balanced").model_dump()
    value["training"] |= length
    with pytest.raises(
        ValidationError, match=f"exactly one of epochs and max_steps, found {found}"
    ):
        Profile.model_validate(value)


@pytest.mark.parametrize(
    "section", ["", "lora", "training", "data", "quality", "evaluation", "thresholds"]
)
def test_an_unknown_key_is_refused_in_every_section(section: str) -> None:
    value = profiles.load_profile("balanced").model_dump()
    target = value[section] if section else value
    target["learning_speed"] = 1
    with pytest.raises(ValidationError, match="Extra inputs are not permitted") as caught:
        Profile.model_validate(value)
    assert profiles.explain(caught.value).startswith(f"{section}.learning_speed".lstrip("."))


def test_scenario_shares_must_be_a_whole() -> None:
    value = profiles.load_profile("balanced").model_dump()
    value["data"]["scenarios"]["edge"] = 0.5
    with pytest.raises(ValidationError, match=r"scenario shares sum to 1\.45, need 1"):
        Profile.model_validate(value)


def test_a_profile_that_does_not_exist_is_answered_with_those_that_do() -> None:
    with pytest.raises(ProfileError, match=r"no 'fast' in profiles/training; known: balanced, "):
        profiles.load_profile("fast")


def test_no_module_bears_a_name_of_the_standard_library() -> None:
    # Prefect's script entry points put a module's folder first on the import path.
    names = {path.stem for path in modules()} | {path.parent.name for path in modules()}
    assert not names & set(sys.stdlib_module_names)


def test_no_file_of_code_is_longer_than_400_lines() -> None:
    lengths = {
        str(path.relative_to(ROOT)): len(path.read_text("utf-8").splitlines())
        for path in modules()
        if path.relative_to(ROOT).parts[0] != "profiles"
    }
    assert {name: lines for name, lines in lengths.items() if lines > 400} == {}


def test_no_file_names_a_path_of_the_machine_it_was_written_on() -> None:
    # Written in two parts, so that this file does not name one itself.
    path_of_ours = re.compile("/" + r"(?:work|root)/(?:main|shared|\.|\w+/\.venv)")
    folders = [*PACKAGES, "tests", "infra", "docs", "benchmarks", ".ci"]
    files = [path for folder in folders for path in (ROOT / folder).rglob("*")]
    files += [path for path in ROOT.iterdir() if not path.name.startswith(".")]
    texts = [path for path in files if path.is_file() and path.suffix in TEXTS]
    assert texts
    assert [path for path in texts if path_of_ours.search(path.read_text("utf-8"))] == []


def test_every_setting_stands_in_its_table() -> None:
    table = (ROOT / "docs" / "settings.md").read_text("utf-8")
    assert [n for n in Settings.model_fields if f"`MCP_FORGE_{n.upper()}`" not in table] == []


def test_every_link_of_the_documents_leads_to_a_file() -> None:
    pages = [*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")]
    links = [
        (page, link)
        for page in pages
        for link in re.findall(r"\]\((?!https?://|#)([^)#]+)", page.read_text("utf-8"))
    ]
    assert len(links) > 20
    assert [(page.name, link) for page, link in links if not (page.parent / link).exists()] == []


def test_the_readme_is_read_in_five_minutes() -> None:
    assert len((ROOT / "README.md").read_text("utf-8").split()) <= 1200


def test_the_rules_have_at_most_15_rooms_at_first_sight() -> None:
    rooms = [
        path for path in (ROOT / "tasks" / "domain").iterdir() if not path.name.startswith("_")
    ]
    assert len(rooms) <= 15


def test_what_tests_share_stands_in_helpers_and_fakes() -> None:
    imports = re.compile(
        r"^\s*(?:from|import) tests\.(?:\w+\.)*(?:test_\w+|conftest)\b", re.MULTILINE
    )
    files = [
        file.relative_to(ROOT).as_posix()
        for file in (ROOT / "tests").rglob("*.py")
        if imports.search(file.read_text(encoding="utf-8"))
    ]
    assert not files, f"move what these take from other tests to tests/helpers/: {files}"
