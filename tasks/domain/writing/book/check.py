"""What is wrong with a phrasebook, held against the tools that it was written for."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import combinations, pairwise

from rapidfuzz import fuzz

from profiles import PhrasebookLimits, Server
from tasks.domain.products import Toolset
from tasks.domain.writing.book.filling import result_patterns
from tasks.domain.writing.book.fingerprints import schema_fingerprint, schemas_of_book
from tasks.domain.writing.book.line_rules import LineRules, inner_values
from tasks.domain.writing.book.taking import take_value
from tasks.domain.writing.phrasebook import (
    CallsLine,
    ChatLine,
    ClarifyLine,
    Line,
    RequestLine,
    ResultLine,
    SaidLine,
    UnsupportedLine,
    ValuesLine,
    fill,
    skeleton,
    slots,
)
from tasks.domain.writing.phrasing.tool_context import TOOL_WORDS, bare
from tasks.domain.writing.phrasing.verbs import is_changing
from tasks.domain.writing.scenarios import askable
from tasks.domain.writing.values.maker import ArgumentMaker, makers_of

Fault = tuple[str, str]
"""The place of a line, and what is wrong with it."""
_READING = re.compile(
    r"^((please|pls|hey|hi|ok|okay|now|just|can|could|would|will|you|u|me|i|want|need|to|like|d|let|"
    r"us|s|kindly|quickly) )*"
    r"(show|list|display|view|print|see|read|look|what|whats|which|who|where|how many|tell me|"
    r"is there|are there|check(?! (out|in)\b))\b"
)
_FIRST_MARK = 0x4E00
"""The first of many letters that no text of a book has."""
_KINDS_FOR_EVERY_SERVER = "a book for every server has 'chat', 'unsupported' and 'values'"
_NO_SLOT = "the slot {!r} is no word of the tools, and has no 'values' line"
_WHOLE_PROMPT_WORDS = 6
"""Words beside the slots from which a text that fits a test prompt does so by no chance."""


@dataclass(frozen=True)
class Verdict:
    """What a check finds; a book without faults is fit to write rows from."""

    faults: tuple[str, ...]
    notes: tuple[str, ...]
    """What a person may want to change; no reason to refuse the book."""


def check_phrasebook(
    lines: Sequence[Line], toolset: Toolset, server: Server, limits: PhrasebookLimits
) -> Verdict:
    """Hold a book against the tools it is for; ``server`` has constants and test prompts."""
    rules = LineRules(makers_of(toolset.tools, server))
    faults = faults_by_line(lines, toolset, server, rules, limits.alike)
    few = _too_few(lines, rules, limits)
    return Verdict(
        faults=tuple([f"{place}: {fault}" for place, fault in faults] + list(few)),
        notes=tuple(_notes(lines, rules, limits)),
    )


def faults_by_line(
    lines: Sequence[Line], toolset: Toolset, server: Server, rules: LineRules, alike: float
) -> list[Fault]:
    """What is wrong with single lines, alone or beside earlier ones."""
    rules = replace(rules, named=inner_values(lines))
    return [
        *((line.place, fault) for line in lines for fault in rules.faults_of(line)),
        *_two_labels(lines),
        *_read_as_written(lines, toolset),
        *_test_prompts(lines, server),
        *_alike(lines, alike),
        *_nothing_found(lines),
    ]


def check_general(lines: Sequence[Line], limits: PhrasebookLimits) -> Verdict:
    """Hold a book that is for every server against the rules that need no tools."""
    faults: list[Fault] = []
    slot_names = TOOL_WORDS | {each.parameter for each in lines if isinstance(each, ValuesLine)}
    for line in lines:
        if isinstance(line, ChatLine | UnsupportedLine):
            unknown = [name for name in slots(line.text + line.reply) if name not in slot_names]
            faults += [(line.place, _NO_SLOT.format(name)) for name in unknown]
        elif not isinstance(line, ValuesLine):
            faults.append((line.place, f"kind {line.kind!r}; {_KINDS_FOR_EVERY_SERVER}"))
    faults += _alike(lines, limits.alike)
    notes = _long_texts(lines, limits.most_words)
    return Verdict(tuple(f"{place}: {fault}" for place, fault in faults), tuple(notes))


def _two_labels(lines: Sequence[Line]) -> Iterator[Fault]:
    """Texts that are the same beside their values and are to be answered in two ways."""
    first: dict[str, tuple[str, Line]] = {}
    for line in lines:
        if isinstance(line, SaidLine):
            text, label = skeleton(line.text), _label(line)
            earlier = first.setdefault(text, (label, line))
            if earlier[0] != label:
                yield line.place, f"says what {earlier[1].place} says, for {earlier[0]}: {text!r}"


def _label(line: Line) -> str:
    """What a text is to be answered with; empty where a line is no text of a user."""
    if isinstance(line, RequestLine):
        return f"{line.tool} {line.fixed or ''}".strip()
    if isinstance(line, CallsLine):
        return " and ".join(call.tool for call in line.calls)
    if isinstance(line, ClarifyLine):
        return f"a question for {', '.join(line.missing)}"
    return "no call" if isinstance(line, UnsupportedLine | ChatLine) else ""


def _read_as_written(lines: Sequence[Line], toolset: Toolset) -> Iterator[Fault]:
    changing = {tool.name for tool in toolset.tools if is_changing(tool)}
    for line in lines:
        if isinstance(line, RequestLine | ClarifyLine) and line.tool in changing:
            match = _READING.match(bare(line.text))
            if match:
                yield line.place, f"{line.tool} may change something, and {match[0]!r} only reads"


def _nothing_found(lines: Sequence[Line]) -> Iterator[Fault]:
    """Arguments from a result that none of the book's results gives."""
    printed_texts: dict[str, list[str]] = defaultdict(list)
    for line in lines:
        if isinstance(line, ResultLine) and not line.error:
            text = fill(line.text, dict.fromkeys(slots(line.text), "value"))
            printed_texts[line.tool].append(text)
    for line in lines:
        for before, call in pairwise(line.calls) if isinstance(line, CallsLine) else ():
            texts = printed_texts[before.tool]
            for pattern in result_patterns(call).values():
                if texts and not any(take_value(pattern, text) is not None for text in texts):
                    yield line.place, f"{pattern!r} is in none of {before.tool}'s results"


def _test_prompts(lines: Sequence[Line], server: Server) -> Iterator[Fault]:
    prompts = {skeleton(each.prompt) for each in server.test_prompts}
    for line in lines:
        text = _text_of(line)
        words = skeleton(text)
        pattern = re.escape(words).replace("∎", ".+")
        is_long = sum(word != "∎" for word in words.split()) >= _WHOLE_PROMPT_WORDS
        if words in prompts or (
            is_long and "∎" in words and any(re.fullmatch(pattern, prompt) for prompt in prompts)
        ):
            yield line.place, "is a test prompt of the server"


def _text_of(line: Line) -> str:
    return line.text if isinstance(line, SaidLine) else ""


def _alike(lines: Sequence[Line], least: float) -> Iterator[Fault]:
    """Each line that nearly repeats an earlier one of its kind and label."""
    groups: dict[str, list[tuple[str, Line]]] = defaultdict(list)
    marks: dict[str, str] = {}
    for line in lines:
        if text := _text_of(line):
            groups[f"{line.kind} {_label(line)}"].append((_compared(text, marks), line))
    for group in groups.values():
        places: set[str] = set()
        for (one, first), (other, second) in combinations(group, 2):
            if second.place not in places and _is_alike(one, other, least):
                places.add(second.place)
                yield second.place, f"is like {first.place}: {_text_of(first)!r}"


def _compared(text: str, marks: dict[str, str]) -> str:
    """A text as it is compared: each slot is one letter, so that long names do not count."""
    letters = {
        name: f" {marks.setdefault(name, chr(_FIRST_MARK + len(marks)))} " for name in slots(text)
    }
    return bare(fill(text, letters))


def _is_alike(one: str, other: str, least: float) -> bool:
    return one == other or bool(fuzz.ratio(one, other, score_cutoff=100 * least))


def _too_few(lines: Sequence[Line], rules: LineRules, limits: PhrasebookLimits) -> Iterator[str]:
    makers = list(rules.makers.values())
    requests = Counter(line.tool for line in lines if isinstance(line, RequestLine))
    questions = Counter(line.tool for line in lines if isinstance(line, ClarifyLine))
    for maker in makers:
        name = maker.tool.name
        yield from _fewer(f"{name}: request", requests[name], limits.requests)
        if askable(maker, makers):
            yield from _fewer(f"{name}: clarify", questions[name], limits.clarifying)
    kinds: Counter[str] = Counter(line.kind for line in lines)
    yield from _fewer("unsupported", kinds["unsupported"], limits.unsupported)
    if len(makers) > 1:
        yield from _fewer("calls", kinds["calls"], limits.calls)
    for line in lines:
        if isinstance(line, ValuesLine):
            different = len({str(value) for value in line.values})
            if different < limits.values and not _is_closed(line, makers):
                yield f"{line.place}: {different} different values, needed at least {limits.values}"


def _is_closed(line: ValuesLine, makers: Iterable[ArgumentMaker]) -> bool:
    return all(
        maker.kind(line.parameter) == "enum"
        for maker in makers
        if line.parameter in maker.properties
    )


def _fewer(what: str, count: int, least: int) -> Iterator[str]:
    if count < least:
        yield f"{count} {what} lines, needed at least {least}"


def _notes(lines: Sequence[Line], rules: LineRules, limits: PhrasebookLimits) -> Iterator[str]:
    schemas = schemas_of_book(lines)
    if not schemas:
        yield "no 'tools' line, so lists that share its tools cannot use it; --write adds one"
    for name, schema in schemas.items():
        if name in rules.makers and schema != schema_fingerprint(rules.makers[name].tool):
            yield f"{name}: its schema has changed since the book was written"
    yield from _long_texts(lines, limits.most_words)
    results = {line.tool for line in lines if isinstance(line, ResultLine)}
    for name, maker in rules.makers.items():
        if not maker.tool.read_only and name not in results:
            yield f"{name}: no result line, so rows end with its call"


def _long_texts(lines: Sequence[Line], most: int) -> Iterator[str]:
    for line in lines:
        words = len(_text_of(line).split())
        if words > most:
            yield f"{line.place}: {words} words; people type at most {most} as a rule"
