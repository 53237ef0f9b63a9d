"""Everything that one run is made from."""

from profiles.model import Model
from profiles.section import Quantization, Section
from profiles.server import Server
from profiles.training import Profile


class Recipe(Section):
    """Everything that one run is made from, with what the person changed already in it."""

    server: Server
    model: Model
    profile: Profile
    quantization: Quantization

    @property
    def answer_tokens(self) -> int:
        """The longest answer that is waited for in evaluation, its thought included."""
        return self.profile.evaluation.max_answer_tokens + self.model.thought_tokens
