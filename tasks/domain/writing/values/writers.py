"""Writers of plausible values: each draws one, of the kind that its name says."""

import random
import string
import zoneinfo
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache

from babel import Locale

from tasks.domain.identifiers import pieces
from tasks.domain.writing.values import words
from tasks.domain.writing.values.places import city_names, country_names, famous_zone

Writer = Callable[[random.Random], str]

_AREAS = frozenset(
    pieces("Africa America Antarctica Arctic Asia Atlantic Australia Europe Indian Pacific")
)
FAMOUS_ZONE_SHARE = 0.92
"""Share of zones that are of well-known cities: what people ask about."""


@lru_cache(maxsize=2)
def zones(depth: int) -> tuple[str, ...]:
    """Every IANA zone with so many parts below its area, sorted: one in ``Area/City``."""
    names = sorted(zoneinfo.available_timezones())
    return tuple(n for n in names if n.count("/") == depth and n.split("/")[0] in _AREAS)


UTC_SHARE = 0.02
"""Share of zones that are of no city: as one of the best known."""


def zone(rng: random.Random) -> str:
    if rng.random() < UTC_SHARE:
        return "UTC"
    return famous_zone(rng) if rng.random() < FAMOUS_ZONE_SHARE else rng.choice(zones(1))


def unusual_path(rng: random.Random) -> str:
    name = f"{rng.choice(words.UNUSUAL_NAMES)} {rng.randint(2, 99)}.{rng.choice(words.EXTENSIONS)}"
    return f"{rng.choice(words.FOLDERS)}/{name}"


def unusual_folder(rng: random.Random) -> str:
    name = f"{rng.choice(words.UNUSUAL_NAMES)} {rng.randint(2, 99)}"
    return f"{rng.choice(words.FOLDERS)}/{name}"


def date(rng: random.Random) -> str:
    return f"{rng.randint(2019, 2027)}-{rng.randint(1, 12):02}-{rng.randint(1, 28):02}"


def clock(rng: random.Random) -> str:
    """A time as people speak of it.

    Mostly by day, and most are full hours or quarters; noon and midnight have names.
    """
    if rng.random() < 0.1:
        return rng.choice(("00:00", "12:00"))
    minute = rng.choice((0, 0, 0, 0, 0, 30, 30, 15, 45, 5 * rng.randint(1, 11), rng.randint(0, 59)))
    hour = rng.randint(7, 22) if rng.random() < 0.75 else rng.randint(0, 23)
    return f"{hour:02}:{minute:02}"


def spoken_date(rng: random.Random) -> str:
    month = rng.choice(pieces("Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec"))
    return f"{month} {rng.randint(1, 28)} {rng.randint(2019, 2027)}"


def person(rng: random.Random) -> str:
    return f"{rng.choice(words.FIRST_NAMES)} {rng.choice(words.LAST_NAMES)}"


def company(rng: random.Random) -> str:
    return f"{rng.choice(words.COMPANY_STEMS)} {rng.choice(words.COMPANY_ENDS)}"


def host(rng: random.Random) -> str:
    return f"{rng.choice(words.DOMAINS)}.{rng.choice(words.TOP_LEVELS)}"


def url(rng: random.Random) -> str:
    deep = rng.random() < 0.5
    page = rng.choice(words.PAGES) + (f"/{rng.choice(words.FILE_STEMS)}" if deep else "")
    return f"https://{rng.choice(('www.', '', 'docs.'))}{host(rng)}/{page}"


def email(rng: random.Random) -> str:
    first, last = rng.choice(words.FIRST_NAMES), rng.choice(words.LAST_NAMES)
    return f"{first}.{last}@{host(rng)}".lower()


def short_host(rng: random.Random) -> str:
    """Of five characters."""
    return f"{''.join(rng.choices(string.ascii_lowercase, k=2))}.io"


def short_url(rng: random.Random) -> str:
    return f"http://{short_host(rng)}"


def short_email(rng: random.Random) -> str:
    return f"{rng.choice(string.ascii_lowercase)}@{short_host(rng)}"


def folder(rng: random.Random) -> str:
    depth = rng.choice((1, 2, 2, 3))
    tail = [rng.choice((*words.FOLDERS, *words.FILE_STEMS)) for _ in range(depth - 1)]
    year = [str(rng.randint(2015, 2027))] if rng.random() < 0.4 else []
    return "/".join([rng.choice(words.FOLDERS), *tail, *year])


_PLAIN_FILE_SHARE = 0.08
"""Share of files that projects have at their root, under names that all of them use."""


_TAIL_SHARE = 0.5
"""Share of file names with a number or a second word behind the first."""
_IN_FOLDER_SHARE = 0.5
"""Share of files that are not named alone."""
_ONE_FOLDER_SHARE = 0.5
"""Share of these with one folder: few people type more than two."""


def _folder_of_file(rng: random.Random) -> str:
    return rng.choice(words.FOLDERS) if rng.random() < _ONE_FOLDER_SHARE else folder(rng)


def file_with(extensions: Sequence[str]) -> Writer:
    def write(rng: random.Random) -> str:
        if extensions is words.EXTENSIONS and rng.random() < _PLAIN_FILE_SHARE:
            return rng.choice(words.PLAIN_FILES)
        tails = (str(rng.randint(1, 40)), rng.choice(words.SECOND_STEMS))
        tail = f"{rng.choice('_-')}{rng.choice(tails)}" if rng.random() < _TAIL_SHARE else ""
        name = f"{rng.choice(words.FILE_STEMS)}{tail}.{rng.choice(extensions)}"
        return f"{_folder_of_file(rng)}/{name}" if rng.random() < _IN_FOLDER_SHARE else name

    return write


def glob(rng: random.Random) -> str:
    ending = rng.choice(words.EXTENSIONS)
    stem, folder = rng.choice(words.FILE_STEMS), rng.choice(words.FOLDERS)
    shapes = (f"*.{ending}", f"**/*.{ending}", f"{stem}*.{ending}", f"{folder}/*.{ending}")
    return rng.choice((*shapes, f"**/{stem}*", f"*_{stem}.{ending}", f"{folder}/**/*.{ending}"))


def json_path(rng: random.Random) -> str:
    """A place inside of a JSON document: "$.owner", "$.items[2].price"."""
    inner = rng.choice(("", ".details", ".items", f".items[{rng.randint(0, 5)}]"))
    return f"${inner}.{rng.choice(words.COLUMNS)}"


def branch(rng: random.Random) -> str:
    if rng.random() < 0.08:
        return rng.choice(("main", "main", "master", "develop", "dev", "staging"))
    kind, number = rng.choice(words.CHANGE_KINDS), rng.randint(2, 99)
    thing = rng.choice(words.CHANGE_THINGS).replace(" ", "-")
    end = f"-{number}" if rng.random() < 0.3 else ""
    name, noun = rng.choice(words.FIRST_NAMES).lower(), rng.choice(words.NOUNS)
    if rng.random() < _OWN_STYLE_SHARE:
        release = version(rng)
        plain = (thing, noun, f"{kind}-{thing}", f"{noun}-{number}", f"{kind}-{release}")
        return rng.choice(
            (*plain, f"{name}/{thing}", f"{name}-{noun}", f"{kind}/{release}", f"{kind}/{number}")
        )
    return f"{kind}/{thing}{end}"


_OWN_STYLE_SHARE = 0.4
"""Share of branches that are not named "kind/thing"."""


def commit(rng: random.Random) -> str:
    where = f" in {rng.choice(words.FOLDERS)}" if rng.random() < 0.5 else ""
    return f"{rng.choice(words.CHANGE_VERBS)} {rng.choice(words.CHANGE_THINGS)}{where}"


def hex_digits(rng: random.Random) -> str:
    return "".join(rng.choices("0123456789abcdef", k=rng.choice((7, 7, 7, 8, 10))))


def revision(rng: random.Random) -> str:
    shapes = (hex_digits, hex_digits, branch, _tag, _range, lambda r: f"HEAD~{r.randint(1, 30)}")
    return rng.choice(shapes)(rng)


def _tag(rng: random.Random) -> str:
    return f"v{version(rng)}".removesuffix(rng.choice(("", ".0", ".1", ".2", ".3")))


def _range(rng: random.Random) -> str:
    ends = (branch, _tag, hex_digits)
    return f"{rng.choice(ends)(rng)}..{rng.choice(ends)(rng)}"


def version(rng: random.Random) -> str:
    return f"{rng.randint(0, 9)}.{rng.randint(0, 20)}.{rng.randint(0, 30)}"


def sentence(rng: random.Random) -> str:
    when = f" {rng.choice(words.WHENS)}" if rng.random() < 0.6 else ""
    text = f"{rng.choice(words.SUBJECTS)} {rng.choice(words.PREDICATES)}{when}"
    return text[0].upper() + text[1:]


def topic(rng: random.Random) -> str:
    scope = f" {rng.choice(words.TOPIC_SCOPES)}" if rng.random() < 0.5 else ""
    return rng.choice(words.TOPICS) + scope


def title(rng: random.Random) -> str:
    adjective, noun = rng.choice(words.ADJECTIVES), rng.choice(words.NOUNS)
    shapes = (f"{adjective} {noun}", f"the {adjective} {noun}", f"{noun} of the {adjective} {{}}")
    return rng.choice(shapes).format(rng.choice(words.NOUNS)).title()


def word(rng: random.Random) -> str:
    return f"{rng.choice(words.ADJECTIVES)} {rng.choice(words.NOUNS)}"


def name(rng: random.Random) -> str:
    return rng.choice((person, company, title))(rng)


def place(rng: random.Random) -> str:
    if rng.random() < 0.5:
        return city(rng)
    return f"{rng.randint(1, 240)} {rng.choice(words.STREETS)} Street, {city(rng)}"


def city(rng: random.Random) -> str:
    return rng.choice(city_names())


def country(rng: random.Random) -> str:
    return rng.choice(country_names())


def condition(rng: random.Random) -> str:
    """What stands behind WHERE."""
    column = rng.choice(words.COLUMNS)
    number = rng.randint(1, 900)
    shapes = (f"{column} > {number}", f"{column} = {number}", f"{column} < {number}")
    return rng.choice((*shapes, f"name = '{rng.choice(words.FIRST_NAMES)}'"))


def ordering(rng: random.Random) -> str:
    """What stands behind ORDER BY."""
    return f"{rng.choice(words.COLUMNS)} {rng.choice(('ASC', 'DESC'))}"


def code(rng: random.Random) -> str:
    """A line of Python."""
    name, number = rng.choice(words.COLUMNS), rng.randint(2, 90)
    shapes = (
        f"print({name})",
        f"print(sum(range({number})))",
        f"{name} = {number}",
        f"for i in range({number}): print(i)",
        f"print(len('{rng.choice(words.NOUNS)}'))",
        f"import {rng.choice(('os', 'sys', 'math', 'json'))}",
    )
    return rng.choice(shapes)


def script(rng: random.Random) -> str:
    """A line of JavaScript."""
    name, number = rng.choice(words.COLUMNS), rng.randint(2, 90)
    shapes = (
        f"console.log({name})",
        f"return {number} * {rng.randint(2, 9)}",
        "return document.title",
        f"const {name} = {number}",
        f"document.querySelector('#{rng.choice(words.NOUNS)}').click()",
        f"setTimeout(() => console.log('{name}'), {number})",
    )
    return rng.choice(shapes)


def select(rng: random.Random) -> str:
    column, table = rng.choice(words.COLUMNS), rng.choice(words.TABLES)
    what = rng.choice(("*", "COUNT(*)", column, f"{column}, id", f"AVG({column})"))
    end = rng.choice(("", f" WHERE {condition(rng)}", f" LIMIT {rng.randint(2, 60)}"))
    return f"SELECT {what} FROM {table}{end}"


def change(rng: random.Random) -> str:
    table, column = rng.choice(words.TABLES), rng.choice(words.COLUMNS)
    number = rng.randint(1, 900)
    return rng.choice(
        (
            f"DELETE FROM {table} WHERE {condition(rng)}",
            f"UPDATE {table} SET {column} = {number} WHERE {condition(rng)}",
            f"INSERT INTO {table} ({column}) VALUES ({number})",
        )
    )


def create(rng: random.Random) -> str:
    first, second = rng.sample(words.COLUMNS[:-1], 2)
    kinds = ("TEXT", "INTEGER", "REAL")
    columns = f"{first} {rng.choice(kinds)}, {second} {rng.choice(kinds)}"
    return f"CREATE TABLE {rng.choice(words.TABLES)}_{rng.choice(words.NOUNS)} ({columns})"


def table(rng: random.Random) -> str:
    table = rng.choice(words.TABLES)
    return table if rng.random() < 0.3 else f"{rng.choice(words.NOUNS)}_{table}"


def identifier(rng: random.Random) -> str:
    return f"{rng.choice(words.NOUNS)}-{rng.randint(10, 999)}"


def phone(rng: random.Random) -> str:
    return f"+{rng.randint(1, 98)} {rng.randint(100, 999)} {rng.randint(100000, 999999)}"


def cell(rng: random.Random) -> str:
    return f"{rng.choice('ABCDEFGHJK')}{rng.randint(1, 90)}"


def cells(rng: random.Random) -> str:
    first, last = rng.choice("ABCDE"), rng.choice("FGHJK")
    return f"{first}{rng.randint(1, 20)}:{last}{rng.randint(21, 90)}"


def invented(rng: random.Random) -> str:
    """A name that no server knows, yet may be said: 'Marpolkel'."""
    return "".join(rng.sample(words.SYLLABLES, 3)).capitalize()


@lru_cache(maxsize=2)
def codes(table: str, names: tuple[str, ...]) -> tuple[str, ...]:
    """The two-letter codes (ISO 3166 or 639) of some countries or languages, from CLDR."""
    names_by_code: Mapping[str, str] = getattr(Locale("en"), table)
    return tuple(code for code, name in names_by_code.items() if len(code) == 2 and name in names)


def pick(pool: Sequence[str]) -> Writer:
    return lambda rng: rng.choice(pool)
