"""A Prefect API that answers what a test has written down, so that a locked database can be met."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

from prefect import __version__

Answer = tuple[int, Any]


@dataclass
class Script:
    """Answers by the end of a path; the last one of a list is given again and again."""

    answers: dict[str, list[Answer]]
    url: str = ""
    requests: list[str] = field(default_factory=list)

    def answer(self, path: str) -> Answer:
        """The next answer of the first end that a path has; 404 where it has none."""
        self.requests.append(path)
        for end, answers in self.answers.items():
            if path.endswith(end):
                return answers.pop(0) if len(answers) > 1 else answers[0]
        return (200, __version__) if path.endswith("/version") else (404, {"detail": "no such"})


@contextmanager
def prefect_api(answers: dict[str, list[Answer]]) -> Iterator[Script]:
    """Serve the answers until the block ends."""
    script = Script(answers)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            status, content = script.answer(self.path)
            body = json.dumps(content).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.send_header("Content-Type", "application/json")
            self.end_headers()
            self.wfile.write(body)

        def do_GET(self) -> None:
            self.do_POST()

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    script.url = f"http://127.0.0.1:{server.server_port}/api"
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield script
    finally:
        server.shutdown()
        server.server_close()
