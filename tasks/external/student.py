"""Ask a served model for one raw completion, with the template that its own file carries.

Raw completions are scored, not the server's tool endpoint: with a grammar the server repairs calls
that the model got wrong.
"""

import json
import time
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol

import httpx

from tasks.domain import Frozen
from tasks.domain.conversations import Message
from tasks.domain.errors import ExportFailed, RequestRefused
from tasks.domain.evaluation.signals import AnswerToken, signals_of
from tasks.domain.products import Signals
from tasks.domain.toolcalls import OPEN as CALL_TAG
from tasks.domain.toolcalls import is_inside_thought
from tasks.domain.training.sizes import LEAST_CONTEXT
from tasks.domain.untrusted.control_tokens import ControlTokens
from tasks.external.llama_cpp import served, slots

_LIKELIEST = 10
"""Tokens in an answer's first place whose probabilities are asked for: a call begins with one of
few, and what is not among ten is no close decision."""
_READ_A_SECOND, _WRITTEN_A_SECOND = 5, 1
"""Tokens: below what a model of 8B does on two old CPU cores (6 and 1.4)."""


def answer_seconds(context: int, max_tokens: int, at_once: int = 1) -> float:
    """How long an answer may take before its server counts as gone: a slow CPU's whole context.

    ``at_once``: answers that share a CPU. A named server with several slots has a GPU, where the
    time of one is enough for all of them.
    """
    return at_once * (context / _READ_A_SECOND + max_tokens / _WRITTEN_A_SECOND)


class Prompted(Protocol):
    """What a model can be asked: a row, or a question of other people's."""

    @property
    def prompt(self) -> Sequence[Message]:
        """The turns before the answer."""

    @property
    def listed(self) -> Sequence[dict[str, Any]]:
        """The tools that the prompt lists."""


class Completion(Frozen):
    """One raw answer."""

    text: str
    seconds: float
    cut: bool
    """Whether it was ended by the token limit instead of by the model."""
    is_cut_thought: bool = False
    """Whether the limit came before the end of a thought, so that no answer was begun."""
    prompt_tokens: int = 0
    answer_tokens: int = 0
    signals: Signals | None = None
    """How sure the model was; None where it said nothing, or the server gives no probabilities."""

    @property
    def answer(self) -> str | None:
        """The text as it is scored; None where there is none, because the thought was cut off."""
        return None if self.is_cut_thought else self.text


class Student:
    """A model behind a llama.cpp server, asked greedily.

    ``at_once`` requests are under way together where many are asked. Each answer is that of its
    prompt alone, but for rounding: a batch of other prompts beside it adds up in another order, so
    two words of equal weight may change places.
    """

    def __init__(
        self, client: httpx.Client, stop: Sequence[str], max_tokens: int, at_once: int = 1
    ) -> None:
        self.at_once = at_once
        self._client = client
        self._stop = list(stop)
        self._max_tokens = max_tokens

    def prompt(self, messages: Sequence[Message], tools: Sequence[dict[str, Any]]) -> str:
        """The text that the model reads, rendered by llama.cpp from the file's template."""
        body = {"messages": [m.as_dict() for m in messages], "tools": list(tools)}
        escaped = self._control(json.dumps(body, ensure_ascii=False)).escape(body)
        return str(self._post("/apply-template", escaped)["prompt"])

    def answer(
        self, messages: Sequence[Message], tools: Sequence[dict[str, Any]], *, may_call: bool = True
    ) -> Completion:
        """What the model says next; unless it ``may_call``, no call's tag begins."""
        start = time.monotonic()
        prompt = self.prompt(messages, tools)
        banned = [] if may_call else self.tokens(CALL_TAG)[:1]
        reply = self._complete(
            prompt,
            n_predict=self._max_tokens,
            n_probs=_LIKELIEST,
            logit_bias=[[token, False] for token in banned],
        )
        text, is_cut = str(reply["content"]), reply.get("stop_type") == "limit"
        return Completion(
            text=text,
            seconds=time.monotonic() - start,
            cut=is_cut,
            is_cut_thought=is_cut and is_inside_thought(prompt, text),
            prompt_tokens=reply.get("tokens_evaluated", 0),
            answer_tokens=reply.get("tokens_predicted", 0),
            signals=signals_of(text, _tokens(reply)),
        )

    def prompt_tokens(
        self, messages: Sequence[Message], tools: Sequence[dict[str, Any]]
    ) -> list[int]:
        """The tokens that ``answer`` goes on from: with the one that llama.cpp adds by itself."""
        body = {
            "content": self.prompt(messages, tools),
            "add_special": True,
            "parse_special": True,
        }
        return list(self._post("/tokenize", body)["tokens"])

    def answers(self, rows: Iterable[Prompted]) -> Iterator[Completion]:
        """What the model says to each prompt, in their order, as soon as it is there."""
        if self.at_once == 1:
            # Without a thread nothing is asked before the answer in front of it was taken.
            yield from (self.answer(row.prompt, row.listed) for row in rows)
            return
        with ThreadPoolExecutor(self.at_once) as pool:
            yield from pool.map(lambda row: self.answer(row.prompt, row.listed), rows)

    def continued(
        self, prompt: str, schema: dict[str, Any] | None = None, max_tokens: int = 0
    ) -> str:
        """What the model goes on with behind a rendered prompt: JSON of ``schema``, if given.

        A llama.cpp that cannot express the schema refuses it, or ignores it, as builds do that have
        llguidance.

        Raises:
            RequestRefused: it refuses.
            ExportFailed: it does not answer.
        """
        constraint = {} if schema is None else {"json_schema": schema}
        reply = self._complete(prompt, n_predict=max_tokens or self._max_tokens, **constraint)
        return str(reply["content"])

    def tokens(self, text: str) -> list[int]:
        """The tokens that llama.cpp makes of a text."""
        return list(self._post("/tokenize", {"content": text, "parse_special": True})["tokens"])

    def _complete(self, prompt: str, **options: Any) -> dict[str, Any]:
        """llama.cpp's reply to a rendered prompt, decoded greedily."""
        greedy = {"temperature": 0, "stop": self._stop, "cache_prompt": True}
        reply: dict[str, Any] = self._post("/completion", {"prompt": prompt, **greedy, **options})
        return reply

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
            body_text = " ".join(response.text.split())[:200]
            kind = RequestRefused if response.status_code == 400 else ExportFailed
            raise kind(f"llama.cpp refuses {path} with {response.status_code}: {body_text}")
        return response.json()


def _tokens(reply: dict[str, Any]) -> list[AnswerToken]:
    """The answer's tokens with their log-probabilities, before temperature and any other sampler.

    None where the server is of before December 2024, when they had other names.
    """
    tokens = reply.get("completion_probabilities", [])
    return [
        AnswerToken(
            _piece(token),
            token["logprob"],
            [(bytes(other["bytes"]), other["logprob"]) for other in token["top_logprobs"]],
        )
        for token in tokens
        if "logprob" in token
    ]


def _piece(token: dict[str, Any]) -> bytes:
    """A token's own text.

    Where it could begin one of the texts that end an answer, as the ``<`` of a call's tag could
    begin ``<|im_end|>``, llama.cpp waits and hands it out with the next token, but for the list of
    the likeliest ones, of which a greedy answer's is one.
    """
    own = (other for other in token["top_logprobs"] if other["id"] == token["id"])
    return bytes(next(own, token)["bytes"])


@contextmanager
def student(
    gguf: Path,
    stop: Sequence[str],
    max_tokens: int,
    context: int = LEAST_CONTEXT,
    at_once: int = 1,
) -> Iterator[Student]:
    """Serve a GGUF file and talk to it; ``context`` and ``max_tokens`` are tokens.

    ``at_once``: prompts that a CPU answers side by side; one where an answer's seconds matter.

    Raises:
        ExportFailed: llama.cpp cannot load the file, or does not answer.
    """
    longest = answer_seconds(context, max_tokens, at_once)
    with (
        served(gguf, context, at_once) as url,
        httpx.Client(base_url=url, timeout=longest, trust_env=False) as client,
    ):
        yield Student(client, stop, max_tokens, slots(at_once))
