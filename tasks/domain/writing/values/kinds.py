"""The kinds of values that parameters have: one record per kind, and sets read off all of them."""

import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from tasks.domain.writing.values import places, words, writers
from tasks.domain.writing.values.writers import Writer

# fmt: off
KindName = Literal[
    "zone", "clock", "date", "datetime", "date-time", "time", "spoken date", "ago", "weekday",
    "difference", "duration", "uuid", "uri", "iri", "uri-reference", "iri-reference",
    "uri-template", "json path", "json-pointer", "relative-json-pointer", "regex", "email",
    "idn-email", "hostname", "idn-hostname", "ipv4", "ipv6", "json", "file", "media file", "folder",
    "glob", "branch", "commit message", "sha", "revision", "version", "select", "sql change",
    "create table", "condition", "ordering", "code", "script", "table", "column", "search", "topic",
    "person", "first name", "last name", "username", "company", "product", "city", "country",
    "place", "country code", "language", "language code", "currency", "color", "unit", "font",
    "tag", "entity type", "relation", "command", "title", "name", "text", "identifier", "digits",
    "phone", "cell", "cells", "sheet", "words", "enum", "boolean", "integer", "number", "seconds",
    "minutes", "hours", "object", "array", "null", "string",
]
# fmt: on
Trait = Literal[
    "path", "sql", "text", "closed", "vague", "span", "always known", "endpoint", "on the server"
]
"""``text``: words, said in quotes, free to hold any character. ``closed``: a standard lists the
values, so that both splits may have the same ones, as with an enum: that Tucson's clocks follow
America/Phoenix cannot be read off a text, a model has to have met it. ``vague``: the kind says
little, an example in a description says more. ``span``: a length of time. ``always known``: every
value that looks right exists. ``endpoint``: may be where something starts or ends.
``on the server``: a value exists there or does not."""


@dataclass(frozen=True)
class Kind:
    """What is known of the values of one kind."""

    write: Writer | None = None
    """Draws a value; None where the schema alone decides."""
    traits: tuple[Trait, ...] = ()
    role: tuple[str, int] | None = None
    """The words around a value in a sentence, and where they stand: smaller numbers come first."""
    missing: str = "{}"
    """A value that looks right and does not exist; where it is empty, one is drawn as usual."""
    unusual: Writer | None = None
    """Draws a rare but valid value."""
    example: str = ""
    """The form by which an example in a description is known to be of the kind."""


KINDS: dict[KindName, Kind] = {
    "zone": Kind(
        writers.zone,
        traits=("closed", "endpoint"),
        role=("in {v}", 3),
        missing="{area}/{}",
        unusual=lambda rng: rng.choice(writers.zones(2)),
        example=r"(Africa|America|Asia|Atlantic|Australia|Europe|Indian|Pacific)/\w+",
    ),
    "clock": Kind(
        writers.clock,
        traits=("closed", "endpoint"),
        role=("at {v}", 4),
        missing="{hour}:{minute}",
        example=r"\d\d:\d\d",
    ),
    "date": Kind(
        writers.date,
        traits=("always known", "endpoint"),
        role=("on {v}", 4),
        example=r"\d{4}-\d\d-\d\d",
    ),
    "datetime": Kind(
        lambda rng: f"{writers.date(rng)}T{writers.clock(rng)}:00",
        traits=("always known", "endpoint"),
        role=("at {v}", 4),
        example=r"\d{4}-\d\d-\d\dT[\d:]+",
    ),
    "date-time": Kind(
        lambda rng: f"{writers.date(rng)}T{writers.clock(rng)}:00Z",
        traits=("always known",),
        role=("at {v}", 4),
        example=r"\d{4}-\d\d-\d\dT[\d:]+(Z|[+-]\d\d:\d\d)",
    ),
    "time": Kind(lambda rng: f"{writers.clock(rng)}:00Z", traits=("always known",)),
    "spoken date": Kind(writers.spoken_date, example=r"[A-Z][a-z]{2} \d{1,2},? \d{4}"),
    "ago": Kind(
        lambda rng: f"{rng.randint(2, 30)} {rng.choice(('days', 'weeks', 'months'))} ago",
        example=r"\d+ \w+ ago",
    ),
    "weekday": Kind(writers.pick(words.DAYS)),
    "difference": Kind(lambda rng: f"{rng.randint(-11, 12):+}.0h"),
    "duration": Kind(lambda rng: f"PT{rng.randint(1, 59)}M", traits=("always known",)),
    "uuid": Kind(
        lambda rng: str(uuid.UUID(int=rng.getrandbits(128), version=4)),
        missing="",
        example=r"[0-9a-f]{8}-[0-9a-f-]{27}",
    ),
    "uri": Kind(
        writers.url,
        traits=("endpoint", "on the server"),
        role=("from {v}", 3),
        missing="https://www.{}.invalid/page",
        example=r"https?://\S+",
    ),
    "iri": Kind(writers.url),
    "uri-reference": Kind(lambda rng: f"/{rng.choice(words.PAGES)}/{rng.choice(words.FILE_STEMS)}"),
    "iri-reference": Kind(lambda rng: f"/{rng.choice(words.PAGES)}/{rng.choice(words.FILE_STEMS)}"),
    "uri-template": Kind(lambda rng: f"/{rng.choice(words.PAGES)}/{{id}}"),
    "json path": Kind(writers.json_path, role=("at {v}", 4), example=r"\$(\.\w+|\[\d+\])*"),
    "json-pointer": Kind(lambda rng: f"/{rng.choice(words.COLUMNS)}/{rng.randint(0, 9)}"),
    "relative-json-pointer": Kind(lambda rng: f"{rng.randint(0, 3)}/{rng.choice(words.COLUMNS)}"),
    "regex": Kind(lambda rng: f"^{rng.choice(words.NOUNS)}-[0-9]+$"),
    "email": Kind(writers.email, missing="nobody@{}.invalid", example=r"\S+@\S+\.\w+"),
    "idn-email": Kind(writers.email),
    "hostname": Kind(writers.host, traits=("on the server",), missing="{}.invalid"),
    "idn-hostname": Kind(writers.host),
    "ipv4": Kind(
        lambda rng: ".".join(str(rng.randint(1, 254)) for _ in range(4)), traits=("always known",)
    ),
    "ipv6": Kind(
        lambda rng: "2001:db8::" + ":".join(f"{rng.randint(1, 65535):x}" for _ in range(3)),
        traits=("always known",),
    ),
    "json": Kind(
        lambda rng: f'{{"{rng.choice(words.COLUMNS)}": {rng.randint(1, 999)}}}',
        traits=("always known",),
    ),
    "file": Kind(
        writers.file_with(words.EXTENSIONS),
        traits=("path", "endpoint", "on the server"),
        role=("for {v}", 3),
        missing="missing/{}.txt",
        unusual=writers.unusual_path,
    ),
    "media file": Kind(
        writers.file_with(words.MEDIA_EXTENSIONS),
        traits=("path", "on the server"),
        role=("for {v}", 3),
        missing="missing/{}.png",
    ),
    "folder": Kind(
        writers.folder,
        traits=("path", "endpoint", "on the server"),
        role=("in {v}", 3),
        missing="missing/{}",
        unusual=writers.unusual_folder,
    ),
    "glob": Kind(writers.glob, role=("matching {v}", 4), example=r"\S*\*\S*"),
    "branch": Kind(writers.branch, traits=("endpoint", "on the server"), missing="feature/{}"),
    "commit message": Kind(writers.commit, traits=("text",)),
    "sha": Kind(writers.hex_digits, traits=("on the server",), missing="feature/{}"),
    "revision": Kind(writers.revision, traits=("endpoint", "on the server"), missing="feature/{}"),
    "version": Kind(writers.version, example=r"\d+\.\d+\.\d+"),
    "select": Kind(writers.select, traits=("sql",), missing="SELECT * FROM {}"),
    "sql change": Kind(writers.change, traits=("sql",), missing="DELETE FROM {} WHERE id = 1"),
    "create table": Kind(
        writers.create, traits=("sql",), missing="CREATE TABLE {} (id INTEGER, id TEXT)"
    ),
    "condition": Kind(writers.condition, traits=("text", "always known")),
    "ordering": Kind(writers.ordering),
    "code": Kind(writers.code, traits=("text", "always known")),
    "script": Kind(writers.script, traits=("text", "always known")),
    "table": Kind(writers.table, traits=("on the server",), missing="{}_items"),
    "column": Kind(writers.pick(words.COLUMNS), traits=("on the server",)),
    "search": Kind(
        lambda rng: rng.choice((writers.topic, writers.word, writers.topic, writers.company))(rng),
        traits=("text",),
        role=("for {v}", 3),
    ),
    "topic": Kind(writers.topic, traits=("text",), role=("about {v}", 4)),
    "person": Kind(writers.person, traits=("endpoint",)),
    "first name": Kind(writers.pick(words.FIRST_NAMES)),
    "last name": Kind(writers.pick(words.LAST_NAMES)),
    "username": Kind(
        lambda rng: f"{rng.choice(words.FIRST_NAMES).lower()}{rng.randint(2, 99)}",
        traits=("on the server",),
    ),
    "company": Kind(writers.company, traits=("endpoint",)),
    "product": Kind(
        lambda rng: f"{rng.choice(words.ADJECTIVES)} {rng.choice(words.PRODUCTS)}",
        traits=("on the server",),
    ),
    "city": Kind(writers.city, traits=("endpoint",), role=("in {v}", 3)),
    "country": Kind(writers.country, traits=("closed", "endpoint"), role=("in {v}", 3)),
    "place": Kind(writers.place, traits=("endpoint",), role=("at {v}", 3)),
    "country code": Kind(
        lambda rng: rng.choice(writers.codes("territories", places.country_names())),
        traits=("closed", "endpoint"),
        role=("in {v}", 3),
    ),
    "language": Kind(
        writers.pick(words.LANGUAGES),
        traits=("closed", "endpoint"),
        role=("in {v}", 5),
    ),
    "language code": Kind(
        lambda rng: rng.choice(writers.codes("languages", words.LANGUAGES)),
        traits=("closed", "endpoint"),
        role=("in {v}", 5),
    ),
    "currency": Kind(writers.pick(words.CURRENCIES), traits=("closed", "endpoint")),
    "color": Kind(writers.pick(words.COLORS)),
    "unit": Kind(writers.pick(words.UNITS), traits=("vague", "endpoint")),
    "font": Kind(writers.pick(words.FONTS)),
    "tag": Kind(writers.pick(words.TAGS), traits=("vague", "endpoint", "on the server")),
    "entity type": Kind(writers.pick(words.ENTITY_TYPES), traits=("vague",)),
    "relation": Kind(writers.pick(words.RELATIONS)),
    "command": Kind(writers.pick(words.COMMANDS)),
    "title": Kind(writers.title, traits=("text", "on the server")),
    "name": Kind(writers.name, traits=("text", "endpoint", "on the server")),
    "text": Kind(writers.sentence, traits=("text",)),
    "identifier": Kind(writers.identifier, traits=("vague", "endpoint", "on the server")),
    "digits": Kind(lambda rng: str(rng.randint(1, 60))),
    "phone": Kind(writers.phone),
    "cell": Kind(writers.cell, role=("in cell {v}", 4)),
    "cells": Kind(writers.cells, role=("in {v}", 4), example=r"[A-Z]+\d+:[A-Z]+\d+"),
    "sheet": Kind(
        lambda rng: f"{rng.choice(words.NOUNS).capitalize()}{rng.randint(1, 12)}",
        traits=("on the server",),
    ),
    "words": Kind(writers.word, traits=("text", "vague", "on the server")),
    "enum": Kind(traits=("always known",)),
    "boolean": Kind(traits=("always known",)),
    "integer": Kind(traits=("always known",)),
    "number": Kind(traits=("always known",)),
    "seconds": Kind(traits=("span", "always known")),
    "minutes": Kind(traits=("span", "always known")),
    "hours": Kind(traits=("span", "always known")),
    "object": Kind(traits=("always known",)),
    "array": Kind(traits=("always known",)),
    "null": Kind(traits=("always known",)),
    "string": Kind(),
}


def _having(trait: Trait) -> Iterator[KindName]:
    return (name for name, kind in KINDS.items() if trait in kind.traits)


PATHS = frozenset(_having("path"))
SQL = frozenset(_having("sql"))
TEXTS = frozenset(_having("text"))
CLOSED = frozenset(_having("closed"))
VAGUE = frozenset(_having("vague"))
SPANS = frozenset(_having("span"))
ALWAYS_KNOWN = frozenset(_having("always known"))
ENDPOINTS = frozenset(_having("endpoint"))
ON_SERVER = frozenset(_having("on the server"))
WRITERS: dict[str, Writer] = {name: kind.write for name, kind in KINDS.items() if kind.write}
UNUSUAL: dict[str, Writer] = {name: kind.unusual for name, kind in KINDS.items() if kind.unusual}
SHORT: dict[str, Writer] = {
    **dict.fromkeys(("email", "idn-email"), writers.short_email),
    **dict.fromkeys(("hostname", "idn-hostname"), writers.short_host),
    **dict.fromkeys(("uri", "iri"), writers.short_url),
}
"""What is as short as its format allows, where a usual value is too long."""
ROLES: dict[str, tuple[str, int]] = {name: kind.role for name, kind in KINDS.items() if kind.role}
MISSING: dict[str, str] = {name: kind.missing for name, kind in KINDS.items()}
EXAMPLES: dict[KindName, str] = {name: kind.example for name, kind in KINDS.items() if kind.example}
