"""What people say to an assistant with tools when no tool is needed, and a short true answer."""

import random
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache

from tasks.domain import words
from tasks.domain.conversations import Split
from tasks.domain.phrasing import knowledge
from tasks.domain.phrasing.naming import name_words, plural, singular, with_a
from tasks.domain.phrasing.spoken import listed
from tasks.domain.phrasing.verbs import base_form
from tasks.domain.products import Toolset

TALK_TRIES = 400
"""Draws for a text that is not there yet before small talk counts as used up."""


@dataclass(frozen=True)
class Talk:
    """One exchange that needs no tool."""

    text: str
    answer: str
    family: str


@dataclass(frozen=True)
class Listener:
    """What small talk may know of the tools: their names, and the nouns they deal with."""

    tools: tuple[str, ...]
    nouns: tuple[str, ...]
    about: str

    @classmethod
    def of(cls, toolset: Toolset) -> "Listener":
        """The listener of a server's tools."""
        texts = " ".join(f"{' '.join(name_words(t.name))} {t.description}" for t in toolset.tools)
        return cls(tuple(t.name for t in toolset.tools), nouns(toolset), texts.lower())


Exchange = tuple[str, str]
Family = Callable[[random.Random, Listener], Exchange]

_SMALL_WORDS = frozenset(
    words.pieces(
        "a an the of in on at by to for from with as and or not all new current is multiple "
        "long text media specific server mcp max min repo path name names type unstaged staged "
        "info structured annotated tiny running env allowed sizes"
    )
)


def nouns(toolset: Toolset) -> tuple[str, ...]:
    """The nouns of the tools' names and parameters, in the singular, sorted."""
    found = {
        singular(word)
        for tool in toolset.tools
        for name in (tool.name, *tool.input_schema.get("properties", {}))
        for word in name_words(name)
        if len(word) > 2 and word not in _SMALL_WORDS and (base_form(word) is None or word in _BOTH)
    }
    return tuple(sorted(found & set(knowledge.DEFINITIONS)) or sorted(found) or ("tool",))


_BOTH = frozenset(
    words.pieces("time file branch commit query log order message note report graph link")
)


def talk(listener: Listener, split: Split, used: set[str], rng: random.Random) -> Talk | None:
    """An exchange whose text is not in ``used``; None when there are no more."""
    families = _families(split, listener.about)
    for _ in range(TALK_TRIES):
        name, family = rng.choice(families)
        text, answer = family(rng, listener)
        text, answer = text[0].upper() + text[1:], answer[0].upper() + answer[1:]
        if text not in used:
            return Talk(text, answer, f"talk.{name}")
    return None


@lru_cache(maxsize=32)
def _families(split: Split, about: str) -> tuple[tuple[str, Family], ...]:
    return tuple(
        (name, family)
        for name, family in FAMILIES[split]
        if name not in _TOUCHES or not re.search(_TOUCHES[name], about)
    )


_TOUCHES = {
    "arithmetic": r"\b(sum|calculat\w+|math|arithmetic|multiply|subtract)\b",
    "larger": r"\b(compare numbers|calculat\w+|math)\b",
    "even": r"\b(calculat\w+|math)\b",
    "capital": r"\b(countr(y|ies)|capitals?|geograph\w+)\b",
    "country-of": r"\b(countr(y|ies)|geograph\w+|geocod\w+)\b",
    "continent": r"\b(countr(y|ies)|continents?|geograph\w+)\b",
    "define": r"\b(dictionar(y|ies)|definitions?|glossar(y|ies))\b",
    "opposite": r"\b(dictionar(y|ies)|synonyms?|thesaurus)\b",
    "past-form": r"\b(grammar|conjugat\w+)\b",
    "upper": r"\b(uppercase|echo\w*|text transform\w*|convert text)\b",
    "repeat": r"\b(echo\w*|repeat)\b",
    "calendar": r"\bcalendar|weekday",
}
"""Families that a tool could answer: left out where the tools' texts match."""


def _from_table(table: Sequence[tuple[str, ...]]) -> Family:
    openings = ("", "", "Just curious: ", "Quick question: ", "By the way, ", "Out of interest: ")

    def write(rng: random.Random, _: Listener) -> Exchange:
        question, answer = rng.choice(table)
        start = rng.choice(openings)
        return start + (question if not start or start.endswith(": ") else _lower(question)), answer

    return write


def _lower(text: str) -> str:
    return text if text.split()[0].isupper() else text[0].lower() + text[1:]


def _pairs(table: Sequence[tuple[str, ...]], shapes: Sequence[tuple[str, str]]) -> Family:
    def write(rng: random.Random, _: Listener) -> Exchange:
        first, second = rng.choice(table)
        question, answer = rng.choice(shapes)
        return question.format(a=first, b=second), answer.format(a=first, b=second)

    return write


def _arithmetic(rng: random.Random, _: Listener) -> Exchange:
    a, b = rng.randint(2, 60), rng.randint(2, 60)
    sign, result = rng.choice((("plus", a + b), ("minus", a - b), ("times", a * b)))
    question = rng.choice(("What is {} {} {}?", "How much is {} {} {}?", "{} {} {} is what?"))
    return question.format(a, sign, b), f"{a} {sign} {b} is {result}."


def _thanks(rng: random.Random, _: Listener) -> Exchange:
    parts = (
        rng.choice(knowledge.PRAISE),
        rng.choice(knowledge.THANKS),
        rng.choice(knowledge.REASONS),
    )
    text = rng.choice(("{0}, {1}!", "{1}, {2}.", "{0}, {2}.", "{1}! {2}.")).format(*parts)
    text = re.sub(r"! (\w)", lambda m: f"! {m[1].upper()}", text)
    return text, rng.choice(("You're welcome!", "Glad to help!", "Any time!", "Happy to help!"))


def _mood(rng: random.Random, _: Listener) -> Exchange:
    mood, cause = rng.choice(knowledge.MOODS), rng.choice(knowledge.CAUSES)
    text = rng.choice(("I'm {} {}.", "I feel {} {}.", "today I am {} {}.")).format(mood, cause)
    return text, rng.choice((f"I see that you feel {mood}.", "Thank you for telling me.")) + (
        " Is there anything that I can do for you?"
    )


def _opinion(rng: random.Random, _: Listener) -> Exchange:
    first, second = rng.sample(knowledge.LIKES, 2)
    text = rng.choice(
        (
            f"do you prefer {first} or {second}?",
            f"what do you think about {first}?",
            f"is {first} better than {second}?",
            f"do you like {first}?",
        )
    )
    return text, "I have no taste of my own, so I leave that to you."


def _shout(rng: random.Random, _: Listener) -> Exchange:
    word = f"{rng.choice(words.ADJECTIVES)} {rng.choice(words.NOUNS)}"
    shapes = ("write '{}' in capital letters.", "put '{}' in upper case.")
    return rng.choice(shapes).format(word), word.upper()


def _define(rng: random.Random, _: Listener) -> Exchange:
    noun = rng.choice(sorted(knowledge.DEFINITIONS))
    shapes = ("what does the word '{}' mean?", "define '{}'.", "explain the word '{}'.")
    return rng.choice(shapes).format(noun), _definition(noun)


def _definition(noun: str) -> str:
    meaning = knowledge.DEFINITIONS.get(noun)
    if meaning is None:
        return f"That depends on where the word {noun} is used."
    return f"The word {noun} means {meaning}."


def _domain_meaning(rng: random.Random, listener: Listener) -> Exchange:
    noun = rng.choice(listener.nouns)
    shapes = (
        "what does the word {n} mean?",
        "what does {n} mean in simple words?",
        "what do people mean by {a}?",
        "can you explain what {a} is?",
        "I keep hearing the word {n}. What does it mean?",
    )
    return rng.choice(shapes).format(n=noun, a=_a(noun)), _definition(noun)


def _a(noun: str) -> str:
    return noun if noun in ("time", "weather", "content", "thinking", "logging") else with_a(noun)


def _domain_thanks(rng: random.Random, listener: Listener) -> Exchange:
    noun, thanks = rng.choice(listener.nouns), rng.choice(knowledge.THANKS)
    shapes = (
        f"{thanks}, that {noun} helped.",
        f"{thanks}, the {noun} was just what I needed.",
        f"{thanks}, I have the {noun} now and {rng.choice(knowledge.REASONS)}.",
        f"the {noun} looks fine to me. {rng.choice(knowledge.PRAISE).capitalize()}.",
    )
    return rng.choice(shapes), rng.choice(
        ("You're welcome!", "Glad that it helped!", "Good to hear!")
    )


def _domain_chat(rng: random.Random, listener: Listener) -> Exchange:
    noun = plural(rng.choice(listener.nouns))
    shapes = (
        f"I was reading about {noun} {rng.choice(words.WHENS)}.",
        f"my friend {rng.choice(words.FIRST_NAMES)} likes to talk about {noun}.",
        f"I never understood {noun} at school.",
        f"I dreamt about {noun} {rng.choice(('last night', 'again', 'on Sunday'))}.",
    )
    return rng.choice(shapes), f"Tell me more: what would you like to know about {noun}?"


def _able(rng: random.Random, listener: Listener) -> Exchange:
    shapes = words.pieces(
        "what can you do?|what are you able to do?|which tools do you have?|how can you help me?|"
        "what can I ask you?|list what you can do for me.|what are your skills?|"
        "what sort of requests do you handle?",
        "|",
    )
    start = rng.choice(("", "", "Hi! ", "Hello, ", "I'm new here. "))
    text = rng.choice(shapes)
    text = start + (text if start.endswith(", ") or not start else text[0].upper() + text[1:])
    return text, f"I can use these tools: {listed(list(listener.tools))}."


def _hello(rng: random.Random, _: Listener) -> Exchange:
    name = rng.choice(words.FIRST_NAMES)
    shapes = (f"hi, I'm {name}.", f"hello! My name is {name}.", f"good morning, {name} here.")
    return rng.choice(shapes), f"Hello {name}! How can I help you?"


def _travel(rng: random.Random, _: Listener) -> Exchange:
    city, when = rng.choice(words.CITIES), rng.choice(words.WHENS)
    shapes = (
        f"I'm flying to {city} next month.",
        f"my sister {rng.choice(words.FIRST_NAMES)} lives in {city}.",
        f"{city} was lovely when I was there in {rng.randint(1990, 2024)}.",
        f"I dreamt of {city} {when}.",
    )
    return rng.choice(shapes), f"{city} must be interesting. Tell me more if you like."


def _visit(rng: random.Random, _: Listener) -> Exchange:
    city, person = rng.choice(words.CITIES), rng.choice(words.FIRST_NAMES)
    shapes = (
        f"{person} says that {city} is worth a visit.",
        f"my cousin {person} has just moved to {city}.",
        f"{person} and I met in {city} years ago.",
    )
    return rng.choice(shapes), f"How nice! What do you like about {city}?"


def _larger(rng: random.Random, _: Listener) -> Exchange:
    a, b = rng.sample(range(2, 900), 2)
    return f"which number is larger, {a} or {b}?", f"{max(a, b)} is larger."


def _even(rng: random.Random, _: Listener) -> Exchange:
    number = rng.randint(3, 999)
    return f"is {number} even or odd?", f"{number} is {'odd' if number % 2 else 'even'}."


def _calendar(rng: random.Random, _: Listener) -> Exchange:
    names = rng.choice((knowledge.MONTHS, words.DAYS))
    spot, step = rng.randrange(len(names)), rng.choice((1, -1))
    what = "month" if names is knowledge.MONTHS else "day"
    side = "after" if step == 1 else "before"
    answer = names[(spot + step) % len(names)]
    return f"which {what} comes {side} {names[spot]}?", f"{answer} comes {side} {names[spot]}."


def _continent(rng: random.Random, _: Listener) -> Exchange:
    continent = rng.choice(sorted(knowledge.CONTINENTS))
    country = rng.choice(knowledge.CONTINENTS[continent].split())
    return f"on which continent is {country}?", f"{country} is in {continent}."


def _bye(rng: random.Random, _: Listener) -> Exchange:
    name = rng.choice(words.FIRST_NAMES)
    shapes = (
        f"bye, I have to pick up {name}.",
        f"talk to you soon, {name} is calling me.",
        f"I'm off, {name} is at the door.",
        f"enough for now, I promised {name} a walk.",
    )
    return rng.choice(shapes), "Goodbye, and have a nice day!"


def _domain_enough(rng: random.Random, listener: Listener) -> Exchange:
    noun = rng.choice(listener.nouns)
    shapes = (
        f"no need to look at the {noun} again, {rng.choice(knowledge.REASONS)}.",
        f"I already know about the {noun}, so never mind.",
        f"forget the {noun}, {rng.choice(words.FIRST_NAMES)} has taken care of it.",
        f"leave the {noun} as it is, {rng.choice(knowledge.REASONS)}.",
    )
    return rng.choice(shapes), rng.choice(("All right.", "Understood.", "All right, I leave it."))


def _domain_usage(rng: random.Random, listener: Listener) -> Exchange:
    noun = rng.choice(listener.nouns)
    shapes = (
        f"how would you describe {_a(noun)} to a child?",
        f"in one sentence, what is {_a(noun)}?",
        f"my son asked what {_a(noun)} is. What do I say?",
        f"is '{noun}' a noun, and what is it?",
    )
    return rng.choice(shapes), _definition(noun)


def _skills(rng: random.Random, listener: Listener) -> Exchange:
    shapes = words.pieces(
        "who are you, and what are you for?|what is it that you help with?|"
        "before I ask anything, what do you offer?|do you have any tools at all?",
        "|",
    )
    return rng.choice(
        shapes
    ), f"I am an assistant with these tools: {listed(list(listener.tools))}."


FAMILIES: dict[Split, tuple[tuple[str, Family], ...]] = {
    "train": (
        ("arithmetic", _arithmetic),
        ("thanks", _thanks),
        ("mood", _mood),
        ("opinion", _opinion),
        ("upper", _shout),
        ("define", _define),
        ("facts", _from_table(knowledge.TRAIN_FACTS)),
        ("facts", _from_table(knowledge.TRAIN_FACTS)),
        ("meaning", _domain_meaning),
        ("meaning", _domain_meaning),
        ("domain-thanks", _domain_thanks),
        ("domain-thanks", _domain_thanks),
        ("domain-chat", _domain_chat),
        ("able", _able),
        ("hello", _hello),
        ("travel", _travel),
        (
            "opposite",
            _pairs(
                knowledge.OPPOSITES,
                (
                    ("what is the opposite of '{a}'?", "the opposite of '{a}' is '{b}'."),
                    ("give me the opposite of '{a}'.", "the opposite of '{a}' is '{b}'."),
                ),
            ),
        ),
        (
            "capital",
            _pairs(
                words.CAPITALS,
                (
                    ("what is the capital of {a}?", "the capital of {a} is {b}."),
                    ("which city is the capital of {a}?", "the capital of {a} is {b}."),
                ),
            ),
        ),
        (
            "country-of",
            _pairs(
                words.CAPITALS,
                (
                    ("which country is {b} in?", "{b} is in {a}."),
                    ("in what country is {b}?", "{b} is in {a}."),
                ),
            ),
        ),
    ),
    "heldout": (
        ("larger", _larger),
        ("even", _even),
        ("calendar", _calendar),
        ("continent", _continent),
        ("bye", _bye),
        ("more-facts", _from_table(knowledge.HELDOUT_FACTS)),
        ("more-facts", _from_table(knowledge.HELDOUT_FACTS)),
        ("domain-enough", _domain_enough),
        ("domain-enough", _domain_enough),
        ("usage", _domain_usage),
        ("skills", _skills),
        ("visit", _visit),
        (
            "past-form",
            _pairs(
                knowledge.PAST_FORMS,
                (
                    ("what is the past tense of '{a}'?", "the past tense of '{a}' is '{b}'."),
                    ("yesterday I … ('{a}'): which word fits?", "'{b}' fits."),
                ),
            ),
        ),
    ),
}
"""Every family of small talk; a name that stands twice is drawn twice as often."""
