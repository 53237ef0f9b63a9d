"""A server that answers calls with more than anyone can take: over stdio, or ``http``.

The first argument is the mode. Over HTTP it prints its port.
"""

import gzip
import json
import os
import sys
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

MODE = sys.argv[1]
HUGE = 50_000_000
DEEP = 100_000
OBJECT = {"type": "object", "properties": {}}
TOOL = {
    "name": "list_things",
    "description": "All things",
    "inputSchema": OBJECT,
    "annotations": {"readOnlyHint": True},
}


SLOPPY = [
    {**TOOL, "name": "find_things", "annotations": "none", "icons": "x", "_meta": [1]},
    {**TOOL, "name": "get_thing", "annotations": {"readOnlyHint": {}}, "execution": 1},
    {**TOOL, "name": "show\x1b[31m"},
]
EMBEDDED = [
    {"type": "resource", "resource": {"uri": "file:///a.txt", "text": "what is in a.txt"}},
    {"type": "resource", "resource": {"uri": "file:///b.bin", "blob": "AAAA"}},
]


def result() -> dict[str, Any]:
    """What a call gets."""
    if MODE == "huge":
        return {"content": [{"type": "text", "text": "x" * HUGE}]}
    if MODE == "embedded":
        return {"content": EMBEDDED}
    if MODE == "deep-text":
        return {"content": [{"type": "text", "text": "[" * DEEP + "]" * DEEP}]}
    if MODE == "environment":
        seen = json.dumps({"all": dict(os.environ)})
        sys.stderr.write(f"my key is {os.environ['KEY']}\n")
        return {"content": [{"type": "text", "text": seen}], "structuredContent": json.loads(seen)}
    return {"content": [{"type": "text", "text": "fine"}]}


def answer(message: dict[str, Any]) -> dict[str, Any]:
    """The answer to any request."""
    if message["method"] == "initialize":
        version = message["params"]["protocolVersion"]
        info = {"name": "hostile", "version": "1"}
        return {"protocolVersion": version, "capabilities": {"tools": {}}, "serverInfo": info}
    tools = [TOOL, *SLOPPY] if MODE == "sloppy" else [TOOL]
    return {"tools": tools} if message["method"] == "tools/list" else result()


def bodies(message: dict[str, Any]) -> Iterator[str]:
    """The text of an answer, piece by piece."""
    envelope = {"jsonrpc": "2.0", "id": message["id"]}
    if message["method"] == "server/discover":
        yield json.dumps({**envelope, "error": {"code": -32601, "message": "Method not found"}})
    elif message["method"] != "tools/call" or MODE not in ("endless", "deep", "unasked"):
        yield json.dumps({**envelope, "result": answer(message)})
    elif MODE == "deep":
        nested = "[" * DEEP + "]" * DEEP
        yield json.dumps(envelope)[:-1] + f', "result": {{"content": [], "x": {nested}}}}}'
    while message["method"] == "tools/call" and MODE == "endless":
        yield "x" * 65_536
    note = {"jsonrpc": "2.0", "method": "notifications/message", "params": {"level": "info"}}
    while message["method"] == "tools/call" and MODE == "unasked":
        yield json.dumps(note) + "\n"


def over_stdio() -> None:
    """Answer each line of stdin."""
    for line in sys.stdin:
        message = json.loads(line)
        if "id" in message:
            for body in bodies(message):
                sys.stdout.write(body)
            sys.stdout.write("\n")
            sys.stdout.flush()


class Handler(BaseHTTPRequestHandler):
    """Streamable HTTP without sessions."""

    def do_POST(self) -> None:
        """Answer one message."""
        message = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if "id" not in message:
            self.send_response(202)
            self.end_headers()
            return
        body = "".join(bodies(message)).encode()
        kind = "application/json"
        if MODE == "huge" and sys.argv[-1] == "events":
            body, kind = b"event: message\ndata: " + body + b"\n\n", "text/event-stream"
        self.send_response(200)
        self.send_header("Content-Type", kind)
        if sys.argv[-1] == "gzip" and message["method"] == "tools/call":
            body = gzip.compress(body)
            self.send_header("Content-Encoding", "gzip")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Stay quiet."""


if __name__ == "__main__":
    if "http" in sys.argv:
        with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as web:
            sys.stdout.write(f"{web.server_port}\n")
            sys.stdout.flush()
            web.serve_forever()
    else:
        over_stdio()
