"""The model that writes phrasebooks: where it is, how much it writes, what it may cost."""

from pathlib import Path
from typing import Any, Literal, Self

from pydantic import Field, model_validator

from profiles.section import Section


class PhrasebookPlan(Section):
    """How many lines a teacher is asked for. A question brings 10 to 30 lines, or it ends early."""

    requests: int = Field(default=30, ge=1, le=60)
    """Per tool; a third may be thrown out before a book has too few."""
    clarifying: int = Field(default=5, ge=0, le=20)
    """Requests that lack a value, per tool that requires one."""
    values: int = Field(default=12, ge=0, le=40)
    """Per parameter that takes free text."""
    results: int = Field(default=4, ge=0, le=20)
    """Per tool, one of them a failure."""
    calls: int = Field(default=12, ge=0, le=40)
    """Requests of several calls: so many at once and so many one after the other, per group."""
    group: int = Field(default=20, ge=2)
    """Tools that one question for requests of several calls is about."""
    unsupported: int = Field(default=20, ge=0, le=60)
    """Requests that no tool meets, per theme; there are three."""
    chat: int = Field(default=15, ge=0, le=60)
    """Requests that need no tool, per theme; there are two."""
    readings: int = Field(default=30, ge=1, le=100)
    """Requests that the reader is shown at once."""


USUAL_PRICES = (0.25, 2.0)
"""Of a million tokens (in, out), for an estimate where no teacher is planned: a hosted model of
middle size, as in docs/teacher.md."""
USUAL_CONCURRENCY = 8


class TeacherPlan(Section):
    """The model that writes phrasebooks, and what it may cost."""

    endpoint: str = ""
    """The base address of an OpenAI-compatible endpoint: ``https://api.openai.com/v1``."""
    gguf: str = ""
    """Instead of an endpoint: a GGUF file that is served here while rows are written."""
    model: str
    """The name that the endpoint knows the model by."""
    licence: str = "not stated"
    """What the model's makers allow to do with its texts; it stands on the dataset's card."""
    key_variable: str = ""
    """The environment variable that holds the key."""
    key_secret: str = ""
    """Instead of a variable: the name of a Prefect Secret block."""
    lines: PhrasebookPlan = PhrasebookPlan()
    """How much it writes; ``[teacher.lines]``."""
    reader: str = ""
    """The model at the same place that reads what was written; empty: the same model."""
    language: Literal["en", "de", "fr", "es", "it", "pt", "nl"] = "en"
    temperature: float = Field(default=0.9, ge=0, le=2)
    concurrency: int = Field(default=USUAL_CONCURRENCY, ge=1, le=64)
    attempts: int = Field(default=4, ge=1)
    backoff_seconds: float = Field(default=1.0, ge=0)
    """The wait before the second attempt; it doubles with each."""
    longest_wait_seconds: float = Field(default=60.0, ge=0)
    """Of one wait; an endpoint that asks for more is not asked that question again."""
    timeout_seconds: float = Field(default=180.0, gt=0)
    """Of one attempt as a whole."""
    max_answer_tokens: int = Field(default=6000, ge=16)
    max_tokens: int = Field(default=2_000_000, ge=1)
    """Of all questions and answers of a run."""
    price_per_million_in: float = Field(default=0.0, ge=0)
    price_per_million_out: float = Field(default=0.0, ge=0)
    max_money: float = Field(default=0.0, ge=0)
    """In the currency of the prices."""

    @model_validator(mode="before")
    @classmethod
    def _no_rows(cls, value: Any) -> Any:
        if isinstance(value, dict) and "share" in value:
            raise ValueError(
                "'share' is not read any more: a teacher writes a phrasebook, not rows; remove it "
                "(data.phrasebook_share says how many rows come from the book)"
            )
        return value

    @model_validator(mode="after")
    def _one_place(self) -> Self:
        if bool(self.endpoint) == bool(self.gguf):
            number = "both" if self.gguf else "neither"
            raise ValueError(f"needs exactly one of endpoint and gguf, found {number}")
        if self.key_variable and self.key_secret:
            raise ValueError("needs at most one of key_variable and key_secret, found both")
        return self

    @property
    def place(self) -> str:
        """Where it answers, for messages."""
        return self.endpoint or self.gguf

    @property
    def source(self) -> str:
        """What its answers are kept under: the endpoint, or a file's name, wherever it lies."""
        return self.endpoint or Path(self.gguf).name
