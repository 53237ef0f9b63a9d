"""One turn of a person's row in one form, whatever tool wrote it."""

from dataclasses import dataclass
from typing import Literal

from tasks.domain.writing.own.calls import OwnCall


@dataclass(frozen=True)
class OwnTurn:
    """One turn; of a tool, one result."""

    role: Literal["system", "user", "assistant", "tool"]
    text: str = ""
    thought: str = ""
    calls: tuple[OwnCall, ...] = ()
    is_learned: bool = True
    answers: tuple[str, str] = ("", "")
    """The id of the call whose result it is, and its tool's name."""
    changes: tuple[str, ...] = ()
    """What of it was left out, for the notes."""
