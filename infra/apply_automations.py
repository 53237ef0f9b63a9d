"""Make Prefect's automations what ``infra/automations/`` says; as often as you like.

An automation is known by its name. What bears our prefix and is no longer written here is removed;
one that an operator switched off stays off; nobody else's is touched.
"""

import json
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from uuid import UUID

import yaml
from prefect.client.orchestration import SyncPrefectClient, get_client
from prefect.client.schemas.filters import FlowFilter, FlowFilterName
from prefect.events.schemas.automations import AutomationCore
from prefect.exceptions import ObjectNotFound

from profiles.settings import Settings

FOLDER = Path(__file__).parent / "automations"
PREFIX = "mcp-forge: "
_EACH_MODEL = "<model>"


def apply(
    client: SyncPrefectClient, block: str = "", within: Mapping[str, float] | None = None
) -> list[str]:
    """Upsert every automation and return their names.

    ``block``: "type/name" of the notification block; without one nobody is notified.
    ``within``: seconds instead of those in a file, by the file's name without ending.
    """
    automations = {core.name: core for core in _load(client, block, within or {})}
    names = sorted(automations)
    for automation in client.read_automations():
        if not automation.name.startswith(PREFIX):
            continue
        core = automations.pop(automation.name, None)  # a second one of the same name is removed
        if core is None:
            client.delete_automation(automation.id)
        else:
            client.update_automation(automation.id, core)
    for core in automations.values():
        client.create_automation(core)
    return names


def _load(
    client: SyncPrefectClient, block: str, within: Mapping[str, float]
) -> Iterator[AutomationCore]:
    for path in sorted(FOLDER.glob("*.yaml")):
        text = path.read_text(encoding="utf-8")
        models = _evaluated_models(client) if _EACH_MODEL in text else [""]
        for model in models:
            content = yaml.safe_load(text.replace(_EACH_MODEL, model))
            if path.stem in within:
                content["trigger"]["within"] = within[path.stem]
            if all(_resolve(client, action, block) for action in content["actions"]):
                yield AutomationCore.model_validate(content)


def _evaluated_models(client: SyncPrefectClient) -> list[str]:
    """The models that have a deployment of the flow ``evaluate``."""
    deployments = client.read_deployments(
        flow_filter=FlowFilter(name=FlowFilterName(any_=["evaluate"]))
    )
    return sorted(deployment.name for deployment in deployments)


def _resolve(client: SyncPrefectClient, action: dict[str, Any], block: str) -> bool:
    """Put ids in place of names; False when there is no block to notify through."""
    if "deployment" in action:
        name = action.pop("deployment")
        action["deployment_id"] = client.read_deployment_by_name(name).id
    if action["type"] == "send-notification":
        if not block:
            return False
        action["block_document_id"] = _block_id(client, block)
    return True


def _block_id(client: SyncPrefectClient, block: str) -> UUID:
    kind, _, name = block.partition("/")
    try:
        return client.read_block_document_by_name(name, kind).id
    except ObjectNotFound:
        sys.exit(
            f"MCP_FORGE_NOTIFICATION_BLOCK: no block {block!r}; "
            "needed type/name of one that is there (prefect block ls)"
        )


def main() -> None:
    """Apply them at the configured API."""
    with get_client(sync_client=True) as client:
        names = apply(client, Settings().notification_block)
    sys.stdout.write(json.dumps(names, indent=2) + "\n")


if __name__ == "__main__":
    main()
