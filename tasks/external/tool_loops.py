"""Take prompts through the whole loop: the model's calls are executed until its final answer."""

from collections.abc import Iterator, Sequence

from tasks.domain.conversations import Row
from tasks.domain.evaluation import scoring
from tasks.domain.evaluation.evaluation_set import after_calls
from tasks.domain.products import LoopCase
from tasks.domain.prompting.results import cap
from tasks.domain.toolcalls import faults, parse
from tasks.external.servers import Execute, result_of
from tasks.external.student import Student


def run_loops(
    begun: Sequence[tuple[Row, str | None]], model: Student, execute: Execute, max_result_chars: int
) -> Iterator[LoopCase]:
    """One after the other: servers are not made for several users."""
    for row, first in begun:
        yield _loop(row, first, model, execute, max_result_chars)


def _loop(
    row: Row, first: str | None, model: Student, execute: Execute, max_result_chars: int
) -> LoopCase:
    """Go on from a first answer: execute its calls, feed results back, until the final answer."""
    messages, text = row.prompt, first
    rounds: list[scoring.Round] = []
    for expected in row.call_turns:
        if text is None:
            break
        answer = parse(text)
        unfit = [fault for call in answer.calls for fault in faults(call, row.tools)]
        if len(answer.calls) != len(expected) or unfit:
            break
        outcomes = [result_of(execute, call) for call in answer.calls]
        results = tuple(result for result, _ in outcomes)
        executed = all(came_back for _, came_back in outcomes)
        rounds.append(scoring.Round(text=text, results=results, executed=executed))
        texts = [cap(result.text, max_result_chars) for result in results]
        messages = after_calls(messages, answer.text, answer.calls, texts)
        text = model.answer(messages, row.listed).answer
    return scoring.judge_loop(row, rounds, text)
