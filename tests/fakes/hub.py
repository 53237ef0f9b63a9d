"""What the Hugging Face hub answers when one model is asked for, and what can go wrong with it."""

import hashlib
import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import unquote, urlsplit

REPOSITORY = "somebody/tiny-model"
COMMIT = "0123456789abcdef0123456789abcdef01234567"
LARGE = ".safetensors"


@dataclass
class Hub:
    """What it holds, how it behaves, and what was asked of it."""

    files: Mapping[str, bytes]
    token: str = ""
    """Who has another one, or none, is told that the repository is gated."""
    sizes: dict[str, int] = field(default_factory=dict)
    """What it says of a file's size, where that is not the truth."""
    cuts: list[int] = field(default_factory=list)
    """After how many bytes each of the next answers with a large file breaks off."""
    answers: int | None = None
    """After how many questions for a large file the hub answers 503; None: never."""
    url: str = ""
    ranges: list[str] = field(default_factory=list)
    """Of each question for a large file: its Range header, or ""."""
    taken: list[str] = field(default_factory=list)
    """The files that were asked for."""

    def facts(self, name: str) -> dict[str, Any]:
        """Size and hashes of a file, as the tree says them."""
        data = self.files[name]
        size = self.sizes.get(name, len(data))
        sha256 = hashlib.sha256(data).hexdigest()
        found: dict[str, Any] = {"type": "file", "path": name, "size": size, "oid": sha256[:40]}
        if name.endswith(LARGE):
            found["lfs"] = {"oid": sha256, "size": size, "pointerSize": 130}
        return found

    def model(self) -> dict[str, Any]:
        """The answer to /api/models/…/revision/…"""
        siblings = []
        for fact in map(self.facts, self.files):
            named = {"rfilename": fact["path"], "size": fact["size"], "blobId": fact["oid"]}
            if "lfs" in fact:
                named["lfs"] = {**fact["lfs"], "sha256": fact["lfs"]["oid"]}
                del named["lfs"]["oid"]
            siblings.append(named)
        return {"id": REPOSITORY, "sha": COMMIT, "siblings": siblings}


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, hub: Hub) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.hub = hub


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

    def do_HEAD(self) -> None:
        self._answer()

    def do_GET(self) -> None:
        self._answer()

    def _answer(self) -> None:
        hub = self.server.hub
        parts = unquote(urlsplit(self.path).path).strip("/").split("/")
        if parts[:2] == ["api", "models"]:
            name, kind, revision = "/".join(parts[2:4]), parts[4], parts[5]
        else:
            name, kind, revision = "/".join(parts[:2]), parts[2], parts[3]
        if name != REPOSITORY:
            self._refuse(401, "RepoNotFound")
        elif revision not in ("main", "v1", COMMIT):
            self._refuse(404, "RevisionNotFound")
        elif kind == "revision":
            self._say(hub.model())
        elif kind == "tree":
            self._say([hub.facts(name) for name in hub.files])
        elif hub.token and self.headers.get("Authorization") != f"Bearer {hub.token}":
            self._refuse(403, "GatedRepo")
        elif parts[-1] not in hub.files:
            self._refuse(404, "EntryNotFound")
        else:
            self._give(parts[-1])

    def _give(self, name: str) -> None:
        hub = self.server.hub
        fact, data = hub.facts(name), hub.files[name]
        wanted = self.headers.get("Range", "")
        is_large = name.endswith(LARGE) and self.command == "GET"
        if is_large:
            hub.ranges.append(wanted)
        if is_large and hub.answers is not None and len(hub.ranges) > hub.answers:
            self._refuse(503, "")
            return
        hub.taken.append(name)
        start = int(wanted.removeprefix("bytes=").rstrip("-")) if wanted else 0
        self.send_response(206 if wanted else 200)
        if wanted:
            span = f"bytes {start}-{len(data) - 1}/{len(data)}"
            self.send_header("Content-Range", span)
        self.send_header("ETag", f'"{fact.get("lfs", fact)["oid"]}"')
        self.send_header("X-Repo-Commit", COMMIT)
        self._send(data[start:], hub.cuts.pop(0) if is_large and hub.cuts else None)

    def _say(self, value: Any) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self._send(json.dumps(value).encode())

    def _refuse(self, status: int, code: str) -> None:
        self.send_response(status)
        self.send_header("X-Error-Code", code)
        self._send(b"")

    def _send(self, data: bytes, cut: int | None = None) -> None:
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(data[:cut])
        self.close_connection = cut is not None

    def log_message(self, format: str, *args: Any) -> None:
        pass


@contextmanager
def serve(hub: Hub) -> Iterator[Hub]:
    """Serve until the block ends."""
    with _Server(hub) as server:
        hub.url = f"http://127.0.0.1:{server.server_address[1]}"
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        try:
            yield hub
        finally:
            server.shutdown()
            thread.join()
