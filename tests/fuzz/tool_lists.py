"""Tool lists in every form that people have, made up or changed; what may come of them."""

import json
from collections.abc import Callable, Iterable
from functools import cache
from pathlib import Path
from typing import Any

from hypothesis import strategies as st

from profiles import Server, load_profile
from tasks.domain.conversations import Row, parse_rows, write_jsonl
from tasks.domain.errors import ForgeError
from tasks.domain.gate.preview import preview
from tasks.domain.gate.quality import judge, rules_for
from tasks.domain.products import ToolResult, Toolset
from tasks.domain.prompting.size_table import size_table
from tasks.domain.reports import quality_markdown
from tasks.domain.toolcalls import ToolCall, faults, schemas_of
from tasks.domain.toollists import as_tools_list, toolset_from_value
from tasks.domain.writing.row_text import rows_as_text
from tasks.domain.writing.rows import write_rows
from tasks.domain.writing.simulation import simulate
from tasks.domain.writing.usable_tools import with_usable_tools
from tests.fakes.toolsets import data
from tests.fuzz.independent import fault_of
from tests.fuzz.mutation import ODD_TEXTS, VALUES, altered, one_of
from tests.fuzz.refusals import one_line
from tests.fuzz.schemas import NAMES, SAYINGS, SCHEMAS, inputs
from tests.fuzz.small_tokenizer import small_tokenizer

FAKES = Path(__file__).parents[1] / "fakes"
VERBS = (
    "get_note",
    "list_notes",
    "note_delete",
    "setLevel",
    "orders.refund",
    "x",
    "run",
    "add-item",
)
SIZES = {"list_augmentation_share": 0.2, "heldout_calls": 3, "heldout_no_tool": 1}
RULES_OF_ROWS = (
    *("known tools", "arguments fit the schema", "named tool is called"),
    *("results follow calls", "ends with an answer"),
)


@st.composite
def tools(draw: st.DrawFn) -> dict[str, Any]:
    """One tool in MCP's form."""
    optional = {
        "title": st.sampled_from(ODD_TEXTS),
        "description": st.sampled_from(SAYINGS + ODD_TEXTS) | st.text(max_size=20),
        "outputSchema": inputs() | SCHEMAS,
        "annotations": st.just({"readOnlyHint": True}) | VALUES,
        "_meta": VALUES,
    }
    return {
        "name": draw(st.sampled_from(VERBS) | NAMES),
        "inputSchema": draw(inputs()),
        **draw(st.fixed_dictionaries({}, optional=optional)),
    }


@cache
def real_tools() -> list[dict[str, Any]]:
    """Tools of public servers, and of the lists that once were read wrong."""
    files = [json.loads(path.read_text("utf-8")) for path in sorted(FAKES.glob("toollists/*.json"))]
    files += json.loads((FAKES / "tool_lists.json").read_text("utf-8")).values()
    found = []
    for value in files:
        try:
            found += as_tools_list(toolset_from_value(value, "real", strict=False))["tools"]
        except ForgeError:
            continue
    assert len(found) > 100
    return found


def _gemini(schema: Any) -> Any:
    if isinstance(schema, list):
        return [_gemini(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    changed = {key: _gemini(part) for key, part in schema.items()}
    kind = changed.get("type")
    return {**changed, "type": kind.upper()} if isinstance(kind, str) else changed


def _as(key: str) -> Callable[[dict[str, Any]], dict[str, Any]]:
    """The tool with its schema under another key."""
    return lambda tool: {(key if name == "inputSchema" else name): tool[name] for name in tool}


def _in_form(listed: list[dict[str, Any]], form: str) -> Any:
    forms: dict[str, Callable[[], Any]] = {
        "list": lambda: listed,
        "mcp": lambda: {"tools": listed},
        "rpc": lambda: {"jsonrpc": "2.0", "id": 1, "result": {"tools": listed}},
        "openai": lambda: [
            {"type": "function", "function": _as("parameters")(tool)} for tool in listed
        ],
        "responses": lambda: [{"type": "function", **_as("parameters")(tool)} for tool in listed],
        "anthropic": lambda: {"tools": [_as("input_schema")(tool) for tool in listed]},
        "functions": lambda: {"functions": [_as("parameters")(tool) for tool in listed]},
        "gemini": lambda: [
            {"functionDeclarations": [_gemini(_as("parameters")(t)) for t in listed]}
        ],
    }
    return forms[form]()


FORMS = ("list", "mcp", "rpc", "openai", "responses", "anthropic", "functions", "gemini")
MADE_UP = st.builds(_in_form, st.lists(tools(), min_size=1, max_size=3), st.sampled_from(FORMS))


@st.composite
def real(draw: st.DrawFn) -> Any:
    """Some tools of public servers, in one of the forms."""
    some = [one_of(draw, real_tools()) for _ in range(draw(st.integers(1, 4)))]
    return _in_form(some, draw(st.sampled_from(FORMS)))


LISTS = MADE_UP | altered(real(), keys=NAMES) | altered(MADE_UP, keys=NAMES)
RESULTS = st.lists(
    st.builds(
        ToolResult,
        text=st.sampled_from(ODD_TEXTS) | VALUES.map(json.dumps) | st.text(max_size=30),
        is_error=st.booleans(),
        structured=st.none() | st.dictionaries(NAMES, VALUES, max_size=2),
    ),
    max_size=4,
)
CASES = st.tuples(LISTS, RESULTS, st.sampled_from([False, False, False, True]))
"""A list, what the server answers when it is asked (in turn; else made up), whether strict."""


def check(case: tuple[Any, list[ToolResult], bool]) -> str:
    """Read a list, judge it, write rows for it and pass them through the gate."""
    value, results, strict = case
    server = Server(name="any", tools_file="any", strict=strict)
    try:
        listed = toolset_from_value(json.loads(json.dumps(value)), "any", strict=strict)
        toolset = with_usable_tools(listed, server)
    except ForgeError as refusal:
        return one_line(refusal, "refused")
    inspect(toolset)
    try:
        rows = written(toolset, server, results)
    except ForgeError as refusal:
        return one_line(refusal, "refused while rows are written")
    check_calls(rows, toolset)
    through_the_gate(rows)
    return "rows"


def inspect(toolset: Toolset) -> None:
    """All that is shown of a list before anything is made of it."""
    assert Toolset.model_validate_json(toolset.model_dump_json()) == toolset
    assert toolset.fingerprint
    assert not [note for note in toolset.notes if "\n" in note or len(note) > 2000]
    tokenizer = small_tokenizer()
    assert size_table(toolset, load_profile("cpu"), tokenizer.count, 4096)


def written(toolset: Toolset, server: Server, results: list[ToolResult]) -> tuple[Row, ...]:
    """The rows of both splits."""
    answers = iter(results)

    def execute(call: ToolCall) -> ToolResult:
        return next(answers, None) or simulate(toolset.tool(call.name), call, 1)

    made = write_rows(toolset, server, data(12).model_copy(update=SIZES), execute)
    return (*made.train, *made.heldout)


def check_calls(rows: Iterable[Row], toolset: Toolset) -> None:
    """Calls are valid for us, and for a package that nothing of ours is built on."""
    whole = {tool.name: tool.input_schema for tool in toolset.tools}
    for row in rows:
        # In a varied list the tools have other names and parameters than the server's.
        schemas = schemas_of(row.tools) if row.varied else whole
        for call in row.calls:
            ours = faults(call, row.tools)
            assert not ours, f"{call}: {ours}"
            other = fault_of(call.arguments, schemas[call.name])
            assert not other, f"{call}: {other}"


def through_the_gate(rows: tuple[Row, ...]) -> None:
    """Rows are stored, read back, judged and shown; no rule on single rows but the last fails."""
    assert tuple(parse_rows(write_jsonl(rows).split("\n"), "stored")) == rows
    tokenizer, quality = small_tokenizer(), load_profile("balanced").quality
    rules = rules_for(tokenizer.control)
    report = judge(rows, rows[:2], quality, 4096, tokenizer.encode, None, rules)
    wrong = [one for one in report.findings if one.rule in RULES_OF_ROWS and one.count]
    assert not wrong, wrong
    assert quality_markdown(report)
    assert preview(rows, rows[:2], 4096, tokenizer.encode, tokenizer.pieces, rules)
    assert rows_as_text(rows)
