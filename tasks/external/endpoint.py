"""An endpoint like OpenAI's chat completions, on the loopback interface, for one bundle's model."""

import os
import signal
import socket
import threading
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import uvicorn
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response, StreamingResponse
from starlette.exceptions import HTTPException
from starlette.middleware.trustedhost import TrustedHostMiddleware

from profiles.section import beginning
from tasks.domain.bundle.dialogue import (
    Assurance,
    ChatRequest,
    Reply,
    Step,
    Usage,
    call_text,
    chunks,
    completion,
    conversation,
)
from tasks.domain.conversations import Message
from tasks.domain.errors import (
    ForgeError,
    MachineTooSmall,
    RequestRefused,
    UnusableData,
    UnusableTool,
)
from tasks.domain.toolcalls import ParsedAnswer
from tasks.domain.untrusted.printable import on_one_line
from tasks.external.agent import Agent, Allow, Speaker

Announce = Callable[[str], None]
_HOSTS = ["127.0.0.1", "localhost"]
_MOST_SHOWN = 100
"""Characters of a question in the log."""
_MOST_ANSWERED = 300
"""Characters of what came of it."""
_SERVED = "POST /v1/chat/completions, GET /v1/models and GET /health"


@dataclass(frozen=True)
class _Endpoint:
    speaker: Speaker
    acting: tuple[Agent, Allow] | None
    announce: Announce
    # An MCP server is not made for several users.
    one_by_one: threading.Lock = field(default_factory=threading.Lock)

    def answer(self, request: ChatRequest) -> dict[str, Any]:
        """One request, answered and logged."""
        started = time.monotonic()
        talk = conversation(request.messages, self.speaker.bundle.agent)
        if self.acting is not None and request.listed_tools is None:
            agent, allow = self.acting
            with self.one_by_one:
                reply, _ = agent.reply(talk, allow, lambda _: None)
            assurance = Assurance(confidence=reply.confidence, held_back=reply.is_held_back)
            words, steps = ParsedAnswer(text=reply.answer), reply.calls
            usage, is_cut = reply.usage, reply.is_cut
            summary = _summary(reply)
        else:
            answer = self.speaker.answer(talk, request.listed_tools)
            assurance = Assurance(confidence=answer.confidence, held_back=answer.is_held_back)
            end = answer.completion
            usage = Usage(prompt_tokens=end.prompt_tokens, completion_tokens=end.answer_tokens)
            words, steps, is_cut = request.part_of(answer.parsed), (), answer.is_cut
            summary = "; ".join(map(call_text, words.calls)) or on_one_line(words.text)
        finish = "length" if is_cut else "stop"
        response = self._completion(words, steps, finish, usage, assurance)
        seconds = time.monotonic() - started
        cut = beginning(summary, _MOST_ANSWERED)
        self.announce(f"{_clock()}  {seconds:5.1f} s  {_question(talk)}  →  {cut}{assurance.text}")
        return response

    def _completion(
        self,
        answer: ParsedAnswer,
        steps: tuple[Step, ...],
        finish: str,
        usage: Usage,
        assurance: Assurance,
    ) -> dict[str, Any]:
        head = {
            "id": f"chatcmpl-{uuid.uuid4().hex[:12]}",
            "created": int(time.time()),
            "model": self.speaker.bundle.agent.name,
        }
        return completion(answer, steps, finish, usage, assurance, **head)


def application(
    speaker: Speaker, acting: tuple[Agent, Allow] | None, announce: Announce
) -> FastAPI:
    """The endpoint as an ASGI application; ``acting`` executes calls, None: the client does."""
    endpoint = _Endpoint(speaker, acting, announce)
    app = FastAPI(title=speaker.bundle.agent.name, docs_url=None, redoc_url=None)
    # A page in a browser could reach it under a name of its own that leads to this machine.
    app.add_middleware(TrustedHostMiddleware, allowed_hosts=_HOSTS)

    @app.post("/v1/chat/completions")
    def chat_completions(request: ChatRequest) -> Response:
        response = endpoint.answer(request)
        if request.stream:
            events = chunks(response, with_usage=request.wants_usage)
            return StreamingResponse(events, media_type="text/event-stream")
        return JSONResponse(response)

    @app.get("/v1/models")
    def list_models() -> dict[str, Any]:
        model = {"id": speaker.bundle.agent.name, "object": "model", "owned_by": "mcp-forge"}
        return {"object": "list", "data": [model]}

    @app.get("/health")
    def health() -> dict[str, str]:
        return {"status": "ok"}

    @app.exception_handler(ForgeError)
    def refuse(_: Request, error: ForgeError) -> JSONResponse:
        announce(f"{_clock()}  refused: {error}")
        is_clients = isinstance(error, (UnusableData, UnusableTool, RequestRefused))
        is_long = isinstance(error, RequestRefused) and _TOO_LONG in str(error)
        code = "context_length_exceeded" if is_long else None  # OpenAI's name for it
        return _refusal(400 if is_clients else 500, str(error), code)

    @app.exception_handler(RequestValidationError)
    def refuse_form(_: Request, error: RequestValidationError) -> JSONResponse:
        reason = "; ".join(map(_fault, error.errors()))
        announce(f"{_clock()}  refused: {reason}")
        return _refusal(400, reason)

    @app.exception_handler(HTTPException)
    def refuse_address(request: Request, error: HTTPException) -> JSONResponse:
        address = on_one_line(f"{request.method} {request.url.path}"[:_MOST_SHOWN])
        announce(f"{_clock()}  refused: {address}")
        return _refusal(error.status_code, f"{address} is not served; needed one of {_SERVED}")

    return app


def listen(port: int) -> socket.socket:
    """A port of 127.0.0.1 to serve on; 0 takes a free one.

    Raises:
        MachineTooSmall: the port is taken.
    """
    try:
        return socket.create_server(("127.0.0.1", port))
    except OSError as error:
        reason = os.strerror(error.errno or 0)
        raise MachineTooSmall(
            f"127.0.0.1:{port}: {reason}; needed a free port, as with --port 0"
        ) from error


def serve(
    speaker: Speaker,
    acting: tuple[Agent, Allow] | None,
    listener: socket.socket,
    announce: Announce,
) -> None:
    """Answer requests until Ctrl-C or SIGTERM; what is under way is answered first.

    Only in a process's main thread, which is where Python hears of signals.
    """
    # By itself uvicorn would end with its default, at once: the workspace of a server would stay.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    config = uvicorn.Config(
        application(speaker, acting, announce), log_level="warning", access_log=False
    )
    place = f"http://127.0.0.1:{listener.getsockname()[1]}/v1"
    announce(f"serving {speaker.bundle.agent.name} at {place}; Ctrl-C ends it")
    if speaker.warning:
        announce(speaker.warning)
    try:
        uvicorn.Server(config).run(sockets=[listener])
    except KeyboardInterrupt:
        announce("ended")


def _summary(reply: Reply) -> str:
    return "; ".join([*(step.call_text for step in reply.calls), on_one_line(reply.answer)])


def _question(talk: tuple[Message, ...]) -> str:
    return f'"{on_one_line(talk[-1].content[:_MOST_SHOWN])}"'


def _clock() -> str:
    return time.strftime("%H:%M:%S")


def _fault(fault: dict[str, Any]) -> str:
    """What is wrong with the body of a request, and where in it."""
    _, *place = fault["loc"]
    if fault["type"] == "json_invalid":
        return f"the body is not JSON: {fault['ctx']['error']} at character {place[0]}"
    return ": ".join(filter(None, [".".join(map(str, place)), fault["msg"]]))


_TOO_LONG = "exceed_context_size"
"""What llama.cpp's error says of such a request."""


def _refusal(status: int, text: str, code: str | None = None) -> JSONResponse:
    fault = {"message": text, "type": "invalid_request_error", "code": code, "param": None}
    return JSONResponse({"error": fault}, status)
