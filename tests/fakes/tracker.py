"""A task tracker of twenty tools, and what a capable model writes about it (hand-written)."""

import tomllib
from pathlib import Path
from typing import Any

from tasks.domain.products import Tool, Toolset

TEXT: dict[str, Any] = {"type": "string"}
DATE: dict[str, Any] = {"type": "string", "format": "date"}
TASK: dict[str, Any] = {"type": "string", "description": "Key of the task, like OPS-41"}
PERSON: dict[str, Any] = {"type": "string", "description": "User name of a member"}
PROJECT: dict[str, Any] = {"type": "string", "description": "Name of the project"}
EMAIL: dict[str, Any] = {"type": "string", "format": "email"}


def choice(*values: str) -> dict[str, Any]:
    """A parameter that takes one of some values."""
    return {"type": "string", "enum": list(values)}


def tool(name: str, about: str, needed: dict[str, Any], **optional: Any) -> Tool:
    """A tool; those that list, get, search or report change nothing."""
    is_reading = name.split("_")[0] in ("list", "get", "search", "time", "export")
    return Tool(
        name=name,
        description=about,
        input_schema={
            "type": "object",
            "properties": {**needed, **optional},
            "required": list(needed),
            "additionalProperties": False,
        },
        read_only=is_reading,
        destructive=not is_reading,
    )


TRACKER = Toolset(
    server="tracker",
    tools=(
        tool(
            "list_tasks",
            "List tasks, filtered by project, status or assignee.",
            {},
            project=PROJECT,
            status=choice("open", "done", "blocked"),
            assignee=PERSON,
        ),
        tool("get_task", "Get all fields of one task.", {"task_id": TASK}),
        tool(
            "create_task",
            "Create a task.",
            {"title": TEXT},
            project=PROJECT,
            priority=choice("low", "normal", "high"),
            due_date=DATE,
        ),
        tool("close_task", "Set a task to done.", {"task_id": TASK}),
        tool("reopen_task", "Set a task that is done back to open.", {"task_id": TASK}),
        tool("delete_task", "Delete a task for good.", {"task_id": TASK}),
        tool(
            "assign_task",
            "Give a task to a member of the project.",
            {"task_id": TASK, "assignee": PERSON},
        ),
        tool(
            "set_due_date",
            "Set the day by which a task is to be done.",
            {"task_id": TASK, "due_date": DATE},
        ),
        tool("add_comment", "Add a comment to a task.", {"task_id": TASK, "text": TEXT}),
        tool("list_comments", "List the comments of a task, oldest first.", {"task_id": TASK}),
        tool(
            "search_tasks",
            "Search titles and comments of all tasks.",
            {"query": TEXT},
            max_results={"type": "integer", "minimum": 1, "maximum": 100, "default": 20},
        ),
        tool(
            "list_projects",
            "List the projects.",
            {},
            archived={"type": "boolean", "default": False, "description": "Those archived too"},
        ),
        tool("create_project", "Create a project.", {"name": TEXT}, description=TEXT),
        tool("archive_project", "Archive a project; its tasks stay readable.", {"name": PROJECT}),
        tool("list_members", "List the members, of one project or of all.", {}, project=PROJECT),
        tool(
            "invite_member",
            "Invite a person by mail.",
            {"email": EMAIL},
            role=choice("viewer", "editor", "admin"),
        ),
        tool("remove_member", "Take a person's access away.", {"email": EMAIL}),
        tool(
            "log_time",
            "Book working time on a task.",
            {"task_id": TASK, "minutes": {"type": "integer", "minimum": 1, "maximum": 1440}},
            note=TEXT,
        ),
        tool(
            "time_report",
            "Sum up the time that a member has booked in a period.",
            {"member": PERSON, "from_date": DATE, "to_date": DATE},
        ),
        tool(
            "export_tasks",
            "Export a project's tasks as text.",
            {"project": PROJECT, "format": choice("csv", "json")},
        ),
    ),
)
PHRASES: dict[str, Any] = tomllib.loads(
    Path(__file__).with_name("tracker_phrases.toml").read_text(encoding="utf-8")
)
"""By tool, and for the list: what a capable model writes."""
