"""tasks/domain/writing/phrasebook.py: a book is read line by line, and a wrong line is named."""

import json

import pytest

from tasks.domain.errors import UnusableData
from tasks.domain.writing.phrasebook import (
    RequestLine,
    fill,
    read_phrasebook,
    skeleton,
    slots,
    write_phrasebook,
)

BOOK = """\
{"kind":"tools","schemas":{"log":"0123456789abcdef"}}
{"kind":"request","tool":"log","text":"last {count} commits","fixed":{"merges":false}}

{"kind":"calls","order":"parallel","text":"log, {x}","calls":[{"tool":"log"},{"tool":"show"}]}
{"kind":"clarify","tool":"show","text":"do","missing":["it"],"question":"It?","answer":"{it}"}
{"kind":"unsupported","text":"push it","reply":"Pushing is yours."}
{"kind":"chat","text":"thanks","reply":"You're welcome."}
{"kind":"values","parameter":"it","values":["HEAD",3]}
{"kind":"result","tool":"log","text":"","error":true}
"""


def test_every_kind_is_read_and_written_back() -> None:
    lines = read_phrasebook(BOOK, "git.jsonl")
    kinds = ["tools", "request", "calls", "clarify", "unsupported", "chat", "values", "result"]
    assert [line.kind for line in lines] == kinds
    assert lines[2].place == "git.jsonl:4"
    written = write_phrasebook(lines)
    assert [json.loads(line) for line in written.splitlines()] == [
        json.loads(line) for line in BOOK.splitlines() if line
    ]


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("{", "not JSON"),
        pytest.param('{"kind":' + "[" * 20_000, "not JSON", id="lists in lists"),
        ('{"kind":"request","tool":"t","text":"a","fixed":{"a":NaN}}', "not JSON"),
        ('{"kind":"request","tool":"t","text":"a","fixed":{"a":1e999}}', "not JSON"),
        ('{"kind":"chat","text":"\\ud800","reply":"a"}', "not JSON"),
        ("[1]", "needed an object with a 'kind', found [1]"),
        ('{"text":"a"}', "needed a 'kind', one of request, calls"),
        ('{"kind":"question"}', 'result, tools, found "question"'),
        ('{"kind":"\\n"}', 'found "\\n"'),
        ('{"kind":["chat"]}', 'found ["chat"]'),
        ('{"kind":"request","tool":7,"text":"a"}', "tool: Input should be a valid string, found 7"),
        ('{"kind":"chat","text":"a"}', "reply: Field required"),
        ('{"kind":"chat","text":" ","reply":"b"}', "text: no words, needed a text"),
        ('{"kind":"chat","text":"a {b","reply":"c"}', "a single '{' at character 3"),
        ('{"kind":"chat","text":"a","reply":"c","tool":"t"}', "tool: Extra inputs"),
        ('{"kind":"request","tool":"t","text":"{a}","fixed":{"a":1}}', "'a' is a slot and in"),
        (
            '{"kind":"clarify","tool":"t","text":"x","missing":["a"],"question":"y","answer":"z"}',
            "the answer has no '{a}'",
        ),
        (
            '{"kind":"clarify","tool":"t","text":"{a}","missing":["a"],"question":"y","answer":"{a}"}',
            "the text already says 'a'",
        ),
        ('{"kind":"request","tool":"a","tool":"b","text":"x"}', "the key 'tool' stands twice"),
    ],
)
def test_a_wrong_line_is_named_with_file_line_and_what_was_needed(line: str, said: str) -> None:
    with pytest.raises(UnusableData) as refusal:
        read_phrasebook('{"kind":"chat","text":"a","reply":"b"}\n' + line, "mine.jsonl")
    assert str(refusal.value).startswith("mine.jsonl:2: ")
    assert said in str(refusal.value)


def test_a_book_without_lines_is_refused() -> None:
    with pytest.raises(UnusableData, match=r"mine\.jsonl: no lines, needed at least one"):
        read_phrasebook("\n", "mine.jsonl")


def test_slots_are_filled_and_doubled_braces_are_single_ones() -> None:
    text = "{a} in {{json}} and {b}, {a}"
    assert slots(text) == ("a", "b")
    assert fill(text, {"a": "1", "b": "{2}"}) == "1 in {json} and {2}, 1"


def test_a_skeleton_is_what_is_said_beside_the_values() -> None:
    assert skeleton("Last {count} commits?") == skeleton("last {n} COMMITS") == "last ∎ commits"


def test_a_line_that_was_made_in_code_is_written_without_its_place() -> None:
    line = RequestLine(tool="log", text="log", place="somewhere")
    assert write_phrasebook([line]) == '{"kind": "request", "tool": "log", "text": "log"}\n'
