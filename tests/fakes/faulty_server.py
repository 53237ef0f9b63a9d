"""A small stdio server that misbehaves in the way that its one argument names."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from typing import Any

MODE = sys.argv[1]
OBJECT = {"type": "object", "properties": {"city": {"type": "string"}}}
GOOD = {"name": "forecast", "description": "The weather of a city", "inputSchema": OBJECT}
LISTS: dict[str, list[Any]] = {
    "no-tools": [],
    "no-schema": [GOOD, {"name": "bare", "description": "No schema"}],
    "snake-schema": [GOOD, {"name": "bare", "input_schema": OBJECT}],
    "bad-schema": [GOOD, {"name": "odd", "inputSchema": {"type": "object", "required": "city"}}],
    "twice": [GOOD, GOOD],
    "slow-output": [
        {
            **GOOD,
            "outputSchema": {
                "type": "object",
                "properties": {"sky": {"type": "string", "pattern": r"^(?=x?)(a|a)*b\1$"}},
            },
        }
    ],
    "lost-output": [{**GOOD, "outputSchema": {"type": "object", "$ref": "http://127.0.0.1:9/x"}}],
    "output-schema": [{**GOOD, "outputSchema": {"type": "object", "required": ["degrees"]}}],
}
TEXT = {"type": "text", "text": "Sunny"}
IMAGE = {"type": "image", "mimeType": "image/png", "data": "AAAA"}
LINK = {"type": "resource_link", "name": "map", "uri": "file:///map.png"}
RESULTS: dict[str, dict[str, Any]] = {
    "is-error": {"content": [{"type": "text", "text": "no such city"}], "isError": True},
    "contents": {"content": [TEXT, IMAGE, LINK]},
    "structured": {"content": [], "structuredContent": {"degrees": 21}},
    "slow-output": {"content": [TEXT], "structuredContent": {"sky": "a" * 60 + "c"}},
    "lost-output": {"content": [TEXT], "structuredContent": {"sky": "clear"}},
    "bad-result": {"content": [{"type": "smell"}]},
}


def say(text: str) -> None:
    """Write one line to stdout, as a message or as junk."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def initialize(message: dict[str, Any]) -> dict[str, Any]:
    """Answer the handshake, or do not."""
    if MODE == "hang-initialize":
        time.sleep(600)
    if MODE == "malformed-initialize":
        return {"result": {"hello": "world"}}
    if MODE == "initialize-error":
        return {"error": {"code": -32603, "message": "no licence"}}
    version = message["params"]["protocolVersion"]
    info = {"name": "faulty", "version": "1.2"}
    return {
        "result": {"protocolVersion": version, "capabilities": {"tools": {}}, "serverInfo": info}
    }


def list_tools(message: dict[str, Any]) -> dict[str, Any]:
    """List one tool, or pages of them, or nonsense."""
    if MODE == "no-list":
        return unknown(message)
    page = int((message.get("params") or {}).get("cursor", 0))
    tools = [{**GOOD, "name": f"tool_{page}"}]
    if MODE == "pages":
        return {"result": {"tools": tools, "nextCursor": str(page + 1) if page < 2 else ""}}
    if MODE == "repeated-cursor":
        return {"result": {"tools": tools, "nextCursor": "1"}}
    if MODE == "endless-pages":
        return {"result": {"tools": tools, "nextCursor": str(page + 1)}}
    return {"result": {"tools": LISTS.get(MODE, [GOOD])}}


def call_tool(message: dict[str, Any]) -> dict[str, Any]:
    """Answer a call; the city ``Nowhere`` hangs or kills the server."""
    city = message["params"]["arguments"].get("city", "")
    if MODE == "die-in-call" and city == "Nowhere":
        sys.stderr.write("first words\n\nlost the   database\n")
        sys.exit(3)
    if MODE == "hang-in-call" and city == "Nowhere":
        return {}
    if MODE == "call-error":
        return {"error": {"code": -32000, "message": "the weather is closed"}}
    return {"result": RESULTS.get(MODE, {"content": [TEXT]})}


def unknown(_: dict[str, Any]) -> dict[str, Any]:
    """Refuse a method."""
    return {"error": {"code": -32601, "message": "Method not found"}}


ANSWERS = {"initialize": initialize, "tools/list": list_tools, "tools/call": call_tool}


def serve(lines: Iterator[str]) -> None:
    """Answer each message of stdin in turn."""
    for line in lines:
        message = json.loads(line)
        if MODE == "junk":
            say("Starting up...")
        if MODE == "die-on-discover" and message["method"] == "server/discover":
            sys.exit(1)
        answer = ANSWERS.get(message["method"], unknown)(message)
        if "id" in message and answer:
            say(json.dumps({"jsonrpc": "2.0", "id": message["id"], **answer}))


if __name__ == "__main__":
    if MODE == "exit-at-once":
        sys.exit("one\ntwo\nthree\nfour\nfive\nno API key")
    while MODE == "flood":
        say("y")
    if MODE == "not-utf-8":
        os.write(1, b"\xff\xfe\n")
    if MODE == "leaves-a-child":
        subprocess.Popen(["sleep", "600"], start_new_session=True, stdin=subprocess.DEVNULL)
    if MODE == "stubborn":
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
    serve(iter(sys.stdin))
    while MODE == "stubborn":
        time.sleep(1)
