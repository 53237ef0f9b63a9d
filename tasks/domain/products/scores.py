"""What was measured of a model."""

from pydantic import AliasChoices, Field

from tasks.domain.conversations import Scenario
from tasks.domain.products.base import Product
from tasks.domain.products.breadth import Breadth
from tasks.domain.products.comparisons import AdapterComparison, Challenge, Comparison
from tasks.domain.products.confidence import ConfidenceReport, Signals
from tasks.domain.products.models import GgufModel, Trained
from tasks.domain.products.prompts import ToolDocuments, ToolPrompt
from tasks.domain.products.rates import Rate
from tasks.domain.toolcalls import ConfusedTools


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
    by_tool: dict[str, Rate] = Field(default={})
    """Exactly right, per expected tool."""
    by_scenario: dict[str, Rate] = Field(default={})

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


class ServedScore(Product):
    """The tuned model whose calls are kept to the tools' schemas, as ``--grammar`` serves it."""

    score: Score
    changed: int
    """Answers that are others without the constraint."""


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


class AdapterAnswers(Product):
    """What the adapter says, as it was trained, to a sample of the held-out prompts."""

    adapter: str
    """sha256 of its files."""
    places: tuple[int, ...]
    """Which of the held-out rows."""
    answers: tuple[str | None, ...]
    """None where the thought was cut off."""


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
    test_served_answers: tuple[str | None, ...] = ()
    """With constrained decoding; empty, as the signals, in reports from before they were kept."""
    test_signals: tuple[Signals | None, ...] = ()
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
    tool_weights: dict[str, float] = Field(default={})
    """How many times as many rows a second round writes for the tools that held-out prompts
    confused."""
    breadth: Breadth | None = None
    """None where the profile asks no such questions."""
    adapter: AdapterComparison | None = None
    """Beside the adapter as it was trained; None where that was not asked."""
    served: ServedScore | None = None
    """Held-out prompts with constrained decoding."""
    hand_written_served: ServedScore | None = None
    free_tools: tuple[str, ...] = ()
    """Tools whose schemas llama.cpp cannot express: the constraint leaves their arguments free."""
    confidence: ConfidenceReport | None = None
    """None where no probabilities were there, and in reports from before they were asked for."""


class LoopCase(Product):
    """One prompt taken through the whole loop."""

    scenario: Scenario
    tool: str | None
    prompt: str
    first_answer: str = Field(validation_alias=AliasChoices("first_answer", "said"))
    """Older reports have the second name; a bundle holds one."""
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
    signals: tuple[Signals | None, ...] = ()
    """How sure the model was of each of them; None where it said nothing or no probabilities."""
    prompt: ToolPrompt = ToolPrompt()
    retriever: ToolDocuments | None = None
    """What the tools of a request were chosen with."""
    adapter: AdapterComparison | None = None
    """Beside the adapter as it was trained; None where that was not asked."""
    served: ServedScore | None = None
    """With constrained decoding; None in reports from before it was tried."""
    served_answers: tuple[str | None, ...] = ()
    """What ``served`` is the score of; empty in reports from before it was kept."""
    free_tools: tuple[str, ...] = ()
    """Tools whose schemas llama.cpp cannot express: the constraint leaves their arguments free."""
    judged: Score | None = None
    """What the thresholds were held against: answers as they are served by default. None in reports
    from before it was kept, where it was ``score``."""
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
