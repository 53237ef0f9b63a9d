"""What the probabilities of single tokens say of a whole answer."""

import math

import pytest

from tasks.domain.evaluation.signals import AnswerToken, signals_of

CALL = '<tool_call>\n{"name": "get_time", "arguments": {"city": "Zürich"}}\n</tool_call>'


def tokens(pieces: dict[str, float], first: dict[str, float] | None = None) -> list[AnswerToken]:
    """Tokens by their text, each with its probability; ``first``: those in place of the first."""
    likeliest = [(piece.encode(), math.log(share)) for piece, share in (first or {}).items()]
    return [
        AnswerToken(piece.encode(), math.log(share), likeliest) for piece, share in pieces.items()
    ]


def test_a_call_is_as_sure_as_its_beginning_its_tools_name_and_its_arguments() -> None:
    answer = {
        "<": 0.5,
        'tool_call>\n{"name": "': 1.0,
        "get_": 0.5,
        'time"': 0.4,
        ', "arguments": {"city": "': 1.0,
        "Zürich": 0.25,
        '"}}\n</tool_call>': 1.0,
    }
    signals = signals_of(CALL, tokens(answer, {"<": 0.5, "<tool": 0.3, "I": 0.2}))
    assert signals is not None
    assert signals.is_call
    # A tag may begin in two ways, and both are a call.
    assert math.exp(signals.decision) == pytest.approx(0.8, abs=1e-3)
    assert math.exp(signals.name) == pytest.approx(0.2, abs=1e-3)
    assert math.exp(signals.arguments) == pytest.approx(0.25, abs=1e-3)
    assert signals.log_odds == pytest.approx(math.log(0.04 / 0.96), abs=1e-2)


def test_words_are_as_sure_as_it_is_that_no_call_begins_whatever_the_words() -> None:
    signals = signals_of(
        "Hello there", tokens({"Hello": 0.1, " there": 0.01}, {"H": 0.4, "<": 0.3})
    )
    assert signals is not None
    assert not signals.is_call
    assert math.exp(signals.decision) == pytest.approx(0.7, abs=1e-3)


def test_a_thought_before_the_answer_decides_nothing() -> None:
    thought = AnswerToken(b"\n</think>\n\n", math.log(0.1), [(b"<", math.log(0.9))])
    signals = signals_of(f"\n</think>\n\n{CALL}", [thought, *tokens({CALL: 0.9}, {"<": 0.6})])
    assert signals is not None
    assert math.exp(signals.decision) == pytest.approx(0.6, abs=1e-3)


def test_a_character_of_two_tokens_moves_no_later_place() -> None:
    head, tail = CALL.encode().split(b"\xc3\xbc")
    parts = [head, b"\xc3", b"\xbc", tail]
    signals = signals_of(CALL, [AnswerToken(part, -0.5, [(b"<", -0.1)]) for part in parts])
    assert signals is not None
    assert (signals.decision, signals.name, signals.arguments) == (-0.1, 0.0, -1.5)


def test_nothing_said_or_no_probabilities_say_nothing() -> None:
    assert signals_of("", []) is None
    assert signals_of("Hello", []) is None
