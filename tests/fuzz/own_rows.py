"""Conversations of a person's own in every form: as they are, changed, and broken."""

import json
import math
import tempfile
from pathlib import Path
from typing import Any

from hypothesis import strategies as st

from tasks.domain.conversations import parse_rows, write_jsonl
from tasks.domain.errors import ForgeError
from tasks.domain.gate.quality import rules_for
from tasks.domain.gate.row_rules import unsaid
from tasks.domain.writing.own.rows import OwnRows, read_own
from tasks.external.own_file import read_own_file
from tests.fakes.own_rows import exported
from tests.fuzz.mutation import TEXTS, altered, in_bytes, scrambled
from tests.fuzz.refusals import one_line
from tests.fuzz.small_tokenizer import small_tokenizer

CALL = '{"name": "clock", "arguments": {"zone": "Paris"}}'
PIECES = (
    *("clock", "zone", "[]", "{}", "[", "7", "null", "object", "string", "\\ud800", "NaN", "1e999"),
    *(
        CALL,
        f"[{CALL}]",
        f"{CALL}\n{CALL}",
        "{'name': 'clock', 'arguments': {}}",
        '"',
        "\n",
        "\r\n",
    ),
    *(f"<tool_call>{CALL}</tool_call>", "<tool_call>{}</tool_call>", "</tool_call>"),
    *("<tools>[]</tools>", '<tools>{"name": "f"}</tools>', "<tool_response>7</tool_response>"),
    *("<think>hm</think>7", "<think>", "<|im_end|>", "[TOOL_CALLS]", "<functioncall>"),
    *("system", "user", "assistant", "tool", "tool_call", "observation", "developer"),
    *("text", "tool_use", "tool_result", "thinking", "standard", "train", "own"),
    *("[clock(zone='Paris')]", '[clock(zone="a), b", n=-1)]', "[clock(zone=", "[clock()]"),
    *('{"name": "clock", "parameters": {}}', "```json\n[]\n```", "Paris<|im_end|>", "</s>"),
    *("<TOOLCALL>[]</TOOLCALL>", ">>>clock\n{}", '{"tool": "clock", "args": {}}', "clock()"),
    *("List[int]", "str, optional", "Union[int, str]", "null", "[]", "Action: f\nAction Input: {}"),
)
KEYS = st.sampled_from(
    [
        *("messages", "conversations", "contents", "system", "tools", "functions", "request"),
        *("role", "from", "content", "value", "parts", "type", "text", "thinking", "thought"),
        *("tool_calls", "function_call", "functionCall", "function", "name", "arguments", "input"),
        *("id", "tool_call_id", "weight", "loss", "reasoning_content", "refusal", "images"),
        *("parameters", "inputSchema", "properties", "required", "enum", "default", "anyOf"),
        *("$ref", "$schema", "items", "pattern", "format", "multipleOf", "additionalProperties"),
        *("scenario", "split", "tool", "simulated", "source", "phrasing", "missing", "varied"),
        *("query", "answers", "prompt", "completion", "level", "message", "place", "response"),
        *("input", "output", "recipient", "channel", "summary", "toolCalls", "label", "tool_name"),
        *("fixed", "shown", "choices", "candidates", "finish_reason", "functionDeclarations"),
    ]
)
FORMS = sorted(exported({"zone": "Paris"}))
PEOPLES = Path(__file__).parents[1] / "domain" / "writing" / "own_rows"


def _peoples_rows() -> list[Any]:
    """The rows that people reported as read wrong."""
    files = sorted(PEOPLES.glob("*.jsonl"))
    lines = [line for path in files for line in path.read_bytes().splitlines() if line.strip()]
    assert lines
    return [json.loads(line) for line in lines]


AS_EXPORTED = st.sampled_from(FORMS).map(lambda form: exported({"zone": "Paris"})[form])
CHANGED = altered(
    AS_EXPORTED | st.sampled_from(_peoples_rows()), KEYS, TEXTS | st.sampled_from(PIECES)
).map(json.dumps)
BROKEN = scrambled((AS_EXPORTED | st.sampled_from(_peoples_rows())).map(json.dumps), PIECES)
FILES = in_bytes(
    BROKEN
    | scrambled(st.just("\n".join(map(json.dumps, _peoples_rows()[:4]))), PIECES)
    | scrambled(st.just(json.dumps(_peoples_rows()[:2], indent=1)), PIECES)
    | CHANGED
)


def check_file(content: bytes) -> str:
    """A file with one or more rows, as the command reads it."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "own.jsonl")
        path.write_bytes(content)
        try:
            brought = read_own_file(path)
        except ForgeError as refusal:
            return one_line(refusal, "refused", "own.jsonl:")
    return check_rows(brought)


def check_line(line: str) -> str:
    """One row: read, or refused with its file, its line and what was found."""
    try:
        brought = read_own([line], "own.jsonl")
    except ForgeError as refusal:
        is_log = "no rows (1 log record" in str(refusal)  # of a run that said something else
        return one_line(refusal, "refused", "own.jsonl: " if is_log else "own.jsonl:1: ")
    return check_rows(brought)


def check_rows(brought: OwnRows) -> str:
    """Whatever was read: all that happens to rows can be done with it."""
    tokenizer = small_tokenizer()
    rules = rules_for(tokenizer.control)
    assert list(parse_rows(write_jsonl(brought.rows).split("\n"), "stored")) == brought.rows
    for row in brought.rows:
        faults = [check(row) for check, _ in rules.values()]
        if not faults[0]:  # the calls are well-formed
            list(unsaid(row))
        assert row.prompt
        if not any(faults):
            encoded = tokenizer.encode(row)
            assert len(encoded.ids) == len(encoded.trained)
            assert any(encoded.trained)
    return "read"


_SAYABLE = st.text(max_size=8).filter(lambda text: text == text.strip()) | st.sampled_from(
    ["a 'b' \"c\"", "x\ny", "C:\\new", "🙂", "{1}", "[]", "null", "7", "<b>", "İ", "\u2028", "\x85"]
)
_ARGUMENTS = st.dictionaries(
    st.sampled_from(["zone", "a b", "ß", "arguments", "name", "type"]),
    st.recursive(
        st.booleans() | st.integers(-(2**53), 2**53) | st.floats(-1e9, 1e9) | _SAYABLE,
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_SAYABLE, inner, max_size=2),
        max_leaves=4,
    ),
    max_size=3,
)
_OTHER_KEYS = st.dictionaries(
    st.sampled_from(["created_at", "uuid", "lang", "score", "meta", "_id"]), TEXTS, max_size=2
)


def _shuffled(draw: st.DrawFn, value: Any) -> Any:
    """The same value, the keys of its objects in another order."""
    if isinstance(value, list):
        return [_shuffled(draw, part) for part in value]
    if not isinstance(value, dict):
        return value
    return {key: _shuffled(draw, value[key]) for key in draw(st.permutations(list(value)))}


@st.composite
def same_rows(draw: st.DrawFn) -> tuple[bytes, list[dict[str, Any]]]:
    """A file of rows that all mean the same but for their arguments, and the arguments."""
    all_arguments = draw(st.lists(_ARGUMENTS, min_size=1, max_size=3))
    rows = []
    for arguments in all_arguments:
        forms = exported(arguments)
        if any(sign in json.dumps(arguments) for sign in ("'", "\\")):
            del forms["glaive"]  # its own quotes end at the first of these
        row = forms[draw(st.sampled_from(sorted(forms)))]
        # Half a character is refused anywhere; that is another target's.
        others = {k: v for k, v in draw(_OTHER_KEYS).items() if v.isprintable()}
        rows.append(_shuffled(draw, {**row, **others}))
    is_ascii = draw(st.booleans())
    if draw(st.booleans()):
        text = json.dumps(rows, indent=draw(st.sampled_from([None, 1])), ensure_ascii=is_ascii)
    else:
        end = draw(st.sampled_from(["\n", "\r\n", "\n\n"]))
        text = end.join(json.dumps(row, ensure_ascii=is_ascii) for row in rows)
    return text.encode(draw(st.sampled_from(["utf-8", "utf-8-sig"]))), all_arguments


SAME = same_rows()


def check_same(case: tuple[bytes, list[dict[str, Any]]]) -> str:
    """Whatever form, order of keys and file they come in, rows are read as they were meant."""
    content, all_arguments = case
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "own.jsonl")
        path.write_bytes(content)
        rows = read_own_file(path).rows
    assert len(rows) == len(all_arguments)
    for row, arguments in zip(rows, all_arguments, strict=True):
        assert row.user_text == "time in Asia/Tokyo?"
        assert row.answer == "It is nine."
        assert [message.content for message in row.messages if message.role == "tool"] in (
            [],
            ["09:00"],
        )
        for call in row.calls:
            assert call.name == "clock"
            assert _is_same(call.arguments, arguments), (call.arguments, arguments)
        assert len(row.calls) == 1
    return "read"


def _is_same(one: Any, other: Any) -> bool:
    """As JSON has it: 1 is not true."""
    if isinstance(one, float) and isinstance(other, float):
        return math.isclose(one, other)
    return json.dumps(one, sort_keys=True) == json.dumps(other, sort_keys=True)
