"""tasks/domain/writing/values/endings.py: a file name ends as those that are known."""

import random

from tasks.domain.writing.values.endings import ended_like

BOOKS = ("sales.xlsx", "q3/plan.xlsm")


def test_a_drawn_name_takes_an_ending_of_the_known_ones() -> None:
    endings = {ended_like("notes/plan.log", BOOKS, random.Random(seed)) for seed in range(20)}
    assert endings == {"notes/plan.xlsx", "notes/plan.xlsm"}


def test_a_name_that_has_such_an_ending_keeps_it() -> None:
    assert ended_like("a.xlsm", BOOKS, random.Random(1)) == "a.xlsm"


def test_where_not_all_known_values_end_so_nothing_changes() -> None:
    assert ended_like("plan.log", (*BOOKS, "docs"), random.Random(1)) == "plan.log"
    assert ended_like("plan.log", (), random.Random(1)) == "plan.log"
    assert ended_like(7, BOOKS, random.Random(1)) == 7
