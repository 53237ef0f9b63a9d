"""Why checkpoints are those of another training."""

from profiles import load_profile
from tasks.domain.training.origin import Origin, differences, flat

ONE = Origin(model="smollm2", data="d", base="b", settings={"lora.rank": 8, "training.seed": 1})


def test_the_same_inputs_do_not_differ() -> None:
    assert differences(ONE, ONE.model_copy()) == []


def test_each_difference_is_named() -> None:
    other = Origin(
        model="qwen-2.5", data="e", base="c", settings={"lora.rank": 16, "training.epochs": 1}
    )
    assert differences(ONE, other) == [
        "the model smollm2, now qwen-2.5",
        "other base weights",
        "other training rows",
        "lora.rank 8, now 16",
        "training.epochs None, now 1",
        "training.seed 1, now None",
    ]


def test_settings_are_named_as_in_the_profile() -> None:
    profile = load_profile("balanced")
    named = flat("data", profile.data.model_dump())
    assert named["data.samples"] == profile.data.samples
    assert named["data.scenarios.no_tool"] == profile.data.scenarios.no_tool
