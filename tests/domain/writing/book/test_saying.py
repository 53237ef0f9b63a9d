"""Values in the slots of a phrasebook's line, as somebody types them."""

import random

import pytest

from tasks.domain.writing.book.saying import say_value


def said(text: str, name: str, value: object, kind: str) -> set[str]:
    return {say_value(text, name, value, kind, False, random.Random(n)) for n in range(80)}


@pytest.mark.parametrize(
    "text", ["expire after {age} seconds", "gone in {age}s", "set ttl={age}", "a {age}-second ban"]
)
def test_a_unit_is_not_said_twice_and_no_sign_stands_before_words(text: str) -> None:
    assert said(text, "age", 120, "seconds") == {"120"}


def test_a_length_of_time_that_stands_alone_is_said_with_its_unit() -> None:
    assert "two minutes" in said("expire it after {age}: now", "age", 120, "seconds")
    assert "three" in said("the last {count} of them", "count", 3, "integer")
    assert said("log -n{count}", "count", 3, "integer") == {"3"}
