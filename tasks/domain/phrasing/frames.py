"""The sentences that a request is put into. Training and held-out texts never share a family."""

from dataclasses import dataclass
from typing import Literal

from tasks.domain.arguments.words import pieces
from tasks.domain.conversations import Split

Form = Literal["do", "thing", "which"]
"""What a frame takes: a verb phrase, the thing asked for, or a thing after 'what is'."""


@dataclass(frozen=True)
class Frame:
    """One way to say a request: {do} is «convert 14:30 …», {thing} «the current time in …»."""

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
                "command": "{do}.|{do}.|{do}.|{do} for me.",
                "please": "please {do}.|{do}, please.",
                "can-you": "can you {do}?|can you {do} for me?|can you please {do}?",
                "could-you": "could you {do}?|could you please {do}?",
                "need-you": "I need you to {do}.|I need to {do}.",
                "want": "I want to {do}.|I'd like to {do}.|I'd like you to {do}.",
                "context": "{context} {do}.|{context} {do}.|{context} can you {do}?",
            },
        ),
        *_frames(
            "thing",
            {
                "show-me": "show me {thing}.|please show me {thing}.",
                "need": "I need {thing}.|hello, I need {thing}.",
                "like-to-see": "I'd like to see {thing}.|I want to see {thing}.",
                "terse": "{thing}|{thing}, please",
            },
        ),
        *_frames("which", {"what-is": "what {is} {thing}?|so what {is} {thing}?"}),
    ),
    "heldout": (
        *_frames(
            "do",
            {
                "would-you": "would you {do}?|would you kindly {do}?",
                "lets": "let's {do}.",
                "go-ahead": "go ahead and {do}.|now {do}.",
                "will-you": "will you {do}?",
                "great-if": "it would be great if you could {do}.|it would help to {do}.",
                "asked-to": "I was asked to {do}.|my colleague asked me to {do}.",
                "have-to": "I have to {do}.|we should {do}.",
                "setting": "{context} {do}.",
            },
        ),
        *_frames(
            "thing",
            {
                "give-me": "give me {thing}.|just give me {thing}.",
                "looking-for": "I'm looking for {thing}.|we're after {thing}.",
                "may-i-have": "may I have {thing}?|could I get {thing}?",
            },
        ),
        *_frames("which", {"tell-me": "do you know {thing}?|tell me {thing}."}),
    ),
}

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

QUESTIONS: tuple[tuple[str, tuple[str, ...], dict[Split, tuple[str, ...]]], ...] = (
    (
        r"current (local )?time$",
        ("in",),
        {
            "train": pieces(
                "what time is it {in}?|what time is it {in} right now?|what's the time {in}?|"
                "what is the time {in}?|how late is it {in}?|time {in}?",
                "|",
            ),
            "heldout": pieces(
                "do you know what time it is {in}?|tell me what time it is {in}.|"
                "can you tell me the time {in}?|"
                "I wonder what time it is {in}.",
                "|",
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
                "if it's {at} in {from}, what's the time in {to}?",
                "|",
            ),
            "heldout": pieces(
                "it is {at} in {from}. What time is that in {to}?|"
                "what will the clock in {to} show when it is {at} in {from}?|"
                "someone in {from} calls at {at}. What time is that in {to}?",
                "|",
            ),
        },
    ),
    (
        r"\b(weather|forecast)$",
        ("in",),
        {
            "train": pieces(
                "what's the weather like {in}?|how is the weather {in}?|what is the weather {in}?",
                "|",
            ),
            "heldout": pieces(
                "tell me about the weather {in}.|do you know what the weather is {in}?", "|"
            ),
        },
    ),
)
"""Questions that people ask instead of commands, by what the tool's name asks for, and the roles
that the call's arguments must have, no more and no fewer."""
