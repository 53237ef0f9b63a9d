"""From the probabilities of an answer's tokens to what they say of the answer as a whole."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from tasks.domain.products import Signals
from tasks.domain.products.confidence import LEAST
from tasks.domain.toolcalls import OPEN, Span, parts_of

_DIGITS = 4
"""Of a logarithm that is kept: what differs behind them is rounding."""
_OPEN = OPEN.encode()


@dataclass(frozen=True)
class AnswerToken:
    """One token of an answer, and the likeliest ones in its place, with their log-probabilities."""

    piece: bytes
    logprob: float
    likeliest: Sequence[tuple[bytes, float]]


def signals_of(text: str, tokens: Sequence[AnswerToken]) -> Signals | None:
    """What the tokens of an answer say of it; None where it says nothing behind its thought."""
    # A token may end inside a character, so that places are counted in bytes.
    parts = parts_of(text.encode().decode("latin-1"))
    places = [place for place in _places(tokens) if place[1] > parts.begin]
    if not places:
        return None
    (_, _, first), *rest = places
    calling = _probability_of_a_call(first)
    if not parts.calls:
        return Signals(is_call=False, decision=_log(1 - calling))
    names = [token for start, end, token in rest if _meets(start, end, parts.names)]
    others = [
        token
        for start, end, token in rest
        if _meets(start, end, parts.calls) and not _meets(start, end, parts.names)
    ]
    return Signals(
        is_call=True,
        decision=_log(calling),
        name=_together(names),
        arguments=_together(others),
    )


def _places(tokens: Sequence[AnswerToken]) -> Iterator[tuple[int, int, AnswerToken]]:
    end = 0
    for token in tokens:
        start, end = end, end + len(token.piece)
        yield start, end, token


def _meets(start: int, end: int, spans: Sequence[Span]) -> bool:
    return any(start < stop and begin < end for begin, stop in spans)


def _probability_of_a_call(first: AnswerToken) -> float:
    """Of all tokens that begin a call: a tag may begin in several ways."""
    shares = (math.exp(logprob) for piece, logprob in first.likeliest if _begins_call(piece))
    return sum(shares)


def _begins_call(piece: bytes) -> bool:
    bare = piece.strip()
    return bool(bare) and (_OPEN.startswith(bare) or bare.startswith(_OPEN))


def _log(probability: float) -> float:
    return round(math.log(min(max(probability, LEAST), 1.0)), _DIGITS)


def _together(tokens: Sequence[AnswerToken]) -> float:
    return min(0.0, round(sum(token.logprob for token in tokens), _DIGITS))
