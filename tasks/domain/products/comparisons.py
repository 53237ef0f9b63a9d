"""Two models on the same prompts: counted in pairs, with an interval for the difference."""

from tasks.domain import Frozen


class Comparison(Frozen):
    """Two models on the same prompts, those left out where either's thought was cut off."""

    both: int
    """Prompts that both answer right."""
    only_tuned: int
    only_base: int
    neither: int
    p_value: float
    """Of the exact two-sided McNemar test: how likely such a difference is between equals."""
    low: float = -1.0
    """The 95 % interval of ``difference``: Newcombe's, for paired proportions."""
    high: float = 1.0

    @property
    def prompts(self) -> int:
        """How many were compared."""
        return self.both + self.only_tuned + self.only_base + self.neither

    @property
    def tuned(self) -> float:
        """The share that the first model answers right; 0 when there was nothing to compare."""
        return (self.both + self.only_tuned) / self.prompts if self.prompts else 0.0

    @property
    def base(self) -> float:
        """The share that the second model answers right."""
        return (self.both + self.only_base) / self.prompts if self.prompts else 0.0

    @property
    def difference(self) -> float:
        """The first model's share minus the second's."""
        return self.tuned - self.base


class AdapterComparison(Frozen):
    """The file that ships (tuned) beside the adapter that it was made from (base)."""

    exact_match: Comparison
    """Exact match, or an abstention where no call is expected."""
    tool_selection: Comparison
    """The expected tools, or none where no call is expected."""


class Challenge(Frozen):
    """A new model (tuned) beside the champion (base), both asked the same prompts."""

    champion: str
    """The champion's version."""
    changed_tools: tuple[str, ...] = ()
    """Tools that came, went or say something else since the champion was made."""
    exact_match: Comparison
    """Exact match, on rows that call a tool: held-out rows and hand-written test prompts."""
    abstention: Comparison
    """Abstention accuracy, on rows that need no tool."""
    loops: Comparison
    """Tool loops that were completed."""
    low: float
    """The 95 % interval of ``difference``, from those of ``exact_match`` and ``abstention``."""
    high: float

    @property
    def difference(self) -> float:
        """By how much the mean of exact match and abstention accuracy is higher."""
        return (self.exact_match.difference + self.abstention.difference) / 2
