"""What a call of a book's line says by itself, beside its slots and what a result gives."""

from tasks.domain.writing.book.filling import fixed_arguments
from tasks.domain.writing.phrasebook import BookCall


def test_a_doubled_brace_is_one_in_a_fixed_argument_and_a_pattern_keeps_its_own() -> None:
    call = BookCall(
        tool="query",
        arguments={
            "query": "match (n {{age: 3}})",
            "limit": 5,
            "name": "{name}",
            "id": {"result": "[a-f0-9]{7}"},
        },
    )
    assert fixed_arguments(call) == {"query": "match (n {age: 3})", "limit": 5}
