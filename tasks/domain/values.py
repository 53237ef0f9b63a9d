"""What a parameter means, and plausible values of that meaning.

``kind_of`` reads a parameter's name, format and descriptions; ``KINDS`` writes one value of a kind.
"""

import random
import re
import uuid
import zoneinfo
from collections.abc import Callable, Sequence
from functools import lru_cache

from tasks.domain import words

Writer = Callable[[random.Random], str]

_AREAS = frozenset(
    words.pieces("Africa America Antarctica Arctic Asia Atlantic Australia Europe Indian Pacific")
)
FAMOUS_ZONE_SHARE = 0.6
"""Share of zones that are of well-known cities: what people ask about."""


@lru_cache(maxsize=1)
def zones() -> tuple[str, ...]:
    """Every IANA zone of the form Area/City, sorted."""
    known = sorted(zoneinfo.available_timezones())
    return tuple(name for name in known if name.count("/") == 1 and name.split("/")[0] in _AREAS)


@lru_cache(maxsize=1)
def zone_cities() -> dict[str, str]:
    """Zone → its well-known city as people write it, where only that zone has a city so named."""
    cities: dict[str, list[str]] = {}
    for name in zones():
        cities.setdefault(name.split("/")[1].replace("_", " "), []).append(name)
    famous = set(words.FAMOUS_CITIES)
    return {n[0]: city for city, n in cities.items() if len(n) == 1 and city in famous}


@lru_cache(maxsize=1)
def famous_zones() -> tuple[str, ...]:
    """The zones of well-known cities, sorted."""
    return tuple(sorted(zone_cities()))


def _zone(rng: random.Random) -> str:
    famous = rng.random() < FAMOUS_ZONE_SHARE
    return rng.choice(famous_zones() if famous else zones())


def _date(rng: random.Random) -> str:
    return f"{rng.randint(2019, 2027)}-{rng.randint(1, 12):02}-{rng.randint(1, 28):02}"


def _clock(rng: random.Random) -> str:
    return f"{rng.randint(0, 23):02}:{rng.randint(0, 59):02}"


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


def _file_with(extensions: Sequence[str]) -> Writer:
    def write(rng: random.Random) -> str:
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
        return rng.choice(("main", "develop", "staging"))
    thing = rng.choice(words.CHANGE_THINGS).replace(" ", "-")
    end = f"-{rng.randint(2, 99)}" if rng.random() < 0.3 else ""
    return f"{rng.choice(words.CHANGE_KINDS)}/{thing}{end}"


def _commit(rng: random.Random) -> str:
    where = f" in {rng.choice(words.FOLDERS)}" if rng.random() < 0.5 else ""
    return f"{rng.choice(words.CHANGE_VERBS)} {rng.choice(words.CHANGE_THINGS)}{where}"


def _hex(rng: random.Random) -> str:
    return "".join(rng.choices("0123456789abcdef", k=7))


def _revision(rng: random.Random) -> str:
    shapes = (_hex, _hex, _branch, lambda r: f"HEAD~{r.randint(1, 30)}")
    return rng.choice(shapes)(rng)


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
    "email": _email,
    "hostname": _host,
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
    "language": _pick(words.LANGUAGES),
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
    "phone": _phone,
    "cells": _cells,
    "sheet": lambda rng: f"{rng.choice(words.NOUNS).capitalize()}{rng.randint(1, 12)}",
    "words": _word,
}

PATHS = frozenset({"file", "media file", "folder"})
SQL = frozenset({"select", "sql change", "create table"})
TEXTS = frozenset({"text", "commit message", "title", "search", "topic", "words", "name"})
"""Kinds whose values are words: said in quotes, and free to hold any character."""
VAGUE = frozenset({"words", "tag", "unit", "identifier", "entity type"})
"""Kinds that say little: an example in the description says more."""

_RULES: tuple[tuple[str, str, str], ...] = (
    ("zone", r"time ?zone|^tz$|\btz\b", ""),
    ("zone", "", r"\biana\b.{0,20}time ?zone"),
    ("clock", r"\btime$|^time\b|^at$", r"hh:mm|24-hour|clock|time (to|of|in)"),
    ("datetime", r"timestamp|date ?time|\bat$|\b(start|end) time$", ""),
    ("weekday", r"\bday of (the )?week$|weekday", ""),
    ("difference", r"\bdifference$|\boffset$", ""),
    ("date", r"\b(date|day|since|until|birthday|deadline|check in|check out)$", ""),
    ("email", r"e ?mail", ""),
    ("uri", r"\b(url|uri|link|href|endpoint|website|webhook)s?\b", ""),
    ("create table", r"query|sql|statement", r"create table"),
    ("select", r"query|sql|statement", r"\bselect\b"),
    ("sql change", r"query|sql|statement", r"\b(insert|update|delete)\b"),
    ("select", r"\bsql\b", ""),
    ("select", r"query|statement", r"\bsql\b|database query"),
    ("glob", r"pattern|glob|\bexclude|\binclude (files|paths)", r"\bglob|file"),
    ("branch", r"\bbranch( name)?$|^base$|^head$", r"branch"),
    ("sha", r"", r"commit sha|\bsha\b"),
    ("revision", r"revision|commit|\bsha\b|\bref$", r""),
    ("revision", r"^target$", r"\bcommits?\b|branch"),
    ("commit message", r"message|subject", r"\bcommit|records changes"),
    ("media file", r"\b(file|path|paths|image)s?\b", r"\bmedia\b|\bimage\b|\baudio\b"),
    ("folder", r"\b(dir|directory|folder|cwd|root|repo path|repository)$", r""),
    ("folder", r"\bpath$|^root$", r"^[^.]*\b(director(y|ies)|folder|tree|search|find)\b"),
    ("file", r"\b(files?|paths?|file ?names?|filepath)$", r""),
    ("file", r"^(source|destination|target|src|dest|from|to)$", r"\b(move|copy|rename) .*files?\b"),
    ("file", r"^name$|output", r"output file|file name"),
    ("table", r"\btables?( name)?$", r""),
    ("column", r"\b(columns?|fields?|attribute)( name)?$", r""),
    ("cells", r"\b(cell|range|cells)$", r""),
    ("sheet", r"\bsheet\b|worksheet", r""),
    ("language", r"\b(language|lang|locale)$", r""),
    ("currency", r"currency|^(base|quote)$", r"currenc"),
    ("country", r"\bcountry\b", r""),
    ("city", r"\bcity\b|\btown\b", r""),
    ("city", r"\b(location|origin|destination|place)$", r"weather|forecast|city|cities|flight"),
    ("place", r"\b(location|address|place|venue|origin|destination)$", r""),
    ("first name", r"\b(first|given) name$", r""),
    ("last name", r"\b(last|family) name$|surname", r""),
    ("username", r"\b(user ?name|login|handle|account)$", r""),
    ("identifier", r"\b(ids?|identifiers?|keys?|slug|code|number|token)$", r""),
    ("phone", r"\bphone\b|\bmobile\b", r""),
    ("company", r"\bcompany|organi[sz]ation|\borg$|vendor|supplier", r""),
    (
        "person",
        r"\b(person|author|user|assignee|owner|customer|recipient|contact|employee|patient|"
        r"guest|passenger|attendees?|participants?|members?|sender)s?( name)?$",
        r"",
    ),
    ("product", r"\b(product|item)s?( name)?$", r""),
    ("relation", r"relation ?type", r"relation"),
    ("entity type", r"\b(entity|node|object) type$", r""),
    ("version", r"\bversion$", r""),
    ("color", r"\bcolou?r$", r""),
    ("unit", r"\bunits?$", r""),
    ("tag", r"\b(tags?|labels?|categor(y|ies)|genre|group|type|kind)$", r""),
    ("hostname", r"\b(host|hostname|domain|server)$", r""),
    ("ipv4", r"\bip( address)?$", r""),
    ("command", r"\bcommand$", r""),
    ("topic", r"\b(topic|subject|theme)$", r""),
    ("name", r"^from$|^to$|\bentity name|^names?$|\bnames$", r"\bentit(y|ies)\b|\bnodes?\b"),
    ("title", r"\b(title|headline|name|heading|project|event|book|movie|song)s?$", r""),
    ("search", r"\b(query|search|q|keywords?|term|phrase)$", r""),
    (
        "text",
        r"text|content|message|body|thought|comment|note|description|summary|prompt|insight|"
        r"observation|reason|feedback|question|answer|instruction|caption|input|data$",
        r"",
    ),
)
_COMPILED = tuple((kind, re.compile(n), re.compile(c)) for kind, n, c in _RULES)


@lru_cache(maxsize=4096)
def kind_of(name: str, described: str, about: str) -> str:
    """The kind of a string parameter: by its spoken name, its description, and its tool's text."""
    own, context = described.lower(), f"{about} {described}".lower()
    for kind, name_rule, context_rule in _COMPILED:
        if not name_rule.search(name):
            continue
        if context_rule.search(context if name_rule.pattern else own):
            return kind
    return "words"


_EXAMPLES: tuple[tuple[str, str], ...] = (
    ("zone", r"(Africa|America|Asia|Atlantic|Australia|Europe|Indian|Pacific)/\w+"),
    ("clock", r"\d\d:\d\d"),
    ("date", r"\d{4}-\d\d-\d\d"),
    ("datetime", r"\d{4}-\d\d-\d\dT[\d:]+"),
    ("date-time", r"\d{4}-\d\d-\d\dT[\d:]+(Z|[+-]\d\d:\d\d)"),
    ("spoken date", r"[A-Z][a-z]{2} \d{1,2},? \d{4}"),
    ("ago", r"\d+ \w+ ago"),
    ("uri", r"https?://\S+"),
    ("email", r"\S+@\S+\.\w+"),
    ("glob", r"\S*\*\S*"),
    ("uuid", r"[0-9a-f]{8}-[0-9a-f-]{27}"),
    ("version", r"\d+\.\d+\.\d+"),
    ("cells", r"[A-Z]+\d+:[A-Z]+\d+"),
)
_FALLBACK = re.compile(r"\bif (no|not|none|omitted|empty)\b|\bdefaults? to\b|\bby default\b", re.I)
_QUOTED = re.compile(r"(?<![A-Za-z])(['\"`])([^'\"`\n]{1,40})\1(?![A-Za-z])")


def kind_of_example(example: str) -> str | None:
    """The kind that an example value is of, or None when it only stands for itself."""
    return next((kind for kind, rule in _EXAMPLES if re.fullmatch(rule, example)), None)


@lru_cache(maxsize=4096)
def quoted_examples(description: str) -> tuple[str, ...]:
    """The values that a parameter's description quotes: 'America/New_York'."""
    return tuple(dict.fromkeys(text for _, text in _QUOTED.findall(description)))


def has_fallback(description: str) -> bool:
    """Whether the description says what happens when the user gives no value."""
    return bool(_FALLBACK.search(description))
