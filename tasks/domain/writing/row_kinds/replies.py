"""What the server answers to the calls of all rows: really, from the book, or made up."""

import random
from contextlib import suppress
from dataclasses import dataclass, field

from tasks.domain.conversations import Split
from tasks.domain.errors import CallFailed
from tasks.domain.products import Tool, ToolResult
from tasks.domain.prompting.results import failed
from tasks.domain.toolcalls import ToolCall
from tasks.domain.writing.answered import Answered
from tasks.domain.writing.book.drawing import Book
from tasks.domain.writing.book.printing import printed
from tasks.domain.writing.harvest import Execute
from tasks.domain.writing.phrasing.requests import Request
from tasks.domain.writing.phrasing.wording import Wording
from tasks.domain.writing.simulation import answer_form, simulate, simulate_error

REFUSALS = 12
"""Errors to plausible values, with no answer before, until a tool's results are made up."""

Failure = tuple[Request, ToolCall, ToolResult]


@dataclass
class Replies:
    """Executes calls, and remembers which tools refuse them."""

    execute: Execute
    book: Book
    notes: list[str]
    accepted: dict[str, int] = field(default_factory=dict)
    refused: dict[str, int] = field(default_factory=dict)
    failures: dict[tuple[str, Split], list[Failure]] = field(default_factory=dict)
    """Calls that the server refused while other rows were written, by tool and split."""

    def of(self, wording: Wording, call: ToolCall, rng: random.Random) -> Answered | None:
        """The answer to a call; None where nobody knows one.

        Where the server cannot be asked, or has refused everything, the book's results are taken.
        Without a book an answer is made up for a tool that says what its answers look like.
        """
        name = call.name
        if not self.accepted.get(name) and self.refused.get(name, 0) >= REFUSALS:
            return self._made_up(wording, call, rng)
        try:
            result = self.execute(call)
        except CallFailed as error:
            self._refused(name, str(error))
            return self._made_up(wording, call, rng)
        if result.simulated and not self._may_be_made_up(wording.tool):
            return printed(self.book, call, rng)
        if failed(result):
            self._refused(name, result.text)
        else:
            self.accepted[name] = self.accepted.get(name, 0) + 1
        return Answered(result)

    def _refused(self, name: str, reason: str) -> None:
        self.refused[name] = self.refused.get(name, 0) + 1
        if self.refused[name] == REFUSALS and not self.accepted.get(name):
            self.notes.append(
                f"{name}: {REFUSALS} plausible calls got only errors, the last "
                f"{reason[:120]!r}; its results are simulated. Give the server values in its "
                "profile"
            )

    def failure(
        self, wording: Wording, call: ToolCall, rng: random.Random, *, is_provoked: bool
    ) -> Answered:
        """A failure of a call: the server's own where the call has a value that does not exist."""
        if wording.tool.read_only and is_provoked:
            with suppress(CallFailed):  # no answer in time is none that a row could show
                result = self.execute(call)
                if failed(result):
                    return Answered(result)
        book_answer = printed(self.book, call, rng, error=True)
        if book_answer is not None:
            return book_answer
        return Answered(simulate_error(wording.tool, call, rng.randrange(2**32)))

    def _made_up(self, wording: Wording, call: ToolCall, rng: random.Random) -> Answered | None:
        if not self._may_be_made_up(wording.tool):
            return printed(self.book, call, rng)
        return Answered(simulate(wording.tool, call, rng.randrange(2**32)))

    def _may_be_made_up(self, tool: Tool) -> bool:
        return not self.book.speaks_for(tool.name) and answer_form(tool) is not None
