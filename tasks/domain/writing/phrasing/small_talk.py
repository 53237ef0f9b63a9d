"""What people say to an assistant with tools when no tool is needed, and a short true answer."""

import random
import re
from dataclasses import dataclass
from functools import lru_cache

from tasks.domain.conversations import Split
from tasks.domain.writing.phrasing import chatter, domain_talk, everyday, knowledge
from tasks.domain.writing.phrasing.tool_context import Family, ToolContext, bare
from tasks.domain.writing.phrasing.typing_habits import typed
from tasks.domain.writing.values import words

TALK_TRIES = 400
"""Draws for a text that is not there yet before small talk counts as used up."""


@dataclass(frozen=True)
class Talk:
    """One exchange that needs no tool."""

    text: str
    answer: str
    family: str


def talk(context: ToolContext, split: Split, used: set[str], rng: random.Random) -> Talk | None:
    """An exchange whose bare text is not in ``used``; None when there are no more."""
    families = _families(split, context.about)
    for _ in range(TALK_TRIES):
        name, family = rng.choice(families)
        text, answer = family(rng, context)
        text, answer = typed(text[0].upper() + text[1:], rng), answer[0].upper() + answer[1:]
        if bare(text) not in used:
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
    "text": r"\b(poem|story|write (a )?text|draft)\b",
    "advice": r"\b(recipes?|books?|gifts?)\b",
    "code": r"\b(code|programming|python)\b",
    "quantities": r"\b(unit conver\w+|calculat\w+|percent\w*|math)\b",
    "translate": r"\b(translat\w+|dictionar(y|ies))\b",
    "unknowable": r"\b(search|weather|forecast|ticket|flight|hotel|route|web|browse|fetch)\w*\b",
}
"""Families that a tool could answer: left out where the tools' texts match."""


FAMILIES: dict[Split, tuple[tuple[str, Family], ...]] = {
    "train": (
        ("arithmetic", chatter.arithmetic),
        ("thanks", chatter.thanks),
        ("mood", chatter.mood),
        ("opinion", chatter.opinion),
        ("upper", chatter.shout),
        ("define", chatter.define),
        ("facts", chatter.from_table(knowledge.TRAIN_FACTS)),
        ("facts", chatter.from_table(knowledge.TRAIN_FACTS)),
        ("meaning", domain_talk.domain_meaning),
        ("meaning", domain_talk.domain_meaning),
        ("how", domain_talk.domain_how),
        ("how", domain_talk.domain_how),
        ("how", domain_talk.domain_how),
        ("purpose", domain_talk.domain_purpose),
        ("purpose", domain_talk.domain_purpose),
        ("kinds", domain_talk.domain_kinds),
        ("kinds", domain_talk.domain_kinds),
        ("domain-thanks", domain_talk.domain_thanks),
        ("domain-thanks", domain_talk.domain_thanks),
        ("domain-chat", domain_talk.domain_chat),
        ("able", domain_talk.able),
        ("hello", chatter.hello),
        ("travel", chatter.travel),
        ("text", everyday.write_a_text),
        ("text", everyday.write_a_text),
        ("advice", everyday.advise),
        ("code", everyday.code),
        ("quantities", everyday.quantities),
        ("short", everyday.short),
        ("why", everyday.why),
        ("why", everyday.why),
        ("translate", everyday.translate),
        ("unknowable", everyday.unknowable),
        ("unknowable", everyday.unknowable),
        ("about-nouns", everyday.about_nouns),
        ("about-nouns", everyday.about_nouns),
        ("about-nouns", everyday.about_nouns),
        (
            "opposite",
            chatter.pairs(
                knowledge.OPPOSITES,
                (
                    ("what is the opposite of '{a}'?", "the opposite of '{a}' is '{b}'."),
                    ("give me the opposite of '{a}'.", "the opposite of '{a}' is '{b}'."),
                ),
            ),
        ),
        (
            "capital",
            chatter.pairs(
                words.CAPITALS,
                (
                    ("what is the capital of {a}?", "the capital of {a} is {b}."),
                    ("which city is the capital of {a}?", "the capital of {a} is {b}."),
                ),
            ),
        ),
        (
            "country-of",
            chatter.pairs(
                words.CAPITALS,
                (
                    ("which country is {b} in?", "{b} is in {a}."),
                    ("in what country is {b}?", "{b} is in {a}."),
                ),
            ),
        ),
    ),
    "heldout": (
        ("larger", chatter.larger),
        ("even", chatter.even),
        ("calendar", chatter.calendar),
        ("continent", chatter.continent),
        ("bye", chatter.bye),
        ("more-facts", chatter.from_table(knowledge.HELDOUT_FACTS)),
        ("more-facts", chatter.from_table(knowledge.HELDOUT_FACTS)),
        ("domain-enough", domain_talk.domain_enough),
        ("domain-enough", domain_talk.domain_enough),
        ("usage", domain_talk.domain_usage),
        ("skills", domain_talk.skills),
        ("visit", chatter.visit),
        (
            "past-form",
            chatter.pairs(
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
