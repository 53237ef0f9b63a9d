"""A person at a terminal: what he is told, and what he is asked."""

import io
import sys
from collections.abc import Iterator
from dataclasses import dataclass

from tasks.domain.bundle.dialogue import Step, call_text
from tasks.domain.products import Tool
from tasks.domain.toolcalls import ToolCall
from tasks.domain.untrusted.printable import excerpt, printable


def say(text: str) -> None:
    """A line for the person at the shell."""
    sys.stdout.write(f"{printable(text)}\n")
    sys.stdout.flush()


def note(text: str) -> None:
    """A line beside the output: it is no part of what a program reads."""
    sys.stderr.write(f"{printable(text)}\n")


def is_attended() -> bool:
    """Whether somebody is there to answer."""
    return sys.stdin.isatty() and sys.stderr.isatty()


def agrees(question: str) -> bool:
    """Ask for yes or no; no where nobody is there."""
    if not is_attended():
        return False
    sys.stderr.write(f"{printable(question)} [y/N] ")
    sys.stderr.flush()
    return sys.stdin.readline().strip().lower() in ("y", "yes")


def lines(prompt: str) -> Iterator[str]:
    """What a person types, until Ctrl-D, or the lines of a file on standard input.

    Bytes of a file that are no UTF-8 become halves of characters, as in a command's arguments.
    """
    if is_attended():
        import readline  # noqa: F401 - earlier lines come back with the arrow keys
    elif isinstance(sys.stdin, io.TextIOWrapper):  # nothing of it was read yet: nobody was asked
        sys.stdin.reconfigure(errors="surrogateescape")
    while True:
        try:
            line = input(prompt if is_attended() else "").strip()
        except EOFError:
            if is_attended():
                note("")  # what comes next begins a line of its own
            return
        if line:
            yield line


@dataclass(frozen=True)
class Consent:
    """Who says whether something is started or called: a flag of the command, or the person."""

    trust: bool = False
    yes: bool = False

    def trusts(self, question: str) -> bool:
        """Whether a bundle's own server may be started."""
        return self.trust or agrees(f"{question}.\nStart it?")

    def allows(self, tool: Tool, call: ToolCall) -> bool:
        """Whether a call may be made: always where the server says that it changes nothing."""
        if self.yes or tool.read_only:
            return True
        if not is_attended():
            note(f"not called: {call_text(call)} may change something; --yes allows it")
        return agrees(f"  {call_text(call)}\n  may change something. Call it?")

    def allows_unattended(self, tool: Tool, _: ToolCall) -> bool:
        """As ``allows``, for requests that others send: nobody is asked."""
        return self.yes or tool.read_only


def show(step: Step) -> None:
    """A call and its result, as lines beside the answer."""
    outcome = "simulated" if step.simulated else "error" if step.is_error else "result"
    origin = outcome if step.executed else "not made"
    note(f"  call      {step.call_text}\n  {origin:9} {excerpt(step.result)}")
