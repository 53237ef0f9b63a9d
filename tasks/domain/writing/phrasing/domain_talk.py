"""Small talk about the very things that the tools deal with, and no tool needed."""

import random
from collections.abc import Sequence

from tasks.domain.identifiers import plural, with_a
from tasks.domain.writing.phrasing import knowledge
from tasks.domain.writing.phrasing.chatter import definition, lowered
from tasks.domain.writing.phrasing.spoken import listed
from tasks.domain.writing.phrasing.tool_context import Exchange, ToolContext
from tasks.domain.writing.values import words


def domain_meaning(rng: random.Random, context: ToolContext) -> Exchange:
    noun = rng.choice(context.nouns)
    shapes = (
        "what does the word {n} mean?",
        "what does {n} mean in simple words?",
        "what do people mean by {a}?",
        "can you explain what {a} is?",
        "I keep hearing the word {n}. What does it mean?",
    )
    return rng.choice(shapes).format(n=noun, a=_a(noun)), definition(noun)


def _a(noun: str) -> str:
    return (
        noun
        if noun in ("time", "weather", "content", "thinking", "logging", "status", "currency")
        else with_a(noun)
    )


def domain_how(rng: random.Random, context: ToolContext) -> Exchange:
    noun = rng.choice(context.nouns)
    other = rng.choice(context.nouns)
    many = noun if _a(noun) == noun else plural(noun)
    shapes = [
        f"how does {_a(noun)} work?",
        f"how do {many} work in general?",
        f"why do people use {many}?",
        f"what makes a good {noun}?",
        f"any advice on {many}?",
        f"is there a rule for naming {many}?",
        f"who came up with {many}?",
        f"explain {many} like I'm five",
        f"what are {many} good for?",
        f"is it bad to have many {many}?",
        f"best practices for {many}?",
        f"how do other people handle {many}?",
    ]
    if other != noun:
        shapes += [f"what's the difference between {_a(noun)} and {_a(other)}?"] * 2
    return rng.choice(shapes), f"In short: {lowered(definition(noun))}"


def domain_thanks(rng: random.Random, context: ToolContext) -> Exchange:
    noun, thanks = rng.choice(context.nouns), rng.choice(knowledge.THANKS)
    shapes = (
        f"{thanks}, that {noun} helped.",
        f"{thanks}, the {noun} was just what I needed.",
        f"{thanks}, I have the {noun} now and {rng.choice(knowledge.REASONS)}.",
        f"the {noun} looks fine to me. {rng.choice(knowledge.PRAISE).capitalize()}.",
    )
    return rng.choice(shapes), rng.choice(
        ("You're welcome!", "Glad that it helped!", "Good to hear!")
    )


def domain_chat(rng: random.Random, context: ToolContext) -> Exchange:
    one = rng.choice(context.nouns)
    noun = one if _a(one) == one else plural(one)
    shapes = (
        f"I was reading about {noun} {rng.choice(words.WHENS)}.",
        f"my friend {rng.choice(words.FIRST_NAMES)} likes to talk about {noun}.",
        f"I never understood {noun} at school.",
        f"I dreamt about {noun} {rng.choice(('last night', 'again', 'on Sunday'))}.",
    )
    return rng.choice(shapes), f"Tell me more: what would you like to know about {noun}?"


def domain_purpose(rng: random.Random, context: ToolContext) -> Exchange:
    """Questions about a tool by its name: said alone, the same words would call it."""
    name, purpose = rng.choice(context.purposes)
    shapes = (
        f"what does {name} do?",
        f"what does {name} actually show? never tried it",
        f"when would I use {name}?",
        f"which option of {name} is the most useful?",
        f"is {name} safe to use?",
        f"what is {name} for",
        f"how do I use {name} myself?",
        f"who needs {name}?",
        f"does {name} change anything?",
        f"explain {name} to a beginner",
    )
    return rng.choice(shapes), purpose or f"I can use {name} when you ask for it."


def domain_kinds(rng: random.Random, context: ToolContext) -> Exchange:
    """Questions about a kind of a thing, which is no thing that a tool could find."""
    noun, kind = rng.choice(context.nouns), rng.choice(_KINDS)
    thing = f"{kind} {noun}"
    shapes = (
        f"what is {with_a(thing)}?",
        f"what's {with_a(thing)} and do I need one?",
        f"is {with_a(thing)} a bad thing?",
        f"should I be worried about {with_a(thing)}?",
        f"whats {with_a(thing)} good for",
        f"when do I want {with_a(thing)}?",
    )
    return rng.choice(shapes), f"Think of the word {noun}: {lowered(definition(noun))}"


_KINDS = words.pieces(
    "bare broken clean custom dangling default dirty empty external foreign frozen global "
    "hidden huge internal legacy linked loose mixed native orphan partial primary protected raw "
    "shallow shared signed stale static temporary tiny trusted virtual"
)


_MOST_NAMED = 24
"""Tools that an answer names; nobody reads more."""


def _named(tools: Sequence[str]) -> str:
    few = list(tools[:_MOST_NAMED])
    more = len(tools) - len(few)
    return listed([*few, f"{more} more"] if more else few)


def able(rng: random.Random, context: ToolContext) -> Exchange:
    shapes = words.pieces(
        "what can you do?|what are you able to do?|which tools do you have?|how can you help me?|"
        "what can I ask you?|list what you can do for me.|what are your skills?|"
        "what sort of requests do you handle?",
        "|",
    )
    start = rng.choice(("", "", "Hi! ", "Hello, ", "I'm new here. "))
    text = rng.choice(shapes)
    text = start + (text if start.endswith(", ") or not start else text[0].upper() + text[1:])
    return text, f"I can use these tools: {_named(context.tools)}."


def domain_enough(rng: random.Random, context: ToolContext) -> Exchange:
    noun = rng.choice(context.nouns)
    shapes = (
        f"no need to look at the {noun} again, {rng.choice(knowledge.REASONS)}.",
        f"I already know about the {noun}, so never mind.",
        f"forget the {noun}, {rng.choice(words.FIRST_NAMES)} has taken care of it.",
        f"leave the {noun} as it is, {rng.choice(knowledge.REASONS)}.",
    )
    return rng.choice(shapes), rng.choice(("All right.", "Understood.", "All right, I leave it."))


def domain_usage(rng: random.Random, context: ToolContext) -> Exchange:
    noun = rng.choice(context.nouns)
    shapes = (
        f"how would you describe {_a(noun)} to a child?",
        f"in one sentence, what is {_a(noun)}?",
        f"my son asked what {_a(noun)} is. What do I say?",
        f"is '{noun}' a noun, and what is it?",
    )
    return rng.choice(shapes), definition(noun)


def skills(rng: random.Random, context: ToolContext) -> Exchange:
    shapes = words.pieces(
        "who are you, and what are you for?|what is it that you help with?|"
        "before I ask anything, what do you offer?|do you have any tools at all?",
        "|",
    )
    return rng.choice(shapes), f"I am an assistant with these tools: {_named(context.tools)}."
