"""The sentences that a request is put into. Training and held-out texts never share a family.

The most usual ones are trained: a model that has never met "give me …" is worse at it for nothing.
"""

from dataclasses import dataclass
from typing import Literal

from tasks.domain.conversations import Split
from tasks.domain.writing.values.words import pieces

Form = Literal["do", "thing", "which", "inside", "done", "new"]
"""What a frame takes: a verb phrase, the thing asked for, a thing after 'what is', a thing that
holds what is asked for, a thing and what is to be done with it, or a thing that is to be made."""


@dataclass(frozen=True)
class Frame:
    """One way to say a request: {do} is "convert 14:30 …", {thing} "the current time in …"."""

    family: str
    form: Form
    text: str


def _frames(form: Form, table: dict[str, str]) -> tuple[Frame, ...]:
    return tuple(
        Frame(family, form, text) for family, texts in table.items() for text in texts.split("|")
    )


FRAMES: dict[Split, tuple[Frame, ...]] = {
    "train": (
        *_frames(
            "do",
            {
                "command": "{do}.|{do}.|{do}.|{do} for me.|{do} now.",
                "please": "please {do}.|{do}, please.|{do} pls|pls {do}",
                "casual": "hey, {do}.|ok, {do}.|{do} real quick|quick one: {do}.|next: {do}.",
                "can-you": "can you {do}?|can you {do} for me?|can you please {do}?|can u {do}",
                "could-you": "could you {do}?|could you please {do}?|could you {do} for me?",
                "any-chance": "any chance you could {do}?|is it possible to {do}?",
                "help": "help me {do}.|I need help: {do}.|I'm trying to {do}.",
                "need-you": "I need you to {do}.|I need to {do}.",
                "want": "I want to {do}.|I'd like to {do}.|I'd like you to {do}.",
                "would-you": "would you {do}?|would you please {do}?",
                "have-to": "I have to {do}.|we have to {do}.|we should {do}.",
                "context": "{context} {do}.|{context} {do}.|{context} can you {do}?",
                "then": "{do}. {after}|{do}, {reason}.|{reason}, so {do}.",
            },
        ),
        *_frames(
            "thing",
            {
                "give-me": "give me {thing}.|give me {thing}, please.|just give me {thing}",
                "show-me": "show me {thing}.|please show me {thing}.|show {thing}",
                "need": "I need {thing}.|hello, I need {thing}.|need {thing} asap",
                "like-to-see": "I'd like to see {thing}.|I want to see {thing}.|let me see {thing}",
                "terse": "{thing}|{thing}, please|{thing}?|{thing} pls",
                "can-i": "can I see {thing}?|can I get {thing}?|can I have a look at {thing}?|"
                "could I get {thing}?",
                "curious": "I'm curious about {thing}.|what about {thing}?|{context} {thing}?",
                "check": "check {thing}|check {thing} for me.|I have to check {thing}.",
            },
        ),
        *_frames(
            "which",
            {
                "what-is": "what {is} {thing}?|so what {is} {thing}?|whats {thing}|"
                "what {is} {thing} at the moment?",
                "know": "I'd like to know what {thing} {is}.|I wonder what {thing} {is}.",
                "tell-me": "tell me {thing}.|can you tell me {thing}?|do you know {thing}?",
            },
        ),
        *_frames(
            "inside",
            {
                "inside": "what's in {thing}?|what does {thing} say?|whats inside {thing}|"
                "what do we have in {thing}?|{context} what's in {thing}?",
            },
        ),
        *_frames(
            "done",
            {
                "should-be": "{thing} should be {done}.|{context} {thing} should be {done}, please."
                "|{thing} {has} to be {done}.|{thing} {needs} to be {done}|{reason}, {thing} must "
                "be {done}.",
                "get-done": "I want {thing} {done}.|I'd like to have {thing} {done}.|get {thing} "
                "{done}, please.|I need {thing} {done}.",
                "can-be": "can {thing} be {done}?|could {thing} be {done}, please?",
            },
        ),
        *_frames(
            "new",
            {
                "new": "I need {thing}.|we need {thing}.|need {thing} asap|"
                "{context} I need {thing}.|{reason}, so I want {thing}.",
                "new-terse": "{thing}|{thing}, please|{thing} pls",
            },
        ),
    ),
    "heldout": (
        *_frames(
            "do",
            {
                "lets": "let's {do}.",
                "go-ahead": "go ahead and {do}.|now {do}.",
                "will-you": "will you {do}?",
                "great-if": "it would be great if you could {do}.|it would help to {do}.",
                "asked-to": "I was asked to {do}.|my colleague asked me to {do}.",
                "wondering": "I was wondering if you could {do}.|do you think you could {do}?",
                "setting": "{context} {do}.",
            },
        ),
        *_frames(
            "thing",
            {
                "looking-for": "I'm looking for {thing}.|we're after {thing}.",
                "may-i-have": "may I have {thing}?|might I see {thing}?",
                "could-use": "I could use {thing}.|{thing} would help me now.",
            },
        ),
        *_frames(
            "which",
            {"any-idea": "any idea what {thing} {is}?|please find out what {thing} {is}."},
        ),
        *_frames("inside", {"find-in": "what is written in {thing}?|what can I find in {thing}?"}),
        *_frames("done", {"may-be": "may {thing} be {done}?|see to it that {thing} {is} {done}."}),
        *_frames("new", {"could-do-with": "I could do with {thing}.|{thing} would help me now."}),
    ),
}

ASKED: dict[Split, tuple[str, ...]] = {
    "train": (
        "{do}.",
        "please {do}.",
        "can you {do}?",
        "could you {do} for me?",
        "would you {do}?",
    ),
    "heldout": ("I was told you could {do}.",),
}
"""How people also ask for what no tool does."""

CONTEXTS: dict[Split, tuple[str, ...]] = {
    "train": (
        "I'm preparing a short report.",
        "I'm in a hurry.",
        "I'm working from home today.",
        "We have a meeting soon.",
        "I'm cleaning up my notes.",
        "My manager is waiting.",
        "I'm checking a few things.",
        "This is for a project.",
        "I'm almost done here.",
        "Quick request:",
        "One more thing:",
        "I'm writing an email to a client.",
    ),
    "heldout": (
        "A customer is on the phone.",
        "I'm getting ready for tomorrow.",
        "Before we start,",
        "Here is what I need:",
        "My laptop is slow today.",
        "I'm finishing my tasks for the week.",
        "Something came up.",
        "Next on my list:",
    ),
}

AFTERS = (
    "Thanks!",
    "Thank you.",
    "Let me know what you find.",
    "Take your time.",
    "That's all for now.",
    "No rush.",
)
"""What a person may add behind a request."""
REASONS = (
    "I'm stuck",
    "my colleague asked for it",
    "I have no idea",
    "I lost track",
    "someone is waiting for it",
    "I need it for a call",
    "I want to be sure",
    "it is urgent",
)
"""Why a person asks."""

QUESTIONS: tuple[tuple[str, tuple[str, ...], dict[Split, tuple[str, ...]]], ...] = (
    (
        r"current (local )?time$",
        ("in",),
        {
            "train": pieces(
                "what time is it {in}?|what time is it {in} right now?|what's the time {in}?|"
                "what is the time {in}?|how late is it {in}?|time {in}?|"
                "what's the local time {in}?|{bare} time?|{bare} time now|"
                "{bare}, local time please|current {bare} time|"
                "what does the clock say {in}?|what do the clocks show {in} at the moment?|"
                "is it already morning {in}?|is it late {in} right now?|are they still awake {in}?|"
                "what day is it {in} right now?|what's today's date {in}?|is it still Monday {in}?|"
                "{context} what time is it {in}?|{context} what's the time {in} now?|"
                "my friend lives {in}. What time does she have?|"
                "I want to call someone {in}, what time is it there?|"
                "a colleague sits {in}. what's her local time?|"
                "our server runs on {bare} time, what is it there now?|"
                "my parents are travelling {in}, what's the time there?|"
                "whats the time {in}|what time do they have {in}|is daylight saving on {in} now?|"
                "do you know what time it is {in}?|tell me what time it is {in}.|"
                "can you tell me the time {in}?",
                "|",
            ),
            "heldout": pieces(
                "any idea how late it is {in}?|please find out what time it is {in}.|"
                "I wonder what time it is {in}.|what time would it be {in}?",
                "|",
            ),
        },
    ),
    (
        r"current (local )?time$",
        (),
        {
            "train": pieces(
                "what time is it?|what's the time?|what time is it right now?|time?|"
                "what's the current time here?|do I still have time before noon? what time is it|"
                "what day is it today?|what's today's date?|how late is it?|my watch stopped, what "
                "time is it?|{context} what time is it?|is it past five already?|current time pls|"
                "what time is it here?|I lost my phone. What's the time?|tell me the time, please.",
                "|",
            ),
            "heldout": pieces(
                "do you have the time?|any idea how late it is?|what time do we have now?", "|"
            ),
        },
    ),
    (
        r"\btime$",
        ("at", "from", "to"),
        {
            "train": pieces(
                "when it is {at} in {from}, what time is it in {to}?|"
                "what time is it in {to} when it is {at} in {from}?|{at} from {from} to {to}|"
                "if it's {at} in {from}, what's the time in {to}?|{at} {from} in {to} time?|"
                "{at} in {from}, what's that in {to}|{at} {from} time to {to} time|"
                "what's {at} {from} time in {to}?|what is {at} in {from} for people in {to}?|"
                "the meeting starts at {at} in {from}. When is that in {to}?|"
                "the match begins at {at} {from} time, what time should I watch it in {to}?|"
                "my flight lands at {at} {from} time. What will it be in {to} then?|"
                "we call at {at} {from} time. What do they have in {to}?|"
                "a webinar at {at} ({from}) is at what time in {to}?|{from} {at} -> {to}?|"
                "the deadline is {at} in {from}. I live in {to}, so when is it for me?|"
                "I'm in {to} and the show is at {at} in {from}, when do I tune in?|"
                "the shop in {from} opens at {at}. and in {to} time?|"
                "how late is it in {to} at {at} {from} time?|"
                "{context} if I ring at {at} from {from}, what time will they have in {to}?|"
                "for {to}, what is {at} {from} time?|is {at} in {from} too late for {to}?|"
                "it is {at} in {from}. What time is that in {to}?",
                "|",
            ),
            "heldout": pieces(
                "suppose it is {at} in {from}: how late is it in {to}?|"
                "what will the clock in {to} show when it is {at} in {from}?|"
                "someone in {from} calls at {at}. What time is that in {to}?",
                "|",
            ),
        },
    ),
    (
        r"\btime$",
        ("at", "from"),
        {
            "train": pieces(
                "{at} in {from}, what's that here?|what is {at} {from} time for me?|"
                "the call is at {at} {from} time. When is that here?|{at} {from} time in my time?|"
                "my sister in {from} rings at {at} her time. What time is that for me?|"
                "the stream starts at {at} in {from}, when do I have to be online?|"
                "convert {at} {from} time to my local time.",
                "|",
            ),
            "heldout": pieces(
                "it is {at} in {from}. And on my clock?|what would {at} in {from} be at my place?",
                "|",
            ),
        },
    ),
    (
        r"\btime$",
        ("at", "to"),
        {
            "train": pieces(
                "it's {at} here, what time is that in {to}?|what is {at} my time in {to}?|"
                "I finish work at {at}. What time is it in {to} then?|{at} local time in {to}?|"
                "if I call {to} at {at} my time, what time is it there?|"
                "our office closes at {at}, when is that in {to}?|convert {at} here to {to} time.",
                "|",
            ),
            "heldout": pieces(
                "my clock says {at}. What does it say in {to}?|at {at} here, how late is {to}?", "|"
            ),
        },
    ),
    (
        r"\b(weather|forecast)$",
        ("in",),
        {
            "train": pieces(
                "what's the weather like {in}?|how is the weather {in}?|what is the weather {in}?|"
                "will it rain {in}?|do I need a coat {in}?|is it warm {in}?|{bare} weather?",
                "|",
            ),
            "heldout": pieces(
                "tell me about the weather {in}.|any idea how the weather is {in}?", "|"
            ),
        },
    ),
)
"""Questions that people ask instead of commands, by what the tool's name asks for, and the roles
that the call's said arguments must have, no more and no fewer. {bare}: what {in} holds."""
