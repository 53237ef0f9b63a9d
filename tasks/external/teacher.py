"""The model that writes and reads phrasebooks: any OpenAI-compatible endpoint, asked over HTTP.

What it costs is bounded before it is spent, an answer that was paid for is kept in a file, and its
key stands in one header and nowhere else.
"""

import json
import random
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from email.utils import parsedate_to_datetime
from pathlib import Path
from threading import Condition
from typing import Any

import httpx

from profiles import TeacherPlan
from tasks.domain import Frozen
from tasks.domain.conversations import fingerprint
from tasks.domain.errors import TeacherFailed
from tasks.domain.writing.teaching.questions import Request
from tasks.external.kept_answers import keep, read_kept
from tasks.external.llama_cpp import served

_AGAIN = frozenset({408, 409, 425, 429})
"""States that may be gone at the next attempt; all others are the request's own fault."""
_OF_SERVERS = 500
"""This status and those above are a server's own fault, and may be gone too."""
_LIMIT = "max_tokens"
_MAY_BE_REFUSED = (_LIMIT, "temperature")
"""What OpenAI's reasoning models do not take."""
_UNSENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)
"""Failures before a question has left."""
NO_BUDGET = "the budget is spent"
"""Why a question was not asked."""
_LARGEST = 1_000_000
"""Bytes of an answer that are read at most."""
_CONTEXT = 16_384
"""Tokens of context of a GGUF file that we serve: a question about 20 tools has about 6000."""
_PER_TOKEN = 3
"""Characters of a token at least, as an estimate before the endpoint has counted."""


class Answer(Frozen):
    """What came for one question: a text, or why there is none."""

    content: str = ""
    reason: str = ""
    tokens_in: int = 0
    tokens_out: int = 0
    is_paid: bool = False
    """Whether the endpoint answered, with whatever text."""
    is_old: bool = False
    """Whether it was paid for in an earlier run."""
    most_tokens: int = 0
    """How long it might have been; one that was cut is asked for again where more are allowed."""


Over = Callable[[Iterable[Answer], int], Iterable[Answer]]
"""Hands answers on as they come, counted: (answers, how many there will be)."""


def _uncounted(answers: Iterable[Answer], total: int) -> Iterable[Answer]:
    del total
    return answers


class Budget:
    """What may be spent; an estimate is put aside before each question and settled after it."""

    def __init__(self, plan: TeacherPlan) -> None:
        self._plan = plan
        self._settled = Condition()
        self._reserved: tuple[int, int] = (0, 0)
        self.spent_tokens: tuple[int, int] = (0, 0)
        """Tokens (in, out)."""

    @property
    def money(self) -> float:
        """What was spent, in the currency of the plan's prices."""
        return self._cost(self.spent_tokens)

    def reserve(self, tokens: tuple[int, int]) -> bool:
        """Put tokens (in, out) aside; False when the budget does not hold them.

        Where only questions that are under way stand against it, their answers are waited for: most
        take a part of what is put aside.
        """
        with self._settled:
            while self._holds(_sum(self.spent_tokens, tokens)):
                if self._holds(_sum(_sum(self.spent_tokens, self._reserved), tokens)):
                    self._reserved = _sum(self._reserved, tokens)
                    return True
                self._settled.wait()
            return False

    def settle(self, reserved: tuple[int, int], tokens: tuple[int, int]) -> None:
        """Give back what was put aside, and count what was really spent."""
        with self._settled:
            self._reserved = (self._reserved[0] - reserved[0], self._reserved[1] - reserved[1])
            self.spent_tokens = _sum(self.spent_tokens, tokens)
            self._settled.notify_all()

    def _holds(self, tokens: tuple[int, int]) -> bool:
        return sum(tokens) <= self._plan.max_tokens and self._cost(tokens) <= self._plan.max_money

    def _cost(self, tokens: tuple[int, int]) -> float:
        plan = self._plan
        return (
            tokens[0] * plan.price_per_million_in + tokens[1] * plan.price_per_million_out
        ) / 1e6


class Teacher:
    """An endpoint with its plan; made by ``teacher``."""

    def __init__(self, client: httpx.Client, plan: TeacherPlan, key: str, cache: Path) -> None:
        self._client = client
        self._plan = plan
        self._key = key
        self._cache = cache
        self._refused_names: set[str] = set()
        """Parameters that the endpoint does not take of this model."""
        self.budget = Budget(plan)

    def ask(self, questions: Sequence[Request], over: Over = _uncounted) -> list[Answer]:
        """Answers in the order of the questions, ``concurrency`` of them asked at once.

        ``over`` sees each answer as it comes, with the number of questions.

        Raises:
            TeacherFailed: the endpoint refuses the key, the model or the request, or not one
                question was answered.
        """
        with ThreadPoolExecutor(self._plan.concurrency) as pool:
            try:
                answers = list(over(pool.map(self._answer, questions), len(questions)))
            except BaseException:
                # Requests that wait for their turn would still be asked, and paid for.
                pool.shutdown(wait=False, cancel_futures=True)
                raise
        failures = [answer.reason for answer in answers if answer.reason.startswith("no answer")]
        if failures and not any(answer.is_paid or answer.is_old for answer in answers):
            raise TeacherFailed(
                f"{self._plan.place}: none of {len(answers)} questions was answered: {failures[0]}"
            )
        return answers

    def _answer(self, question: Request) -> Answer:
        most = self._plan.max_answer_tokens
        asked_for = {"model": self._plan.model, **question}
        file = self._cache / f"{fingerprint([self._plan.source, asked_for])}.json"
        old_answer = read_kept(file, Answer)
        if old_answer and not (old_answer.reason and old_answer.most_tokens < most):
            return old_answer.model_copy(update={"is_old": True})
        estimate = (len(json.dumps(question)) // _PER_TOKEN, most)
        answer = self._asked_again({"max_tokens": most, **asked_for}, estimate)
        if answer.is_paid:
            keep(file, answer.model_copy(update={"most_tokens": most}))
        return answer

    def _asked_again(self, body: dict[str, Any], estimate: tuple[int, int]) -> Answer:
        reason, wait = "", 0.0
        for attempt in range(self._plan.attempts):
            if attempt:
                time.sleep(self._pause(attempt, wait))
            if not self.budget.reserve(estimate):
                return Answer(reason=NO_BUDGET)
            tokens = (0, 0)
            try:
                answer = _read(self._post(body), estimate)
                tokens = (answer.tokens_in, answer.tokens_out)
                return answer
            except _Busy as busy:
                reason, wait = busy.reason, busy.wait
                tokens = estimate if busy.may_cost else (0, 0)
            finally:
                self.budget.settle(estimate, tokens)
            if wait > self._plan.longest_wait_seconds:
                break
        return Answer(reason=f"no answer: {reason}")

    def _pause(self, attempt: int, least: float) -> float:
        # Half of it by chance, so that questions that failed at once do not return at once.
        step = self._plan.backoff_seconds * float(2 ** (attempt - 1)) * random.uniform(0.5, 1)
        return min(max(step, least), self._plan.longest_wait_seconds)

    def _post(self, body: dict[str, Any]) -> bytes:
        limit = time.monotonic() + self._plan.timeout_seconds
        sent = self._as_taken(body)
        headers = {"Authorization": f"Bearer {self._key}"} if self._key else {}
        try:
            with self._client.stream(
                "POST", "chat/completions", json=sent, headers=headers
            ) as response:
                data = _drained(response, limit)
        except httpx.HTTPError as error:
            reason = f"the connection broke ({type(error).__name__})"
            if isinstance(error, httpx.TimeoutException):
                reason = f"nothing within {self._plan.timeout_seconds:g} s"
            raise _Busy(reason, may_cost=not isinstance(error, _UNSENT)) from error
        if response.status_code in _AGAIN or response.status_code >= _OF_SERVERS:
            raise _Busy(f"status {response.status_code}", _retry_after(response))
        if response.status_code == 400 and (name := _refused_name(sent, data)):
            self._refused_names.add(name)
            return self._post(body)
        if response.status_code != 200:
            raise TeacherFailed(self._refusal(response.status_code, data))
        return data

    def _as_taken(self, body: dict[str, Any]) -> dict[str, Any]:
        """The body without what the model refuses; a limit of tokens has a newer name too."""
        sent = {name: value for name, value in body.items() if name not in self._refused_names}
        if _LIMIT in self._refused_names:
            sent["max_completion_tokens"] = body[_LIMIT]
        return sent

    def _refusal(self, status: int, data: bytes) -> str:
        # Some endpoints repeat the key, or part of it, when they refuse it.
        reply = "" if status in (401, 403) else data[:200].decode(errors="replace")
        if self._key:
            reply = reply.replace(self._key, "…")
        requirement = {
            401: "a valid key",
            403: "a key that may use it",
            404: f"the address of an OpenAI-compatible endpoint that has {self._plan.model!r}",
        }.get(status, "an endpoint that takes chat completions with response_format json_schema")
        quotation = f" ({' '.join(reply.split())})" if reply else ""
        return f"{self._plan.place} answered with status {status}{quotation}; needed {requirement}"


@contextmanager
def teacher(plan: TeacherPlan, key: str, cache: Path) -> Iterator[Teacher]:
    """Reach an endpoint, or serve the plan's GGUF file for as long as it is asked.

    Raises:
        ExportFailed: llama.cpp cannot load the file.
    """
    if plan.gguf:
        with served(Path(plan.gguf), _CONTEXT) as url, _client(f"{url}/v1", plan) as client:
            yield Teacher(client, plan, "", cache)
        return
    with _client(plan.endpoint, plan) as client:
        yield Teacher(client, plan, key, cache)


def _client(url: str, plan: TeacherPlan) -> httpx.Client:
    # A proxy that is set for the world must not see what goes to this machine.
    is_near = httpx.URL(url).host in ("127.0.0.1", "localhost", "::1")
    return httpx.Client(
        base_url=f"{url.rstrip('/')}/", timeout=plan.timeout_seconds, trust_env=not is_near
    )


def _refused_name(sent: dict[str, Any], data: bytes) -> str | None:
    """The parameter of a request that an endpoint's refusal speaks of, if we can do without it."""
    text = data.decode(errors="replace")
    return next((name for name in _MAY_BE_REFUSED if name in sent and name in text), None)


class _Busy(Exception):
    """An attempt failed and another one may not; ``wait`` is what the endpoint asked for.

    ``may_cost``: the endpoint had the question, so it may charge for an answer that never came.
    """

    def __init__(self, reason: str, wait: float = 0.0, *, may_cost: bool = False) -> None:
        super().__init__(reason)
        self.reason = reason
        self.wait = wait
        self.may_cost = may_cost


def _drained(response: httpx.Response, limit: float) -> bytes:
    """The whole body; a time-out between two bytes does not bound one that drips."""
    data = b""
    for chunk in response.iter_bytes():
        data += chunk
        if time.monotonic() > limit:
            raise httpx.ReadTimeout("too slow as a whole")
        if len(data) > _LARGEST:
            raise httpx.DecodingError("too long")
    return data


def _retry_after(response: httpx.Response) -> float:
    """Seconds that the endpoint asks to wait; 0 when it says nothing that can be read."""
    text = response.headers.get("retry-after", "")
    try:
        return max(float(text), 0.0)
    except ValueError:
        pass
    try:
        return max(parsedate_to_datetime(text).timestamp() - time.time(), 0.0)
    except ValueError:
        return 0.0


def _read(data: bytes, estimate: tuple[int, int]) -> Answer:
    """The answer in a chat completion."""
    try:
        value = json.loads(data)
        choice = value["choices"][0]
        content = choice["message"]["content"]
    except (ValueError, LookupError, TypeError) as error:
        raise _Busy("not a chat completion", may_cost=True) from error
    usage = value.get("usage")
    usage = usage if isinstance(usage, dict) else {}
    counted = tuple(usage.get(name) for name in ("prompt_tokens", "completion_tokens"))
    tokens = tuple(
        part if isinstance(part, int) else guess
        for part, guess in zip(counted, estimate, strict=True)
    )
    cut = "it was cut at the token limit" if choice.get("finish_reason") == "length" else ""
    text = content if isinstance(content, str) else ""
    return Answer(content=text, reason=cut, tokens_in=tokens[0], tokens_out=tokens[1], is_paid=True)


def _sum(left: tuple[int, int], right: tuple[int, int]) -> tuple[int, int]:
    return left[0] + right[0], left[1] + right[1]
