"""The file that ships must be as good as the adapter that it was made from."""

import pytest

from tasks.domain import reports
from tasks.domain.errors import ExportFailed
from tasks.domain.evaluation.adapter import check_export, compare_with_adapter
from tasks.domain.products import AdapterAnswers, AdapterComparison
from tests.helpers.scored_rows import RIGHT, ROWS, THRESHOLDS, benchmark, says


def beside(file: list[str | None], places: tuple[int, ...]) -> AdapterComparison:
    """A file beside an adapter that is always right, on some of the rows."""
    right = AdapterAnswers(
        adapter="a", places=places, answers=tuple(RIGHT[place] for place in places)
    )
    return compare_with_adapter(right, ROWS, file)


def test_file_and_adapter_are_compared_on_the_rows_that_the_adapter_was_asked() -> None:
    file: list[str | None] = [says(city="Oslo"), *RIGHT[1:]]
    found = beside(file, (0, 1, 2, 12))
    assert (found.exact_match.both, found.exact_match.only_base) == (3, 1)
    assert found.tool_selection.both == 4
    assert beside(file, (1, 2)).exact_match.difference == 0


def test_a_file_that_is_worse_than_its_adapter_is_refused_with_both_figures() -> None:
    found = beside([says(city="Bonn")] * 6 + list(RIGHT[6:]), tuple(range(10)))
    message = (
        r"same 10 held-out prompts: exact match 40\.0 % where the adapter has 100\.0 %, "
        r"-60\.0 points \[.*\]; needed at most 2 points lower"
    )
    with pytest.raises(ExportFailed, match=message):
        check_export(found, 0.02)
    assert check_export(found, 0.7) == ""


def test_a_file_that_is_lower_as_equals_may_be_is_doubted() -> None:
    found = beside([says(city="Oslo"), *RIGHT[1:]], tuple(range(10)))
    assert check_export(found, 0.02).startswith(
        "the file may be less good than its adapter, on the same 10 held-out prompts: exact match "
        "90.0 % where the adapter has 100.0 %, -10.0 points ["
    )
    assert check_export(found, 0.1) == ""


def test_the_scorecard_says_how_the_file_does_beside_the_adapter() -> None:
    found = beside([says(city="Oslo"), *RIGHT[1:]], tuple(range(10)))
    report = benchmark().model_copy(update={"adapter": found})
    page = reports.scorecard_markdown(report, THRESHOLDS)
    assert "on the same 10 held-out prompts: exact match 90.0 % and 100.0 %, -10.0 points" in page
    assert "tool-selection accuracy 100.0 % and 100.0 %, +0.0 points" in page
