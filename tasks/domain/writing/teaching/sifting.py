"""A teacher's lines held against the rules of a phrasebook; what breaks one is thrown out."""

import re
from collections.abc import Mapping, Sequence

from profiles import PhrasebookLimits, Server
from tasks.domain.products import Toolset
from tasks.domain.writing.book.check import faults_by_line
from tasks.domain.writing.book.line_rules import LineRules
from tasks.domain.writing.phrasebook import Line, SaidLine, ValuesLine
from tasks.domain.writing.teaching.answers import RejectedLine, reject
from tasks.domain.writing.values.maker import ArgumentMaker

_PARTICULARS = re.compile(r"'[^']*'|\"[^\"]*\"|\bline \d+|\d+")
MOST_WORDS = 40
"""Of a text that somebody types; the teacher is asked for 25 at most."""


FEWEST_VALUES = 3
"""Different ones: of some parameters no more exist, such as the metrics of a distance."""


def sift(
    lines: Sequence[Line],
    toolset: Toolset,
    server: Server,
    makers: Mapping[str, ArgumentMaker],
    limits: PhrasebookLimits,
) -> tuple[list[Line], list[RejectedLine]]:
    """(the lines without faults, the others with the first reason)."""
    placed = [line.model_copy(update={"place": f"line {n}"}) for n, line in enumerate(lines, 1)]
    reasons = {line.place: reason for line in placed if (reason := _fault(line, makers, limits))}
    rules = LineRules(dict(makers))
    for place, fault in faults_by_line(placed, toolset, server, rules, limits.alike):
        reasons.setdefault(place, fault)
    good = [line for line in placed if line.place not in reasons]
    out = [line for line in placed if line.place in reasons]
    return good, [reject(line, without_particulars(reasons[line.place], makers)) for line in out]


def _fault(line: Line, makers: Mapping[str, ArgumentMaker], limits: PhrasebookLimits) -> str:
    if isinstance(line, SaidLine) and len(line.text.split()) > MOST_WORDS:
        return "the text is too long"
    fewest = min(limits.values, FEWEST_VALUES)
    if not isinstance(line, ValuesLine) or len(set(map(str, line.values))) >= fewest:
        return ""
    kinds = {
        maker.kind(line.parameter) for maker in makers.values() if maker.tool.name == line.tool
    }
    return "" if kinds == {"enum"} else "too few different values"


def without_particulars(fault: str, makers: Mapping[str, ArgumentMaker]) -> str:
    """A fault as a reason to count: without names and values, and without what comes after."""
    names = "|".join(sorted(map(re.escape, makers), key=len, reverse=True))
    short = re.sub(rf"\b(?:{names})\b", "the tool", fault)
    return _PARTICULARS.sub("…", re.split(r"[;:]", short, maxsplit=1)[0]).strip()
