"""JSON Schemas of every dialect: what servers write, and what nobody should."""

from typing import Any

from hypothesis import strategies as st

from tests.fuzz.mutation import NUMBERS, ODD_TEXTS, VALUES

DIALECTS = (
    *("http://json-schema.org/draft-04/schema#", "http://json-schema.org/draft-06/schema#"),
    *("http://json-schema.org/draft-07/schema#", "http://json-schema.org/draft-07/schema"),
    "https://json-schema.org/draft/2019-09/schema",
    "https://json-schema.org/draft/2020-12/schema",
    *("http://127.0.0.1:9/schema", "", "draft-07", "7"),
)
USUAL = ("name", "count", "when", "level", "tags", "note", "kind", "user_id", "maxResults", "a")
NAMES = st.sampled_from(USUAL) | st.sampled_from(USUAL + ODD_TEXTS) | st.text(max_size=5)
PATTERNS = (
    *("^[a-z]+$", r"^\p{Lu}{2}-\d{2,4}$", "(?<y>a|b)+", "(", "^(a+)+$", "^(a|a)*b$", r"(x)\1"),
    *(
        "^(?=.*[A-Z]).{8,}$",
        r"^\d{4}-\d\d-\d\d$",
        "[",
        "a{1000}{1000}",
        "^.{2,5}$",
        "\\d",
        "",
        "$^",
    ),
    *(
        "^(?!x)",
        r"^[\w.+-]+@\w+\.\w+$",
        "(?i)abc",
        r"\bword\b",
        "^\\s*$",
        "[^a]",
        "^a$|^b$",
        "\\u0041",
    ),
    *(
        "^(([a-z])+.)+[A-Z]([a-z])+$",
        "é+",
        "🙂{2}",
        r"^[^\x00-\x7F]$",
        "x{,3}",
        "x{3,1}",
        "(a?){64}",
    ),
)
FORMATS = (
    *("date", "time", "date-time", "duration", "email", "idn-email", "hostname", "ipv4", "ipv6"),
    *("uri", "uri-reference", "iri", "uuid", "json-pointer", "regex", "uri-template", "int32"),
    *("binary", "byte", "password", "color", "unknown", ""),
)
SAYINGS = (
    *("The city", "e.g. 'Paris', \"Rome\"", "one of: low, high", "Default is 10.", "(optional)"),
    *("ISO 8601 date", "between 1 and 5", "Use 'x' if not given", "max 255 characters", "a URL"),
    *("Whether to notify", "comma-separated list of ids", "`code` (required)", "{slot} {{x}}"),
    *("see `set_note()`", "JSON object as text", "path to a file", "in milliseconds", "e.g. ", "'"),
    *("Defaults to null", "such as #fff", "1-100", "YYYY-MM-DD", "- a\n- b\n- c", "<b>bold</b>"),
)
TYPES = st.sampled_from(["string", "integer", "number", "boolean", "array", "object", "null"])
SIZES = st.integers(0, 12) | st.sampled_from([10**9, 9000, -1, 2.0, 0.5, "3", None, 10**400])
REFERENCES = st.sampled_from(
    [
        *("#", "#/$defs/a", "#/$defs/b", "#/definitions/a", "#/properties/name", "#a", "#/nowhere"),
        *("#/properties/tags/items/0", "#/%24defs/a", "#/$defs/a~1b", "http://127.0.0.1:9/x", "x"),
        *("file:///etc/passwd", "http://[::1", "http://host:99999/", "", "#/$defs", "##", "%"),
    ]
)


def schemas_around(part: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    """Schemas of at most five keywords; what is inside of them comes from ``part``."""
    parts = st.dictionaries(NAMES, part, max_size=3)
    several = st.lists(part, max_size=3)
    keywords: dict[str, st.SearchStrategy[Any]] = {
        "type": TYPES | st.lists(TYPES, max_size=3) | TYPES.map(str.upper) | VALUES,
        **dict.fromkeys(("description", "title"), st.sampled_from(SAYINGS + ODD_TEXTS) | VALUES),
        **dict.fromkeys(("default", "const", "example"), VALUES),
        **dict.fromkeys(("enum", "examples"), st.lists(VALUES, max_size=4)),
        "format": st.sampled_from(FORMATS) | VALUES,
        "pattern": st.sampled_from(PATTERNS) | st.text(max_size=6),
        **dict.fromkeys(("minimum", "maximum", "multipleOf"), NUMBERS),
        **dict.fromkeys(("exclusiveMinimum", "exclusiveMaximum"), NUMBERS | st.booleans()),
        **dict.fromkeys(("minLength", "maxLength", "minItems", "maxItems"), SIZES),
        **dict.fromkeys(("minProperties", "maxProperties", "minContains", "maxContains"), SIZES),
        **dict.fromkeys(("uniqueItems", "nullable", "readOnly", "deprecated"), st.booleans()),
        **dict.fromkeys(("properties", "$defs", "definitions", "dependentSchemas"), parts),
        "patternProperties": st.dictionaries(st.sampled_from(PATTERNS), part, max_size=2),
        "required": st.lists(NAMES, max_size=3) | st.booleans(),
        "dependentRequired": st.dictionaries(NAMES, st.lists(NAMES, max_size=2), max_size=2),
        "dependencies": parts | st.dictionaries(NAMES, st.lists(NAMES, max_size=2), max_size=2),
        "items": part | several,
        "prefixItems": several,
        **dict.fromkeys(("additionalProperties", "contains", "propertyNames", "not"), part),
        **dict.fromkeys(("if", "then", "else", "unevaluatedProperties"), part),
        **dict.fromkeys(("additionalItems", "unevaluatedItems", "contentSchema"), part),
        **dict.fromkeys(("allOf", "anyOf", "oneOf"), several),
        **dict.fromkeys(("$ref", "$dynamicRef", "$recursiveRef"), REFERENCES | VALUES),
        **dict.fromkeys(("$id", "$anchor", "$dynamicAnchor"), REFERENCES | st.just("a")),
        "$schema": st.sampled_from(DIALECTS) | VALUES,
        "x-own": VALUES,
    }
    chosen = st.lists(st.sampled_from(sorted(keywords)), max_size=5, unique=True)
    return chosen.flatmap(lambda keys: st.fixed_dictionaries({key: keywords[key] for key in keys}))


SCHEMAS = st.recursive(st.booleans() | schemas_around(st.booleans()), schemas_around, max_leaves=6)


@st.composite
def plain(draw: st.DrawFn) -> dict[str, Any]:
    """A schema of one type with the keywords of that type, as a server that means well has it."""
    kind = draw(TYPES)
    keywords: dict[str, dict[str, st.SearchStrategy[Any]]] = {
        "string": {
            "minLength": st.integers(0, 30),
            "maxLength": st.integers(0, 60),
            "pattern": st.sampled_from(PATTERNS),
            "format": st.sampled_from(FORMATS),
            "enum": st.lists(st.text(max_size=5), min_size=1, max_size=4),
        },
        "integer": dict.fromkeys(("minimum", "maximum", "multipleOf"), st.integers(-100, 1000)),
        "number": dict.fromkeys(
            ("minimum", "maximum", "multipleOf", "exclusiveMinimum"), st.floats(-1e3, 1e3)
        ),
        "array": {
            "items": SCHEMAS,
            "minItems": st.integers(0, 4),
            "maxItems": st.integers(0, 6),
            "uniqueItems": st.booleans(),
            "contains": SCHEMAS,
        },
        "object": {
            "properties": st.dictionaries(NAMES, SCHEMAS, max_size=2),
            "required": st.lists(NAMES, max_size=2),
            "additionalProperties": SCHEMAS,
            "minProperties": st.integers(0, 3),
        },
    }
    about = {"description": st.sampled_from(SAYINGS), "default": VALUES}
    return {
        "type": kind,
        **draw(st.fixed_dictionaries({}, optional={**keywords.get(kind, {}), **about})),
    }


@st.composite
def inputs(draw: st.DrawFn) -> Any:
    """The input schema of a tool: nearly always of an object with properties."""
    properties = draw(st.dictionaries(NAMES, plain() | SCHEMAS, max_size=4))
    known = st.sampled_from(sorted(properties) or ["a"])
    schema = {
        "type": "object",
        "properties": properties,
        "required": draw(st.lists(known, max_size=3) | st.lists(NAMES, max_size=2)),
        "$defs": draw(st.dictionaries(st.sampled_from(["a", "b", "a/b"]), SCHEMAS, max_size=2)),
    }
    return {**draw(schemas_around(SCHEMAS) | st.just({})), **schema}
