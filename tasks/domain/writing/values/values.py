"""Plausible values: ``KINDS`` writes one value of a kind."""

import random
import uuid
import zoneinfo
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache

from babel import Locale

from tasks.domain.writing.values import words
from tasks.domain.writing.values.places import famous_zone

Writer = Callable[[random.Random], str]

_AREAS = frozenset(
    words.pieces("Africa America Antarctica Arctic Asia Atlantic Australia Europe Indian Pacific")
)
FAMOUS_ZONE_SHARE = 0.92
"""Share of zones that are of well-known cities: what people ask about."""


@lru_cache(maxsize=1)
def zones() -> tuple[str, ...]:
    """Every IANA zone of the form Area/City, sorted."""
    known = sorted(zoneinfo.available_timezones())
    return tuple(name for name in known if name.count("/") == 1 and name.split("/")[0] in _AREAS)


UTC_SHARE = 0.02
"""Share of zones that are of no city: as one of the best known."""


def _zone(rng: random.Random) -> str:
    if rng.random() < UTC_SHARE:
        return "UTC"
    return famous_zone(rng) if rng.random() < FAMOUS_ZONE_SHARE else rng.choice(zones())


@lru_cache(maxsize=1)
def _deep_zones() -> tuple[str, ...]:
    known = sorted(zoneinfo.available_timezones())
    return tuple(name for name in known if name.count("/") == 2 and name.split("/")[0] in _AREAS)


def _unusual_path(rng: random.Random) -> str:
    name = f"{rng.choice(words.UNUSUAL_NAMES)} {rng.randint(2, 99)}.{rng.choice(words.EXTENSIONS)}"
    return f"{rng.choice(words.FOLDERS)}/{name}"


def _unusual_folder(rng: random.Random) -> str:
    name = f"{rng.choice(words.UNUSUAL_NAMES)} {rng.randint(2, 99)}"
    return f"{rng.choice(words.FOLDERS)}/{name}"


def _date(rng: random.Random) -> str:
    return f"{rng.randint(2019, 2027)}-{rng.randint(1, 12):02}-{rng.randint(1, 28):02}"


def _clock(rng: random.Random) -> str:
    """A time as people speak of it.

    Mostly by day, and most are full hours or quarters; noon and midnight have names.
    """
    if rng.random() < 0.1:
        return rng.choice(("00:00", "12:00"))
    minute = rng.choice((0, 0, 0, 0, 0, 30, 30, 15, 45, 5 * rng.randint(1, 11), rng.randint(0, 59)))
    hour = rng.randint(7, 22) if rng.random() < 0.75 else rng.randint(0, 23)
    return f"{hour:02}:{minute:02}"


def _spoken_date(rng: random.Random) -> str:
    month = rng.choice(words.pieces("Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec"))
    return f"{month} {rng.randint(1, 28)} {rng.randint(2019, 2027)}"


def _person(rng: random.Random) -> str:
    return f"{rng.choice(words.FIRST_NAMES)} {rng.choice(words.LAST_NAMES)}"


def _company(rng: random.Random) -> str:
    return f"{rng.choice(words.COMPANY_STEMS)} {rng.choice(words.COMPANY_ENDS)}"


def _host(rng: random.Random) -> str:
    return f"{rng.choice(words.DOMAINS)}.{rng.choice(words.TOP_LEVELS)}"


def _url(rng: random.Random) -> str:
    deep = rng.random() < 0.5
    page = rng.choice(words.PAGES) + (f"/{rng.choice(words.FILE_STEMS)}" if deep else "")
    return f"https://{rng.choice(('www.', '', 'docs.'))}{_host(rng)}/{page}"


def _email(rng: random.Random) -> str:
    first, last = rng.choice(words.FIRST_NAMES), rng.choice(words.LAST_NAMES)
    return f"{first}.{last}@{_host(rng)}".lower()


def _folder(rng: random.Random) -> str:
    depth = rng.choice((1, 2, 2, 3))
    tail = [rng.choice((*words.FOLDERS, *words.FILE_STEMS)) for _ in range(depth - 1)]
    year = [str(rng.randint(2015, 2027))] if rng.random() < 0.4 else []
    return "/".join([rng.choice(words.FOLDERS), *tail, *year])


_PLAIN_FILE_SHARE = 0.08
"""Share of files that projects have at their root, under names that all of them use."""


def _file_with(extensions: Sequence[str]) -> Writer:
    def write(rng: random.Random) -> str:
        if extensions is words.EXTENSIONS and rng.random() < _PLAIN_FILE_SHARE:
            return rng.choice(words.PLAIN_FILES)
        number = f"_{rng.randint(1, 40)}" if rng.random() < 0.35 else ""
        name = f"{rng.choice(words.FILE_STEMS)}{number}.{rng.choice(extensions)}"
        return f"{_folder(rng)}/{name}" if rng.random() < 0.75 else name

    return write


def _glob(rng: random.Random) -> str:
    ending = rng.choice(words.EXTENSIONS)
    stem, folder = rng.choice(words.FILE_STEMS), rng.choice(words.FOLDERS)
    shapes = (f"*.{ending}", f"**/*.{ending}", f"{stem}*.{ending}", f"{folder}/*.{ending}")
    return rng.choice((*shapes, f"**/{stem}*", f"*_{stem}.{ending}", f"{folder}/**/*.{ending}"))


def _branch(rng: random.Random) -> str:
    if rng.random() < 0.08:
        return rng.choice(("main", "main", "master", "develop", "dev", "staging"))
    kind, number = rng.choice(words.CHANGE_KINDS), rng.randint(2, 99)
    thing = rng.choice(words.CHANGE_THINGS).replace(" ", "-")
    end = f"-{number}" if rng.random() < 0.3 else ""
    name, noun = rng.choice(words.FIRST_NAMES).lower(), rng.choice(words.NOUNS)
    if rng.random() < _OWN_STYLE_SHARE:
        version = _version(rng)
        plain = (thing, noun, f"{kind}-{thing}", f"{noun}-{number}", f"{kind}-{version}")
        return rng.choice(
            (*plain, f"{name}/{thing}", f"{name}-{noun}", f"{kind}/{version}", f"{kind}/{number}")
        )
    return f"{kind}/{thing}{end}"


_OWN_STYLE_SHARE = 0.4
"""Share of branches that are not named "kind/thing"."""


def _commit(rng: random.Random) -> str:
    where = f" in {rng.choice(words.FOLDERS)}" if rng.random() < 0.5 else ""
    return f"{rng.choice(words.CHANGE_VERBS)} {rng.choice(words.CHANGE_THINGS)}{where}"


def _hex(rng: random.Random) -> str:
    return "".join(rng.choices("0123456789abcdef", k=rng.choice((7, 7, 7, 8, 10))))


def _revision(rng: random.Random) -> str:
    shapes = (_hex, _hex, _branch, _tag, _range, lambda r: f"HEAD~{r.randint(1, 30)}")
    return rng.choice(shapes)(rng)


def _tag(rng: random.Random) -> str:
    return f"v{_version(rng)}".removesuffix(rng.choice(("", ".0", ".1", ".2", ".3")))


def _range(rng: random.Random) -> str:
    ends = (_branch, _tag, _hex)
    return f"{rng.choice(ends)(rng)}..{rng.choice(ends)(rng)}"


def _version(rng: random.Random) -> str:
    return f"{rng.randint(0, 9)}.{rng.randint(0, 20)}.{rng.randint(0, 30)}"


def _sentence(rng: random.Random) -> str:
    when = f" {rng.choice(words.WHENS)}" if rng.random() < 0.6 else ""
    text = f"{rng.choice(words.SUBJECTS)} {rng.choice(words.PREDICATES)}{when}"
    return text[0].upper() + text[1:]


def _topic(rng: random.Random) -> str:
    scope = f" {rng.choice(words.TOPIC_SCOPES)}" if rng.random() < 0.5 else ""
    return rng.choice(words.TOPICS) + scope


def _title(rng: random.Random) -> str:
    adjective, noun = rng.choice(words.ADJECTIVES), rng.choice(words.NOUNS)
    shapes = (f"{adjective} {noun}", f"the {adjective} {noun}", f"{noun} of the {adjective} {{}}")
    return rng.choice(shapes).format(rng.choice(words.NOUNS)).title()


def _word(rng: random.Random) -> str:
    return f"{rng.choice(words.ADJECTIVES)} {rng.choice(words.NOUNS)}"


def _name(rng: random.Random) -> str:
    return rng.choice((_person, _company, _title))(rng)


def _place(rng: random.Random) -> str:
    if rng.random() < 0.5:
        return rng.choice(words.CITIES)
    return f"{rng.randint(1, 240)} {rng.choice(words.STREETS)} Street, {rng.choice(words.CITIES)}"


def _where(rng: random.Random) -> str:
    column = rng.choice(words.COLUMNS)
    number = rng.randint(1, 900)
    shapes = (f"{column} > {number}", f"{column} = {number}", f"{column} < {number}")
    return rng.choice((*shapes, f"name = '{rng.choice(words.FIRST_NAMES)}'"))


def _select(rng: random.Random) -> str:
    column, table = rng.choice(words.COLUMNS), rng.choice(words.TABLES)
    what = rng.choice(("*", "COUNT(*)", column, f"{column}, id", f"AVG({column})"))
    end = rng.choice(("", f" WHERE {_where(rng)}", f" LIMIT {rng.randint(2, 60)}"))
    return f"SELECT {what} FROM {table}{end}"


def _change(rng: random.Random) -> str:
    table, column = rng.choice(words.TABLES), rng.choice(words.COLUMNS)
    number = rng.randint(1, 900)
    return rng.choice(
        (
            f"DELETE FROM {table} WHERE {_where(rng)}",
            f"UPDATE {table} SET {column} = {number} WHERE {_where(rng)}",
            f"INSERT INTO {table} ({column}) VALUES ({number})",
        )
    )


def _create(rng: random.Random) -> str:
    first, second = rng.sample(words.COLUMNS[:-1], 2)
    kinds = ("TEXT", "INTEGER", "REAL")
    columns = f"{first} {rng.choice(kinds)}, {second} {rng.choice(kinds)}"
    return f"CREATE TABLE {rng.choice(words.TABLES)}_{rng.choice(words.NOUNS)} ({columns})"


def _table(rng: random.Random) -> str:
    table = rng.choice(words.TABLES)
    return table if rng.random() < 0.3 else f"{rng.choice(words.NOUNS)}_{table}"


def _identifier(rng: random.Random) -> str:
    return f"{rng.choice(words.NOUNS)}-{rng.randint(10, 999)}"


def _phone(rng: random.Random) -> str:
    return f"+{rng.randint(1, 98)} {rng.randint(100, 999)} {rng.randint(100000, 999999)}"


def _cells(rng: random.Random) -> str:
    first, last = rng.choice("ABCDE"), rng.choice("FGHJK")
    return f"{first}{rng.randint(1, 20)}:{last}{rng.randint(21, 90)}"


def invented(rng: random.Random) -> str:
    """A name that no server knows, yet may be said: 'Marpolkel'."""
    return "".join(rng.sample(words.SYLLABLES, 3)).capitalize()


@lru_cache(maxsize=2)
def _codes(table: str, names: tuple[str, ...]) -> tuple[str, ...]:
    """The two-letter codes (ISO 3166 or 639) of some countries or languages, from CLDR."""
    known: Mapping[str, str] = getattr(Locale("en"), table)
    return tuple(code for code, name in known.items() if len(code) == 2 and name in names)


def _pick(pool: Sequence[str]) -> Writer:
    return lambda rng: rng.choice(pool)


KINDS: dict[str, Writer] = {
    "zone": _zone,
    "clock": _clock,
    "date": _date,
    "datetime": lambda rng: f"{_date(rng)}T{_clock(rng)}:00",
    "date-time": lambda rng: f"{_date(rng)}T{_clock(rng)}:00Z",
    "time": lambda rng: f"{_clock(rng)}:00Z",
    "spoken date": _spoken_date,
    "ago": lambda rng: f"{rng.randint(2, 30)} {rng.choice(('days', 'weeks', 'months'))} ago",
    "weekday": _pick(words.DAYS),
    "difference": lambda rng: f"{rng.randint(-11, 12):+}.0h",
    "duration": lambda rng: f"PT{rng.randint(1, 59)}M",
    "uuid": lambda rng: str(uuid.UUID(int=rng.getrandbits(128), version=4)),
    "uri": _url,
    "iri": _url,
    "uri-reference": lambda rng: f"/{rng.choice(words.PAGES)}/{rng.choice(words.FILE_STEMS)}",
    "iri-reference": lambda rng: f"/{rng.choice(words.PAGES)}/{rng.choice(words.FILE_STEMS)}",
    "uri-template": lambda rng: f"/{rng.choice(words.PAGES)}/{{id}}",
    "json-pointer": lambda rng: f"/{rng.choice(words.COLUMNS)}/{rng.randint(0, 9)}",
    "relative-json-pointer": lambda rng: f"{rng.randint(0, 3)}/{rng.choice(words.COLUMNS)}",
    "regex": lambda rng: f"^{rng.choice(words.NOUNS)}-[0-9]+$",
    "email": _email,
    "idn-email": _email,
    "hostname": _host,
    "idn-hostname": _host,
    "ipv4": lambda rng: ".".join(str(rng.randint(1, 254)) for _ in range(4)),
    "ipv6": lambda rng: "2001:db8::" + ":".join(f"{rng.randint(1, 65535):x}" for _ in range(3)),
    "json": lambda rng: f'{{"{rng.choice(words.COLUMNS)}": {rng.randint(1, 999)}}}',
    "file": _file_with(words.EXTENSIONS),
    "media file": _file_with(words.MEDIA_EXTENSIONS),
    "folder": _folder,
    "glob": _glob,
    "branch": _branch,
    "commit message": _commit,
    "sha": _hex,
    "revision": _revision,
    "version": _version,
    "select": _select,
    "sql change": _change,
    "create table": _create,
    "table": _table,
    "column": _pick(words.COLUMNS),
    "search": lambda rng: rng.choice((_topic, _word, _topic, _company))(rng),
    "topic": _topic,
    "person": _person,
    "first name": _pick(words.FIRST_NAMES),
    "last name": _pick(words.LAST_NAMES),
    "username": lambda rng: f"{rng.choice(words.FIRST_NAMES).lower()}{rng.randint(2, 99)}",
    "company": _company,
    "product": lambda rng: f"{rng.choice(words.ADJECTIVES)} {rng.choice(words.PRODUCTS)}",
    "city": _pick(words.CITIES),
    "country": _pick(words.COUNTRIES),
    "place": _place,
    "country code": lambda rng: rng.choice(_codes("territories", words.COUNTRIES)),
    "language": _pick(words.LANGUAGES),
    "language code": lambda rng: rng.choice(_codes("languages", words.LANGUAGES)),
    "currency": _pick(words.CURRENCIES),
    "color": _pick(words.COLORS),
    "unit": _pick(words.UNITS),
    "tag": _pick(words.TAGS),
    "entity type": _pick(words.ENTITY_TYPES),
    "relation": _pick(words.RELATIONS),
    "command": _pick(words.COMMANDS),
    "title": _title,
    "name": _name,
    "text": _sentence,
    "identifier": _identifier,
    "digits": lambda rng: str(rng.randint(1, 60)),
    "phone": _phone,
    "cells": _cells,
    "sheet": lambda rng: f"{rng.choice(words.NOUNS).capitalize()}{rng.randint(1, 12)}",
    "words": _word,
}

UNUSUAL: dict[str, Writer] = {
    "zone": lambda rng: rng.choice(_deep_zones()),
    "file": _unusual_path,
    "folder": _unusual_folder,
}
"""Rare but valid values: three-part zones, paths with spaces and accents."""
