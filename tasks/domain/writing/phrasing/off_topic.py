"""What people ask an assistant for and a server's tools do not do: "set an alarm for 7".

The tools' own verbs come with foreign things, too: beside ``convert_time``, "convert 30 miles to
kilometres" shows that a verb makes no call.
"""

import random
import re
from functools import lru_cache

from tasks.domain.conversations import Split
from tasks.domain.identifiers import singular
from tasks.domain.writing.phrasing.frames import ASKED
from tasks.domain.writing.phrasing.requests import sentence
from tasks.domain.writing.phrasing.tool_context import Exchange, ToolContext
from tasks.domain.writing.phrasing.typing_habits import typed
from tasks.domain.writing.values import words

_ERRANDS: dict[str, str] = {
    "add": "milk to my shopping list|{name} to the guest list|a song to my playlist|some salt",
    "book": "a table for {n}|a flight to {city}|a room in {city} for {n} nights|a haircut",
    "bring": "me a cup of tea|the bins out",
    "buy": "{n} eggs|a train ticket to {city}|concert tickets for {name} and me",
    "call": "{name}|a taxi|my dentist|the landlord",
    "change": "my password|the wallpaper of my phone|the tyres of my car|the language to French",
    "check": "my spelling|my bank balance|whether it rains in {city}|the oil of my car",
    "close": "the garage door|my bank account|the curtains",
    "compare": "these two phones|prices for {n} tyres|oat milk and soy milk",
    "convert": "{n} miles to kilometres|{n} kilos to pounds|{n} dollars to euros|a photo to grey|"
    "{n} minutes to hours|{n} degrees Celsius to Fahrenheit|{n} inches to centimetres",
    "copy": "my house key|this poem for {name}",
    "count": "sheep for me|the days until Christmas|my calories",
    "create": "a playlist for my party|an event in my calendar|a logo for my shop|a bird quiz",
    "delete": "my last email|the photos of {name}|my account|all my alarms",
    "describe": "my dream to me|the taste of mango",
    "find": "my keys|a hotel in {city}|a recipe with leeks|a plumber in {city}",
    "get": "me a coffee|a taxi to the station|tickets for the zoo|my bank balance",
    "list": "my unread emails|the songs of that album|my appointments with {name}|hotels in {city}",
    "make": "a cake for {name}|me laugh|a reservation for {n}",
    "measure": "my heart rate|the kitchen",
    "move": "my appointment with {name} to Friday|the sofa to the other room|to {city} with me",
    "open": "the garage door|the window|my favourite game|the front door for {name}",
    "order": "a pizza|{n} sandwiches|flowers for {name}",
    "pay": "my phone bill|{name} back|{n} euros to {name}",
    "play": "some jazz|the newest album of that band|chess with me",
    "print": "a boarding pass|this ticket {n} times",
    "put": "the kettle on|{n} candles on the cake|on some music",
    "read": "me a bedtime story|my newest email|the news to me",
    "record": "a video of the dog|my voice|the match at {n}",
    "remember": "that {name} is vegetarian|where I parked",
    "remind": "me to water the plants|me of the call with {name}|me in {n} minutes",
    "remove": "a stain from my shirt|{name} from the guest list",
    "reset": "my password|my phone to factory settings|the kitchen clock",
    "run": "me a bath|the washing machine|the dishwasher at {n}",
    "save": "money for a trip to {city}|the number of {name} in my phone",
    "search": "for cheap flights to {city}|for a good dentist|my emails for the invoice",
    "send": "flowers to {name}|a text to {name}|a postcard from {city}",
    "set": "an alarm for {n}|a timer for {n} minutes|the heating to {n} degrees|the table",
    "show": "me a picture of a cat|me the way to {city}|{name} our photos|me my bank balance",
    "start": "the car|a timer for {n} minutes|a video call with {name}|the washing machine",
    "stop": "the music|my subscription|the robot vacuum",
    "switch": "the lights off|to my other phone number|my phone to silent",
    "take": "a photo of us|the dog out|a note that {name} called",
    "turn": "off the lights|the volume down|on the heating at {n}|on the TV",
    "update": "the apps on my phone|my address at the bank|my CV",
    "write": "a cheque for {n} euros|my name on the list|to {name} for me",
}
"""Verb → the rest of the request; every fourth is kept for the held-out split."""
_ASKED: dict[Split, tuple[str, ...]] = {
    "train": (
        "{do}",
        *ASKED["train"],
        "{do} pls",
        "I want you to {do}.",
        "hey, {do}",
        "I forgot to {do}. Can you do it?",
    ),
    "heldout": (*ASKED["heldout"], "{name} says you can {do}.", "go and {do}."),
}
_ANSWERS = (
    "I have no tool for that.",
    "None of my tools can do that.",
    "That is more than my tools can do.",
)
_OWN_VERB_SHARE = 0.6
_SMALL = 4
"""Letters of a word that says something about a tool's subject."""


def off_topic_request(context: ToolContext, split: Split, rng: random.Random) -> Exchange | None:
    """A text and its answer; None where the tools deal with all of these things."""
    own, others = _foreign(context.about, split)
    choices = own if own and (not others or rng.random() < _OWN_VERB_SHARE) else others
    if not choices:
        return None
    do = rng.choice(choices).format(
        name=rng.choice(words.FIRST_NAMES), city=rng.choice(words.CITIES), n=rng.randint(2, 90)
    )
    frame = rng.choice(_ASKED[split])
    text = frame.format(do=do, name=rng.choice(words.FIRST_NAMES))
    return sentence(typed(text, rng)), rng.choice(_ANSWERS)


@lru_cache(maxsize=64)
def _foreign(about: str, split: Split) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The requests whose things no tool deals with: with a tool's own verb, and with another."""
    known = _words(about)
    every = [(verb, rest) for verb, rests in _ERRANDS.items() for rest in rests.split("|")]
    own, others = list[str](), list[str]()
    for place, (verb, rest) in enumerate(every):
        if (place % 4 == 3) != (split == "heldout") or _deals_with(known, rest):
            continue
        (own if verb in known else others).append(f"{verb} {rest}")
    return tuple(own), tuple(others)


def _deals_with(known: frozenset[str], rest: str) -> bool:
    things = _words(re.sub(r"\{\w+\}", "", rest.lower()))
    return any(len(thing) >= _SMALL and thing in known for thing in things)


def _words(text: str) -> frozenset[str]:
    """The words of a text, a plural as its singular."""
    return frozenset(singular(word) for word in re.findall(r"[a-z]+", text))
