"""tasks/domain/writing/scenarios.py: whole numbers of rows from a profile's shares."""

from collections.abc import Sequence

import pytest

from tasks.domain.errors import UnusableData
from tasks.domain.products import Toolset
from tasks.domain.writing.scenarios import Quota, apportion, askable, capacity, difficulties, plan
from tasks.domain.writing.values.maker import ArgumentMaker
from tests.fakes.toolsets import ALL, CLOCKS, MEMORY, ORDERS, REPOSITORY, VERSIONS, data


def _makers(toolset: Toolset) -> list[ArgumentMaker]:
    return [ArgumentMaker(tool, REPOSITORY) for tool in toolset.tools]


def _rows(quotas: Sequence[Quota], *scenarios: str) -> int:
    return sum(quota.rows for quota in quotas if not scenarios or quota.scenario in scenarios)


def test_shares_become_whole_numbers_that_sum_to_the_total() -> None:
    shares = {"standard": 0.6, "no_tool": 0.15, "error": 0.1, "ambiguous": 0.1, "edge": 0.05}
    for total in (1, 7, 99, 240):
        assert sum(apportion(total, shares).values()) == total  # type: ignore[arg-type]


@pytest.mark.parametrize("toolset", ALL, ids=lambda toolset: toolset.server)
@pytest.mark.parametrize("samples", [20, 97, 400])
def test_exactly_the_rows_that_were_asked_for_are_planned(toolset: Toolset, samples: int) -> None:
    planned = plan(_makers(toolset), data(samples))
    assert _rows(planned.train) == samples
    assert _rows(planned.heldout, "standard", "edge", "error") == 40
    assert _rows(planned.heldout, "no_tool") == 12


def test_a_tool_with_more_values_to_say_gets_more_rows_to_train_on_and_as_many_to_be_asked() -> (
    None
):
    planned = plan(_makers(CLOCKS), data(200))
    standard = [quota.rows for quota in planned.train if quota.scenario == "standard"]
    assert sum(standard) == 120
    assert 1.3 < standard[1] / standard[0] < 1.6
    asked = [quota.rows for quota in planned.heldout if quota.scenario == "standard"]
    assert asked[0] == asked[1]


def test_tools_that_are_easily_confused_get_more_rows() -> None:
    staged = VERSIONS.tools[3].model_copy(
        update={"name": "git_add_all", "description": "Adds all contents to the staging area"}
    )
    makers = _makers(VERSIONS.model_copy(update={"tools": (*VERSIONS.tools, staged)}))
    weights = difficulties(makers)
    assert max(weights, key=weights.__getitem__) in ("git_add", "git_add_all")
    rows = {q.tool: q.rows for q in plan(makers, data(2000)).train if q.scenario == "standard"}
    assert rows["git_add"] > 1.2 * rows["git_create_branch"]


def test_an_easy_tool_of_a_long_list_gets_half_the_rows_of_an_average_one() -> None:
    easy = VERSIONS.tools[0]
    values = {f"{part}_title": {"type": "string"} for part in ("book", "film", "song", "play")}
    values |= {f"{part}_city": {"type": "string"} for part in ("home", "next", "last", "first")}
    schema = {"type": "object", "properties": values, "required": list(values)}
    hard = easy.model_copy(update={"input_schema": schema})
    named = (
        tool.model_copy(update={"name": f"{tool.name}_{number}"})
        for number, tool in enumerate([easy] * 4 + [hard] * 50)
    )
    makers = _makers(VERSIONS.model_copy(update={"tools": tuple(named)}))
    planned = plan(makers, data(54 * 8 * 10 // 6))  # six of ten are standard rows
    rows = [quota.rows for quota in planned.train if quota.scenario == "standard"]
    assert len(rows) == 54
    assert min(rows) >= 4


def test_a_tool_that_weighs_twice_gets_twice_the_rows_to_train_on_and_as_many_to_be_asked() -> None:
    even, heavy = (
        plan(_makers(CLOCKS), data(400).model_copy(update={"tool_weights": weights}))
        for weights in ({}, {"get_current_time": 2.0})
    )
    before, after = (
        {q.tool: q.rows for q in planned.train if q.scenario == "standard"}
        for planned in (even, heavy)
    )
    ratio = before["get_current_time"] / before["convert_time"]
    assert after["get_current_time"] / after["convert_time"] == pytest.approx(2 * ratio, rel=0.05)
    assert heavy.heldout == even.heldout


def test_a_weight_for_a_tool_that_is_not_there_is_refused() -> None:
    weights = {"tool_weights": {"get_time": 2.0}}
    with pytest.raises(UnusableData, match=r"tool_weights: no tool .* called get_time; .*convert"):
        plan(_makers(CLOCKS), data(40).model_copy(update=weights))


def test_ambiguous_rows_go_only_where_a_user_must_give_something() -> None:
    assert askable(ArgumentMaker(VERSIONS.tools[0], REPOSITORY)) == ()
    assert askable(ArgumentMaker(VERSIONS.tools[2], REPOSITORY)) == ("branch_name",)


def test_a_parameter_with_a_fallback_in_its_description_is_not_asked_for() -> None:
    assert askable(ArgumentMaker(CLOCKS.tools[1], REPOSITORY)) == ("time",)


def test_a_scenario_that_a_tool_cannot_have_is_noted_and_its_rows_go_elsewhere() -> None:
    planned = plan(_makers(MEMORY), data(200))
    assert not [q for q in planned.train if q.tool == "read_graph" and q.scenario != "standard"]
    assert any("no ambiguous rows for read_graph" in note for note in planned.notes)
    assert any("no edge rows for read_graph" in note for note in planned.notes)


def test_without_any_tool_that_needs_a_value_the_ambiguous_rows_become_standard_ones() -> None:
    status = VERSIONS.model_copy(update={"tools": VERSIONS.tools[:2]})
    planned = plan(_makers(status), data(100))
    assert _rows(planned.train, "ambiguous") == 0
    assert _rows(planned.train) == 100
    assert _rows(planned.heldout, "ambiguous") == 0


def test_a_tool_with_few_different_calls_gets_few_rows_and_a_note_says_so() -> None:
    menu = ArgumentMaker(ORDERS.tools[2], REPOSITORY)
    planned = plan(_makers(ORDERS), data(2000))
    assert _rows([q for q in planned.train if q.tool == "get_menu"]) == capacity(menu, "train")
    assert any("get_menu" in note and "different calls" in note for note in planned.notes)


def test_a_toolset_that_can_fill_nothing_more_fills_up_with_small_talk() -> None:
    menu = ORDERS.model_copy(update={"tools": ORDERS.tools[2:]})
    planned = plan(_makers(menu), data(100))
    assert _rows(planned.train) == 100
    assert _rows(planned.train, "standard") == capacity(_makers(menu)[0], "train")


def test_heldout_ambiguous_rows_come_on_top_of_the_calls() -> None:
    planned = plan(_makers(CLOCKS), data(100))
    assert 0 < _rows(planned.heldout, "ambiguous") <= 8
