"""What people ask an assistant for besides its tools: texts, ideas, sums, advice, code, gossip.

Each family multiplies a few shapes by lists of its own, and answers shortly and truly. None of it
knows the tools, but for ``about_nouns``: questions about the tools' subjects that no tool answers.
"""

import random

from tasks.domain.identifiers import plural, with_a
from tasks.domain.writing.lexicon import Lexicon
from tasks.domain.writing.phrasing.tool_context import Exchange, ToolContext
from tasks.domain.writing.values import words

_LEXICON = Lexicon("everyday")

_PEOPLE = _LEXICON.texts("people")
_OCCASIONS = _LEXICON.texts("occasions")
_SUBJECTS = _LEXICON.texts("subjects")
_DISHES = _LEXICON.texts("dishes")
_SKILLS = _LEXICON.texts("skills")
_CODE = _LEXICON.texts("code")
_TONGUES = _LEXICON.texts("tongues")
_SPANS = (
    ("minutes", "an hour", 60),
    ("seconds", "a minute", 60),
    ("hours", "two days", 48),
    ("days", "three weeks", 21),
    ("months", "four years", 48),
    ("grams", "a kilogram", 1000),
    ("metres", "a kilometre", 1000),
    ("weeks", "a year", 52),
    ("years", "a century", 100),
    ("eggs", "a dozen", 12),
)
_SHORT = _LEXICON.texts("short")
_WHYS = _LEXICON.rows("whys")
_NO_IDEA = _LEXICON.texts("no_idea")


def _pick(rng: random.Random, *shapes: str, **lists: tuple[str, ...] | list[str]) -> str:
    return rng.choice(shapes).format(**{name: rng.choice(values) for name, values in lists.items()})


def write_a_text(rng: random.Random, _: ToolContext) -> Exchange:
    """A text is asked for."""
    text = _pick(
        rng,
        "write a short poem about {s}.",
        "can you write a birthday card for {p}?",
        "write two lines for a {o} card",
        "draft an email to {p} that I will be late.",
        "I need a toast for the {o} of {p}.",
        "tell me a story about {s}",
        "give me a headline about {s}",
        "write a haiku about {s}, please",
        "congratulate {p} on the {o} for me, just the words.",
        s=_SUBJECTS,
        p=_PEOPLE,
        o=_OCCASIONS,
    )
    answer = _pick(
        rng,
        "Here is a start: warm wishes, and may this day bring you joy.",
        "How about this: small things shine when we look at them twice.",
        "Let me try: today we think of you and wish you well.",
    )
    return text, answer


def advise(rng: random.Random, _: ToolContext) -> Exchange:
    """Advice is asked for."""
    text = _pick(
        rng,
        "how do I get better at {k}?",
        "any tips for {k}?",
        "is {k} hard to learn?",
        "how should I start with {k}?",
        "what do I need for {d}?",
        "how do you make {d}?",
        "give me three ideas for a {o} gift",
        "what should I wear to a {o}?",
        "recommend a book about {k}",
        "is it rude to miss a {o}?",
        k=_SKILLS,
        d=_DISHES,
        o=_OCCASIONS,
    )
    return text, "Start small, keep it simple, and do a little every day."


def code(rng: random.Random, _: ToolContext) -> Exchange:
    """Code is asked for."""
    text = _pick(
        rng,
        "how do I {c} in {t}?",
        "{t}: {c}",
        "show me how to {c} in {t}",
        "write a {t} function to {c}.",
        "what's the shortest way to {c} in {t}",
        c=_CODE,
        t=_TONGUES,
    )
    return text, "The standard library has a function for that; its documentation shows an example."


def quantities(rng: random.Random, _: ToolContext) -> Exchange:
    """How many of one unit make another, and sums."""
    if rng.random() < 0.5:
        unit, whole, number = rng.choice(_SPANS)
        verb = rng.choice(("are in", "are there in", "make", "fit in"))
        return f"how many {unit} {verb} {whole}?", f"{number} {unit} make {whole}."
    share, whole_number = rng.choice((10, 20, 25, 50)), rng.randint(2, 40) * 20
    text = _pick(rng, "what's {s} percent of {n}", "{s}% of {n}?", "how much is {s} % of {n}?",
                 s=[str(share)], n=[str(whole_number)])  # fmt: skip
    return text, f"{share} % of {whole_number} is {share * whole_number // 100}."


def short(rng: random.Random, _: ToolContext) -> Exchange:
    """A word or two, at times with a second."""
    pieces_of_talk = [rng.choice(_SHORT), rng.choice(("", "", *_SHORT))]
    return ", ".join(part for part in pieces_of_talk if part), rng.choice(
        ("What can I do for you?", "I'm here if you need me.", "All right!")
    )


def why(rng: random.Random, _: ToolContext) -> Exchange:
    """General knowledge."""
    question, answer = rng.choice(_WHYS)
    return _pick(rng, "{q}?", "{q}", "quick question, {q}?", "my son asks: {q}?", "{q}, briefly?",
                 q=[question]), answer  # fmt: skip


def translate(rng: random.Random, _: ToolContext) -> Exchange:
    """A word in another language."""
    text = _pick(
        rng,
        "how do you say '{w}' in {l}?",
        "what's the {l} word for {w}",
        "translate '{w}' to {l}.",
        "is '{w}' a word in {l}?",
        w=words.NOUNS,
        l=words.LANGUAGES,
    )
    return text, "I would look that up in a dictionary to be sure."


def unknowable(rng: random.Random, _: ToolContext) -> Exchange:
    """Facts of the day that an assistant cannot know without a tool for them."""
    place, person = rng.choice(words.CITIES), rng.choice(words.FIRST_NAMES)
    text = _pick(
        rng,
        "when does the museum in {c} open?",
        "is the library open on Sundays?",
        "who won the match yesterday?",
        "how much is a train ticket to {c}?",
        "will it rain in {c} this weekend?",
        "what's on TV tonight",
        "how tall is {n}?",
        "which is bigger, {c} or {d}?",
        "what's the best hotel in {c}?",
        "how long is the flight to {c}?",
        "how many people live in {c}",
        "what's {c} famous for?",
        "is {c} a nice place to live?",
        c=[place],
        d=words.CITIES,
        n=[person],
    )
    return text, rng.choice(_NO_IDEA)


def about_nouns(rng: random.Random, context: ToolContext) -> Exchange:
    """The tools' subjects, in questions that no tool answers."""
    noun = rng.choice(context.nouns)
    text = _pick(
        rng,
        "who invented the {n}?",
        "why do we need {m}?",
        "write a limerick about {a}",
        "what's the history of the {n}?",
        "is there a proverb about {m}?",
        "give me a fun fact about {m}",
        "what's the plural of {n}?",
        "how do you spell {n}",
        "do you like {m}?",
        "what rhymes with {n}?",
        "what would the world be without {m}?",
        "should children learn about {m}?",
        "what makes a good {n}?",
        "explain {m} to me like I'm five",
        "how important is {a} really?",
        n=[noun],
        m=[plural(noun)],
        a=[with_a(noun)],
    )
    return text, f"I can only say a little about {plural(noun)}: people think about them a lot."
