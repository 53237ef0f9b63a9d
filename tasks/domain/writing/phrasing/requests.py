"""A call's arguments → what a user says to get that call."""

import random
import re
from collections import Counter
from dataclasses import dataclass, replace
from typing import Any

from tasks.domain.conversations import Split
from tasks.domain.identifiers import (
    in_other_nouns,
    is_plural,
    name_words,
    plural,
    singular,
    with_a,
    with_the,
)
from tasks.domain.writing.phrasing.attributes import before_noun, head_noun
from tasks.domain.writing.phrasing.clauses import PUTTING, Clause, as_of_verb, clause, preposition
from tasks.domain.writing.phrasing.frames import (
    AFTERS,
    CONTEXTS,
    FRAMES,
    QUESTIONS,
    REASONS,
    Form,
    Frame,
)
from tasks.domain.writing.phrasing.phrases import NAMED_SLOT, SLOT, Phrase
from tasks.domain.writing.phrasing.spoken import bare_name, listed, verbalize
from tasks.domain.writing.phrasing.typing_habits import typed
from tasks.domain.writing.phrasing.updates import as_change_of_one
from tasks.domain.writing.phrasing.verbs import (
    CREATING,
    MAKING,
    SAYING,
    SHOWING,
    is_changing,
    leading_verb,
    past_participle,
)
from tasks.domain.writing.phrasing.wording import Wording
from tasks.domain.writing.values.kinds import PATHS, SQL, TEXTS
from tasks.domain.writing.values.parameters import ACTIONS

QUESTION_SHARE = 0.55
"""Share of questions among texts for tools that a question of their own fits."""
QUESTION_SHARE_ALONE = 0.9
"""The same for a call of which nothing is said: "what time is it?" rather than "get the time"."""
BY_NAME_SHARE = 0.06
"""Share of requests that are the tool's name and its values: "git log 5", "convert time …"."""
MOST_BY_NAME = 3
"""Values that people still type in a row behind a tool's name."""
_BY_NAME: dict[Split, tuple[str, ...]] = {
    "train": ("{name} {values}", "{name}: {values}", "{name} {values} please"),
    "heldout": ("do a {name} {values}", "now {name} {values}"),
}
SINGLE_QUOTES_SHARE = 0.4
"""Share of texts without an apostrophe whose quotes are single ones."""
BARE_SHARE = 0.5
"""Share of terse texts without an article: "log since yesterday"."""
PLAIN_SHARE = 0.4
"""Share of requests that are the command itself, or the thing alone: most people type no more."""
PLAIN_FILE_SHARE = 0.8
"""Share of files whose name is said without the word "file": "add a table to report.docx"."""
CHANGED_SHARE = 0.6
"""Share of updates of one thing that name it first: "set the title of issue 7 to …"."""
OTHER_VERB_SHARE = 0.35
"""Share of requests that say a tool's verb in another word: "look up" for "get"."""
_WITH_NUMBER = re.compile(r" with (\d+ [a-z]+ ?[a-z]*)$")
_MYSELF = re.compile(r"(I need to|I want to|I'd like to|I have to|we should|help to) \{do\}")


@dataclass(frozen=True)
class Request:
    """What a user says, and the family of phrasings it belongs to."""

    text: str
    family: str
    fixed: tuple[str, ...] = ()
    """Parameters whose values the words mean without saying them: «urgent» for a priority."""


def request(
    wording: Wording, arguments: dict[str, Any], split: Split, rng: random.Random
) -> Request:
    """Say a call; a required parameter that ``arguments`` lacks is simply not said."""
    said_of = wording.spoken_values(arguments)
    wording = wording.for_one(rng)
    question = _question(wording, said_of, split, rng)
    if question is not None:
        text = type_with_care(wording, sentence(question.text), said_of, rng)
        return Request(text, question.family)
    is_terse = not wording.verbatim and rng.random() < BY_NAME_SHARE
    if is_terse and (text := _by_name(wording, said_of, split, rng)):
        return Request(type_with_care(wording, text, said_of, rng), f"by-name-{split}")
    phrase, thing = deed(wording, said_of, rng)
    frame = _frame(_forms(wording, phrase, thing, said_of), split, rng)
    if frame.text.startswith("{thing}") and not wording.verbatim and rng.random() < BARE_SHARE:
        thing = _WITH_NUMBER.sub(r", \1", re.sub(r"^(the|an?) ", "", thing))
    text = frame.text.format(
        do=f"{_seeing_verb(phrase.verb, frame.text)} {thing}".strip(),
        thing=thing,
        done=past_participle(phrase.verb),
        **_agreeing(_is_many(wording, phrase, said_of)),
        context=rng.choice(CONTEXTS[split]),
        after=rng.choice(AFTERS),
        reason=rng.choice(REASONS),
    )
    return Request(type_with_care(wording, sentence(text), said_of, rng), frame.family)


def _by_name(wording: Wording, arguments: dict[str, Any], split: Split, rng: random.Random) -> str:
    """The tool's name and its values; empty where a value does not speak for itself."""
    is_plain = all(type(value) in (str, int) for value in arguments.values())
    is_plain = is_plain and len(arguments) <= MOST_BY_NAME
    kinds = [wording.maker.kind(name) for name in wording.maker.spoken_for]
    own_kinds = [wording.maker.kind(name) for name in arguments]
    is_told = len({*own_kinds}) == len(own_kinds) or not is_changing(wording.tool)
    is_clear = (is_told and arguments.keys() <= set(wording.maker.required)) or (
        len(arguments) == 1 and kinds.count(wording.maker.kind(next(iter(arguments)))) == 1
    )
    if not is_plain or not is_clear:
        return ""
    values = [verbalize(value, wording.maker.kind(name), rng) for name, value in arguments.items()]
    name = " ".join(name_words(wording.tool.name))
    text = rng.choice(_BY_NAME[split]).format(name=name, values=" ".join(values))
    return re.sub(r" +", " ", text.replace(": ", ": " if values else "")).strip()


def deed(wording: Wording, arguments: dict[str, Any], rng: random.Random) -> tuple[Phrase, str]:
    """One of a tool's phrases, and its object with all that is said of the arguments."""
    is_free = not wording.verbatim
    others = wording.others if is_free and rng.random() < OTHER_VERB_SHARE else ()
    phrase = rng.choice(others or wording.phrases)
    is_plain = "{" not in phrase.object
    phrase, arguments = _in_the_verb_of_its_action(wording, phrase, arguments)
    if is_free and rng.random() < CHANGED_SHARE:
        phrase, arguments = as_change_of_one(wording, phrase, arguments, rng)
    phrase, arguments = _with_named_values(wording, phrase, arguments, rng)
    if is_free and not phrase.has_slot:
        thing = in_other_nouns(phrase.object, rng) if is_plain else phrase.object
        thing, arguments = before_noun(thing, arguments, wording.maker, rng)
        phrase = replace(phrase, object=thing)
    clauses = _clauses(wording, phrase, arguments, rng)
    is_made = phrase.verb in CREATING | MAKING
    return phrase, _joined(_object(wording, phrase, arguments, rng), clauses, is_made)


def _in_the_verb_of_its_action(
    wording: Wording, phrase: Phrase, arguments: dict[str, Any]
) -> tuple[Phrase, dict[str, Any]]:
    """What is managed, by the action that an argument names: "pause the playback"."""
    name = next(
        (name for name in arguments if name in ACTIONS and isinstance(arguments[name], str)), None
    )
    verb, *rest = name_words(arguments[name] if name else "") or ("",)
    if leading_verb((verb, "")) is None or phrase.has_slot or NAMED_SLOT.search(phrase.object):
        return phrase, arguments
    if phrase.verb in _DOING or not wording.topic:
        managed = phrase.object or with_the(phrase.verb)
    else:
        managed = with_the(plural(wording.topic) if verb == "list" else wording.topic)
    is_of_it = not rest or rest[0] in _JOINING
    thing = " ".join((managed, *rest)) if is_of_it else with_the(" ".join(rest))
    thing = {"add": "to "}.get(verb, "") + thing if not rest else thing
    others = {other: value for other, value in arguments.items() if other != name}
    return Phrase(verb, thing, verb in SHOWING), others


_JOINING = frozenset(("to", "from", "by", "for", "with", "in", "on", "of", "as", "at"))
_DOING = frozenset(("manage", "run", "perform", "execute", "control", "handle"))
"""Verbs that say nothing of what is done."""


def _with_named_values(
    wording: Wording, phrase: Phrase, arguments: dict[str, Any], rng: random.Random
) -> tuple[Phrase, dict[str, Any]]:
    """A phrase with the values of its named slots, and the arguments still to be said."""
    rest = dict(arguments)

    def words(slot: re.Match[str]) -> str:
        name, noun = slot.groups()
        if name not in rest:
            return with_a(noun)
        kind = wording.maker.kind(name)
        value = verbalize(rest.pop(name), kind, rng, verbatim=wording.verbatim)
        is_plain = kind in PATHS and not wording.verbatim and rng.random() < PLAIN_FILE_SHARE
        is_plain = is_plain or (kind in TEXTS and noun == "text")
        return value if is_plain else f"{noun} {value}"

    return replace(phrase, object=NAMED_SLOT.sub(words, phrase.object)), rest


def type_with_care(
    wording: Wording, text: str, arguments: dict[str, Any], rng: random.Random
) -> str:
    """The text as it is typed, where all values survive that; precise people type with care."""
    if wording.verbatim:
        return text
    if rng.random() < SINGLE_QUOTES_SHARE and "'" not in text:
        single = text.replace('"', "'")
        text = single if wording.says(single, arguments) else text
    careless = typed(text, rng)
    small_start = text[0].lower() + text[1:].removesuffix(".")
    candidates = (careless, small_start) if careless.islower() else (careless,)
    return next((each for each in candidates if wording.says(each, arguments)), text)


def _is_many(wording: Wording, phrase: Phrase, arguments: dict[str, Any]) -> bool:
    value = arguments.get(wording.identity or "")
    if phrase.has_slot:
        return isinstance(value, list) and len(value) > 1
    return is_plural(head_noun(phrase.object))


def _agreeing(many: bool) -> dict[str, str]:
    verbs = ("are", "have", "need") if many else ("is", "has", "needs")
    return dict(zip(("is", "has", "needs"), verbs, strict=True))


def _seeing_verb(verb: str, frame: str) -> str:
    """What I want to show, I want to see."""
    return "see" if verb in ("show", "display") and _MYSELF.search(frame) else verb


def _forms(
    wording: Wording, phrase: Phrase, thing: str, arguments: dict[str, Any]
) -> dict[Form, int]:
    """The forms of a sentence that a phrase fits into, and how often each is drawn."""
    forms: dict[Form, int] = {"do": 3}
    if phrase.shows and not thing.startswith(("a ", "an ", "some ")) and ": " not in thing:
        forms["thing"] = 2
    if phrase.shows and not phrase.has_slot and phrase.object.startswith("the "):
        forms["which"] = 1
    if len(arguments) == 1 and phrase.object == SLOT and _is_container(wording):
        forms["inside"] = 2
    makes = phrase.verb in CREATING and (phrase.has_slot or phrase.object.startswith("a new "))
    if makes and thing.startswith(("a ", "an ")) and ": " not in thing:
        forms["new"] = 2
    identities = (wording.identity,) if phrase.has_slot else ()
    is_whole = tuple(arguments) == identities and phrase.object.startswith((SLOT, "all "))
    goes_to = phrase.verb.endswith(" to")
    if is_whole and not (phrase.shows or wording.verbatim or goes_to):
        forms["done"] = 1
    return forms


def _frame(forms: dict[Form, int], split: Split, rng: random.Random) -> Frame:
    form = rng.choices(list(forms), list(forms.values()))[0]
    frames = [frame for frame in FRAMES[split] if frame.form == form]
    plain = [frame for frame in frames if frame.text.rstrip(".") in ("{do}", "{thing}")]
    return rng.choice(plain if plain and rng.random() < PLAIN_SHARE else frames)


def _is_container(wording: Wording) -> bool:
    """Whether a tool tells what one file or folder holds: asking for that says enough."""
    verb = wording.phrases[0].verb
    return verb in ("read", "list", "view") and wording.maker.kind(wording.identity or "") in PATHS


def _object(wording: Wording, phrase: Phrase, arguments: dict[str, Any], rng: random.Random) -> str:
    if not phrase.has_slot:
        return phrase.object
    name, noun = wording.identity or "", wording.noun
    if name not in arguments:
        return phrase.object.replace(SLOT, with_a(noun or "item"))
    value, kind = arguments[name], wording.maker.kind(name)
    if phrase.object.endswith(f" to {SLOT}"):
        text = verbalize(value, kind, rng, verbatim=wording.verbatim)
        return phrase.object.replace(SLOT, text)
    if isinstance(value, list) and any(isinstance(part, dict) for part in value):
        these = f"{rng.choice(('these', 'the following'))} {plural(noun or 'item')}"
        return f"{phrase.object.replace(SLOT, these)}: {verbalize(value, kind, rng)}"
    return phrase.object.replace(SLOT, _identity(wording, value, kind, noun, rng))


def _identity(wording: Wording, value: Any, kind: str, noun: str, rng: random.Random) -> str:
    text = verbalize(value, kind, rng, verbatim=wording.verbatim)
    text = text if wording.verbatim else bare_name(text, value, rng)
    noun = noun if wording.verbatim else in_other_nouns(noun, rng)
    if kind in SQL:
        return rng.choice((f"this SQL: {text}", f"the query {text}"))
    if isinstance(value, list):
        noun = plural(noun) if len(value) > 1 else singular(noun)
    if noun and isinstance(value, (int, float)):
        return f"{noun} {text}"
    choices = [f"the {noun} {text}" if noun else text]
    is_said = kind in TEXTS and not (noun and is_changing(wording.tool))
    choices.append(text if is_said or wording.bare else f"{noun} {text}".strip())
    if wording.phrases[0].verb in CREATING and kind not in TEXTS and kind != "sha":
        choices += [f"{with_a(f'new {noun}')} called {text}", f"{with_a(noun)} named {text}"]
    return rng.choice(choices)


def _clauses(
    wording: Wording, phrase: Phrase, arguments: dict[str, Any], rng: random.Random
) -> list[Clause]:
    rest = {n: v for n, v in arguments.items() if not (phrase.has_slot and n == wording.identity)}
    if len(rest) > 1 and all(len(n) == 1 and isinstance(v, (int, float)) for n, v in rest.items()):
        return [Clause(f"of {listed([verbalize(v, 'number', rng) for v in rest.values()])}", 1)]
    used_prepositions = set(_shared_prepositions(wording))
    used_prepositions |= {"for"} if re.search(r"\bfor\b", phrase.object) else set()
    clauses = []
    texts = [name for name in rest if wording.maker.kind(name) == "text"]
    is_putting = phrase.verb in SAYING | MAKING | PUTTING | {"reply"} and len(texts) == 1
    for name, value in rest.items():
        kind, prepositions = wording.maker.kind(name), frozenset(used_prepositions)
        said_so = clause(name, value, kind, prepositions, rng, verbatim=wording.verbatim)
        if kind == "text" and name in _TEXT_PARAMETERS and is_putting and rng.random() < SAID_SHARE:
            said_so = Clause(f": {verbalize(value, kind, rng, verbatim=wording.verbatim)}", 11)
        said_so = replace(said_so, text=as_of_verb(said_so.text, phrase, kind, rng))
        clauses.append(said_so)
        used_prepositions.add(preposition(name, value, kind))
    return sorted(clauses, key=lambda part: part.order)


_TEXT_PARAMETERS = frozenset(("text", "body", "content", "message", "comment", "note"))
"""Parameters that hold what is said or written, and are seldom named."""
SAID_SHARE = 0.6
"""Share of the texts that are not named: "add a comment to issue 7: "Looks good""."""


def _shared_prepositions(wording: Wording) -> list[str]:
    """The prepositions of several parameters of a tool: "on" says neither of its two dates."""
    maker = wording.maker
    counts = Counter(preposition(name, "", maker.kind(name)) for name in maker.spoken_for)
    return [words for words, count in counts.items() if words and count > 1]


def _joined(thing: str, clauses: list[Clause], is_made: bool) -> str:
    """The object and its clauses; several that open with 'with' share it.

    What is made has the name, and else the thing that is one of many: "the length of a list".
    """
    head, parts = head_noun(thing), [part.text for part in clauses]
    tail = thing[len(head) :]
    has_name = is_made or not re.search(r"\ban? ", tail)
    if tail and has_name and parts and parts[0].startswith(("called ", "named ")):
        thing, parts = f"{head} {parts[0]}{tail}", parts[1:]
    withs = [part.removeprefix("with ") for part in parts if part.startswith("with ")]
    others = [part for part in parts if not part.startswith("with ")]
    last = [part for part in others if part.startswith(("and ", "but "))]
    last += [part for part in others if part.startswith(": ")]
    plain = [part for part in others if part not in last]
    shared = [f"with {listed(withs)}"] if withs else []
    return " ".join([thing, *plain, *shared, *last]).strip().replace(" : ", ": ")


def _question(
    wording: Wording, arguments: dict[str, Any], split: Split, rng: random.Random
) -> Request | None:
    if rng.random() > (QUESTION_SHARE if arguments else QUESTION_SHARE_ALONE):
        return None
    roles: dict[str, str] = {}
    for name, value in arguments.items():
        kind = wording.maker.kind(name)
        roles[preposition(name, value, kind)] = verbalize(
            value, kind, rng, verbatim=wording.verbatim
        )
    if len(roles) < len(arguments):
        return None
    name = " ".join(name_words(wording.tool.name))
    for question in QUESTIONS:
        if set(question.roles) == roles.keys() and re.search(question.asks_for, name):
            values = {k: f"in {v}" if k == "in" else v for k, v in roles.items()}
            context = rng.choice(CONTEXTS[split])
            text = rng.choice(question.texts[split])
            said_so = text.format(**values, bare=roles.get("in", ""), context=context)
            return Request(said_so, "-".join(("question", *question.roles, split)))
    return None


def sentence(text: str) -> str:
    """Capitals at the start and after a full stop that a frame, not a value, has set."""
    text = text.strip()
    for context in (*CONTEXTS["train"], *CONTEXTS["heldout"]):
        if text.startswith(context) and context.endswith("."):
            start = len(context) + 1
            return context + " " + text[start].upper() + text[start + 1 :]
    return text[0].upper() + text[1:]
