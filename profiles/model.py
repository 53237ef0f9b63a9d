"""A model that can be forged, and what its deployments take."""

from typing import Annotated, Literal

from pydantic import Field

from profiles.section import Name, Quantization, Section


class Source(Section):
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


class Architecture(Section):
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


class Model(Section):
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


class ModelDeployment(Section):
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
