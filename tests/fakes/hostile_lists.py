"""Tool lists made to stop whoever reads them; run as a program, it reads them all.

It prints, as JSON, what came of each list (its notes, or why it is refused), the seconds of CPU
that the slowest took, and the megabytes that all took.
"""

import json
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import psutil

from profiles import Server, load_profile
from tasks.domain.errors import ForgeError
from tasks.domain.writing.rows import write_rows
from tasks.domain.writing.simulation import simulate
from tasks.external.servers import read_toolset_of

TEXT = {"type": "string"}
GOOD = {"name": "read_note", "inputSchema": {"type": "object", "properties": {"id": TEXT}}}


def _object(properties: dict[str, Any], *required: str, **more: Any) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": list(required), **more}


def _doubling(part: Any, levels: int) -> tuple[dict[str, Any], dict[str, Any]]:
    """Definitions that each refer to the next one twice."""
    parts = {f"d{n}": part(f"#/$defs/d{n + 1}") for n in range(levels)}
    return {"$ref": "#/$defs/d0"}, {"$defs": {**parts, f"d{levels}": TEXT}}


def _nested(schema: dict[str, Any], levels: int) -> dict[str, Any]:
    for _ in range(levels):
        schema = {"type": "array", "items": schema}
    return schema


_BOTH, _BOTH_DEFS = _doubling(lambda ref: {"allOf": [{"$ref": ref}] * 2}, 30)
_PAIR, _PAIR_DEFS = _doubling(
    lambda ref: _object({"a": {"$ref": ref}, "b": {"$ref": ref}}, "a", "b"), 20
)
SCHEMAS: dict[str, Any] = {
    "pattern that backtracks": {"type": "string", "pattern": "^(a+)+$"},
    "pattern that looks back": {"type": "string", "pattern": r"^(?=x?)(a|a)*b\1$"},
    "nested repeats": {"type": "string", "pattern": "((a{1000}){1000}){1000}"},
    "nested letters": {"type": "string", "pattern": "^(\\p{L}{1,1000}){1,1000}$"},
    "nested groups": {"type": "string", "pattern": "(" * 3000 + "a" + ")" * 3000},
    "a long pattern": {"type": "string", "pattern": "a" * 200_000},
    "no pattern": {"type": "string", "pattern": "(((("},
    "a long text": {"type": "string", "minLength": 10**9},
    "a long list": {"type": "array", "items": TEXT, "minItems": 10**9},
    "a long list of long lists": {
        "type": "array",
        "minItems": 150,
        "items": {**_nested(TEXT, 1), "minItems": 150},
    },
    "many properties": {"type": "object", "minProperties": 10**9},
    "more properties than names": {**_object({"a": TEXT}), "minProperties": 40},
    "more than it allows": {
        **_object({"a": TEXT}),
        "minProperties": 3,
        "additionalProperties": False,
    },
    "many of a kind": {"type": "array", "contains": {"const": 1}, "minContains": 10**9},
    "doubled with each level": _BOTH,
    "a value doubled with each level": _PAIR,
    "itself": {"$ref": "#/properties/x"},
    "itself among others": {"anyOf": [{"$ref": "#/properties/x"}] * 2},
    "true": True,
    "false": False,
    "false among others": {"anyOf": [False, False]},
    "an integer beyond a float": {"type": "integer", "minimum": 10**400},
    "infinity": {"type": "number", "minimum": float("inf")},
    "the smallest step": {"type": "number", "multipleOf": 5e-324},
    "a small step among the largest numbers": {
        "type": "number",
        "maximum": -1.7e308,
        "multipleOf": 1e-5,
    },
    "the largest numbers": {"type": "number", "minimum": 1e308, "maximum": 1.7e308},
    "a deep schema": _nested(TEXT, 150),
    "half a character": {"type": "string", "description": "\ud800"},
    "half a character as a value": {"enum": ["\udfff"]},
    "a web address": {"$ref": "http://127.0.0.1:9/x.json"},
    "a file": {"$ref": "file:///etc/passwd"},
    "no address": {"$ref": "http://[::1"},
    "a port that is none": {"$ref": "http://host:99999/"},
    "a reference to nowhere": {"$ref": "#/nowhere"},
    "a reference to no schema": {"$ref": "#/x-parts", "default": 1},
    "no type": {"type": "nonsense"},
    "an empty range": {"type": "integer", "minimum": 5, "maximum": 4},
    "an empty enum": {"enum": []},
    "a name that cannot be": {
        "type": "object",
        "propertyNames": False,
        "minProperties": 1,
    },
}
ROOTS: dict[str, dict[str, Any]] = {
    "a name that is not there": {"dependentRequired": {"x": ["zz"]}},
    "a name that may not be there": {
        "dependentRequired": {"x": ["zz"]},
        "additionalProperties": False,
    },
    "more parameters than names": {"minProperties": 5},
    "thousands of parameters without a name": {"minProperties": 9000},
    "no parameter at all": {"maxProperties": 0},
    "an id that is none": {"$id": "http://[::1"},
    "an id that is a number": {"$id": 5},
}
_PARTS = {"x-parts": {"description": 7, "enum": 5}}


def _letters(most: int) -> dict[str, Any]:
    return {"type": "string", "pattern": f"^\\p{{L}}{{1,{most}}}$"}


def _list(schema: Any, *required: str, **root: Any) -> list[Any]:
    return [GOOD, {"name": "bad", "inputSchema": _object({"x": schema}, *required, **root)}]


def lists() -> dict[str, Any]:
    """All lists by name."""
    made: dict[str, Any] = {}
    for name, schema in SCHEMAS.items():
        defs = {id(_PAIR): _PAIR_DEFS, id(_BOTH): _BOTH_DEFS}.get(id(schema), _PARTS)
        made[f"{name}, required"] = _list(schema, "x", **defs)
        made[f"{name}, optional"] = _list(schema, **defs)
        made[f"{name}, in a result"] = [
            {**GOOD, "outputSchema": _object({"x": schema}, "x", **defs)}
        ]
    for name, root in ROOTS.items():
        made[name] = _list(TEXT, "x", **root)
    made["a schema that is true"] = [GOOD, {"name": "bad", "inputSchema": True}]
    made["half a character in a name"] = [GOOD, {"name": "a\ud800", "inputSchema": {}}]
    made["thousands of tools"] = [{**GOOD, "name": f"do_{n}"} for n in range(3000)]
    made["six hundred large patterns"] = [
        {"name": f"do_{n}", "inputSchema": _object({"x": _letters(200 + n)})} for n in range(600)
    ]
    many = {f"p{n}": SCHEMAS["a long list"] for n in range(3000)}
    made["hundreds of parameters"] = [GOOD, {"name": "bad", "inputSchema": _object(many)}]
    return made


def outcome(tools: Any, folder: Path) -> list[str]:
    """The notes of a list that rows were written for, or why it is refused."""
    path = folder / "tools.json"
    path.write_text(json.dumps({"tools": tools}), encoding="utf-8")
    server = Server(name="hostile", tools_file=str(path))
    sizes = {"samples": 12, "heldout_calls": 3, "heldout_no_tool": 1}
    data = load_profile("balanced").data.model_copy(update=sizes)
    try:
        toolset = read_toolset_of(server)
        write_rows(toolset, server, data, lambda call: simulate(toolset.tool(call.name), call, 1))
    except ForgeError as fault:
        return [f"refused: {fault}"]
    return list(toolset.notes)


def main() -> None:
    """Read all lists, and print what came of them."""
    said: dict[str, list[str]] = {}
    slowest, megabytes = 0.0, 0
    with tempfile.TemporaryDirectory() as folder:
        for name, tools in lists().items():
            start = time.process_time()
            said[name] = outcome(tools, Path(folder))
            slowest = max(slowest, time.process_time() - start)
            megabytes = max(megabytes, psutil.Process().memory_info().rss >> 20)
    sys.stdout.write(json.dumps({"said": said, "seconds": slowest, "megabytes": megabytes}))


if __name__ == "__main__":
    main()
