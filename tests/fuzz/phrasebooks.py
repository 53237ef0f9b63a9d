"""Phrasebooks, changed and broken: checked line by line, and never a way to a wrong call."""

import json
from typing import Any

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
from tests.fuzz.mutation import ODD_TEXTS, VALUES, altered, scrambled
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
NAMES = [tool.name for tool in VERSIONS.tools]
PARAMETERS = ("repo_path", "max_count", "since", "branch_name", "base_branch", "files", "a", "b")
WORDS = st.lists(
    st.sampled_from([*(f"{{{name}}}" for name in PARAMETERS), "add", "the last", "{{", "'", "main"])
    | st.sampled_from(ODD_TEXTS),
    min_size=1,
    max_size=4,
).map(" ".join)
ARGUMENTS = st.dictionaries(
    st.sampled_from(PARAMETERS),
    VALUES | st.sampled_from(["{a}", ["{b}"], {"result": "(a+)+$"}, {"result": "x.0"}, 3, "main"]),
    max_size=2,
)
PARTS: dict[str, st.SearchStrategy[Any]] = {
    **dict.fromkeys(("text", "reply", "question", "answer"), WORDS),
    "tool": st.sampled_from([*NAMES, "no_such_tool"]),
    "fixed": ARGUMENTS,
    "calls": st.lists(
        st.fixed_dictionaries({"tool": st.sampled_from(NAMES), "arguments": ARGUMENTS}),
        min_size=2,
        max_size=3,
    ),
    "missing": st.lists(st.sampled_from(PARAMETERS), min_size=1, max_size=2),
    "parameter": st.sampled_from(PARAMETERS),
    "values": st.lists(VALUES, min_size=1, max_size=4),
    "order": st.sampled_from(["parallel", "sequential"]),
}


@st.composite
def other_lines(draw: st.DrawFn) -> str:
    """A line of the book with one or two of its parts replaced by others of their kind."""
    line = dict(draw(st.sampled_from(LINES)))
    for key in draw(st.lists(st.sampled_from(sorted(PARTS.keys() & line)), min_size=1, max_size=2)):
        line[key] = draw(PARTS[key])
    return json.dumps(line)


WHOLE = st.lists(st.sampled_from(LINES), min_size=1, max_size=6)
OTHER_BOOKS = st.lists(other_lines(), min_size=1, max_size=4).map(
    lambda lines: "\n".join([TEXTS.strip(), *lines])
)
BROKEN = altered(st.just(LINES) | WHOLE, keys=KEYS).map(
    lambda lines: "\n".join(map(json.dumps, lines)) if isinstance(lines, list) else ""
) | scrambled(st.just(TEXTS) | WHOLE.map(lambda lines: "\n".join(map(json.dumps, lines))), PIECES)
BOOKS = OTHER_BOOKS | BROKEN


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
