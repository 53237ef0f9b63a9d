"""A tool's schema → valid, plausible arguments.

Every argument set that leaves here was accepted by jsonschema, against the server's own schema
and against the compact form.
"""

import json
import random
from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from functools import cached_property, partial
from itertools import repeat
from typing import Any

from jsonschema_rs import Validator

from profiles import Server
from tasks.domain.errors import UnusableTool
from tasks.domain.identifiers import name_words
from tasks.domain.products import Tool
from tasks.domain.schemas.validation import MOST_LOOKED_AT, faults_of, unusable_parts, validator
from tasks.domain.toollists import parameters
from tasks.domain.writing.values.draw_options import LISTED_SHARE, DrawOptions
from tasks.domain.writing.values.endings import with_ending
from tasks.domain.writing.values.instances import (
    DRAWS,
    Place,
    example_values,
    is_open,
    other_properties,
    split_of,
)
from tasks.domain.writing.values.kinds import ALWAYS_KNOWN, CLOSED, ON_SERVER, VAGUE
from tasks.domain.writing.values.meanings import kind_of_example
from tasks.domain.writing.values.parameters import (
    NARROWED,
    NARROWING,
    UPDATING,
    as_many_as_named,
    count_numbers,
    is_formless,
    is_shape,
    is_unsaid,
    leaves,
    tries,
    with_required,
)
from tasks.domain.writing.values.ranges import in_order
from tasks.domain.writing.values.relations import Relations, relations_of
from tasks.domain.writing.values.settling import dependents, settle, type_of
from tasks.domain.writing.values.tool_parameters import ToolParameters
from tasks.domain.writing.values.unknown_values import unknown_value

TRIES = 40
"""Argument sets drawn before a schema counts as unusable."""
SMALL_POOL = 8
"""A list of the server's own values that is shorter than this is shared by both splits."""
MANY = 100_000
"""A count of argument sets beyond it is as good as endless."""
FEW_OPTIONAL = 1.5
"""Optional parameters of a call on the average, however many a tool has: nobody says nine."""
HOPELESS = 5
"""Draws that could not be finished before a schema counts as unusable."""


@dataclass(frozen=True)
class ArgumentMaker(ToolParameters):
    """Writes arguments for one tool."""

    def make(self, rng: random.Random, options: DrawOptions) -> dict[str, Any]:
        """Valid arguments.

        Raises:
            UnusableTool: none were found; the message names the tool and the parameter.
        """
        # Optional parameters may exclude each other.
        fewer = (
            replace(options, optional=options.optional * (turn % 4) / 4)
            for turn in range(TRIES // 2)
        )
        arguments, fault = self._attempt(
            rng, (*repeat(options, TRIES // 2), *fewer), self.unwritable
        )
        if arguments is None:
            raise UnusableTool(f"{self.tool.name}: {fault}; no valid value found in {TRIES} tries")
        return arguments

    def _attempt(
        self, rng: random.Random, attempts: Iterable[DrawOptions], left_out: Collection[str]
    ) -> tuple[dict[str, Any] | None, str]:
        """The first valid arguments; else None, and what was wrong with the last."""
        fault, unfinished = "", 0
        for options in attempts:
            try:
                arguments = self._draw(rng, options, left_out)
                fault = self.fault(arguments)
            except UnusableTool as error:
                fault, unfinished = str(error), unfinished + 1
            else:
                if not fault:
                    return arguments, ""
            if unfinished == HOPELESS:
                break
        return None, fault

    def fault(self, arguments: dict[str, Any]) -> str:
        """What is wrong with arguments, as 'parameter.path: message'; empty when nothing is."""
        return next((f for check in self._validators for f in faults_of(arguments, check)), "")

    @property
    def properties(self) -> dict[str, Any]:
        """The tool's parameters, without those that nothing can be written for."""
        return {n: part for n, part in self._properties.items() if n not in self.unwritable}

    @cached_property
    def unwritable(self) -> dict[str, str]:
        """Optional parameters that nothing valid can be written for, each with the reason."""
        optional = [name for name in self._properties if name not in self.required]
        whole = DrawOptions(optional=0.0, also=frozenset(optional))
        arguments, fault = self._attempt(random.Random(0), repeat(whole, 3), ())
        if arguments is not None:
            return {}
        if len(optional) > MOST_LOOKED_AT:
            return dict.fromkeys(optional, fault)
        reasons = dict(unusable_parts(self.tool.input_schema))
        for name in (name for name in optional if name not in reasons):
            options = DrawOptions(optional=0.0, also=frozenset((name,)))
            arguments, fault = self._attempt(random.Random(0), repeat(options, TRIES), reasons)
            if arguments is None or name not in arguments:
                reasons[name] = fault
        return reasons

    @property
    def spoken_for(self) -> tuple[str, ...]:
        """The parameters that a user speaks of: all that are not constants of the server."""
        return tuple(name for name in self.properties if not self.is_constant(name))

    @property
    def constants(self) -> dict[str, Any]:
        """The values that the operator fixed."""
        fixed = {n: self._from_operator(self.server.constants, n) for n in self.properties}
        return {name: value for name, value in fixed.items() if value is not None}

    def can_be_unknown(self, name: str) -> bool:
        """Whether a parameter can have a value that looks right and does not exist."""
        return name in self._unknowable

    @cached_property
    def _unknowable(self) -> frozenset[str]:
        return frozenset(name for name in self.spoken_for if self._can_be_unknown(name))

    def _can_be_unknown(self, name: str) -> bool:
        schema = self.settled(name)
        if self.kind(name) in ALWAYS_KNOWN or schema.get("minItems", 0) > 1:
            return False
        if any(keyword in schema for keyword in ("pattern", "maxLength", "enum", "const")):
            return False
        options = DrawOptions(optional=0.0, also=frozenset((name,)), unknown=name)
        return self._attempt(random.Random(0), repeat(options, 3), self.unwritable)[0] is not None

    def count(self) -> int | None:
        """How many different argument sets there are; None when there are too many to count."""
        total = 1
        for name in self.spoken_for:
            choices = self._choices(name)
            if choices is None:
                return None
            total *= choices + (name not in self.required)
            if total > MANY:
                return None
        return total

    def open_values(self, arguments: dict[str, Any]) -> frozenset[str]:
        """The values, as JSON, that the other split must not have."""
        own = arguments.keys() & self.properties.keys()
        names = [(n, v) for n, v in arguments.items() if n in own and not self._shared(n)]
        single = (v for n, whole in names for v in leaves(whole, self.settled(n), self.settle))
        return frozenset(json.dumps(v, ensure_ascii=False) for v in single if is_open(v))

    @cached_property
    def _validators(self) -> tuple[Validator, ...]:
        # Alternatives, denials and dialects can make the compact form allow less, too.
        return validator(self.tool.input_schema), validator(parameters(self.tool))

    def _draw(
        self, rng: random.Random, options: DrawOptions, left_out: Collection[str]
    ) -> dict[str, Any]:
        share, quoted_names = options.optional, self._quoted_names
        at = Place(
            rng, self._document, self.about, options.split, options.unusual, share, quoted_names
        )
        schema = settle(self._input, self._document, rng)
        names, decisions = self._names(schema, at, options, left_out)
        schema, others = dependents(schema, names, self._document, rng)
        properties = {**{name: {} for name in others}, **with_required(schema)}
        arguments: dict[str, Any] = {}
        for name, part in properties.items():
            if self.is_constant(name):
                arguments[name] = self._from_operator(self.server.constants, name)
            elif name == options.unknown:
                unknown = unknown_value(self.kind(name), type_of(self.settled(name)), at)
                arguments[name] = with_ending(unknown, self._endings.get(name, ()), rng)
            elif name in decisions:
                arguments[name] = decisions[name]
            elif name in names or name in others:
                drawing = partial(self._other_than, arguments, name, part, at, options)
                arguments[name] = as_many_as_named(self.tool.name, drawing)
        ordered = in_order(arguments, rng, lambda value: split_of(value) == at.split)
        return ordered | other_properties(schema, len(arguments), at)

    def _names(
        self, schema: dict[str, Any], at: Place, options: DrawOptions, left_out: Collection[str]
    ) -> tuple[list[str], dict[str, Any]]:
        """The parameters that a call gives, and the values of those that decide on others."""
        properties = with_required(schema)
        always = {*schema.get("required", ()), *options.also, *self._narrowing}
        free = [n for n in properties if n not in always and n not in self._unsaid]
        few = FEW_OPTIONAL / max(len(free), 1) if options.optional < 1 else 1
        chance = min(options.optional, few)
        names = [n for n in properties if n in always or (n in free and at.rng.random() < chance)]
        deciding = sorted(self._relations.choosers & {*names} - {options.unknown})
        fixed = {n: self._from_operator(self.server.constants, n) for n in deciding}
        decisions = {
            name: self._value(name, properties[name], at, options)
            for name in deciding
            if fixed[name] is None
        }
        names = self._relations.settled(names, fixed | decisions, always, at.rng)
        names = [n for n in names if n not in left_out]
        if self._changes_nothing(names) and options.optional:
            spare = [n for n in free if not (n in names or n in left_out or is_shape(n))]
            names += [at.rng.choice(spare)] if spare else []
        return names, decisions

    @cached_property
    def _unsaid(self) -> frozenset[str]:
        """Optional parameters that nobody speaks of, and those that the operator fixed."""
        optional = [name for name in self._properties if name not in self.required]
        return frozenset(
            name
            for name in optional
            if self.is_constant(name)
            or is_unsaid(name, str(self.settled(name).get("description", "")))
            or is_formless(self.settled(name))
        )

    @cached_property
    def _narrowing(self) -> frozenset[str]:
        """What says to which things a change is made; without it, it would be made to all."""
        if NARROWED.isdisjoint(name_words(self.tool.name)):
            return frozenset()
        return NARROWING & self._properties.keys()

    @cached_property
    def _relations(self) -> Relations:
        schemas = {name: self.settled(name) for name in self._properties}
        return relations_of(schemas, self.required, self.tool.description)

    def _changes_nothing(self, names: Collection[str]) -> bool:
        """Whether a call would only say what is to be changed, and not how."""
        is_change = not UPDATING.isdisjoint(name_words(self.tool.name))
        return is_change and all(
            is_shape(n) or (n in self.required and self.kind(n) in ON_SERVER) for n in names
        )

    def _other_than(
        self, earlier: dict[str, Any], name: str, part: Any, at: Place, options: DrawOptions
    ) -> Any:
        """A value that no other parameter has, where there is one: nobody converts A to A."""
        value = self._value(name, part, at, options)
        for _ in range(DRAWS if isinstance(value, str) else 0):
            if value not in earlier.values():
                break
            value = self._value(name, part, at, options)
        return value

    def _value(self, name: str, schema: Any, at: Place, options: DrawOptions) -> Any:
        pool, fewest = self._from_operator(self.server.values, name), SMALL_POOL
        if pool is None and options.real:
            pool, fewest = self.server_values.get(name), 2
        if options.free and self._is_copied(name):
            pool = None
        if pool is None and self._takes_listed(name, at, options):
            pool, fewest = self.book_values[name], SMALL_POOL
        if pool is None:
            default = schema.get("default") if isinstance(schema, dict) else None
            values = (v for v in tries(schema, at, name) if v != default or v is None)
            return with_ending(next(values), self._endings.get(name, ()), at.rng)
        usable = [v for v in pool if len(pool) < fewest or split_of(v) == at.split] or list(pool)
        if type_of(self.settled(name)) == "array" and not isinstance(usable[0], (list, tuple)):
            return at.rng.sample(usable, min(at.rng.choice((1, 1, 2, 3)), len(usable)))
        return at.rng.choice(usable)

    def _takes_listed(self, name: str, at: Place, options: DrawOptions) -> bool:
        """Whether a value is one of the phrasebook's, which look real and are only a few."""
        is_known = name in self.book_values and not options.unusual
        is_free = options.free and self._is_copied(name)
        return is_known and (not is_free or at.rng.random() < LISTED_SHARE)

    def _is_copied(self, name: str) -> bool:
        """Whether a value is what the user types, be it there or not: a path, a branch, a text."""
        schema = self._of_one(name)
        is_text = type_of(schema) == "string" and not schema.keys() & {"enum", "const"}
        return is_text and self.kind(name) not in VAGUE | CLOSED

    def _choices(self, name: str) -> int | None:
        schema = self.settled(name)
        if pool := self._from_operator(self.server.values, name):
            return None if type_of(schema) == "array" else len(pool)
        if "const" in schema or "enum" in schema:
            return len(schema.get("enum", (0,)))
        if type_of(schema) in ("boolean", "null"):
            return 2 if type_of(schema) == "boolean" else 1
        if type_of(schema) == "string" and self.kind(name) not in CLOSED and self._shared(name):
            return len(example_values(schema, self._quoted_names))
        return count_numbers(schema, name) if type_of(schema) in ("integer", "number") else None

    def _shared(self, name: str) -> bool:
        """Whether both splits may have the same values of a parameter."""
        pool = self._from_operator(self.server.values, name)
        if pool is not None:
            return len(pool) < SMALL_POOL
        if self.is_constant(name) or self.kind(name) in {"enum", "boolean", "null", *CLOSED}:
            return True
        examples = example_values(self.settled(name), self._quoted_names)
        mere = not any(map(kind_of_example, examples))
        return bool(examples) and mere and self.kind(name) in VAGUE


def makers_of(tools: Iterable[Tool], server: Server) -> dict[str, ArgumentMaker]:
    """A maker for each tool of a list, by name; each knows what the others are called."""
    every_tool = tuple(tools)
    names = frozenset(tool.name for tool in every_tool)
    return {tool.name: ArgumentMaker(tool, server, names=names) for tool in every_tool}
