"""What the Hugging Face hub answers to whoever pushes: repositories, large files, commits."""

import base64
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

COMMIT = "89abcdef0123456789abcdef0123456789abcdef"
LARGE = (".gguf", ".safetensors")


@dataclass
class Uploads:
    """What was pushed, and who may push."""

    token: str
    url: str = ""
    repositories: dict[str, bool] = field(default_factory=dict)
    """Whether each is private."""
    objects: dict[str, bytes] = field(default_factory=dict)
    """Large files by their sha256."""
    files: dict[str, bytes | str] = field(default_factory=dict)
    """Of the last commit: small ones as they are, large ones by their sha256."""
    messages: list[str] = field(default_factory=list)


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, uploads: Uploads) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.uploads = uploads


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

    def do_PUT(self) -> None:
        self.server.uploads.objects[self.path.rpartition("/")[2]] = self._body()
        self._say({})

    def do_POST(self) -> None:
        body, uploads = self._body(), self.server.uploads
        if self.headers.get("Authorization") != f"Bearer {uploads.token}":
            self._say({"error": "Invalid credentials"}, 401)
        elif self.path == "/api/repos/create":
            self._create(json.loads(body))
        elif self.path == "/api/validate-yaml":
            self._say({"errors": [], "warnings": []})
        elif self.path.endswith("/objects/batch"):
            self._say({"transfer": "basic", "objects": list(map(self._place, _objects(body)))})
        elif "/preupload/" in self.path:
            self._say({"files": [_mode(file["path"]) for file in json.loads(body)["files"]]})
        else:
            self._commit(body)

    def _create(self, asked: dict[str, Any]) -> None:
        name = f"{asked['organization']}/{asked['name']}"
        self.server.uploads.repositories.setdefault(name, asked["visibility"] == "private")
        self._say({"url": f"{self.server.uploads.url}/{name}"})

    def _place(self, wanted: dict[str, Any]) -> dict[str, Any]:
        if wanted["oid"] in self.server.uploads.objects:
            return wanted
        href = f"{self.server.uploads.url}/objects/{wanted['oid']}"
        return wanted | {"actions": {"upload": {"href": href}}}

    def _commit(self, body: bytes) -> None:
        uploads = self.server.uploads
        for line in body.splitlines():
            kind, value = (json.loads(line)[part] for part in ("key", "value"))
            if kind == "header":
                uploads.messages.append(value["summary"])
            elif kind == "file":
                uploads.files[value["path"]] = base64.b64decode(value["content"])
            else:
                uploads.files[value["path"]] = value["oid"]
        place = f"{uploads.url}{self.path.removeprefix('/api/models').rpartition('/')[0]}/{COMMIT}"
        self._say({"commitUrl": place, "commitOid": COMMIT})

    def _body(self) -> bytes:
        if self.headers.get("Transfer-Encoding") == "chunked":
            return b"".join(iter(self._chunk, b""))
        return self.rfile.read(int(self.headers.get("Content-Length", 0)))

    def _chunk(self) -> bytes:
        data = self.rfile.read(int(self.rfile.readline(), 16))
        self.rfile.readline()
        return data

    def _say(self, value: Any, status: int = 200) -> None:
        data = json.dumps(value).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, format: str, *args: Any) -> None:
        pass


def _objects(body: bytes) -> list[dict[str, Any]]:
    return [dict(wanted) for wanted in json.loads(body)["objects"]]


def _mode(path: str) -> dict[str, Any]:
    mode = "lfs" if path.endswith(LARGE) else "regular"
    return {"path": path, "uploadMode": mode, "shouldIgnore": False, "oid": None}


@contextmanager
def take_uploads(token: str) -> Iterator[Uploads]:
    """Serve until the block ends; only who has the token may push."""
    uploads = Uploads(token)
    with _Server(uploads) as server:
        uploads.url = f"http://127.0.0.1:{server.server_address[1]}"
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        try:
            yield uploads
        finally:
            server.shutdown()
            thread.join()
