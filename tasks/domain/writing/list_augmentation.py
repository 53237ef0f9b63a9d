"""Tool lists other than the server's own, so that a model reads its list instead of knowing it.

A share of the training rows gets one of a few variants: the same tools in another order, only some
of them, some of another server's among them, or all under names that say nothing ("function
masking", Lin et al. 2024, arXiv 2410.04587). They are few, so that rows with the same one can still
share their prefix.
"""

import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from tasks.domain.conversations import Message, MessageCall, Row, fingerprint
from tasks.domain.identifiers import name_words
from tasks.domain.schemas.by_identity import ByIdentity
from tasks.domain.schemas.function_spec import FunctionSpec
from tasks.domain.toolcalls import tool_names

Functions = Sequence[dict[str, Any]]

FOREIGN = 3
"""Tools of another server that are put among the server's own."""


@dataclass(frozen=True)
class Variant:
    """One list, and what the server's tools are called in it."""

    functions: tuple[dict[str, Any], ...]
    names: dict[str, str] = field(default_factory=dict)
    """New names by old ones, where they differ."""

    def holds(self, row: Row) -> bool:
        """Whether all that a row calls or speaks of is in the list as it says it."""
        offered = set(tool_names(self.functions))
        called_names = {self.names.get(call.name, call.name) for call in row.calls}
        words = " ".join(message.content for message in row.messages[1:]).lower()
        names = set(tool_names(row.tools))
        if not row.calls:
            names |= {" ".join(name_words(name)) for name in names}
        return called_names <= offered and not any(name.lower() in words for name in names)

    def put_on(self, row: Row) -> Row:
        """The row with this list."""
        return row.model_copy(
            update={
                "tool": self.names.get(row.tool or "", row.tool),
                "messages": tuple(self._renamed(message) for message in row.messages),
                "tools": self.functions,
                "varied": True,
            }
        )

    def _renamed(self, message: Message) -> Message:
        functions = (call.function for call in message.tool_calls)
        renamed = (f.model_copy(update={"name": self.names.get(f.name, f.name)}) for f in functions)
        calls = tuple(MessageCall(function=function) for function in renamed)
        return message.model_copy(update={"tool_calls": calls})


def augment_lists(rows: Sequence[Row], share: float, seed: int) -> tuple[Row, ...]:
    """Give about ``share`` of the rows another list than the one that they all have."""
    if not share or not rows:
        return tuple(rows)
    rng = random.Random(f"{seed}:lists")
    variants = variants_of(rows[0].tools, rng)
    return tuple(_varied(row, variants, rng) if rng.random() < share else row for row in rows)


def _varied(row: Row, variants: Sequence[Variant], rng: random.Random) -> Row:
    # What a person is asked for may be of any tool, so a question keeps all of them.
    whole = len(row.tools) if row.scenario == "ambiguous" else 0
    usable = [v for v in variants if v.holds(row) and len(v.functions) >= whole]
    return rng.choice(usable).put_on(row) if usable else row


def list_numbers(rows: Sequence[Row]) -> list[int]:
    """A number for each row's tool list: equal lists have equal numbers."""
    numbers: dict[str, int] = {}
    return [numbers.setdefault(_text_of(ByIdentity(row.listed)), len(numbers)) for row in rows]


@lru_cache(maxsize=256)
def _text_of(functions: ByIdentity) -> str:
    return fingerprint(list(functions.value))


def variants_of(functions: Functions, rng: random.Random) -> tuple[Variant, ...]:
    """Shuffled, halved twice so that each tool is in one half, mixed with foreign tools, masked."""
    shuffled = rng.sample(list(functions), len(functions))
    half = len(shuffled) // 2
    own = set(tool_names(functions))
    foreign = [f for f in _FOREIGN_FUNCTIONS if FunctionSpec.of(f).name not in own]
    mixed = [*functions, *rng.sample(foreign, FOREIGN)]
    masks = {name: f"tool_{rng.randrange(16**4):04x}" for name in sorted(own)}
    lists = [
        Variant(tuple(shuffled)) if len(functions) > 1 else None,
        Variant(tuple(shuffled[:half])) if half else None,
        Variant(tuple(shuffled[half:])) if half else None,
        Variant(tuple(rng.sample(mixed, len(mixed)))),
        Variant(tuple(_masked(function, masks) for function in functions), masks)
        if len(set(masks.values())) == len(masks)
        else None,
    ]
    return tuple(variant for variant in lists if variant is not None)


def _masked(function: dict[str, Any], masks: dict[str, str]) -> dict[str, Any]:
    body = function["function"]
    return {**function, "function": {**body, "name": masks[body["name"]]}}


def _foreign(name: str, description: str, **parameters: str) -> dict[str, Any]:
    properties = {key: {"type": "string", "description": text} for key, text in parameters.items()}
    schema = {"type": "object", "properties": properties, "required": list(parameters)}
    return {
        "type": "function",
        "function": {"name": name, "description": description, "parameters": schema},
    }


_FOREIGN_FUNCTIONS = (
    _foreign("water_greenhouse", "Waters one bed of the greenhouse", bed="The number of the bed"),
    _foreign("print_badge", "Prints the badge of a visitor", visitor_id="The visitor's id"),
    _foreign("rotate_antenna", "Turns the roof antenna", azimuth="Degrees from north"),
    _foreign("reserve_locker", "Reserves a locker at the pool", locker="The locker's number"),
    _foreign("calibrate_scale", "Calibrates a laboratory scale", scale_id="The scale's id"),
    _foreign("ring_bell", "Rings the bell of a hall", hall="The letter of the hall"),
    _foreign("brew_batch", "Starts a batch in the brewery", recipe_id="The recipe's id"),
    _foreign("open_sluice", "Opens a sluice of the canal", sluice="The sluice's number"),
)
"""Tools that nothing which people say to other servers could mean."""
