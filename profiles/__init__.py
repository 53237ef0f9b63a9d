"""What a person tunes: training profiles, models and servers. The only reader of these files.

Adding a profile, a model or a server is adding one file. «Profile» here is a training profile;
Prefect's own «profiles» (its API addresses) are something else.
"""

import re
import shlex
import shutil
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path, PurePosixPath
from typing import Annotated, Any, Literal, Self, TypeVar
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from profiles.settings import Settings

FOLDER = Path(__file__).parent

Quantization = Literal["f16", "q8_0", "q4_k_m", "q5_k_m"]
ToolsInPrompt = Literal["auto", "all", "selected", "names", "none", "mixed"]
"""Which tools a prompt lists: all; those that a retriever chooses for the request; their names
alone; none, since the model knows them; a share of the prompts without ("mixed"). "auto" is "all"
where the list fits, else "selected"."""
Name = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$")]
"""What files and folders are called by: it cannot leave a folder."""
VARIABLE = re.compile(r"\$\{(\w+)\}")
"""A place in a text where a variable of our environment is put."""


LEAST_AUTO_LENGTH = 3072
"""What "auto" is for a list of a dozen tools."""


class ProfileError(ValueError):
    """A profile, model or server file is missing or says something that it may not say."""


class _Section(BaseModel):
    """Only fields that are used: an unknown key is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Lora(_Section):
    """The low-rank adapter."""

    rank: int = Field(ge=1)
    alpha: int = Field(ge=1)
    dropout: float = Field(ge=0, lt=1)
    bias: Literal["none"] = "none"
    target_modules: tuple[str, ...]


class Training(_Section):
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
    seed: int
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


class Scenarios(_Section):
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


class Data(_Section):
    """How many rows of what kind are written."""

    samples: int = Field(ge=1)
    """Rows to train on."""
    heldout_calls: int = Field(ge=1)
    """Held-out rows that must call a tool."""
    heldout_no_tool: int = Field(ge=1)
    """Held-out rows that must not."""
    seed: int
    max_result_chars: int = Field(ge=40)
    """A tool's result longer than this is cut, visibly, in training and serving alike."""
    answered_share: float = Field(ge=0, le=1)
    """Training rows with a result and a final answer; the others end with the call."""
    spoken_share: float = Field(default=1.0, ge=0, le=1)
    """Requests of people who speak freely: values as «5 pm» or «Seattle», at times left out, other
    verbs and nouns, typed with slips. Others are precise."""
    near_miss_share: float = Field(default=0.2, ge=0, le=1)
    """Of the rows that need no tool: those with a call's own words and values that no call answers.
    Many would teach that a value is a reason not to call."""
    several_share: float = Field(default=0.0, ge=0, le=1)
    """Of the standard rows: conversations with two calls, beside or after one another."""
    varied_lists_share: float = Field(default=0.0, ge=0, le=1)
    """Training rows whose tool list is shuffled, halved, mixed with foreign tools or masked."""
    scenarios: Scenarios


class Quality(_Section):
    """What the gate lets through."""

    min_valid_share: float = Field(ge=0, le=1)
    max_duplicate_share: float = Field(ge=0, le=1)
    near_duplicate_similarity: float = Field(gt=0, le=1)
    max_near_duplicate_share: float = Field(ge=0, le=1)
    max_leaked_rows: int = Field(ge=0)
    max_contradictions: int = Field(ge=0)
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


class EvaluationPlan(_Section):
    """How much of the held-out split is asked, and how long an answer may be."""

    loss_rows: int = Field(ge=1)
    """Held-out rows that the evaluation loss is taken over while training."""
    loops: int = Field(ge=1)
    """Conversations that are taken through the whole loop, calls really executed."""
    typed_prompts: int = Field(ge=0)
    """Typed prompts asked at most, a quarter of them without a tool."""
    base_prompts: int = Field(ge=2)
    """Held-out prompts, and as many typed ones, that the base is asked at most."""
    max_answer_tokens: int = Field(ge=16)
    """Of an answer; a model's ``thought_tokens`` come on top."""
    call_timeout_seconds: float = Field(gt=0)


class Thresholds(_Section):
    """The rates that a model must reach to ship."""

    valid: float = Field(ge=0, le=1)
    schema_valid: float = Field(ge=0, le=1)
    right_tool: float = Field(ge=0, le=1)
    no_tool: float = Field(ge=0, le=1)
    loop: float = Field(ge=0, le=1)
    error: float = Field(ge=0, le=1)
    finished: float = Field(ge=0, le=1)
    """Answers that are not cut off inside a thought."""


class TeacherPlan(_Section):
    """The model that puts rows into other words, and what it may cost."""

    endpoint: str = ""
    """The base address of an OpenAI-compatible endpoint: ``https://api.openai.com/v1``."""
    gguf: str = ""
    """Instead of an endpoint: a GGUF file that is served here while rows are written."""
    model: str
    """The name that the endpoint knows the model by."""
    licence: str
    """What the model's makers allow to do with its texts; it stands on the dataset's card."""
    key_variable: str = ""
    """The environment variable that holds the key."""
    key_secret: str = ""
    """Instead of a variable: the name of a Prefect Secret block."""
    share: float = Field(gt=0, le=1)
    """The part of the rows with a call that is put into other words."""
    language: Literal["en", "de", "fr", "es", "it", "pt", "nl"]
    temperature: float = Field(ge=0, le=2)
    concurrency: int = Field(ge=1, le=64)
    attempts: int = Field(ge=1)
    backoff_seconds: float = Field(ge=0)
    """The wait before the second attempt; it doubles with each."""
    longest_wait_seconds: float = Field(ge=0)
    """Of one wait; an endpoint that asks for more is not asked again for that row."""
    timeout_seconds: float = Field(gt=0)
    """Of one attempt as a whole."""
    max_answer_tokens: int = Field(ge=16)
    max_tokens: int = Field(ge=1)
    """Of all questions and answers of a run."""
    price_per_million_in: float = Field(ge=0)
    price_per_million_out: float = Field(ge=0)
    max_money: float = Field(ge=0)
    """In the currency of the prices."""

    @model_validator(mode="after")
    def _one_place(self) -> Self:
        if bool(self.endpoint) == bool(self.gguf):
            found = "both" if self.gguf else "neither"
            raise ValueError(f"needs exactly one of endpoint and gguf, found {found}")
        if self.key_variable and self.key_secret:
            raise ValueError("needs at most one of key_variable and key_secret, found both")
        return self

    @property
    def place(self) -> str:
        """Where it answers, for messages."""
        return self.endpoint or self.gguf


class OwnData(_Section):
    """A person's own conversations, and how many of the training rows they are."""

    file: str
    """JSONL on the machine that prepares: OpenAI, Hermes/ShareGPT, or logs of either."""
    share: float = Field(gt=0, le=1)
    """Of the training rows."""
    licence: str = ""
    """It stands on the dataset's card."""


class Profile(_Section):
    """One training profile."""

    name: Name
    description: str
    lora: Lora
    training: Training
    data: Data
    quality: Quality
    evaluation: EvaluationPlan
    thresholds: Thresholds
    teacher: TeacherPlan | None = None
    """Without one, all texts are written offline."""
    own: OwnData | None = None
    """Without, all rows are generated."""
    tools_in_prompt: ToolsInPrompt = "auto"
    tools_selected: int = Field(default=8, ge=1)
    """How many tools the retriever chooses for a request."""
    tools_hidden_share: float = Field(default=0.5, gt=0, lt=1)
    """mixed: the share of the rows without a list."""


class Source(_Section):
    """Where a model's weights come from."""

    kind: Literal["gguf-package", "hub", "folder"]
    package: str = ""
    """gguf-package: the distribution that ships a GGUF file inside its import package."""
    repository: str = ""
    """hub: the id on the Hugging Face hub."""
    revision: str = ""
    """hub: a commit, which pins it, a tag or a branch; empty: ``main`` as it then is."""
    path: str = ""
    """folder: a local folder in Hugging Face's layout."""


class Architecture(_Section):
    """A decoder's sizes under the names of its config.json: what memory is estimated from."""

    hidden_size: int = Field(ge=1)
    intermediate_size: int = Field(ge=1)
    num_hidden_layers: int = Field(ge=1)
    num_attention_heads: int = Field(ge=1)
    num_key_value_heads: int = Field(ge=1)
    vocab_size: int = Field(ge=1)
    tie_word_embeddings: bool
    head_dim: int | None = Field(default=None, ge=1)
    """The width of one head, where it is not the model's width over the number of heads."""
    attention_bias: bool = False
    """Whether q, k and v have a bias; Qwen2 has one and its config.json does not say so."""
    qk_norm: bool = False
    """Whether each head's query and key pass a norm; config.json does not say so."""
    norms_per_layer: int = Field(default=2, ge=1)
    """Norms over the model's width; config.json does not say how many."""


class Model(_Section):
    """One model that can be forged."""

    name: Name
    description: str
    source: Source
    licence: str
    load_in_4bit: bool
    chat_template: str = ""
    """A file in profiles/models/ that replaces the model's own template; empty keeps its own."""
    template_text: str | None = None
    """What that file holds, read when the model is loaded: a cache sees when it has changed."""
    stop: tuple[Annotated[str, Field(pattern=r'^[^"\x00-\x1f]+$')], ...]
    """The texts that end the assistant's turn; a Modelfile has no way to write others."""
    thinks: bool = False
    """Whether the template opens a ``<think>`` block before each answer."""
    thought_tokens: int = Field(default=0, ge=0)
    """Room to think that an answer has in evaluation; for the base, since rows do not think."""
    gpu_memory_gb: float | None = None
    """GPU memory that is published as the floor for training; None where none is."""
    needs_gpu: bool = False
    architecture: Architecture | None = None
    """Known before anything is downloaded; None: read from the model's files when they are here."""


class Workspace(_Section):
    """Files and commands that give a server something to work on."""

    files: dict[str, str] = {}
    commands: tuple[tuple[str, ...], ...] = ()

    @model_validator(mode="after")
    def _inside(self) -> Self:
        for name in self.files:
            path = PurePosixPath(name)
            is_plain = path.name and not set(name) & {"\\", "\0"}
            if path.is_absolute() or ".." in path.parts or not is_plain:
                raise ValueError(f"the file {name!r} is not one inside the workspace")
        return self


class TypedPrompt(_Section):
    """One prompt written apart from the generator, and its call (None: no tool)."""

    prompt: str
    call: dict[str, Any] | None


class Server(_Section):
    """One MCP server: how it is reached, and what only it (or its operator) can know."""

    name: Name
    description: str = ""
    command: tuple[str, ...] = ()
    """stdio: program and arguments; ``{workspace}`` becomes the workspace's path."""
    url: str = ""
    """Streamable HTTP, instead of a command; ``${NAME}`` in it is taken from our environment."""
    env: dict[str, str] = {}
    """Environment of the server's process; ``${NAME}`` is taken from ours when it starts."""
    headers: dict[str, str] = {}
    """HTTP headers; ``${NAME}`` is taken from our environment, so no secret is written here."""
    tools_file: str = ""
    """A tool list in a file, instead of a server that runs: results are then simulated."""
    include_tools: tuple[str, ...] = ()
    """Only these tools, by name or by a pattern such as ``issue_*``; empty means all."""
    strict: bool = False
    """Whether a tool or parameter that cannot be used stops the run; else it is left out, noted."""
    constants: dict[str, Any] = {}
    """Argument values that never vary, by parameter or ``tool.parameter``."""
    values: dict[str, tuple[Any, ...]] = {}
    """Argument values that exist on the server, by parameter or ``tool.parameter``."""
    licence: str = ""
    """Of the tools' names and descriptions and of what the server answers: rows quote them."""
    prompts: str = ""
    """A file in profiles/servers/ of prompts written apart from the generator, to score by."""
    typed: tuple[TypedPrompt, ...] = ()
    """What that file holds, read when the server is loaded; never trained."""
    workspace: Workspace | None = None

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        ways = [bool(self.command), bool(self.url), bool(self.tools_file)]
        if sum(ways) != 1:
            raise ValueError(f"needs exactly one of command, url and tools_file, found {sum(ways)}")
        if self.url:
            _check_url(self.url)
        return self

    @property
    def variables(self) -> tuple[str, ...]:
        """The variables of our environment that it is handed."""
        texts = (*self.env.values(), *self.headers.values(), self.url)
        return tuple(dict.fromkeys(name for text in texts for name in VARIABLE.findall(text)))


def _check_url(url: str) -> None:
    """Make sure that a URL can be reached over HTTP and holds no password; ValueError else."""
    shown = url.partition("?")[0]  # a query may hold a key
    try:
        parts = urlsplit(url)
        is_whole = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
    except ValueError as error:
        raise ValueError(f"{shown!r} is no URL: {error}") from error
    if not is_whole:
        raise ValueError(f"{shown!r} is no URL; needed http:// or https:// and a host")
    if parts.username is not None:
        raise ValueError(
            f"the URL of {parts.hostname!r} holds a user's name; needed it in headers, as ${{NAME}}"
        )


class ModelDeployment(_Section):
    """What a model's deployments take unless told otherwise: ``[deployment]`` of a model's file.

    Apart from ``Model``, so that changing it makes nothing again.
    """

    deployed: bool = True
    """Whether it gets deployments of its own; any form offers it in either case."""
    profile: str = "balanced"
    samples: int | None = Field(default=None, ge=1)
    seed: int | None = Field(default=None, ge=0)
    quantization: Quantization = "q8_0"
    weekly: str = "0 3 * * 0"
    """When the example schedule of a full forge would run (cron); it is deployed inactive."""
    weekly_server: str = "time"
    """The server that it would forge for."""


class ServerDeployment(_Section):
    """How a server is watched: ``[deployment]`` of a server's file."""

    model: str = "smollm2"
    """The model whose last bundle is compared and that is forged again."""
    nightly: str = "0 2 * * *"
    """When the tools are looked at (cron)."""
    timezone: str = "UTC"
    active: bool = True


class Recipe(_Section):
    """Everything that one run is made from, with what the person changed already in it."""

    server: Server
    model: Model
    profile: Profile
    quantization: Quantization

    @property
    def answer_tokens(self) -> int:
        """The longest answer that is waited for in evaluation, its thought included."""
        return self.profile.evaluation.max_answer_tokens + self.model.thought_tokens


_Loaded = TypeVar("_Loaded", bound=_Section)
_Changed = TypeVar("_Changed", bound=_Section)


def training_profiles() -> list[str]:
    """The names of all training profiles."""
    return _names("training")


def models() -> list[str]:
    """The names of all models."""
    return _names("models")


def servers() -> list[str]:
    """The names of all registered servers."""
    return _names("servers")


def load_profile(name: str) -> Profile:
    """Read a training profile; ProfileError when it is missing or wrong."""
    return _load("training", name, Profile)


def load_model(name: str) -> Model:
    """Read a model and its template; ProfileError when one is missing or wrong."""
    model = _load("models", name, Model)
    if not model.chat_template:
        return model
    text = _find("models", model.chat_template).read_text(encoding="utf-8")
    return _changed(model, {"template_text": text})


def load_server(name: str) -> Server:
    """Read a registered server and its prompts; ProfileError when one is missing or wrong."""
    server = _load("servers", name, Server)
    if not server.prompts:
        return server
    return _changed(server, {"typed": _typed(_find("servers", server.prompts))})


def find_server(name: str) -> Server | None:
    """The registered server of that name; None where none is, ProfileError when it is wrong."""
    return load_server(name) if name in servers() else None


def _typed(file: Path) -> tuple[TypedPrompt, ...]:
    prompts = []
    for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), 1):
        if line.strip():
            try:
                prompts.append(TypedPrompt.model_validate_json(line))
            except ValidationError as error:
                raise ProfileError(f"{file.name}, line {number}: {explain(error)}") from error
    return tuple(prompts)


def load_model_deployment(name: str) -> ModelDeployment:
    """What a model's deployments take; ProfileError when its file is missing or wrong."""
    return _load("models", name, ModelDeployment)


def deployed_models() -> list[str]:
    """The names of the models that get deployments of their own."""
    return [name for name in models() if load_model_deployment(name).deployed]


def load_server_deployment(name: str) -> ServerDeployment:
    """How a server is watched; ProfileError when its file is missing or wrong."""
    return _load("servers", name, ServerDeployment)


def load_recipe(
    server: str,
    model: str,
    profile: str,
    quantization: Quantization = "q8_0",
    samples: int | None = None,
    seed: int | None = None,
    include_tools: Sequence[str] = (),
    tools_in_prompt: ToolsInPrompt | None = None,
) -> Recipe:
    """Read server, model and profile, and put what a person asks for in their place.

    Raises:
        ProfileError: a name is not known, or a value is out of its bounds.
    """
    chosen = load_profile(profile)
    data = {"samples": samples, "seed": seed}
    training = {"seed": seed}
    return Recipe(
        server=_changed(resolve_server(server), {"include_tools": tuple(include_tools) or None}),
        model=load_model(model),
        profile=_changed(
            chosen,
            {
                "data": _changed(chosen.data, data),
                "training": _changed(chosen.training, training),
                "tools_in_prompt": tools_in_prompt,
            },
        ),
        quantization=quantization,
    )


def resolve_server(text: str) -> Server:
    """A registered server by its name; where the operator allows it, a command, URL or tool list.

    Raises:
        ProfileError: not registered, and ad-hoc servers are not allowed or it is not one either.
    """
    server = load_server(text) if text in servers() else _ad_hoc_server(text)
    return _changed(server, {"strict": Settings().strict_tools or None})


def _ad_hoc_server(text: str) -> Server:
    if not Settings().allow_ad_hoc_servers:
        known = ", ".join(servers())
        raise ProfileError(
            f"no server {text!r} is registered; known: {known}. Commands and URLs are taken only "
            "with MCP_FORGE_ALLOW_AD_HOC_SERVERS=true"
        )
    try:
        return _ad_hoc(text)
    except ValidationError as error:
        raise ProfileError(explain(error)) from error


def _ad_hoc(text: str) -> Server:
    if text.startswith(("http://", "https://")):
        host = re.split("[/?#]", text.partition("://")[2])[0].rpartition("@")[2]
        return Server(name=_slug(host), url=text)
    words = _words(text)
    # A path may have blanks in it; a command has a program before its last word.
    is_command = len(words) > 1 and shutil.which(words[0]) is not None
    is_list = Path(text).suffix in (".json", ".yaml", ".yml")
    if is_list and (Path(text).is_file() or not is_command):
        return Server(name=_slug(Path(text).stem), tools_file=text)
    if not words or (len(words) < 2 and shutil.which(text) is None):
        raise ProfileError(
            f"{text!r} is neither a registered server ({', '.join(servers())}) nor a command, "
            "a URL or a tool list in .json or .yaml"
        )
    speaking = next((word for word in words if "server" in word or "mcp" in word), words[0])
    return Server(name=_slug(Path(speaking).name), command=words)


def _words(command: str) -> tuple[str, ...]:
    try:
        return tuple(shlex.split(command))
    except ValueError as error:
        raise ProfileError(f"{command!r} is no command: {error}") from error


def _slug(text: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")[:60].strip("-") or "server"


def _changed(section: _Changed, changes: Mapping[str, Any]) -> _Changed:
    """The section with those values that are not None, validated again."""
    asked = {name: value for name, value in changes.items() if value is not None}
    if not asked:
        return section
    try:
        return type(section).model_validate(dict(section) | asked)
    except ValidationError as error:
        raise ProfileError(explain(error)) from error


def _names(kind: str) -> list[str]:
    return sorted({path.stem for folder in _folders() for path in (folder / kind).glob("*.toml")})


def _folders() -> list[Path]:
    """Where files are looked for: a person's own folder first, then the shipped ones."""
    own = Settings().profiles
    return [own, FOLDER] if own else [FOLDER]


def _find(kind: str, file: str) -> Path:
    if Path(file).name != file:
        raise ProfileError(f"{file!r} is a path, needed the name of a file in profiles/{kind}")
    for folder in _folders():
        if (folder / kind / file).is_file():
            return folder / kind / file
    raise ProfileError(f"no file {file!r} in profiles/{kind}")


def _load(kind: str, name: str, schema: type[_Loaded]) -> _Loaded:
    if name not in _names(kind):
        known = ", ".join(_names(kind))
        raise ProfileError(f"no {name!r} in profiles/{kind}; known: {known}")
    path = _find(kind, f"{name}.toml")
    try:
        content = tomllib.loads(path.read_text("utf-8"))
        deployment = content.pop("deployment", {}) if kind != "training" else {}
        if schema in (ModelDeployment, ServerDeployment):
            return schema.model_validate(deployment)
        return schema.model_validate({"name": name, **content})
    except tomllib.TOMLDecodeError as error:
        raise ProfileError(f"profiles/{kind}/{path.name}: not TOML: {error}") from error
    except ValidationError as error:
        raise ProfileError(f"profiles/{kind}/{path.name}: {explain(error)}") from error


def explain(error: ValidationError) -> str:
    """A validation error as one line: where, what is wrong."""
    return "; ".join(
        ".".join(map(str, fault["loc"]))
        + ": " * bool(fault["loc"])
        + fault["msg"].removeprefix("Value error, ")
        for fault in error.errors()
    )
