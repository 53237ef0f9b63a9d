"""Ask a served model for one raw completion, with the template that its own file carries.

Raw completions are scored, not the server's tool endpoint: with a grammar the server repairs calls
that the model got wrong.
"""

import json
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
from pydantic import BaseModel, ConfigDict

from tasks.domain.control_tokens import ControlTokens
from tasks.domain.conversations import Message
from tasks.domain.errors import ExportFailed
from tasks.domain.sizes import LEAST_CONTEXT
from tasks.external.llama_cpp import served

_ANSWER_SECONDS = 300


class Completion(BaseModel):
    """One raw answer."""

    model_config = ConfigDict(frozen=True)

    text: str
    seconds: float
    cut: bool
    """Whether it was ended by the token limit instead of by the model."""


class Student:
    """A model behind a llama.cpp server, asked greedily."""

    def __init__(self, client: httpx.Client, stop: Sequence[str], max_tokens: int) -> None:
        self._client = client
        self._stop = list(stop)
        self._max_tokens = max_tokens

    def prompt(self, messages: Sequence[Message], tools: Sequence[dict[str, Any]]) -> str:
        """The text that the model reads, rendered by llama.cpp from the file's template."""
        body = {"messages": [m.as_dict() for m in messages], "tools": list(tools)}
        escaped = self._control(json.dumps(body, ensure_ascii=False)).escape(body)
        return str(self._post("/apply-template", escaped)["prompt"])

    def answer(self, messages: Sequence[Message], tools: Sequence[dict[str, Any]]) -> Completion:
        """What the model says next."""
        started = time.monotonic()
        body = {
            "prompt": self.prompt(messages, tools),
            "n_predict": self._max_tokens,
            "temperature": 0,
            "stop": self._stop,
            "cache_prompt": True,
        }
        said = self._post("/completion", body)
        return Completion(
            text=said["content"],
            seconds=time.monotonic() - started,
            cut=said.get("stop_type") == "limit",
        )

    def tokens(self, text: str) -> list[int]:
        """The tokens that llama.cpp makes of a text."""
        return list(self._post("/tokenize", {"content": text, "parse_special": True})["tokens"])

    def _control(self, text: str) -> ControlTokens:
        """The control tokens that llama.cpp would make of a text."""
        body = {"content": text, "with_pieces": True}
        with_control, as_text = (
            self._post("/tokenize", {**body, "parse_special": special})["tokens"]
            for special in (True, False)
        )
        text_ids = {token["id"] for token in as_text}
        pieces = (token["piece"] for token in with_control if token["id"] not in text_ids)
        return ControlTokens(piece for piece in pieces if isinstance(piece, str) and piece in text)

    def _post(self, path: str, body: dict[str, Any]) -> Any:
        try:
            response = self._client.post(path, json=body)
        except httpx.HTTPError as error:
            raise ExportFailed(f"llama.cpp does not answer {path}: {error!r}") from error
        if response.status_code != 200:
            said = " ".join(response.text.split())[:200]
            raise ExportFailed(f"llama.cpp refuses {path} with {response.status_code}: {said}")
        return response.json()


@contextmanager
def student(
    gguf: Path, stop: Sequence[str], max_tokens: int, context: int = LEAST_CONTEXT
) -> Iterator[Student]:
    """Serve a GGUF file and talk to it; ``context`` and ``max_tokens`` are tokens.

    Raises:
        ExportFailed: llama.cpp cannot load the file, or does not answer.
    """
    with (
        served(gguf, context) as url,
        httpx.Client(base_url=url, timeout=_ANSWER_SECONDS, trust_env=False) as client,
    ):
        yield Student(client, stop, max_tokens)
