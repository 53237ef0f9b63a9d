"""The nouns handed from stage to stage: small facts by value, files by reference.

``artifact`` is never one of these: in this project it always means Prefect's.
"""

from typing import Any

from pydantic import BaseModel, ConfigDict

from profiles import Quantization
from tasks.domain.comparisons import Challenge, Comparison
from tasks.domain.conversations import Scenario, fingerprint
from tasks.domain.tool_prompts import ToolDocuments, ToolPrompt, Turns
from tasks.domain.toolcalls import ConfusedTools
from tasks.domain.training.memory import Estimate, RowLengths
from tasks.domain.training.sizes import Device


class Product(BaseModel):
    """Something a stage made; never changed afterwards."""

    model_config = ConfigDict(frozen=True)


class StoredFile(Product):
    """A file or folder in the run's storage; ``sha256`` of a folder covers names and contents."""

    uri: str
    sha256: str
    size_bytes: int


class Tool(Product):
    """One tool of an MCP server, as the server describes it."""

    name: str
    title: str = ""
    description: str = ""
    input_schema: dict[str, Any]
    output_schema: dict[str, Any] | None = None
    read_only: bool = False
    """Whether the server says that a call changes nothing; unsaid counts as changing (MCP)."""
    destructive: bool = True


class Toolset(Product):
    """The tools of one server."""

    server: str
    version: str = ""
    tools: tuple[Tool, ...]
    notes: tuple[str, ...] = ()
    """What a person should know: tools and parameters that are left out."""

    @property
    def fingerprint(self) -> str:
        """The sha256 (hex) of what a model learns of the tools: names, texts, input schemas."""
        return fingerprint([[t.name, t.description, t.input_schema] for t in self.tools])

    def tool(self, name: str) -> Tool:
        """The tool of that name; KeyError when there is none."""
        return {tool.name: tool for tool in self.tools}[name]


class Offer(Product):
    """A resource or a prompt that a server offers beside its tools, as text."""

    about: tuple[str, ...]
    """The words of its name, in the singular."""
    text: str
    uri: str = ""


class ToolResult(Product):
    """What a server answered to a call: text as a model reads it."""

    text: str
    is_error: bool = False
    structured: dict[str, Any] | None = None
    simulated: bool = False


class BaseModelFolder(Product):
    """A model in Hugging Face's layout, ready to train, with the template that it is used with."""

    model: str
    files: StoredFile
    origin: str
    """Where its weights come from: a package and version, or a hub id and commit."""
    licence: str
    turns: Turns
    """What its template writes between the words of a conversation."""


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
    found: str
    needed: str
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


class TrainingPlan(Product):
    """What a training is expected to take on one device, and how it will be done there."""

    estimate: Estimate
    device: Device
    lengths: RowLengths
    seconds: float
    """Of all steps together; from a probe, see ``estimated_seconds``."""


class Prepared(Product):
    """What training starts from: approved rows, and the base whose tokenizer judged them."""

    base: BaseModelFolder
    dataset: ApprovedDataset


class GeneralLoss(Product):
    """Mean nats per token of a fixed general text: what a training has made worse."""

    base: float
    tuned: float

    @property
    def change(self) -> float:
        """How much higher the tuned model's is, as a share of the base's."""
        return self.tuned / self.base - 1


class TrainingRecord(Product):
    """What was asked of the trainer and what it really did."""

    requested: dict[str, Any]
    effective: dict[str, Any]
    notes: tuple[str, ...] = ()
    memory_fallbacks: tuple[str, ...] = ()
    """What was given up, in this order, because a step did not fit into memory."""
    first_loss: float
    final_loss: float
    eval_loss: float | None = None
    best_step: int | None = None
    """The step whose adapter this is, where the best was kept; None: the last one."""
    steps: int
    resumed_at_step: int = 0
    seconds: float
    trained_tokens: int
    """Tokens of the training rows that the loss sees."""
    losses: tuple[tuple[int, float], ...] = ()
    eval_losses: tuple[tuple[int, float], ...] = ()
    general_loss: GeneralLoss | None = None


class LoraAdapter(Product):
    """A trained adapter and the base it belongs to."""

    model: str
    profile: str
    files: StoredFile
    base: BaseModelFolder
    record: TrainingRecord


class Trained(Product):
    """What an evaluation starts from: an adapter, and the rows that were held out for it."""

    adapter: LoraAdapter
    dataset: Dataset


class GgufModel(Product):
    """A GGUF file that was opened, compared with its source and made to complete a prompt."""

    name: str
    files: StoredFile
    quantization: Quantization
    notes: tuple[str, ...] = ()


class Rate(Product):
    """A share of ``total`` with its 95 % Wilson score interval."""

    hits: int
    total: int
    low: float
    high: float

    @property
    def value(self) -> float:
        """hits / total; 0 when there was nothing to count."""
        return self.hits / self.total if self.total else 0.0


class Score(Product):
    """How one model did on one set of prompts. Every rate of calls counts the same prompts.

    An answer that was cut off inside its thought counts in ``finished`` and in no other rate: what
    the model would have done is not known, and room to think is ours to give.
    """

    parse_rate: Rate
    """Calls that parse."""
    schema_validity: Rate
    """Calls of a known tool whose arguments the tool's schema accepts."""
    tool_selection: Rate
    exact_match: Rate
    """Calls equal to the expected one, argument values included."""
    abstention: Rate
    """Prompts that need no tool and got none."""
    finished: Rate = Rate(hits=0, total=0, low=0, high=1)
    """Answers, of all prompts, that were not cut off inside a thought."""
    by_tool: dict[str, Rate] = {}
    """Exactly right, per expected tool."""
    by_scenario: dict[str, Rate] = {}

    @property
    def mean(self) -> float:
        """Mean of exact match and abstention accuracy: what trivial baselines are compared by."""
        return (self.exact_match.value + self.abstention.value) / 2


class Latency(Product):
    """Seconds for one answer, over the prompts of a benchmark."""

    p50: float
    p95: float
    at_once: int = 1
    """How many prompts were answered side by side, each one slower for the others."""


class BaseAnswers(Product):
    """What the base says to a sample of the prompts: what its tuned model is compared with."""

    gguf: str
    """sha256 of its file."""
    places: tuple[int, ...]
    """Which of the held-out rows."""
    answers: tuple[str | None, ...]
    """None where the thought was cut off."""
    hand_written_places: tuple[int, ...]
    """Which of the hand-written test prompts that the tuned model is asked."""
    hand_written: tuple[str | None, ...]


class BenchmarkReport(Product):
    """The tuned model beside its base and the models that learned nothing."""

    tuned: Score
    base: Score
    """On a sample of the prompts, which its rates' n says."""
    constant_call: Score
    never_call: Score
    latency: Latency
    hand_written: Score | None = None
    """On prompts written apart from the generator, where the server has some."""
    hand_written_base: Score | None = None
    compared: Comparison | None = None
    """Both on the base's sample; None in reports from before there was one."""
    hand_written_compared: Comparison | None = None
    examples: tuple[str, ...] = ()
    requests: str = ""
    """Who wrote the requests that it was trained on; empty in reports from before it was said."""
    test_answers: tuple[str | None, ...] = ()
    """What the tuned model says to the hand-written test prompts, in order; None: a cut thought."""
    gguf: str = ""
    """sha256 of the tuned model's file; empty in reports from before it was written down."""
    prompt: ToolPrompt = ToolPrompt()
    recall: Rate | None = None
    """Held-out requests whose tools the retriever chose, of those that need a call."""
    hand_written_recall: Rate | None = None
    unlisted: Score | None = None
    """mixed: of the held-out prompts without a list; ``listed`` of the others."""
    listed: Score | None = None
    confused: tuple[ConfusedTools, ...] = ()


class LoopCase(Product):
    """One prompt taken through the whole loop."""

    scenario: Scenario
    tool: str | None
    prompt: str
    said: str
    result: str = ""
    answer: str = ""
    completed: bool
    reason: str = ""
    simulated: bool = False


class ValidationReport(Product):
    """Loops that were really run: prompt, call, the server's result, final answer."""

    score: Score
    """Of the first answers to all held-out prompts."""
    latency: Latency
    completion: Rate
    """Loops of rows that call a tool: tool selection, valid call, executed, answered from it."""
    by_scenario: dict[str, Rate]
    cases: tuple[LoopCase, ...]
    gguf: str = ""
    """sha256 of the file that was asked; empty in reports from before it was written down."""
    answers: tuple[str | None, ...] = ()
    """The first answers themselves, in the order of the held-out rows; None: a cut thought."""
    prompt: ToolPrompt = ToolPrompt()
    retriever: ToolDocuments | None = None
    """What the tools of a request were chosen with."""
    thresholds: dict[str, float]
    failures: tuple[str, ...] = ()


class Evaluation(Product):
    """What ``evaluate`` hands on: the file that ships and its proofs."""

    gguf: GgufModel
    validation: ValidationReport
    benchmark: BenchmarkReport
    trained: Trained | None = None
    """What was evaluated; None where files were handed in."""
    challenge: Challenge | None = None
    """Beside the champion; None where there is none, or where it is this very file."""


class Bundle(Product):
    """A folder that runs in llama.cpp and Ollama, with its proofs."""

    path: str
    sha256: str
    server: str
    model: str
    profile: str
    toolset_fingerprint: str
    version: str = ""
    """Which version it is; empty where it was packed by hand."""
    promoted: bool = True
    """Whether this version is the champion."""
    reason: str = ""
    """Why it is, or why it is not."""
