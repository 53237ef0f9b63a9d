"""Lines of a phrasebook become calls: what stands in a line, and valid values for its slots."""

import json
import random
from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace
from typing import Any

from tasks.domain.errors import UnusableTool
from tasks.domain.untrusted.decoding import leaves
from tasks.domain.writing.phrasebook import BookCall, fill, only_slot, slots
from tasks.domain.writing.values.draw_options import DrawOptions
from tasks.domain.writing.values.maker import ArgumentMaker

TRIES = 12
"""Argument sets drawn for one line before it counts as one that cannot be filled."""


def unsaid_parameters(
    maker: ArgumentMaker, slot_names: Collection[str], fixed: Mapping[str, Any]
) -> tuple[str, ...]:
    """The required parameters that a line neither says nor fixes, and that nothing else settles."""
    return tuple(
        name
        for name in maker.required
        if name not in slot_names
        and name not in fixed
        and not maker.is_constant(name)
        and _settled_value(maker, name) is None
    )


def draw_arguments(
    maker: ArgumentMaker,
    slot_names: Collection[str],
    fixed: Mapping[str, Any],
    rng: random.Random,
    options: DrawOptions,
) -> dict[str, Any] | None:
    """Valid arguments: a value for each slot, what the words fix, constants, what is required.

    None when no valid ones are found.
    """
    stated_names = frozenset(slot_names) | fixed.keys()
    draw_options = replace(options, optional=0.0, also=frozenset(slot_names))
    for _ in range(TRIES):
        try:
            candidate = maker.make(rng, draw_options)
        except UnusableTool:
            return None
        for name in maker.required:
            if name not in stated_names and (value := _settled_value(maker, name)) is not None:
                candidate[name] = value
        names = {*stated_names, *maker.required, *maker.constants}
        arguments = {n: v for n, v in candidate.items() if n in names} | dict(fixed)
        if not stated_names - arguments.keys() and not maker.fault(arguments):
            return {
                n: arguments[n]
                for n in dict.fromkeys((*maker.properties, *arguments))
                if n in arguments
            }
    return None


def _settled_value(maker: ArgumentMaker, name: str) -> Any:
    """What a required parameter is when nobody says it; None where the schema does not tell."""
    if name in maker.constants:
        return None
    fallback = maker.stated_fallback(name)
    return maker.settled(name).get("default") if fallback is None else fallback


def result_patterns(call: BookCall) -> dict[str, str]:
    """The arguments that are taken from the result before, with the path or pattern of each."""
    return {
        name: value["result"]
        for name, value in call.arguments.items()
        if isinstance(value, dict)
        and list(value) == ["result"]
        and isinstance(value["result"], str)
    }


def whole_slots(call: BookCall) -> dict[str, str]:
    """The arguments that are a slot and nothing else, with the slot's name."""
    return {
        name: slot
        for name, value in call.arguments.items()
        if isinstance(value, str) and (slot := only_slot(value))
    }


def slots_inside(value: Any) -> Iterator[str]:
    """The slots of all texts in a value."""
    return (slot for leaf in leaves(value) if isinstance(leaf, str) for slot in slots(leaf))


def fixed_arguments(call: BookCall) -> dict[str, Any]:
    """The arguments that are neither a slot, nor hold one, nor come from a result."""
    patterns = result_patterns(call)
    return {
        name: filled(value, {})  # a doubled brace is a literal one there too
        for name, value in call.arguments.items()
        if name not in patterns and not [*slots_inside(value)]
    }


def filled(value: Any, values: Mapping[str, Any]) -> Any:
    """A value with what its slots stand for; a text that is only a slot becomes that value."""
    if isinstance(value, str):
        if slot := only_slot(value):
            return values[slot]
        return fill(value, {name: _as_text(values[name]) for name in slots(value)})
    if isinstance(value, list):
        return [filled(part, values) for part in value]
    if isinstance(value, dict):
        return {key: filled(part, values) for key, part in value.items()}
    return value


def _as_text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
