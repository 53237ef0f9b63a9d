"""What all sections of these files share: no unknown key, and faults as one line."""

import json
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError
from pydantic_core import ErrorDetails

UNREADABLE = (ValueError, RecursionError)
"""How a text is no TOML or JSON: by its grammar, its encoding, a number of thousands of digits, or
lists in lists."""
Quantization = Literal["f16", "q8_0", "q4_k_m", "q5_k_m"]


Name = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$")]
"""What files and folders are called by: it cannot leave a folder."""


def _as_json(value: Any) -> Any:
    try:
        json.dumps(value, allow_nan=False)
    except (TypeError, ValueError) as error:
        raise ValueError(f"{error}; needed a value of JSON (put dates in quotes)") from error
    return value


Json = Annotated[Any, AfterValidator(_as_json)]
"""A value of JSON: TOML has dates and infinities too, which no argument of a call can be."""
LARGEST_SEED = 2**32 - 1
"""What numpy and torch both take."""
Spawned = Annotated[str, Field(pattern=r"^[^\x00]*$")]
"""A text that a process can be given: it ends at a NUL."""


_MOST_CHARACTERS = 4000
"""Of a message's beginning, and of its end: what was found may be a key or a name of any length."""


def readable(message: str) -> str:
    """The message without its middle, where it is very long: it ends with what was needed."""
    if len(message) <= 2 * _MOST_CHARACTERS:
        return message
    return f"{message[:_MOST_CHARACTERS]}…{message[-_MOST_CHARACTERS:]}"


def beginning(text: str, most: int) -> str:
    """The first ``most`` characters of a text, marked where there are more."""
    return text if len(text) <= most else f"{text[:most]}…"


class ProfileError(ValueError):
    """A profile, model or server file is missing or says something that it may not say.

    The message is one line, whatever it names, and a very long one is cut.
    """

    def __init__(self, message: str) -> None:
        signs = (c if c.isprintable() else ascii(c)[1:-1] for c in readable(message))
        super().__init__("".join(signs))


class Section(BaseModel):
    """Only fields that are used: an unknown key is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid")


RENAMED = {
    "spoken_share": "paraphrase_share",
    "near_miss_share": "hard_negative_share",
    "several_share": "multiple_calls_share",
    "varied_lists_share": "list_augmentation_share",
    "typed_prompts": "test_prompts",
    "valid": "parse_rate",
    "schema_valid": "schema_validity",
    "right_tool": "tool_selection",
    "no_tool": "abstention",
}
"""Keys of version 0.1 and what they are called since."""


_MOST_FAULTS = 20
"""Faults in one message."""
_MOST_SAID = 300
"""Characters of what is said of one fault: its place may be a key of any length."""


def explain(error: ValidationError) -> str:
    """A validation error as one line: where, what is wrong."""
    texts = (
        ".".join(map(str, fault["loc"])) + ": " * bool(fault["loc"]) + _reason(fault)
        for fault in error.errors()[:_MOST_FAULTS]
    )
    # A key may hold line ends.
    return "; ".join(beginning(" ".join(text.split()), _MOST_SAID) for text in texts)


def _reason(fault: ErrorDetails) -> str:
    last = fault["loc"][-1] if fault["loc"] else ""
    if fault["type"] == "extra_forbidden" and last in RENAMED:
        return f"not a key any more; it is called {RENAMED[str(last)]} now"
    return fault["msg"].removeprefix("Value error, ")
