"""Take the pictures of ``docs/pictures/`` with headless Chromium, from a server that has a run.

``python -m docs.take_pictures http://127.0.0.1:4200 smollm2`` after a run of ``forge/smollm2``. The
pictures here show the one that ``make demo`` left, and the deployments of ``make deploy``. A server
on another port than 4200 must be told its port by PREFECT_SERVER_API_PORT too, or its pages look
for the API at 4200.
"""

import sys
import time
from pathlib import Path
from typing import Any

import httpx

from tests.services.browser import Page, chromium, has

FOLDER = Path(__file__).parent / "pictures"
_GRAPH_SECONDS = 40
"""Until a run's graph is laid out where other work has the CPU."""


def main(server: str, model: str) -> None:
    """Take all pictures that the server has pages for."""
    slug = model.replace(".", "-")
    with httpx.Client(base_url=f"{server}/api", trust_env=False, timeout=60) as api:
        runs = _list(api, "flow_runs", flows={"name": {"any_": ["forge"]}})
        artifacts = {
            kind: _list(api, "artifacts", artifacts={"key": {"like_": f"{kind}-%{slug}"}})
            for kind in ("loss-curve", "scorecard")
        }
        deployments = _list(
            api,
            "deployments",
            flows={"name": {"any_": ["forge"]}},
            deployments={"name": {"any_": [model]}},
        )
    loaded = "[...document.images].some(i => i.src.startsWith('data:') && i.naturalWidth > 300)"
    with chromium() as page:
        for run in [run for run in runs if run["state_type"] == "COMPLETED"][:1]:
            page.show(f"{server}/v2/runs/flow-run/{run['id']}", has(run["name"]))
            time.sleep(_GRAPH_SECONDS)
            _take(page, "run")
        for kind, script in (("loss-curve", loaded), ("scorecard", has("Held-out prompts"))):
            for artifact in artifacts[kind][:1]:
                page.show(f"{server}/v2/artifacts/artifact/{artifact['id']}", script)
                _take(page, kind)
        for deployment in deployments[:1]:
            page.show(f"{server}/v2/deployments/deployment/{deployment['id']}/run", has("server"))
            _take(page, "form")


def _take(page: Page, name: str) -> None:
    page.picture(FOLDER / f"{name}.png")
    sys.stdout.write(f"{name}.png\n")


def _list(api: httpx.Client, kind: str, **filters: Any) -> list[dict[str, Any]]:
    """Newest first."""
    query = filters | ({} if kind == "deployments" else {"sort": _NEWEST[kind]})
    items: list[dict[str, Any]] = api.post(f"/{kind}/filter", json=query).raise_for_status().json()
    return items


_NEWEST = {"flow_runs": "START_TIME_DESC", "artifacts": "CREATED_DESC"}


if __name__ == "__main__":
    main(sys.argv[1].rstrip("/"), sys.argv[2])
