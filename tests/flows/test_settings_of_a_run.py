"""What a run is made from: flags, a file, single settings, and the model's own profile."""

from pathlib import Path

import pytest

from flows.commands import Run
from flows.run_file import from_file
from profiles import ProfileError, load_profile, load_recipe, profile_text
from profiles.changes import with_changes

FILE = """
server = "time"
model = "smollm2"
profile = "cpu"
include-tools = ["convert_time"]
samples = 50

[set]
training.learning_rate = 1e-4
data.paraphrase_share = 0.5
"""


@pytest.fixture
def file(tmp_path: Path) -> str:
    path = tmp_path / "forge.toml"
    path.write_text(FILE, encoding="utf-8")
    return str(path)


def test_a_run_in_a_file_is_that_run(file: str) -> None:
    recipe = from_file(Run(config=file), file).recipe()
    assert (recipe.server.name, recipe.profile.name) == ("time", "cpu")
    assert recipe.server.include_tools == ("convert_time",)
    assert recipe.profile.data.samples == 50
    assert recipe.profile.training.learning_rate == 1e-4
    assert recipe.profile.data.paraphrase_share == 0.5
    assert recipe.profile.changes == ("training.learning_rate=0.0001", "data.paraphrase_share=0.5")


def test_a_flag_wins_over_the_file(file: str) -> None:
    run = from_file(Run(config=file, profile="demo", samples=9), file)
    assert (run.profile, run.samples, run.server) == ("demo", 9, "time")


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("servr = 'time'", "no setting 'servr'; needed some of include_tools, model, output"),
        ("config = 'x'", "no setting 'config'"),
        ("samples = 'many'", "samples: Input should be a valid integer"),
        ("server = ", r"forge\.toml cannot be read: "),
    ],
)
def test_a_file_that_is_no_run_is_refused(text: str, fault: str, tmp_path: Path) -> None:
    path = tmp_path / "forge.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ProfileError, match=fault):
        from_file(Run(config=str(path)), str(path))
    with pytest.raises(ProfileError, match="cannot be read: "):
        from_file(Run(), str(tmp_path / "missing.toml"))


def test_without_a_profile_the_models_own_is_taken() -> None:
    assert Run(model="smollm2").chosen_profile == "demo"
    assert Run(model="qwen-3").chosen_profile == "balanced"
    assert Run(model="qwen-3", profile="cpu", set=["data.seed = 5"]).chosen_profile == (
        "cpu data.seed=5"
    )


def test_single_settings_travel_with_the_name_of_the_profile() -> None:
    text = profile_text("demo", ["training.learning_rate=3e-4", "training.scheduler=linear"])
    changed = load_recipe("time", "smollm2", text).profile
    assert changed.training.learning_rate == 3e-4
    assert changed.name == "demo"
    by_epochs = load_profile("demo training.max_steps=none training.epochs=2").training
    assert (by_epochs.max_steps, by_epochs.epochs) == (None, 2)
    plain = load_profile("demo")
    assert changed.data == plain.data
    assert plain.changes == ()


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("description=two words, and 'more'", "two words, and 'more'"),
        ("description='so' and so", "'so' and so"),
        ('description = "a\u00a0b  c"', "a\u00a0b  c"),
        ("description='a \"b\" c'", 'a "b" c'),
        ('data.tool_weights={"get time" = 2.0, other = 3}', {"get time": 2.0, "other": 3.0}),
        ("lora.target_modules=['q proj', \"k\"]", ("q proj", "k")),
        ("lora.target_modules = [ 'q', 'k' ]", ("q", "k")),
    ],
)
def test_a_value_with_blanks_arrives_as_it_was_typed(typed: str, meant: object) -> None:
    text = profile_text("demo", [typed, "data.seed=5"])
    assert len(text.split()) == 3
    changed = load_profile(text)
    section, _, name = typed.partition("=")[0].strip().rpartition(".")
    assert getattr(getattr(changed, section) if section else changed, name) == meant
    assert changed.data.seed == 5


def test_a_length_that_is_set_does_not_grow_and_auto_does() -> None:
    plain, other, fixed = (
        load_profile(text).training
        for text in ("cpu", "cpu data.seed=1", "cpu training.max_seq_length=2048")
    )
    assert (plain.max_seq_length, plain.grows) == (3072, True)
    assert other == plain
    assert (fixed.max_seq_length, fixed.grows) == (2048, False)
    again = load_profile("balanced training.max_seq_length=auto").training
    assert (again.max_seq_length, again.grows) == (3072, True)


def test_a_change_leaves_what_a_training_reports_to() -> None:
    training = load_profile("demo").training.model_copy(update={"report_to": ("tensorboard",)})
    profile = load_profile("demo").model_copy(update={"training": training})
    assert with_changes(profile, ["training.max_steps=7"]).training.report_to == ("tensorboard",)


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ("training.learning_speed=1", r"changes nothing; is it training\.learning_rate\?"),
        ("learning_rate=1", r"changes nothing; is it training\.learning_rate\?"),
        ("training.learning_rate", "changes nothing; needed such as training.learning_rate="),
        ("training.seed=-1", "seed: Input should be greater than or equal to 0"),
        ("data.seed=4294967296", "seed: Input should be less than or equal to 4294967295"),
        ("name.x=1", "changes nothing"),
        ("training.learning_rate=-1", "learning_rate: Input should be greater than 0"),
        ("training.learning_rate=fast", "learning_rate: Input should be a valid number"),
    ],
)
def test_a_setting_that_is_none_is_refused(change: str, fault: str) -> None:
    with pytest.raises(ProfileError, match=fault):
        load_profile(f"demo {change}")
