"""What kind of arguments a row asks for."""

from dataclasses import dataclass

from tasks.domain.conversations import Split

LISTED_SHARE = 0.5
"""Of the values that need not exist: those of a phrasebook; with others, copying is learned."""


@dataclass(frozen=True)
class DrawOptions:
    """How the arguments of one call are to be."""

    split: Split = "train"
    optional: float = 0.4
    """The chance that an optional parameter is given; less where a tool has many, below 1."""
    unusual: bool = False
    unknown: str | None = None
    """The parameter that gets a value which looks right and does not exist."""
    real: bool = False
    """Whether parameters take values that the server named, where it named some."""
    also: frozenset[str] = frozenset()
    """Optional parameters that are given in any case."""
    free: bool = False
    """Whether they may take values that exist nowhere, beside those that the operator gave."""
