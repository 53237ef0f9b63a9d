"""Tool lists of our own making, with the shapes that real servers have."""

from typing import Any

from profiles import Data, Scenarios, Server
from tasks.domain.products import Tool, Toolset

TEXT = {"type": "string"}
OPTIONAL_TEXT = {"anyOf": [{"type": "string"}, {"type": "null"}], "default": None}


def _object(properties: dict[str, Any], *required: str) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": list(required)}


def _zone(whose: str) -> dict[str, Any]:
    text = f"{whose}IANA timezone name (e.g. 'America/New_York', 'Europe/London')."
    return {
        "type": "string",
        "title": "Zone",
        "description": f"{text} Use 'Europe/Berlin' if no zone",
    }


CLOCKS = Toolset(
    server="clocks",
    tools=(
        Tool(
            name="get_current_time",
            description="Get current time in a specific timezone",
            input_schema=_object({"timezone": _zone("")}, "timezone"),
            output_schema=_object(
                {"timezone": TEXT, "datetime": TEXT, "is_dst": {"type": "boolean"}},
                "timezone",
                "datetime",
            ),
            read_only=True,
        ),
        Tool(
            name="convert_time",
            description="Convert time between timezones",
            input_schema=_object(
                {
                    "source_timezone": _zone("Source "),
                    "time": {"type": "string", "description": "Time in 24-hour format (HH:MM)"},
                    "target_timezone": _zone("Target "),
                },
                "source_timezone",
                "time",
                "target_timezone",
            ),
            read_only=True,
        ),
    ),
)

VERSIONS = Toolset(
    server="git",
    tools=(
        Tool(
            name="git_status",
            description="Shows the working tree status",
            input_schema=_object({"repo_path": TEXT}, "repo_path"),
            read_only=True,
        ),
        Tool(
            name="git_log",
            description="Shows the commit logs",
            input_schema=_object(
                {
                    "repo_path": TEXT,
                    "max_count": {"type": "integer", "default": 10},
                    "since": {**OPTIONAL_TEXT, "description": "e.g. '2024-01-15' or 'yesterday'"},
                },
                "repo_path",
            ),
            read_only=True,
        ),
        Tool(
            name="git_create_branch",
            description="Creates a new branch from an optional base branch",
            input_schema=_object(
                {"repo_path": TEXT, "branch_name": TEXT, "base_branch": OPTIONAL_TEXT},
                "repo_path",
                "branch_name",
            ),
        ),
        Tool(
            name="git_add",
            description="Adds file contents to the staging area",
            input_schema=_object(
                {"repo_path": TEXT, "files": {"type": "array", "items": TEXT, "minItems": 1}},
                "repo_path",
                "files",
            ),
        ),
    ),
)

MEMORY = Toolset(
    server="memory",
    tools=(
        Tool(
            name="create_entities",
            description="Create multiple new entities in the knowledge graph",
            input_schema=_object(
                {
                    "entities": {
                        "type": "array",
                        "minItems": 1,
                        "items": _object(
                            {
                                "name": TEXT,
                                "entityType": TEXT,
                                "observations": {"type": "array", "items": TEXT},
                            },
                            "name",
                            "entityType",
                            "observations",
                        ),
                    }
                },
                "entities",
            ),
        ),
        Tool(
            name="read_graph",
            description="Read the entire knowledge graph",
            input_schema={"type": "object", "properties": {}},
            read_only=True,
        ),
        Tool(
            name="read_file",
            description="Read the complete contents of a file.",
            input_schema=_object({"path": TEXT, "head": {"type": "number"}}, "path"),
            read_only=True,
        ),
    ),
)

ORDERS = Toolset(
    server="orders",
    tools=(
        Tool(
            name="place-order",
            title="Place an order",
            description="Place an order for a customer",
            input_schema={
                "$schema": "http://json-schema.org/draft-07/schema#",
                "title": "placeOrderArguments",
                "type": "object",
                "additionalProperties": False,
                "required": ["customer", "title", "address"],
                "properties": {
                    "customer": {"type": "string", "title": "Customer"},
                    "title": {"type": "string", "maxLength": 60, "title": "Title"},
                    "speed": {"enum": ["slow", "normal", "fast"], "default": "normal"},
                    "gift": {"type": "boolean", "default": False},
                    "address": {"$ref": "#/$defs/Address"},
                },
                "$defs": {
                    "Address": {
                        "title": "Address",
                        "type": "object",
                        "properties": {"street": TEXT, "city": TEXT},
                        "required": ["street", "city"],
                    }
                },
            },
        ),
        Tool(
            name="set_volume",
            description="Set the volume of a room",
            input_schema=_object(
                {
                    "room": {"enum": ["kitchen", "hall"]},
                    "level": {"type": "integer", "minimum": 0, "maximum": 10},
                },
                "room",
                "level",
            ),
        ),
        Tool(name="get_menu", description="Get the menu", input_schema=_object({}), read_only=True),
    ),
)

ALL = (CLOCKS, VERSIONS, MEMORY, ORDERS)


def server(**known: Any) -> Server:
    """A server's profile that starts nothing; ``known`` are its constants and values."""
    return Server(name="fake", command=("fake",), **known)


REPOSITORY = server(constants={"repo_path": "/srv/project"})


def data(samples: int = 120, **changed: Any) -> Data:
    """A small profile with all five scenarios."""
    shares = {"standard": 0.6, "no_tool": 0.15, "error": 0.1, "ambiguous": 0.1, "edge": 0.05}
    whole = {
        "samples": samples,
        "heldout_calls": 40,
        "heldout_no_tool": 12,
        "seed": 7,
        "max_result_chars": 400,
        "answered_share": 1.0,
        "scenarios": Scenarios(**shares),
        **changed,
    }
    return Data.model_validate(whole)


_VERBS = {
    "create": "Create a new",
    "get": "Get the details of a",
    "list": "List every",
    "update": "Update an existing",
    "delete": "Delete a",
    "archive": "Archive a",
    "share": "Share a",
    "rename": "Rename a",
    "copy": "Copy a",
    "print": "Print a",
}
_NOUNS = (
    *("invoice", "contract", "ticket", "label", "album", "recipe", "vehicle", "warehouse"),
    *("meeting", "employee", "device", "lesson", "garden", "journey", "payment", "survey"),
    *("refund", "festival", "library", "telescope", "camera", "bakery", "museum", "orchard"),
    *("harbour", "station", "bridge", "island", "castle", "village"),
)


def many_tools(count: int) -> list[dict[str, Any]]:
    """Tools of MCP as a large server lists them: ten verbs for each of up to thirty nouns."""
    pairs = [(noun, verb) for noun in _NOUNS for verb in _VERBS]
    return [_many_tool(noun, verb) for noun, verb in pairs[:count]]


def _many_tool(noun: str, verb: str) -> dict[str, Any]:
    number = {"type": "integer", "description": f"The number that identifies the {noun}"}
    title = {"type": "string", "description": f"The title of the {noun}, as people know it"}
    return {
        "name": f"{noun}_{verb}",
        "description": f"{_VERBS[verb]} {noun} of the office. Needs the right to do so.",
        "inputSchema": _object({f"{noun}_number": number, "title": title}, f"{noun}_number"),
        "annotations": {"readOnlyHint": verb in ("get", "list")},
    }
