"""``mcp-forge.tools.changed`` and the artifact beside it: what a watch saw."""

from prefect.artifacts import create_markdown_artifact
from prefect.events import emit_event

from tasks.domain.tool_changes import ToolChanges, as_markdown
from tasks.reporting.artifacts import key


def tools_changed(changes: ToolChanges, model: str) -> None:
    """Say tool by tool what is different; the event is about the server."""
    server = f"mcp-forge.server.{changes.server}"
    create_markdown_artifact(as_markdown(changes), key=key("tools", changes.server))
    emit_event(
        "mcp-forge.tools.changed",
        resource={"prefect.resource.id": server, "prefect.resource.name": changes.server},
        related=[
            {
                "prefect.resource.id": f"mcp-forge.model.{model}",
                "prefect.resource.role": "base-model",
            }
        ],
        payload=changes.model_dump(mode="json"),
    )
