"""A day of ``watch`` in fast motion: a server's tools change now and then between two checks."""

import random
from typing import Any

from benchmarks.scale.house import WATCHED, House
from benchmarks.scale.kills import settle
from benchmarks.scale.servers import Unsteady
from tasks.external.versions import Versions

_CHECK_SECONDS = 300
"""How long one check with its forge may take."""


def watch_a_day(
    house: House, server: Unsteady, checks: int, changes: int, seed: int
) -> dict[str, Any]:
    """Check so many times; each changed list is to be forged once, and no other."""
    chance, edition = random.Random(seed), 0
    changed_before = set(chance.sample(range(checks), min(changes, checks)))
    versions = Versions(f"{server.name}-tiny")
    breaches = []
    for check in range(checks):
        is_changed = check in changed_before
        if is_changed:
            edition += 1
            server.write_tools(edition)
        before = len(versions.all())
        run_id = house.start(f"watch/{WATCHED}")
        settle(house, [run_id], _CHECK_SECONDS)
        forged = len(_forges_below(house, run_id))
        new_versions = len(versions.all()) - before
        if (forged, new_versions) != (is_changed, is_changed) or house.state(run_id) != "COMPLETED":
            ending = house.run(run_id)["state"]["message"] or house.state(run_id)
            breaches.append(
                f"check {check}: {forged} forges and {new_versions} versions for {int(is_changed)} "
                f"changes; the watch: {ending}"
            )
    return {"checks": checks, "changes": edition, "breaches": breaches}


def _forges_below(house: House, run_id: str) -> list[dict[str, Any]]:
    return house.runs(flow_runs={"parent_flow_run_id": {"any_": [run_id]}})
