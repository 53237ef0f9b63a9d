"""Patterns of browsers match what they did, in Unicode mode too."""

import re
import time

import pytest

from tasks.domain.schemas.browser_patterns import in_unicode_mode
from tasks.domain.schemas.validation import validator


@pytest.mark.parametrize(
    ("pattern", "good", "bad"),
    [
        (r"^[\w-.]+$", "a-b.c", "a b"),
        (r"^[\w-\.]+@([\w-]+\.)+[\w-]{2,4}$", "a-b.c@d-e.org", "a@b"),
        ("^{[a-z]+}$", "{ab}", "ab"),
        (r"^\{\{[a-z]{2,}\}\}$", "{{ab}}", "{{a}}"),
        (r"^\p{L}{2}\u{41}$", "éßA", "é1A"),
        (r"\A[^]{2}\Z", "a\n", "abc"),
        (r"^[{}\d-]{1,3}$", "{-1", "1234"),
        (r"^\\{2}$", r"\\", "{2"),
    ],
)
def test_a_pattern_matches_the_same(pattern: str, good: str, bad: str) -> None:
    check = validator({"type": "string", "pattern": in_unicode_mode(pattern)})
    assert (check.is_valid(good), check.is_valid(bad)) == (True, False)


@pytest.mark.parametrize(
    "pattern", [r"^[\w.-]+$", r"^\d{3}-\d{4}$", r"[\]\-{}]", "{1,2}", "[", "\\"]
)
def test_a_pattern_that_needs_nothing_stays_as_it_is(pattern: str) -> None:
    assert in_unicode_mode(pattern) == pattern


def test_no_pattern_takes_longer_than_it_is_long() -> None:
    start = time.process_time()
    for pattern in ("[" * 20_000, r"\p{" * 7_000, "{" * 20_000, r"[\w-" * 5_000):
        assert re.sub(r"\\", "", in_unicode_mode(pattern)) == re.sub(r"\\", "", pattern)
    assert time.process_time() - start < 2
