"""What the assistant says: from a tool's result, of an error, or to ask for what is missing."""

import json
import random
import re
from collections.abc import Iterator
from typing import Any

from tasks.domain.identifiers import is_plural, pieces, plural, singular, spoken
from tasks.domain.products import ToolResult
from tasks.domain.untrusted.decoding import json_or_none
from tasks.domain.writing.phrasing.own_words import NAMING
from tasks.domain.writing.phrasing.phrases import thing_of
from tasks.domain.writing.phrasing.spoken import listed
from tasks.domain.writing.phrasing.verbs import CREATING, TELLING
from tasks.domain.writing.phrasing.wording import Wording
from tasks.domain.writing.values.kinds import TEXTS

MOST_FACTS = 3
"""Values of a result that an answer repeats: enough to say what was asked, in one sentence."""
MOST_ITEMS = 6
"""Items of a list that an answer repeats."""
_OF_INPUT = re.compile(r"^(source|input|request|from|query)\b")
"""Parts of a result that repeat what was asked for."""
_VERDICT = re.compile(
    r"\b(valid|found|exists?|available|allowed|passed|possible|complete|successful|match(es)?)$"
)
_PREPOSITIONS = frozenset(pieces("from to at in on by for of with since until before after"))
_NAMED_VALUE = re.compile(
    r'"([^"\\]+)":\s*("(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?(?=\s*[,}])|true|false)'
)
_MOMENT = re.compile(r"(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d)(:\d\d(\.\d+)?)?(Z|[+-]\d\d:?\d\d)?")
MOST_TEXT = 220
"""Characters of a plain result that an answer repeats."""


def answer(wording: Wording, arguments: dict[str, Any], text: str, rng: random.Random) -> str:
    """A sentence or few that carry a result's values; ``text`` is the text the model sees."""
    content = json_or_none(text)
    if content is None and text.lstrip()[:1] in ("{", "["):
        content = _of_cut(text)
    if isinstance(content, dict) and content:
        facts = _facts(content, arguments)
        if len(facts) == 1 and isinstance(facts[0][1], str):
            return _text_answer(_plain(facts[0][1]), wording, rng)
        parts = [f"{name.removeprefix('is ')} {_shortened(_plain(leaf))}" for name, leaf in facts]
        return f"{_lead(wording, arguments, rng)}: {'; '.join(parts)}."
    if isinstance(content, list):
        return _list_answer(content, wording)
    return _text_answer(text.strip(), wording, rng)


def report(wording: Wording, result: ToolResult, rng: random.Random) -> str:
    """Say that a call failed and what the tool said of it; nothing else."""
    reason = _shortened(" ".join(result.text.split())) or "the tool gave no reason"
    start = rng.choice(("I could not", "I was not able to", "Sorry, I could not"))
    return f"{start} {_deed(wording)}. The tool answered: {reason}"


def ask(wording: Wording, missing: str, rng: random.Random) -> str:
    """Ask for one parameter by its spoken name; by its description too where that is one letter."""
    noun, kind = spoken(missing), wording.maker.kind(missing)
    if len(noun) == 1:
        described = wording.maker.settled(missing).get("description", "").rstrip(".") or "value"
        noun = f"{described[0].lower()}{described[1:]} ({missing})"
    if noun in _PREPOSITIONS:
        noun = f"'{noun}' value"
    if kind == "search":
        return rng.choice(("What should I search for?", "What are you looking for?"))
    thing = wording.noun if missing == wording.identity else thing_of(wording.maker, missing)
    is_there = wording.phrases[0].verb not in CREATING or thing not in wording.topic
    if thing and is_there and singular(noun.split()[-1]) in NAMING:
        things = plural(thing) if is_plural(noun) else thing
        return rng.choice((f"Which {things}?", f"Which {things} do you mean?"))
    if kind in TEXTS:
        return rng.choice((f"What should the {noun} be?", f"What {noun} should I use?"))
    shapes = (
        f"Which {noun} should I use?",
        f"What {noun} should I use?",
        f"Which {noun} do you mean?",
    )
    return rng.choice(shapes)


def _of_cut(text: str) -> dict[str, Any]:
    """The first values of JSON that was cut off, by their names."""
    pairs: dict[str, Any] = {}
    for name, value in _NAMED_VALUE.findall(text):
        if (decoded := json_or_none(value)) is not None:  # a text may have backslashes of no JSON
            pairs.setdefault(name, decoded)
    return pairs


def _deed(wording: Wording) -> str:
    return wording.phrases[0].spoken(f"the {wording.noun}".strip())


def _lead(wording: Wording, arguments: dict[str, Any], rng: random.Random) -> str:
    phrase = wording.phrases[0]
    if phrase.verb not in TELLING:
        return "Done"
    if not phrase.shows or phrase.has_slot:
        return rng.choice(("Here is the result", "Here is what I found", "The result"))
    values = [v for n, v in arguments.items() if not wording.maker.is_constant(n)]
    place = f" for {values[0]}" if len(values) == 1 and isinstance(values[0], str) else ""
    return rng.choice(("Here is {}", "This is {}")).format(f"{phrase.object}{place}")


def _facts(value: dict[str, Any], arguments: dict[str, Any]) -> list[tuple[str, Any]]:
    argument_texts = {json.dumps(v) for v in arguments.values()}
    leaves = list(_leaves(value, ""))
    fresh = [
        (name, leaf) for name, leaf in leaves if json.dumps(leaf) not in argument_texts
    ] or leaves
    for is_lesser in (_repeats, _is_switch):
        if len(fresh) > MOST_FACTS:
            fresh = [fact for fact in fresh if not is_lesser(*fact)] or fresh
    if len(fresh) > MOST_FACTS:
        fresh.sort(key=lambda fact: not _is_verdict(*fact))
    return fresh[:MOST_FACTS]


def _repeats(name: str, _: Any) -> bool:
    return bool(_OF_INPUT.match(name))


def _is_switch(name: str, leaf: Any) -> bool:
    return isinstance(leaf, bool) and not _is_verdict(name, leaf)


def _is_verdict(name: str, leaf: Any) -> bool:
    """Whether a yes or no is the point of a result: ``valid``, ``found``."""
    return isinstance(leaf, bool) and bool(_VERDICT.search(name))


def _leaves(value: Any, name: str) -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict) and value:
        for key, part in value.items():
            yield from _leaves(part, f"{name} {spoken(key)}".strip())
    elif isinstance(value, list) and any(isinstance(part, dict) for part in value):
        for number, part in enumerate(value, start=1):
            yield from _leaves(part, f"{name} {number}".strip())
    else:
        yield name, value


def _plain(leaf: Any) -> str:
    if isinstance(leaf, bool):
        return "yes" if leaf else "no"
    if isinstance(leaf, list):
        return listed([_plain(part) for part in leaf[:MOST_ITEMS]]) if leaf else "none"
    if leaf is None or leaf in ("", {}):
        return "none"
    if not isinstance(leaf, str):
        return json.dumps(leaf)
    moment = _MOMENT.fullmatch(leaf)
    return f"{moment[2]} on {moment[1]}" if moment else leaf.strip()


def _list_answer(value: list[Any], wording: Wording) -> str:
    if not value:
        return f"There are no {plural(wording.topic or 'results')}."
    parts = [_plain(part) if not isinstance(part, dict) else _item(part) for part in value]
    first_parts = parts[:MOST_ITEMS]
    more = f" and {len(parts) - len(first_parts)} more" if len(parts) > len(first_parts) else ""
    return f"I found {len(parts)}: {_shortened('; '.join(first_parts), MOST_TEXT * 2)}{more}."


def _item(value: dict[str, Any]) -> str:
    return ", ".join(f"{name} {_plain(leaf)}" for name, leaf in _leaves(value, ""))


def _text_answer(text: str, wording: Wording, rng: random.Random) -> str:
    if not text:
        return f"Done: {_deed(wording)}. The tool had nothing to add."
    lines = [line for line in text.splitlines() if line.strip()]
    if len(lines) == 1 and len(text) <= MOST_TEXT:
        is_bare = rng.random() < 0.5 or text.startswith("Done")
        return text if is_bare else f"Here is the answer: {text}"
    excerpt = "\n".join(lines[:3])
    more = f"\n… {len(lines) - 3} more lines." if len(lines) > 3 else ""
    return f"Here is the result:\n{_shortened(excerpt)}{more}"


def _shortened(text: str, most: int = MOST_TEXT) -> str:
    return text if len(text) <= most else text[: most - 1].rstrip() + "…"
