"""Small talk that has nothing to do with the tools: sums, capitals, moods, thanks, facts."""

import random
import re
from collections.abc import Sequence

from tasks.domain.writing.phrasing import knowledge
from tasks.domain.writing.phrasing.tool_context import Exchange, Family, ToolContext
from tasks.domain.writing.values import words


def from_table(table: Sequence[tuple[str, ...]]) -> Family:
    openings = ("", "", "Just curious: ", "Quick question: ", "By the way, ", "Out of interest: ")

    def write(rng: random.Random, _: ToolContext) -> Exchange:
        question, answer = rng.choice(table)
        start = rng.choice(openings)
        goes_on = start and not start.endswith(": ")
        return start + (lowered(question) if goes_on else question), answer

    return write


def lowered(text: str) -> str:
    """A sentence as it goes on after a colon: small, but for a first word in capitals."""
    return text if text.split()[0].isupper() else text[0].lower() + text[1:]


def pairs(table: Sequence[tuple[str, ...]], shapes: Sequence[tuple[str, str]]) -> Family:
    def write(rng: random.Random, _: ToolContext) -> Exchange:
        first, second = rng.choice(table)
        question, answer = rng.choice(shapes)
        return question.format(a=first, b=second), answer.format(a=first, b=second)

    return write


def arithmetic(rng: random.Random, _: ToolContext) -> Exchange:
    a, b = rng.randint(2, 60), rng.randint(2, 60)
    sign, result = rng.choice((("plus", a + b), ("minus", a - b), ("times", a * b)))
    question = rng.choice(("What is {} {} {}?", "How much is {} {} {}?", "{} {} {} is what?"))
    return question.format(a, sign, b), f"{a} {sign} {b} is {result}."


def thanks(rng: random.Random, _: ToolContext) -> Exchange:
    parts = (
        rng.choice(knowledge.PRAISE),
        rng.choice(knowledge.THANKS),
        rng.choice(knowledge.REASONS),
    )
    text = rng.choice(("{0}, {1}!", "{1}, {2}.", "{0}, {2}.", "{1}! {2}.")).format(*parts)
    text = re.sub(r"! (\w)", lambda m: f"! {m[1].upper()}", text)
    return text, rng.choice(("You're welcome!", "Glad to help!", "Any time!", "Happy to help!"))


def mood(rng: random.Random, _: ToolContext) -> Exchange:
    mood, cause = rng.choice(knowledge.MOODS), rng.choice(knowledge.CAUSES)
    text = rng.choice(("I'm {} {}.", "I feel {} {}.", "today I am {} {}.")).format(mood, cause)
    return text, rng.choice((f"I see that you feel {mood}.", "Thank you for telling me.")) + (
        " Is there anything that I can do for you?"
    )


def opinion(rng: random.Random, _: ToolContext) -> Exchange:
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


def shout(rng: random.Random, _: ToolContext) -> Exchange:
    word = f"{rng.choice(words.ADJECTIVES)} {rng.choice(words.NOUNS)}"
    shapes = ("write '{}' in capital letters.", "put '{}' in upper case.")
    return rng.choice(shapes).format(word), word.upper()


def definition(noun: str) -> str:
    meaning = knowledge.DEFINITIONS.get(noun)
    if meaning is None:
        return f"That depends on where the word {noun} is used."
    return f"The word {noun} means {meaning}."


def define(rng: random.Random, _: ToolContext) -> Exchange:
    noun = rng.choice(sorted(knowledge.DEFINITIONS))
    shapes = ("what does the word '{}' mean?", "define '{}'.", "explain the word '{}'.")
    return rng.choice(shapes).format(noun), definition(noun)


def hello(rng: random.Random, _: ToolContext) -> Exchange:
    name = rng.choice(words.FIRST_NAMES)
    shapes = (f"hi, I'm {name}.", f"hello! My name is {name}.", f"good morning, {name} here.")
    return rng.choice(shapes), f"Hello {name}! How can I help you?"


def travel(rng: random.Random, _: ToolContext) -> Exchange:
    city, when = rng.choice(words.CITIES), rng.choice(words.WHENS)
    shapes = (
        f"I'm flying to {city} next month.",
        f"my sister {rng.choice(words.FIRST_NAMES)} lives in {city}.",
        f"{city} was lovely when I was there in {rng.randint(1990, 2024)}.",
        f"I dreamt of {city} {when}.",
    )
    return rng.choice(shapes), f"{city} must be interesting. Tell me more if you like."


def visit(rng: random.Random, _: ToolContext) -> Exchange:
    city, person = rng.choice(words.CITIES), rng.choice(words.FIRST_NAMES)
    shapes = (
        f"{person} says that {city} is worth a visit.",
        f"my cousin {person} has just moved to {city}.",
        f"{person} and I met in {city} years ago.",
    )
    return rng.choice(shapes), f"How nice! What do you like about {city}?"


def larger(rng: random.Random, _: ToolContext) -> Exchange:
    a, b = rng.sample(range(2, 900), 2)
    return f"which number is larger, {a} or {b}?", f"{max(a, b)} is larger."


def even(rng: random.Random, _: ToolContext) -> Exchange:
    number = rng.randint(3, 999)
    return f"is {number} even or odd?", f"{number} is {'odd' if number % 2 else 'even'}."


def calendar(rng: random.Random, _: ToolContext) -> Exchange:
    names = rng.choice((knowledge.MONTHS, words.DAYS))
    spot, step = rng.randrange(len(names)), rng.choice((1, -1))
    what = "month" if names is knowledge.MONTHS else "day"
    side = "after" if step == 1 else "before"
    answer = names[(spot + step) % len(names)]
    return f"which {what} comes {side} {names[spot]}?", f"{answer} comes {side} {names[spot]}."


def continent(rng: random.Random, _: ToolContext) -> Exchange:
    continent = rng.choice(sorted(knowledge.CONTINENTS))
    country = rng.choice(knowledge.CONTINENTS[continent].split())
    return f"on which continent is {country}?", f"{country} is in {continent}."


def bye(rng: random.Random, _: ToolContext) -> Exchange:
    name = rng.choice(words.FIRST_NAMES)
    shapes = (
        f"bye, I have to pick up {name}.",
        f"talk to you soon, {name} is calling me.",
        f"I'm off, {name} is at the door.",
        f"enough for now, I promised {name} a walk.",
    )
    return rng.choice(shapes), "Goodbye, and have a nice day!"
