"""The sentences that a request is put into. Training and held-out texts never share a family.

The most usual ones are trained: a model that has never met "give me …" is worse at it for nothing.
"""

from dataclasses import dataclass
from typing import Literal, NamedTuple

from tasks.domain.conversations import Split
from tasks.domain.writing.lexicon import Lexicon

_LEXICON = Lexicon("frames")

Form = Literal["do", "thing", "which", "inside", "done", "new"]
"""What a frame takes: a verb phrase, the thing asked for, a thing after 'what is', a thing that
holds what is asked for, a thing and what is to be done with it, or a thing that is to be made."""


@dataclass(frozen=True)
class Frame:
    """One way to say a request: {do} is "convert 14:30 …", {thing} "the current time in …"."""

    family: str
    form: Form
    text: str


class Question(NamedTuple):
    """Questions that people ask instead of commands."""

    asks_for: str
    """A pattern of the tool's name in words."""
    roles: tuple[str, ...]
    """The roles that the call's arguments must have, no more and no fewer."""
    texts: dict[Split, tuple[str, ...]]
    """{bare} is what {in} holds."""


def _frames(forms: dict[Form, dict[str, list[str]]]) -> tuple[Frame, ...]:
    return tuple(
        Frame(family, form, text)
        for form, families in forms.items()
        for family, texts in families.items()
        for text in texts
    )


FRAMES = {split: _frames(forms) for split, forms in _LEXICON.tables("frames").items()}

CONTEXTS = _LEXICON.lists("contexts")

AFTERS = _LEXICON.texts("afters")
"""What a person may add behind a request."""
REASONS = _LEXICON.texts("reasons")
"""Why a person asks."""

QUESTIONS = tuple(
    Question(
        asks_for=entry["asks_for"],
        roles=tuple(entry["roles"]),
        texts={"train": tuple(entry["train"]), "heldout": tuple(entry["heldout"])},
    )
    for entry in Lexicon("questions").entries("questions")
)
