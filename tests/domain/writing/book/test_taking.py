"""A value for the next call is found by a path or a pattern, and the search for it ends."""

import time

from tasks.domain.writing.book.taking import holds_nothing, take_value


def test_a_value_is_found_by_its_path_else_by_a_pattern() -> None:
    assert take_value("items.0.name", '{"items": [{"name": "Ada"}]}') == "Ada"
    assert take_value(r"Commit: (\w+)", "Commit: a3dfb9e") == "a3dfb9e"
    assert take_value(r"\d+", "no number") is None


def test_a_pattern_that_backtracks_without_end_finds_nothing_in_a_second() -> None:
    start = time.process_time()
    assert take_value(r"^(\w+\s?)*$", "word " * 40 + "!") is None
    assert take_value(r"^(a|a)*\1b$", "a" * 40) is None
    assert time.process_time() - start < 3


def test_a_pattern_that_is_none_finds_nothing() -> None:
    assert take_value("([A-Z]+", "PR-7") is None


def test_a_result_without_a_value_holds_nothing() -> None:
    assert all(map(holds_nothing, ("", "[]", '{"entities": [], "relations": []}', "null")))
    assert not any(map(holds_nothing, ("none", "0", '{"entities": [{"name": "Ada"}]}')))
