"""A headless Chromium, driven over its own DevTools protocol: no other package is needed."""

import base64
import json
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
from websockets.sync.client import ClientConnection, connect

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
_CENTRE = """(() => {
  const element = [...document.querySelectorAll(%s)].find(e => e.innerText.trim() === %s);
  if (!element) return null;
  element.scrollIntoView({block: 'center'});
  const box = element.getBoundingClientRect();
  return [box.x + box.width / 2, box.y + box.height / 2];
})()"""


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
        self.wait(script)
        time.sleep(3)  # graphs are drawn in an animation

    def wait(self, script: str) -> Any:
        """The first true value of an expression; without one TimeoutError with the page's text."""
        deadline = time.monotonic() + SECONDS
        while not (value := self.ask(script)):
            if time.monotonic() > deadline:
                text = self.ask("document.body.innerText")
                raise TimeoutError(f"{script} did not come true; the page says {text!r}")
            time.sleep(0.5)
        return value

    def click(self, selector: str, text: str) -> None:
        """Click the element with this text, as a mouse does."""
        script = _CENTRE % (json.dumps(selector), json.dumps(text))
        x, y = self.wait(script)
        for kind in ("mousePressed", "mouseReleased"):
            self.call("Input.dispatchMouseEvent", type=kind, x=x, y=y, button="left", clickCount=1)

    def picture(self, path: Path) -> None:
        """Write what is shown as a PNG."""
        data = self.call("Page.captureScreenshot", format="png")["data"]
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(base64.b64decode(data))


def has(text: str) -> str:
    """The expression that a page shows a text."""
    return f"document.body.innerText.includes({json.dumps(text)})"


def program() -> str | None:
    """Where Chromium is; None without one."""
    return shutil.which("chromium")


@contextmanager
def chromium() -> Iterator[Page]:
    """A headless Chromium with a profile of its own, ended with the block.

    Raises:
        FileNotFoundError: there is none.
    """
    found = program()
    if found is None:
        raise FileNotFoundError("needed chromium (apt-get install chromium)")
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        command = [found, *FLAGS, f"--user-data-dir={profile}", "about:blank"]
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
            raise TimeoutError("chromium did not open its DevTools port")
        time.sleep(0.2)
    port = port_file.read_text().split()[0]
    pages = httpx.get(f"http://127.0.0.1:{port}/json", trust_env=False).json()
    return str(next(page["webSocketDebuggerUrl"] for page in pages if page["type"] == "page"))
