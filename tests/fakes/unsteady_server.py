"""A small stdio server whose tools stand in a file, and which fails at a moment drawn from a seed.

``python unsteady_server.py TOOLS.json FAULT SEED``; the file is read at each listing, so that it
may change while the server runs. Faults: none, exits, hangs, wrong, refuses.
"""

import json
import random
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

FAULTS = ("none", "exits", "hangs", "wrong", "refuses")
_LATEST_CALL = 12
"""The call at which a server fails is drawn from the first so many."""


class Server:
    """Answers messages, until its moment has come."""

    def __init__(self, tools_file: Path, fault: str, seed: str) -> None:
        self._tools_file, self._fault = tools_file, fault
        self._calls_left = random.Random(f"{seed}/{fault}").randrange(1, _LATEST_CALL + 1)
        # Half of the starts of one that refuses: whoever asks again may be luckier.
        self._refuses = fault == "refuses" and random.random() < 0.5

    def serve(self) -> None:
        """Answer each line of stdin until it closes."""
        answers: dict[str, Callable[[dict[str, Any]], dict[str, Any]]] = {
            "initialize": self._initialize,
            "tools/list": self._list,
            "tools/call": self._call,
        }
        for line in sys.stdin:
            message = json.loads(line)
            answer = answers.get(message["method"], _unknown)(message.get("params") or {})
            if "id" in message and answer:
                text = json.dumps({"jsonrpc": "2.0", "id": message["id"], **answer})
                sys.stdout.write(f"{text}\n")
                sys.stdout.flush()

    def _initialize(self, parameters: dict[str, Any]) -> dict[str, Any]:
        if self._refuses:
            sys.exit("the database of this server is away")
        return {
            "result": {
                "protocolVersion": parameters["protocolVersion"],
                "capabilities": {"tools": {}},
                "serverInfo": {"name": "unsteady", "version": "1.0"},
            }
        }

    def _list(self, _: dict[str, Any]) -> dict[str, Any]:
        return {"result": {"tools": json.loads(self._tools_file.read_text(encoding="utf-8"))}}

    def _call(self, parameters: dict[str, Any]) -> dict[str, Any]:
        self._calls_left -= 1
        if self._calls_left == 0 and self._fault == "exits":
            sys.exit("segmentation fault")
        if self._calls_left == 0 and self._fault == "hangs":
            time.sleep(3600)
        if self._calls_left <= 0 and self._fault == "wrong":
            return {"result": {"content": [{"type": "smell"}]}}
        arguments = ", ".join(str(value) for value in parameters["arguments"].values())
        text = f"{parameters['name']}: 12:30 ({arguments})"
        return {"result": {"content": [{"type": "text", "text": text}]}}


def _unknown(_: dict[str, Any]) -> dict[str, Any]:
    return {"error": {"code": -32601, "message": "Method not found"}}


if __name__ == "__main__":
    Server(Path(sys.argv[1]), *sys.argv[2:4]).serve()
