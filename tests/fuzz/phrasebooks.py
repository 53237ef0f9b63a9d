"""Phrasebooks, changed and broken: checked line by line, and never a way to a wrong call."""

import json

from hypothesis import strategies as st

from profiles import PhrasebookFile, PhrasebookFiles, load_phrasebook_limits
from tasks.domain.errors import ForgeError
from tasks.domain.writing.book.check import check_phrasebook
from tasks.domain.writing.book.choice import choose_book
from tasks.domain.writing.phrasebook import read_phrasebook, write_phrasebook
from tasks.domain.writing.rows import write_rows
from tasks.domain.writing.simulation import simulate
from tests.fakes.phrasebooks import TEXTS
from tests.fakes.toolsets import REPOSITORY, VERSIONS, data
from tests.fuzz.mutation import altered, scrambled
from tests.fuzz.refusals import one_line
from tests.fuzz.tool_lists import SIZES, check_calls

LINES = [json.loads(line) for line in TEXTS.splitlines() if line.strip()]
PIECES = (
    *(
        "{",
        "}",
        "{{",
        "}}",
        "{max_count}",
        "{a}",
        "{}",
        "{max_count}{since}",
        '{"result": "("}',
        "null",
    ),
    *(
        '"fixed": {"max_count": "x"}',
        '{"result": "(a+)+$"}',
        "[]",
        "\n",
        '"kind": "values", ',
        "\\ud800",
    ),
)
KEYS = st.sampled_from(
    [
        *("kind", "tool", "text", "fixed", "calls", "order", "arguments", "missing", "question"),
        *("answer", "reply", "parameter", "values", "error", "result", "schemas", "place"),
        *("repo_path", "max_count", "since", "branch_name", "files", "a", "b"),
    ]
)
WHOLE = st.lists(st.sampled_from(LINES), min_size=1, max_size=6)
BOOKS = altered(st.just(LINES) | WHOLE, keys=KEYS).map(
    lambda lines: "\n".join(map(json.dumps, lines)) if isinstance(lines, list) else ""
) | scrambled(st.just(TEXTS) | WHOLE.map(lambda lines: "\n".join(map(json.dumps, lines))), PIECES)


def check(text: str) -> str:
    """Read a book, check it, and write rows from it, whatever the check says."""
    try:
        lines = read_phrasebook(text, "mine.jsonl")
    except ForgeError as refusal:
        return one_line(refusal, "refused", "mine.jsonl:")
    assert read_phrasebook(write_phrasebook(lines), "again")
    verdict = check_phrasebook(lines, VERSIONS, REPOSITORY, load_phrasebook_limits())
    assert not [fault for fault in (*verdict.faults, *verdict.notes) if "\n" in fault]
    own = PhrasebookFiles(own=PhrasebookFile("mine.jsonl", text))
    try:
        chosen = choose_book(VERSIONS, REPOSITORY, own)
        written = write_rows(
            VERSIONS,
            REPOSITORY,
            data(24).model_copy(update={**SIZES, "phrasebook_share": 0.9}),
            lambda call: simulate(VERSIONS.tool(call.name), call, 1),
            book=chosen.book,
        )
    except ForgeError as refusal:
        return one_line(refusal, "refused by the run")
    check_calls((*written.train, *written.heldout), VERSIONS)
    return "faults and rows" if verdict.faults else "rows"
