"""tasks/domain/writing/book/courtesy.py: a text is said once more, and still makes sense."""

import random

import pytest

from tasks.domain.writing.book.courtesy import greeted, with_manners


def test_a_request_is_greeted_or_thanked_for() -> None:
    said = {with_manners("Git status", random.Random(seed)) for seed in range(60)}
    assert len(said) > 10
    assert all("git status" in text.casefold() for text in said)
    assert "hey, git status" in said


@pytest.mark.parametrize("text", ["thanks a lot", "Good morning!", "ok", "bye"])
def test_words_of_courtesy_are_not_greeted(text: str) -> None:
    assert {greeted(text, random.Random(seed)) for seed in range(20)} == {text}


def test_a_name_or_the_word_i_keeps_its_capital() -> None:
    texts = [with_manners("I like HTTP", random.Random(seed)) for seed in range(20)]
    assert all("I like HTTP" in text for text in texts)
