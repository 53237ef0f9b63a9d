"""The scores of a bundle as a person reads them at a terminal."""

from collections.abc import Iterator

from tasks.domain.products import BenchmarkReport, Comparison, Rate, Score
from tasks.domain.reports import METRICS

BENCHMARK = "tests/benchmark.json"


class Scores(BenchmarkReport):
    """The scorecard of a bundle."""

    @property
    def text(self) -> str:
        """The tuned model beside its base, with how many prompts each rate counts."""
        lines = [_line("", "", "tuned", "base")]
        lines += _lines("held-out prompts", self.tuned, self.base)
        if self.hand_written and self.hand_written_base:
            lines += _lines("hand-written prompts", self.hand_written, self.hand_written_base)
        if self.breadth:
            tuned, base = self.breadth.overall.tuned, self.breadth.overall.base
            lines.append(_line("other functions", "right, of BFCL", _count(tuned), _count(base)))
        return "\n".join([*lines, *self._confidence()])

    def _confidence(self) -> Iterator[str]:
        """What the model is surest of; without a list also the rates of what it is served with."""
        if self.confidence is None:
            return
        sets = {
            "held-out prompts": self.confidence.heldout,
            "hand-written prompts": self.confidence.hand_written,
        }
        for prompts, one in sets.items():
            if one is not None:
                yield _line(prompts, "of the half it is surest of", _count(one.curve.half), "")
                if self.prompt.is_by_heart:
                    yield _line("", "exact match, as served", _right(one.effect.exact_match), "")
                    yield _line("", "abstention, as served", _right(one.effect.abstention), "")


def _lines(prompts: str, tuned: Score, base: Score) -> list[str]:
    metrics = ("tool_selection", "exact_match", "abstention")
    return [
        _line(prompts if number == 0 else "", METRICS[name], _rate(tuned, name), _rate(base, name))
        for number, name in enumerate(metrics)
    ]


def _rate(score: Score, name: str) -> str:
    return _count(getattr(score, name))


def _count(rate: Rate) -> str:
    return f"{rate.hits} of {rate.total}"


def _right(compared: Comparison) -> str:
    return f"{compared.both + compared.only_tuned} of {compared.prompts}"


def _line(prompts: str, metric: str, tuned: str, base: str) -> str:
    return f"{prompts:22}{metric:30}{tuned:>12}{base:>12}".rstrip()
