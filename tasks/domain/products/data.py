"""Rows, and what the gate says of them."""

from pydantic import AliasChoices, Field

from tasks.domain.products.base import Product, StoredFile
from tasks.domain.products.prompts import ToolPrompt
from tasks.domain.training.memory import RowLengths


class Dataset(Product):
    """Rows for training and rows held out, not yet judged."""

    train: StoredFile
    heldout: StoredFile
    train_rows: int
    heldout_rows: int
    toolset_fingerprint: str
    seed: int
    reserved: tuple[str, ...] = ()
    """Texts that the model is asked afterwards, and that no row to train on may have."""
    requests: str = ""
    """Who wrote the requests, as a sentence: which phrasebooks, or the schema alone."""
    planned: dict[str, float] | None = None
    """The share of training rows planned per scenario; None for rows that a person brought."""
    card: StoredFile | None = None
    """Its README.md: counts, sources, licences, examples."""
    notes: tuple[str, ...] = ()
    """What a person should know: scenarios a tool cannot have, rows that could not be made."""
    prompt: ToolPrompt = ToolPrompt()
    tools: StoredFile | None = None
    """The list of the rows that are stored without one, because it is long."""
    retriever: StoredFile | None = None
    """What the tools of a request are chosen with, where they are."""


class Finding(Product):
    """One rule's verdict on a dataset."""

    rule: str
    passed: bool
    value: str = Field(validation_alias=AliasChoices("value", "found"))
    requirement: str = Field(validation_alias=AliasChoices("requirement", "needed"))
    """Older reports have the second names."""
    count: int = 0
    example: str = ""
    remedy: str = ""


class QualityReport(Product):
    """What the gate saw."""

    findings: tuple[Finding, ...]
    rows: int
    scenarios: dict[str, int]
    tools: dict[str, int]
    longest_row_tokens: int
    median_row_tokens: int
    prefix_tokens: int
    """Length of the prefix that all rows share: system turn and tool list."""
    trained_share: float
    """Share of tokens that the loss sees: those that the assistant says."""
    row_lengths: RowLengths
    """Of the training rows: what memory and time are estimated from."""

    @property
    def passed(self) -> bool:
        """Whether every rule lets the data through."""
        return all(finding.passed for finding in self.findings)


class ApprovedDataset(Product):
    """A dataset that the gate let through; only ``check_quality`` makes one."""

    dataset: Dataset
    report: QualityReport
