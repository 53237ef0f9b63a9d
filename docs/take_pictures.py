"""Take the pictures of ``docs/pictures/`` with headless Chromium, from a server that has a run.

``python docs/take_pictures.py http://127.0.0.1:4200 smollm2`` after a run of ``forge`` and, for the
run form, ``make deploy``. Chromium is driven over its own DevTools protocol; no other package. The
pictures here show a run of ``make demo``. A server on another port than 4200 must be told its port
by PREFECT_SERVER_API_PORT too, or its pages look for the API at 4200.
"""

import base64
import json
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
from websockets.sync.client import ClientConnection, connect

FOLDER = Path(__file__).parent / "pictures"
WIDTH, HEIGHT = 1280, 860
SECONDS = 300
FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--remote-debugging-port=0",
)


class Page:
    """One page of Chromium."""

    def __init__(self, socket: ClientConnection) -> None:
        self._socket, self._number = socket, 0

    def call(self, method: str, **parameters: Any) -> Any:
        """One command of the DevTools protocol and its result."""
        self._number += 1
        command = {"id": self._number, "method": method, "params": parameters}
        self._socket.send(json.dumps(command))
        while True:
            answer = json.loads(self._socket.recv(timeout=SECONDS))
            if answer.get("id") == self._number:
                return answer["result"]

    def ask(self, script: str) -> Any:
        """The value of a JavaScript expression."""
        return self.call("Runtime.evaluate", expression=script, returnByValue=True)["result"].get(
            "value"
        )

    def show(self, address: str, script: str) -> None:
        """Open an address and wait until an expression is true."""
        self.call("Page.navigate", url=address)
        deadline = time.monotonic() + SECONDS
        while not self.ask(script):
            if time.monotonic() > deadline:
                text = self.ask("document.body.innerText")
                sys.exit(f"{address}: {script} did not come true; the page says {text!r}")
            time.sleep(0.5)
        time.sleep(3)  # the graph is drawn in an animation

    def picture(self, name: str) -> None:
        """Write what is shown as a PNG."""
        data = base64.b64decode(self.call("Page.captureScreenshot", format="png")["data"])
        FOLDER.mkdir(exist_ok=True)
        (FOLDER / f"{name}.png").write_bytes(data)
        sys.stdout.write(f"{name}.png {len(data) / 1000:.0f} kB\n")


@contextmanager
def chromium() -> Iterator[Page]:
    """A headless Chromium with a profile of its own, ended with the block."""
    program = shutil.which("chromium") or sys.exit("needed chromium (apt-get install chromium)")
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        command = [program, *FLAGS, f"--user-data-dir={profile}", "about:blank"]
        process = subprocess.Popen(command, stderr=subprocess.DEVNULL)
        try:
            with connect(_page_address(Path(profile)), max_size=None) as socket:
                page = Page(socket)
                page.call(
                    "Emulation.setDeviceMetricsOverride",
                    width=WIDTH,
                    height=HEIGHT,
                    deviceScaleFactor=1,
                    mobile=False,
                )
                yield page
        finally:
            process.terminate()
            process.wait(timeout=30)


def _page_address(profile: Path) -> str:
    """Chromium writes the port that it chose into its profile."""
    port_file = profile / "DevToolsActivePort"
    deadline = time.monotonic() + SECONDS
    while not port_file.exists():
        if time.monotonic() > deadline:
            sys.exit("chromium did not open its DevTools port")
        time.sleep(0.2)
    port = port_file.read_text().split()[0]
    pages = httpx.get(f"http://127.0.0.1:{port}/json", trust_env=False).json()
    return str(next(page["webSocketDebuggerUrl"] for page in pages if page["type"] == "page"))


def main(server: str, model: str) -> None:
    """Take all pictures that the server has pages for."""
    slug = model.replace(".", "-")
    with httpx.Client(base_url=f"{server}/api", trust_env=False, timeout=60) as api:
        runs = _found(api, "flow_runs", flows={"name": {"any_": ["forge"]}})
        artifacts = {
            kind: _found(api, "artifacts", artifacts={"key": {"any_": [f"{kind}-{slug}"]}})
            for kind in ("loss-curve", "scorecard")
        }
        deployments = _found(
            api,
            "deployments",
            flows={"name": {"any_": ["forge"]}},
            deployments={"name": {"any_": [model]}},
        )
    loaded = "[...document.images].some(i => i.src.startsWith('data:') && i.naturalWidth > 300)"
    with chromium() as page:
        for run in runs[:1]:
            page.show(f"{server}/v2/runs/flow-run/{run['id']}", _has(run["name"]))
            page.picture("run")
        for kind, script in (("loss-curve", loaded), ("scorecard", _has("Held-out prompts"))):
            for artifact in artifacts[kind][:1]:
                page.show(f"{server}/v2/artifacts/artifact/{artifact['id']}", script)
                page.picture(kind)
        for deployment in deployments[:1]:
            page.show(f"{server}/v2/deployments/deployment/{deployment['id']}/run", _has("server"))
            page.picture("form")


def _found(api: httpx.Client, kind: str, **filters: Any) -> list[dict[str, Any]]:
    """Newest first."""
    asked = filters | ({} if kind == "deployments" else {"sort": _NEWEST[kind]})
    found: list[dict[str, Any]] = api.post(f"/{kind}/filter", json=asked).raise_for_status().json()
    return found


_NEWEST = {"flow_runs": "START_TIME_DESC", "artifacts": "CREATED_DESC"}


def _has(text: str) -> str:
    return f"document.body.innerText.includes({json.dumps(text)})"


if __name__ == "__main__":
    main(sys.argv[1].rstrip("/"), sys.argv[2])
