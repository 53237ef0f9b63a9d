"""What stands in prompts: a family's turns, and a server's tools as was decided once for all."""

from collections.abc import Sequence

from profiles import Profile, ToolsInPrompt
from tasks.domain import Frozen


class Turns(Frozen):
    """The texts of one family; with them a conversation is written without its template."""

    opening: str
    """In front of the system turn's words."""
    tools: tuple[str, str, str]
    """From the system's words to the first tool, between two tools, from the last to the user's."""
    no_tools: str
    """From the system's words to the user's."""
    between: dict[str, str]
    """From the words of one role to those of another; keys like ``user assistant``."""
    prompt: dict[str, str]
    """What asks the assistant to speak after the words of a role."""


Answers = Sequence[str | None]
WITHOUT_LIST: tuple[ToolsInPrompt, ...] = ("none", "names")
"""Such a model makes up a tool where none fits, out of the words of the request, and is not sure
of it (docs/many-tools.md): so it is served with constrained decoding and a least confidence."""


class ToolPrompt(Frozen):
    """How the tools of a server stand in the prompts of a model: trained, asked and served so."""

    mode: ToolsInPrompt = "all"
    """Never "auto", which is decided when the list is measured."""
    selected: int = 0
    """How many tools are chosen for each request, where they are; 0: the list is shown whole."""
    base_selected: int = 0
    """How many are chosen for the base where its tuned model needs no list."""
    hidden_share: float = 0
    """mixed: the share of the prompts without a list."""
    trims: int = 0
    """How many steps of trimming the schemas went through."""
    max_seq_length: int = 0
    """Tokens that a row may have; 0: what the profile says."""
    prefix_tokens: int = 0
    """Of the system turn with the longest list that is shown."""

    @property
    def is_by_heart(self) -> bool:
        """Whether no prompt shows a schema, so that the model has to know its tools."""
        return self.mode in WITHOUT_LIST

    @property
    def for_base(self) -> "ToolPrompt":
        """How the base is asked the same: it knows no tool that its prompt does not list."""
        if self.is_by_heart:
            return ToolPrompt(mode="selected", selected=self.base_selected)
        if self.mode == "mixed":
            return ToolPrompt(mode="selected" if self.selected else "all", selected=self.selected)
        return self

    def in_use(self, raw: Answers, served: Answers) -> Answers:
        """What a client gets who wants nothing else, of raw answers and constrained ones."""
        return served if served and self.is_by_heart else raw

    @property
    def lists_all(self) -> bool:
        """Whether prompts that list tools list all of them."""
        return self.mode in ("all", "mixed") and not self.selected

    def settled(self, profile: Profile) -> Profile:
        """The profile with the length, and the room for packs, that the tools need."""
        if not self.max_seq_length:
            return profile
        training = profile.training
        grown = self.max_seq_length - training.max_seq_length
        lengths = {
            "max_seq_length": self.max_seq_length,
            # What the rows of a pack have of their own keeps its room behind a longer prefix.
            "pack_tokens": training.pack_tokens + max(0, grown),
        }
        return profile.model_copy(update={"training": training.model_copy(update=lengths)})


class ToolDocuments(Frozen):
    """What a retriever searches: one text for each tool."""

    documents: dict[str, str]
    """By name, in the order of the list."""
