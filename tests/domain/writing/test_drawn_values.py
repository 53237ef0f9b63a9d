"""Drawn values beside what is known: file endings of a parameter, and how many a tool is for."""

import random

from tasks.domain.writing.values.endings import ended_like
from tasks.domain.writing.values.parameters import as_many_as_named

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


def test_a_tool_for_several_things_gets_two_at_least() -> None:
    drawn = iter((["a"], ["a"], ["b", "c"]))
    assert as_many_as_named("read_multiple_files", lambda: next(drawn)) == ["a", "b", "c"]
    assert as_many_as_named("read_files", lambda: ["a"]) == ["a"]
    assert as_many_as_named("batch_move", lambda: "a") == "a"
