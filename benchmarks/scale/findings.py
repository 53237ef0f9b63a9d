"""What has to be true when all runs have ended, and how they ended."""

import re
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from benchmarks.scale.house import House
from benchmarks.scale.kills import Kill
from tasks.domain.errors import ForgeError
from tasks.external.bundle_folder import open_bundle
from tasks.external.storage import Storage, digest
from tasks.external.versions import Versions, bundle_names

_END_SECONDS = 120
"""In which the processes of runs that have ended are gone."""


def ends(house: House) -> Counter[str]:
    """How many runs of which flow ended how; a failure by its error's name."""
    flows = {flow["id"]: flow["name"] for flow in house.read("POST", "flows/filter", {})}
    return Counter(f"{flows[run['flow_id']]}: {_end(run)}" for run in house.runs())


def _end(run: dict[str, Any]) -> str:
    if run["state_type"] != "FAILED":
        return str(run["state_name"])
    return f"Failed, {error_in(run['state']['message'] or '') or 'unexplained'}"


def error_in(message: str) -> str:
    """The one error of ours that a message names, if it is one line; empty otherwise."""
    names = {error.__name__ for error in _family(ForgeError)}
    named = [word for word in re.findall(r"\w+", message) if word in names]
    return named[0] if named and "\n" not in message.strip() else ""


def _family(error: type[Exception]) -> Iterator[type[Exception]]:
    yield error
    for child in error.__subclasses__():
        yield from _family(child)


def breaches(house: House, forges: dict[str, str], kills: list[Kill]) -> list[str]:
    """Everything that is not as it has to be; ``forges``: run by server."""
    killed = {kill.run_id for kill in kills}
    breaches_seen = list(_unexplained(house, killed))
    for server, run_id in forges.items():
        is_completed = house.state(run_id) == "COMPLETED"
        breaches_seen += (
            f"{server}: {fault}" for fault in _faults_of(server, is_completed, house.folder)
        )
    events = [event["resource"]["prefect.resource.id"] for event in _published(house)]
    breaches_seen += (
        f"published twice: {name}" for name, times in Counter(events).items() if times > 1
    )
    breaches_seen += (f"left running: {words}" for words in _left_running(house))
    return breaches_seen


def _unexplained(house: House, killed: set[str]) -> Iterator[str]:
    for run in house.runs():
        state, message = run["state_type"], (run["state"] or {}).get("message") or ""
        is_explained = (
            state in ("COMPLETED", "CANCELLED")
            or (state == "FAILED" and error_in(message))
            or (state == "CRASHED" and run["id"] in killed)
        )
        if not is_explained:
            yield f"{run['name']} ({run['id']}) is {run['state_name']}: {message[:300]}"


def _faults_of(server: str, is_completed: bool, folder: Path) -> Iterator[str]:
    name = f"{server}-tiny"
    versions = Versions(name)
    published, dist = versions.all(), folder / "dist" / name
    decisions = [decision.kind for decision in versions.decisions()]
    if is_completed and len(published) != 1:
        yield f"completed with {len(published)} versions, needed one"
    if is_completed and decisions != ["promoted"]:
        yield f"completed with the decisions {decisions}, needed one promotion"
    for version in published:
        opened = open_bundle(versions.files(version))  # its sums are checked
        if versions.toolset(version).fingerprint != version.lineage.toolset_fingerprint:
            yield f"{version.id} has tools that are not its record's"
        if not version.lineage.train or not version.lineage.adapter:
            yield f"{version.id} does not say what it was made from"
        if is_completed and digest(dist / opened.agent.file.name)[0] != version.gguf:
            yield f"what lies in {dist} is not {version.id}"


def _published(house: House) -> list[dict[str, Any]]:
    return house.events("mcp-forge.bundle.published")


def _left_running(house: House) -> list[str]:
    deadline = time.monotonic() + _END_SECONDS
    while (left := house.orphans()) and time.monotonic() < deadline:
        time.sleep(2)
    return left


def remains(folder: Path) -> dict[str, int]:
    """What killed processes have left in the storage; nobody sees it, and it takes room."""
    storage = Storage()
    hidden = (*folder.glob("*/storage/*/.*"), *folder.glob("*/cache/*/.*"))
    drafts = [path for path in hidden if path.suffix != ".lock"]
    unseen = sum(
        len(storage.names("versions", name)) - len(Versions(name).all()) for name in bundle_names()
    )
    return {"drafts": len(drafts), "unfinished_versions": unseen}
