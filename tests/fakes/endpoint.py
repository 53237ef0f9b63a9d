"""A small OpenAI-compatible endpoint that behaves as it is told, and remembers who asked what."""

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class Reply:
    """What the endpoint does with one request."""

    content: str = ""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    body: str | None = None
    """Instead of a chat completion."""
    seconds: float = 0.0
    """Before the first byte."""
    drip: float = 0.0
    """Between two bytes."""
    cut: bool = False
    """Whether the connection ends in the middle of the body."""
    finish: str = "stop"


@dataclass
class Endpoint:
    """Where it listens, and what it saw."""

    url: str = ""
    asked: list[dict[str, Any]] = field(default_factory=list)
    keys: list[str] = field(default_factory=list)
    times: list[float] = field(default_factory=list)
    at_once: int = 0
    most_at_once: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)


@contextmanager
def endpoint(behaviour: Callable[[dict[str, Any], int], Reply]) -> Iterator[Endpoint]:
    """Serve until the block ends; ``behaviour`` gets the request and how many came before it."""
    seen = Endpoint()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            with seen.lock:
                number = len(seen.asked)
                seen.asked.append(body)
                seen.keys.append(self.headers.get("Authorization", ""))
                seen.times.append(time.monotonic())
                seen.at_once += 1
                seen.most_at_once = max(seen.most_at_once, seen.at_once)
            try:
                self._reply(behaviour(body, number))
            except OSError:
                pass  # The other side has hung up, which is what it should do.
            finally:
                with seen.lock:
                    seen.at_once -= 1

        def _reply(self, reply: Reply) -> None:
            time.sleep(reply.seconds)
            message = {"role": "assistant", "content": reply.content}
            completion = {
                "choices": [{"message": message, "finish_reason": reply.finish}],
                "usage": {"prompt_tokens": 100, "completion_tokens": 20},
            }
            data = (json.dumps(completion) if reply.body is None else reply.body).encode()
            self.send_response(reply.status)
            for name, value in reply.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            if reply.drip:
                for place in range(len(data)):
                    self.wfile.write(data[place : place + 1])
                    time.sleep(reply.drip)
                return
            self.wfile.write(data[: len(data) // 2] if reply.cut else data)
            self.close_connection = self.close_connection or reply.cut

        def log_message(self, format: str, *args: Any) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        seen.url = f"http://127.0.0.1:{server.server_address[1]}/v1"
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        try:
            yield seen
        finally:
            server.shutdown()
            thread.join()
