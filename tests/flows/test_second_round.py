"""flows/second_round.py: when a model is forged again, with which profile, and what stays."""

import pytest
from prefect.logging import disable_run_logger

from flows.second_round import second_round
from profiles import Recipe, load_profile, load_recipe
from tasks.domain.errors import QualityGateFailed
from tasks.domain.products import BenchmarkReport, Bundle
from tests.helpers.scored_rows import benchmark

WEIGHTS = {"get_current_time": 1.5, "files.read": 1.25}
FIRST = Bundle(
    path="dist/time-smollm2",
    sha256="0" * 64,
    server="time",
    model="smollm2",
    profile="cpu",
    toolset_fingerprint="1" * 64,
)
SECOND = FIRST.model_copy(update={"sha256": "2" * 64})


def recipe(*changes: str) -> Recipe:
    return load_recipe("time", "smollm2", " ".join(["cpu", *changes]))


def confused(weights: dict[str, float]) -> BenchmarkReport:
    return benchmark().model_copy(update={"tool_weights": weights})


def ended(second: Bundle, profiles: list[str]) -> Bundle:
    """The bundle that a forge with two rounds ends with; ``profiles``: those it forged again."""

    def forge(profile: str) -> Bundle:
        profiles.append(profile)
        return second

    with disable_run_logger():
        return second_round(
            FIRST, confused(WEIGHTS), recipe("data.seed=5", "evaluation.second_round=true"), forge
        )


def test_the_second_round_has_the_weights_the_changes_of_the_first_and_no_third() -> None:
    profiles: list[str] = []
    assert ended(SECOND, profiles) == SECOND
    (again,) = map(load_profile, profiles)
    assert again.data.tool_weights == WEIGHTS
    assert again.data.seed == 5
    assert not again.evaluation.second_round


def test_a_second_model_that_is_not_better_leaves_the_first() -> None:
    assert ended(SECOND.model_copy(update={"promoted": False}), []) == FIRST


def test_a_second_round_that_fails_at_the_gate_leaves_the_first() -> None:
    def fail(_: str) -> Bundle:
        raise QualityGateFailed("too uneven")

    with disable_run_logger():
        wanted = recipe("evaluation.second_round=true")
        assert second_round(FIRST, confused(WEIGHTS), wanted, fail) == FIRST


@pytest.mark.parametrize(
    ("changes", "weights"), [((), WEIGHTS), (("evaluation.second_round=true",), {})]
)
def test_without_the_switch_or_without_confused_tools_there_is_one_round(
    changes: tuple[str, ...], weights: dict[str, float]
) -> None:
    def never(_: str) -> Bundle:
        raise AssertionError("forged again")

    assert second_round(FIRST, confused(weights), recipe(*changes), never) == FIRST
