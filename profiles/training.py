"""A training profile: the adapter, the data, the gate, what is asked, what must be reached."""

from typing import Annotated, Any, Literal, Self

from pydantic import Field, model_validator

from profiles.section import LARGEST_SEED, Name, Section
from profiles.teacher import TeacherPlan

ToolsInPrompt = Literal["auto", "all", "selected", "names", "none", "mixed"]
"""Which tools a prompt lists: all; those that a retriever chooses for the request; their names
alone; none, since the model knows them; a share of the prompts without ("mixed"). "auto" is "all"
where the list fits, else the profile's ``long_lists``."""
LEAST_AUTO_LENGTH = 3072
"""What a ``max_seq_length`` of "auto" is for a list of a dozen tools."""


class Lora(Section):
    """The low-rank adapter."""

    rank: int = Field(ge=1)
    alpha: int = Field(ge=1)
    dropout: float = Field(ge=0, lt=1)
    bias: Literal["none"] = "none"
    target_modules: tuple[str, ...]


class Training(Section):
    """How the adapter is trained."""

    per_device_batch_size: int = Field(ge=1)
    gradient_accumulation_steps: int = Field(ge=1)
    learning_rate: float = Field(gt=0)
    warmup_ratio: float = Field(ge=0, lt=1)
    epochs: int | None = Field(default=None, ge=1)
    max_steps: int | None = Field(default=None, ge=1)
    save_steps: int = Field(ge=1)
    checkpoints_kept: int = Field(ge=1)
    max_seq_length: int = Field(ge=64)
    """Tokens that a row may have. "auto": 3,072, or as many more as a long tool list needs and the
    model and the machine have room for."""
    grows: bool = False
    """Whether ``max_seq_length`` is "auto"."""
    seed: int = Field(ge=0, le=LARGEST_SEED)
    optimizer: Literal["adamw_8bit"]
    weight_decay: float = Field(ge=0)
    scheduler: Literal["linear"]
    packing: Literal[False]
    gradient_checkpointing: Literal["unsloth", "auto", "off"]
    """"auto" becomes "off" where the estimate says that a step fits without, else "unsloth"."""
    logging_steps: int = Field(ge=1)
    eval_steps: int = Field(ge=1)
    """Optimiser steps between two evaluations on held-out rows."""
    early_stopping_patience: int = Field(ge=0)
    """Evaluations without a lower loss after which training ends; 0: never."""
    keep_best: bool
    """Whether the adapter with the lowest evaluation loss is kept instead of the last one."""
    share_prefix: Literal["auto", "off"]
    """"auto" puts the system turn and tool list once before the conversations of a step."""
    pack_tokens: int = Field(ge=1)
    """Tokens of one pack at most; the conversations of a step are several packs where needed."""
    report_to: tuple[Literal["mlflow", "tensorboard", "wandb"], ...] = Field((), exclude=True)
    """Trackers that TRL reports to beside Prefect; another one is no reason to train again, so it
    is left out of dumps and cache keys."""

    @model_validator(mode="before")
    @classmethod
    def _auto_length(cls, value: Any) -> Any:
        if isinstance(value, dict) and value.get("max_seq_length") == "auto":
            return {**value, "max_seq_length": LEAST_AUTO_LENGTH, "grows": True}
        return value

    @model_validator(mode="after")
    def _one_length(self) -> Self:
        if (self.epochs is None) == (self.max_steps is None):
            both = "both" if self.epochs else "neither"
            raise ValueError(f"needs exactly one of epochs and max_steps, found {both}")
        return self

    @property
    def effective_batch(self) -> int:
        """Conversations that one optimiser step sees on one device."""
        return self.per_device_batch_size * self.gradient_accumulation_steps


class Scenarios(Section):
    """The share of rows of each kind; they sum to one."""

    standard: float = Field(ge=0)
    no_tool: float = Field(ge=0)
    error: float = Field(ge=0)
    ambiguous: float = Field(ge=0)
    edge: float = Field(ge=0)

    @model_validator(mode="after")
    def _whole(self) -> Self:
        total = sum(self.model_dump().values())
        if abs(total - 1) > 1e-6:
            raise ValueError(f"scenario shares sum to {total:g}, need 1")
        return self


class Data(Section):
    """How many rows of what kind are written."""

    samples: int = Field(ge=1)
    """Rows to train on."""
    heldout_calls: int = Field(ge=1)
    """Held-out rows that must call a tool."""
    heldout_no_tool: int = Field(ge=1)
    """Held-out rows that must not."""
    seed: int = Field(ge=0, le=LARGEST_SEED)
    max_result_chars: int = Field(ge=40)
    """A tool's result longer than this is cut, visibly, in training and serving alike."""
    answered_share: float = Field(ge=0, le=1)
    """Training rows with a result and a final answer; the others end with the call."""
    paraphrase_share: float = Field(default=1.0, ge=0, le=1)
    """Requests of people who speak freely: values as "5 pm" or "Seattle", at times left out, other
    verbs and nouns, typed with slips. Others are precise."""
    hard_negative_share: float = Field(default=0.2, ge=0, le=1)
    """Of the rows that need no tool: those with a call's own words and values that no call answers.
    Many would teach that a value is a reason not to call."""
    multiple_calls_share: float = Field(default=0.0, ge=0, le=1)
    """Of the standard rows: conversations with two calls, beside or after one another."""
    list_augmentation_share: float = Field(default=0.0, ge=0, le=1)
    """Training rows whose tool list is shuffled, halved, mixed with foreign tools or masked."""
    phrasebook_share: float = Field(default=0.7, ge=0, le=1)
    """Of the requests for a tool that a phrasebook has lines of, and of the texts without a call
    where it has some: those that are its lines. The grammar over the schema says the other
    requests, and the book for every server the other texts."""
    unsupported_share: float = Field(default=0.5, ge=0, le=1)
    """Of a phrasebook's texts without a call: requests that no tool meets. The others are chat."""
    tool_weights: dict[str, Annotated[float, Field(gt=0)]] = Field(default={})
    """How many times as many standard rows to train on a tool gets as its difficulty says; a tool
    that is not named: once. A second round (``evaluation.second_round``) sets it."""
    scenarios: Scenarios


class Quality(Section):
    """What the gate lets through."""

    min_valid_share: float = Field(ge=0, le=1)
    max_duplicate_share: float = Field(ge=0, le=1)
    near_duplicate_similarity: float = Field(gt=0, le=1)
    max_near_duplicate_share: float = Field(ge=0, le=1)
    max_leaked_rows: int = Field(ge=0)
    max_contradictions: int = Field(ge=0)
    max_two_label_share: float = Field(default=0.01, ge=0, le=1)
    """Rows that say another's words beside their values and call other tools. A few come by chance
    where two tools of a list do nearly the same."""
    min_rows_per_tool: int = Field(ge=0)
    min_scenario_share: float = Field(ge=0, le=1)
    """Each scenario that was planned must have at least this part of its planned share."""
    min_trained_share: float = Field(ge=0, le=1)
    min_recoverable_share: float = Field(ge=0, le=1)
    """Rows whose calls have only values that the conversation says, of the rows with calls."""
    max_tool_imbalance: float = Field(ge=1)
    """The most frequent tool has at most so many times the rows that equal parts would give."""
    max_family_share: float = Field(gt=0, le=1)
    """The most frequent family of phrasings, of the rows that have one."""
    max_value_share: float = Field(gt=0, le=1)
    """The most frequent value of a parameter, of its calls."""
    max_leaked_phrasings: int = Field(ge=0)
    """Held-out rows of a family of phrasings that training rows have too."""
    max_leaked_value_share: float = Field(ge=0, le=1)
    """Held-out values of open parameters that training rows have too."""


class EvaluationPlan(Section):
    """How much of the held-out split is asked, and how long an answer may be."""

    loss_rows: int = Field(ge=1)
    """Held-out rows that the evaluation loss is taken over while training."""
    loops: int = Field(ge=1)
    """Conversations that are taken through the whole loop, calls really executed."""
    test_prompts: int = Field(ge=0)
    """Hand-written test prompts asked at most, a quarter of them without a tool."""
    base_prompts: int = Field(ge=2)
    """Held-out prompts, and as many hand-written ones, that the base is asked at most."""
    base_at_once: int = Field(default=1, ge=1)
    """Of these, how many a server on the CPU answers at once, each in a context of its own; a
    ``llama-server`` that is named has its own number."""
    breadth_per_category: int = Field(default=0, ge=0)
    """Questions of each category of BFCL that both models are asked; 0: none."""
    adapter_prompts: int = Field(default=0, ge=0)
    """Held-out prompts that the adapter is asked at most as it was trained; 0: it is not asked."""
    adapter_margin: float = Field(default=0.02, ge=0, le=1)
    """How much lower the file's exact match and tool-selection accuracy may be than the adapter's
    on these prompts."""
    second_round: bool = False
    """Whether a model is forged once more, with more rows for the tools that held-out prompts
    confused. The first is the champion then; the second takes its place only if it is better."""
    max_answer_tokens: int = Field(ge=16)
    """Of an answer; a model's ``thought_tokens`` come on top."""
    call_timeout_seconds: float = Field(gt=0)


class Thresholds(Section):
    """The rates that a model must reach to ship."""

    parse_rate: float = Field(ge=0, le=1)
    schema_validity: float = Field(ge=0, le=1)
    tool_selection: float = Field(ge=0, le=1)
    abstention: float = Field(ge=0, le=1)
    loop: float = Field(ge=0, le=1)
    error: float = Field(ge=0, le=1)
    finished: float = Field(ge=0, le=1)
    """Answers that are not cut off inside a thought."""


class Promotion(Section):
    """When a new version takes the champion's place, and how long old ones are kept."""

    margin: float = Field(ge=0, le=1)
    """How much lower exact match, abstention accuracy and completed loops may each be, where the
    mean of the first two is higher."""
    approval: Literal["none", "person"]
    """"person": the run pauses until somebody has looked at both side by side."""
    approval_hours: float = Field(gt=0)
    """How long that is waited for; then the version is not promoted."""
    versions_kept: int = Field(ge=1)
    """The newest versions that are never removed."""
    days_kept: float = Field(ge=0)
    """Older ones are removed after so many days; never the champion and the one before it."""


class OwnData(Section):
    """A person's own conversations, and how many of the training rows they are."""

    file: str
    """JSONL on the machine that prepares: OpenAI, Hermes/ShareGPT, or logs of either."""
    share: float = Field(gt=0, le=1)
    """Of the training rows."""
    licence: str = ""
    """It stands on the dataset's card."""


class Profile(Section):
    """One training profile."""

    name: Name
    description: str
    lora: Lora
    training: Training
    data: Data
    quality: Quality
    evaluation: EvaluationPlan
    promotion: Promotion
    thresholds: Thresholds
    teacher: TeacherPlan | None = None
    """Without one, all texts are written offline."""
    own: OwnData | None = None
    """Without, all rows are generated."""
    tools_in_prompt: ToolsInPrompt = "auto"
    listed_tokens: int | None = Field(default=None, ge=1)
    """Of a list that "auto" shows whole; None: as many as fit. Each step computes them anew."""
    long_lists: Literal["selected", "names", "none"] = "selected"
    """What "auto" takes for a longer list. Rows with selections share little, so a step takes as
    long as all of them one by one."""
    tools_selected: int = Field(default=8, ge=1)
    """How many tools the retriever chooses for a request."""
    tools_hidden_share: float = Field(default=0.5, gt=0, lt=1)
    """mixed: the share of the rows without a list."""
    changes: tuple[str, ...] = ()
    """What was set apart from its file, for one run."""
