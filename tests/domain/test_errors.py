"""tasks/domain/errors.py: what every refusal is."""

import pickle

import pytest

from tasks.domain.errors import UnusableData
from tasks.domain.writing.phrasebook import read_line


def test_a_message_that_names_a_key_of_any_length_can_be_read() -> None:
    with pytest.raises(UnusableData) as refusal:
        read_line('{"kind": "request", "' + "[" * 50_000 + '": 1}', "book.jsonl:1")
    text = str(refusal.value)
    assert text.startswith("book.jsonl:1: ")
    assert len(text) < 10_000
    assert str(pickle.loads(pickle.dumps(refusal.value))) == text
