"""Stage: ``mcp-forge run`` of SmolLM2 on mcp-server-time, whole, with a Prefect server of its own.

The profile is fast_dev, with fewer questions afterwards and no thresholds: what is asked here is
whether every stage does its work on this machine, not how good sixty steps make a model.
"""

import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import httpx

from benchmarks.gpu import material
from benchmarks.gpu.export import size
from benchmarks.gpu.stage import Measured, Plan
from profiles import FOLDER

SERVER, MODEL, PROFILE = "time", "rehearsed", "rehearsal"
FEWER = {"heldout_calls": 20, "heldout_no_tool": 8, "loops": 6, "test_prompts": 16}
TINY: dict[str, Any] = {
    "samples": 30,
    "max_steps": 2,
    "save_steps": 1,
    "heldout_calls": 6,
    "heldout_no_tool": 2,
    "loops": 2,
    "test_prompts": 4,
    "loss_rows": 2,
    "max_answer_tokens": 16,
}
LAST_EVENT = "mcp-forge.bundle.published"
_ARRIVES_WITHIN = 10.0
"""Seconds until the server has written the last event."""


def measure(plan: Plan) -> Measured:
    """Seconds of each stage, its events and artifacts, and whether the bundle verifies."""
    if plan.tiny:
        base, weights = material.random_base(material.TINY, plan.work / "tiny", in_4bit=False), ""
    else:
        base, weights = material.smollm2(plan.work)
    write_profiles(plan.work / "profiles", base, TINY if plan.tiny else FEWER)
    os.environ["MCP_FORGE_PROFILES"] = str(plan.work / "profiles")
    bundle = plan.work / "bundle"
    for place in (Path(os.environ["MCP_FORGE_HOME"]), bundle):  # stages would come from the cache
        shutil.rmtree(place, ignore_errors=True)
    from flows.local_server import prefect_api, settle_environment

    settle_environment()
    with prefect_api() as url:
        began = time.monotonic()
        options = ["--server", SERVER, "--model", MODEL, "--profile", PROFILE]
        _forge("run", *options, "--output", str(bundle), url=url)
        yield "run", {"weights": weights or "random", "seconds": round(time.monotonic() - began, 1)}
        yield "events", _events(url)
        yield "artifacts", _artifacts(url)
        yield "stages", _stages(url)
    yield "bundle", {file.name: size(file) for file in sorted(bundle.iterdir())}
    if weights == "real":  # noise makes no call that could be tried
        _forge("verify-bundle", str(bundle))
        yield "verified", True


def write_profiles(folder: Path, base: Path, numbers: dict[str, Any]) -> None:
    """A folder of profiles beside the shipped ones: a base that lies here, fewer questions."""
    text = (FOLDER / "training" / "fast_dev.toml").read_text(encoding="utf-8")
    text, title, thresholds = text.partition("[thresholds]")
    for name, number in numbers.items():
        text, changed = re.subn(rf"^{name} = .*$", f"{name} = {number}", text, flags=re.MULTILINE)
        assert changed == 1, f"fast_dev.toml has {changed} lines {name}"
    text += title + re.sub(r"^(\w+) = .*$", r"\1 = 0.0", thresholds, flags=re.MULTILINE)
    _write(folder / "training" / f"{PROFILE}.toml", text)
    model = (FOLDER / "models" / "smollm2.toml").read_text(encoding="utf-8")
    source = f'[source]\nkind = "folder"\npath = "{base}"\n'
    model = re.sub(r"\[source\]\n(?:\w+ = .*\n)+", lambda _: source, model)
    template = 'chat_template = "smollm2.jinja"'
    assert template in model, "a base that lies in a folder has no template of its own"
    _write(folder / "models" / f"{MODEL}.toml", model)


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def _forge(*arguments: str, url: str = "") -> None:
    process = subprocess.run(
        [sys.executable, "-m", "flows", *arguments],
        stderr=subprocess.PIPE,
        text=True,
        check=False,
        env=os.environ | ({"PREFECT_API_URL": url} if url else {}),
    )
    sys.stderr.write(process.stderr)
    if process.returncode:
        sys.exit(f"mcp-forge {arguments[0]}: {process.stderr.strip().splitlines()[-1]}")


def _events(url: str) -> dict[str, int]:
    """How often each of our events came, as soon as the last one is there."""
    deadline = time.monotonic() + _ARRIVES_WITHIN
    counts: dict[str, int] = {}
    while LAST_EVENT not in counts and time.monotonic() < deadline:
        time.sleep(0.5)
        query = {"filter": {"event": {"prefix": ["mcp-forge."]}}, "time_unit": "day"}
        counts = {
            each["value"]: each["count"] for each in _ask(url, "/events/count-by/event", query)
        }
    return counts


def _artifacts(url: str) -> list[str]:
    artifacts = _ask(url, "/artifacts/latest/filter", {"limit": 100})
    return sorted(f"{artifact['key']} ({artifact['type']})" for artifact in artifacts)


def _stages(url: str) -> dict[str, float]:
    runs = _ask(url, "/task_runs/filter", {"sort": "EXPECTED_START_TIME_ASC"})
    return {run["name"]: round(run["total_run_time"], 1) for run in runs}


def _ask(url: str, path: str, body: dict[str, Any]) -> Any:
    with httpx.Client(trust_env=False, timeout=30) as client:
        answer = client.post(f"{url}{path}", json=body)
    answer.raise_for_status()
    return answer.json()
