"""tasks/domain/evaluation/breadth.py: two models on the same questions, category by category."""

from tasks.domain.bundle.scores import Scores
from tasks.domain.evaluation.breadth import compare_breadth
from tasks.domain.evaluation.comparison import count
from tasks.domain.evaluation.scoring import wilson
from tasks.domain.products import BreadthAnswer, BreadthAnswers, BreadthPlan
from tasks.domain.reports import breadth_rows, scorecard_markdown
from tests.helpers.ingredients import ingredients

PLAN = BreadthPlan(per_category=3, seed=5, stop=(), answer_tokens=16)


def answers(**right: tuple[bool | None, ...]) -> BreadthAnswers:
    return BreadthAnswers(
        gguf="a",
        source="bfcl-eval 1",
        answers=tuple(
            BreadthAnswer(id=f"{category}_{number}", category=category, right=one)
            for category, each in right.items()
            for number, one in enumerate(each)
        ),
    )


TUNED = answers(multiple=(True, False, False), irrelevance=(True, True, None))
BASE = answers(multiple=(True, True, True), irrelevance=(False, True, True))


def test_each_category_has_both_rates_and_the_paired_difference() -> None:
    found = compare_breadth(TUNED, BASE, PLAN)
    assert (found.source, found.seed) == ("bfcl-eval 1", 5)
    multiple = found.categories["multiple"]
    assert (multiple.tuned, multiple.base) == (wilson(1, 3), wilson(3, 3))
    assert multiple.compared == count([(True, True), (False, True), (False, True)])
    assert list(found.categories) == ["multiple", "irrelevance"]
    assert found.overall.compared.prompts == 5


def test_an_answer_whose_thought_was_cut_counts_in_no_rate_and_no_pair() -> None:
    found = compare_breadth(TUNED, BASE, PLAN).categories["irrelevance"]
    assert (found.tuned, found.base) == (wilson(2, 2), wilson(2, 3))
    assert found.compared == count([(True, False), (True, True)])


def test_a_person_reads_a_line_for_each_category_and_one_for_all() -> None:
    rows = breadth_rows(compare_breadth(TUNED, BASE, PLAN))
    assert [row[0] for row in rows] == ["multiple", "irrelevance", "all"]
    assert rows[0][1:3] == ["33.3 % [6.1, 79.2] n=3", "100.0 % [43.9, 100.0] n=3"]
    assert rows[0][3].startswith("-66.7 points [")


def test_where_no_pair_is_left_no_difference_is_shown() -> None:
    cut = answers(multiple=(None, None))
    rows = breadth_rows(compare_breadth(cut, cut, PLAN))
    assert rows == [["multiple", "-", "-", "-"], ["all", "-", "-", "-"]]


def test_the_scorecard_has_a_section_of_it_where_it_was_measured() -> None:
    made = ingredients()
    report, thresholds = made.evaluation.benchmark, made.profile.thresholds
    measured = report.model_copy(update={"breadth": compare_breadth(TUNED, BASE, PLAN)})
    assert "### Breadth" not in scorecard_markdown(report, thresholds)
    page = scorecard_markdown(measured, thresholds)
    assert "### Breadth" in page
    assert "(BFCL v4, bfcl-eval 1), drawn by chance (seed 5)" in page
    assert "| multiple | 33.3 % [6.1, 79.2] n=3 | 100.0 % [43.9, 100.0] n=3 | -66.7 points" in page
    text = Scores.model_validate(measured.model_dump()).text
    assert "other functions       right, of BFCL" in text
    assert text.endswith("3 of 5      5 of 6")
