"""What a parameter means: its kind, from its name, format, examples and descriptions."""

import re
from functools import lru_cache

from tasks.domain.writing.values.kinds import EXAMPLES, SPANS, VAGUE, KindName

_SQL = r"(sql|quer(y|ies)|statements?)\b"
_MACHINERY = (
    r"bucket|cluster|consumer|container|deployment|function|index|instance|job|key|module|"
    r"namespace|node|package|pipeline|plugin|pod|queue|redis|repository|resource|secret|service|stack|"
    r"stream|volume|workflow|network|registry"
)
"""Things whose names are short and without blanks."""
_STORES = r"database|db|collection|workspace|schema"
_OF_MACHINES = re.compile(r"\b(docker|containers?|kubernetes)\b")
"""Where an image is a machine's, and no picture."""
_PEOPLE = r"person|people|author|user|assignee|customer|client|recipient|contact|employee|guest"
MEDIA = re.compile(r"\bmedia\b|\bimage\b|\baudio\b")
_RULES: tuple[tuple[KindName, str, str], ...] = (
    ("cell", r"\bcell$", r""),
    ("cell", r"^at$", r"\bcell\b"),
    ("zone", r"time ?zone|^tz$|\btz\b", ""),
    ("zone", "", r"\biana\b.{0,20}time ?zone"),
    ("clock", r"\btime$|^time\b|^at$", r"hh:mm|24-hour|clock|time (to|of|in)"),
    ("datetime", r"timestamp|date ?time|\bat$|\b(start|end) time$", ""),
    ("weekday", r"\bday of (the )?week$|weekday", ""),
    ("difference", r"\bdifference$", ""),
    ("difference", r"\boffset$", r"\b(time|zone|utc|gmt)\b"),
    ("date", r"\b(date|day|since|until|birthday|deadline|check in|check out)$", ""),
    ("email", r"e ?mail|^b?cc$", ""),
    ("email", "", r"\be-?mail address"),
    ("uri", r"\b(url|uri|link|href|endpoint|website|webhook)s?\b", ""),
    ("create table", r"query|sql|statement", r"create table"),
    # Not the plain verbs: "select the best library", "update the ticket".
    ("select", r"query|sql|statement", rf"\bselect {_SQL}"),
    ("sql change", r"query|sql|statement", rf"\b(insert|update|delete) {_SQL}"),
    (
        "condition",
        r"\b(where|having)\b|\b(filter|condition)( clause)?$",
        r"\b(sql|soql|where clause)\b",
    ),
    ("ordering", r"\b(order|sort) by\b", r"\b(sql|soql|asc|order by clause)\b"),
    ("script", r"\b(code|script|snippet)$", r"\b(javascript|typescript|js code)\b"),
    (
        "code",
        r"\b(code|script|snippet)$",
        r"\b(python|apex|source code|code to (run|execute)"
        r"|(run|execute)s? (arbitrary )?(\w+ )?(code|scripts?))\b",
    ),
    ("select", r"\bsql\b", ""),
    ("select", r"query|statement", r"\bsql\b|database query"),
    ("glob", r"pattern|glob|\bexclude|\binclude (files|paths)", r"\bglob|file"),
    ("branch", r"\bbranch( name)?$|^base$|^head$", r"branch"),
    ("sha", r"", r"commit sha|\bsha\b"),
    ("revision", r"revision|commit|\bsha\b|\bref$", r""),
    ("revision", r"^target$", r"\bcommits?\b|branch"),
    ("commit message", r"message|subject", r"\bcommit|records changes"),
    ("json path", r"\bpath$", r"\bjson ?path\b"),
    (
        "folder",
        "",
        r"^(the )?((absolute|full|relative) )?path (to|of) (the |an? )?[\w ]{0,30}"
        r"\b(directory|folder)",
    ),
    ("media file", r"\b(file|path|paths|image)s?\b", MEDIA.pattern),
    ("folder", r"\b(dir( path)?|directory|folder|cwd|root|repo path)$", r""),
    ("folder", r"\brepository$", r"\bpaths?\b|\blocal\b|\bgit\b|director"),
    ("folder", r"\bpath$|^root$", r"^[^.]*\b(director(y|ies)|folder|tree|search|find)\b"),
    ("file", r"\b(files?|paths?|file names?)$", r""),
    ("file", "", r"\b(list|array) of (local )?file ?paths"),
    (
        "city",
        r"^(from|to|origin|destination|(from|to) city)$",
        r"\b(flights?|travel|trips?|airports?|cit(y|ies)|routes?)\b",
    ),
    ("file", r"^(source|destination|target|src|dest|from|to)$", r"\b(move|copy|rename) .*files?\b"),
    ("identifier", r"\bname$", rf"(?s)^(?!.*\b(entit|graph|file)).*\b({_MACHINERY})\b"),
    ("file", r"^name$|output", r"output file|file name"),
    ("table", r"\btables?( name)?$", r""),
    ("column", r"\b(columns?|fields?|attribute)( name)?$", r""),
    ("cells", r"\b(range|cells)$", r""),
    ("sheet", r"\bsheet\b|worksheet", r""),
    ("language code", r"\b(language|lang) code$", r""),
    ("language code", r"\b(language|lang)$", r"\biso ?639|\blanguage codes?\b|two-letter"),
    ("language", r"\b(language|lang|locale)$", r""),
    ("currency", r"currency|^(base|quote)$", r"currenc"),
    ("country code", r"\bcountry code$", r""),
    ("country code", r"\bcountry$", r"\biso ?3166|alpha-2|\bcountry codes?\b|two-letter"),
    ("country", r"\bcountry\b", r""),
    ("city", r"\bcity\b|\btown\b", r""),
    ("city", r"\b(location|origin|destination|place)$", r"weather|forecast|city|cities|flight"),
    ("place", r"\b(location|address(es)?|place|venue|origin|destination)s?$", r""),
    ("first name", r"\b(first|given) name$", r""),
    ("last name", r"\b(last|family) name$|surname", r""),
    ("username", r"\b(user ?name|login|handle|account)$", r""),
    (
        "identifier",
        r"^ids?\b|\b([ug]?ids?|[ug]uid|identifiers?|keys?|slug|code|number|token)$",
        r"",
    ),
    ("person", r"^(full |display )?name$", rf"\bnames? of (the |an? )?(new )?({_PEOPLE})\b"),
    ("phone", r"\bphone\b|\bmobile\b", r""),
    ("company", r"\bcompany|organi[sz]ation|\borg( name)?$|vendor|supplier", r""),
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
    ("font", r"\b(font|typeface)( (name|family))?$", r""),
    ("tag", r"\b(tags?|labels?|categor(y|ies)|genre|group|type|kind)$", r""),
    ("hostname", r"\b(host|hostname|domain|server)$", r""),
    ("ipv4", r"\bip( address)?$", r""),
    ("command", r"\bcommand$", r""),
    ("topic", r"\b(topic|subject|theme)$", r""),
    ("name", r"^from$|^to$|\bentity name|^names?$|\bnames$", r"\bentit(y|ies)\b|\bnodes?\b"),
    ("identifier", rf"\b({_MACHINERY}|{_STORES})( name)?$", r""),
    ("identifier", r"\bimage$", _OF_MACHINES.pattern),
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
def kind_of(name: str, described: str, about: str) -> KindName:
    """The kind of a string parameter: by its spoken name, its description, and its tool's text."""
    own, context = described.lower(), f"{about} {described}".lower()
    if _IS_ID.match(own):
        return _by_examples("identifier", described)
    for kind, name_rule, context_rule in _COMPILED:
        if not name_rule.search(name) or (kind == "media file" and _OF_MACHINES.search(context)):
            continue
        if context_rule.search(context if name_rule.pattern else own):
            if _is_denied(kind, described):
                return "identifier"
            kind = kind if kind in _MOMENTS else _standard(own) or kind
            return _by_examples(kind, described)
    return _standard(own) or _by_examples("digits" if _COUNTS.search(name) else "words", described)


_IS_ID = re.compile(
    r"(optional )?(the )?(globally )?(unique )?(id|[ug]?uid|guid|gid|identifier)s? (of|for)\b"
    r"|(an? )?(array|(comma-separated )?list) of (\w+ )?[ug]?ids\b"
)
"""How a description opens that says what a value is, whatever the parameter's name says."""


def _by_examples(kind: KindName, described: str) -> KindName:
    """The kind, or a clearer one that the first example in a description is of."""
    examples = quoted_examples(described)
    if kind in VAGUE and examples:
        return kind_of_example(examples[0]) or kind
    is_of_code = len(examples) > 1 and not any(" " in example for example in examples)
    if kind in _PROSE and is_of_code and any(map(_OF_CODE.search, examples)):
        return "identifier"
    return kind


_PROSE: frozenset[KindName] = frozenset(("title", "name", "company", "product", "person"))
"""Kinds of values that have blanks, unless examples look otherwise: 'Custom_Object__c'."""
_OF_CODE = re.compile(r"\w_\w|[a-z][A-Z]|^[a-z][\w.-]*$|/")


_MOMENTS = frozenset({"date", "datetime", "clock", "zone"})
_STANDARDS: tuple[tuple[KindName, re.Pattern[str]], ...] = (
    ("duration", re.compile(r"\biso ?-?8601\b.*\bduration\b|\bduration\b.*\biso ?-?8601\b")),
    (
        "date",
        re.compile(r"\b(iso ?-?8601|rfc ?-?3339)\b (calendar )?dates?\b(?! ?-?(and |/)?time)"),
    ),
    ("date", re.compile(r"\byyyy-mm-dd\b(?!t| ?hh)")),
    ("date-time", re.compile(r"\biso ?-?8601\b|\brfc ?-?3339\b")),
)
"""Forms that a description names, by the kind whose values have it."""
_COUNTS = re.compile(r"\b(limit|offset|count|page (size|number)|per page|max results|quantity)$")
"""Numbers that some servers take as texts."""


def _standard(described: str) -> KindName | None:
    return next((kind for kind, form in _STANDARDS if form.search(described)), None)


_LOOKS: dict[KindName, str] = {
    **dict.fromkeys(("language code", "country code"), r"^..$"),
    **dict.fromkeys(("date", "datetime", "clock"), r"\d|[YHh]"),
    "hostname": r"\w\.\w",
    "version": r"\d\.\d",
    "uri": r"://",
}
"""What every value of a kind has."""


def _is_denied(kind: KindName, described: str) -> bool:
    """Whether a description says that values are not of a kind: a domain such as 'light'."""
    examples = quoted_examples(described)
    if kind in _LOOKS and not all(re.search(_LOOKS[kind], example) for example in examples):
        return True
    other = re.search(r"alpha-3|three-letter|639-[23]|\bbcp", described.lower())
    return kind in ("language code", "country code") and other is not None


_UNITS: dict[str, KindName] = {
    **{span: span for span in sorted(SPANS)},
    **{"secs": "seconds", "mins": "minutes", "hrs": "hours"},
}
NAMED_UNIT = re.compile(rf" ?\b(?:in )?({'|'.join(_UNITS)})$")
"""The unit at the end of a parameter's spoken name: "timeout in seconds"."""
_IN_UNIT = re.compile(r"\b(?:in|number of) (seconds|minutes|hours)\b")
_LENGTH = re.compile(r"\b(duration|timeout|delay|interval|wait|ttl|expir\w*|age|length|time)\b")


def kind_of_number(name: str, described: str) -> KindName | None:
    """The unit of a length of time, by a parameter's spoken name and its description; else None."""
    unit = _IN_UNIT.search(described.lower()) if _LENGTH.search(name) else None
    unit = unit or NAMED_UNIT.search(name)
    return _UNITS[unit[1]] if unit else None


_FALLBACK = re.compile(r"\bif (no|not|none|omitted|empty)\b|\bdefaults? to\b|\bby default\b", re.I)
_QUOTED = re.compile(r"(?<![A-Za-z])(['\"`])([^'\"`\n]{1,40})\1(?![A-Za-z])")


def kind_of_example(example: str) -> KindName | None:
    """The kind that an example value is of, or None when it only stands for itself."""
    return next((kind for kind, rule in EXAMPLES.items() if re.fullmatch(rule, example)), None)


_SENTENCE = re.compile(r"(?<!\be\.g)(?<!\bi\.e)[.;!?]\s+(?=[A-Z'\"`])|\n")
_SAID_TO_BE = re.compile(
    r"\b(e\.?g|i\.e|for (example|instance)|examples?|such as|like|one of|either|values?|options?"
    r"|format|(can|may|must|should) be|defaults?( to| is)?)\b|\buse $|[(:,]\s*$|[(:]\s*['\"`]",
    re.IGNORECASE,
)
"""What stands in a sentence before a quotation that is an example."""
_OF_PARTS = re.compile(
    r"(?i)\b(units|suffix(es)?|prefix(es)?|operators?)\b[^.]*$|^note:|[{\[][^}\]]*$"
)
"""What stands before a quotation that is a part of values: a unit, a key inside of JSON."""
_NO_VALUE = re.compile(
    r"[^\w]*|(null|none|nil|undefined|nan|true|false)|.*\w\(.*\).*|.*(<\||\|>).*|</?\w[^>]*>|\{\w+\}",
    re.IGNORECASE,
)
"""A sign, nothing, yes or no, a call, a model's control token, something to be filled in."""


@lru_cache(maxsize=4096)
def quoted_examples(description: str) -> tuple[str, ...]:
    """The values that a parameter's description quotes as examples: 'America/New_York'."""
    examples: dict[str, None] = {}
    for sentence in _SENTENCE.split(description):
        for quote in _QUOTED.finditer(sentence):
            if _OF_PARTS.search(sentence[: quote.start()]):
                continue
            is_said = _SAID_TO_BE.search(sentence[: quote.start()])
            if is_said and not _NO_VALUE.fullmatch(quote[2]):
                examples[quote[2]] = None
    return tuple(examples) or _plain_examples(description)


_PLAIN_LIST = re.compile(
    r"(?:\b(?:e\.g\.|eg|for example|such as|like|one of|examples?(?: of [\w ]+)?(?: are| is)?"
    r"|(?:[Cc]an|[Mm]ust|[Mm]ay) be:|(?:[Vv]alues|[Oo]ptions)(?: are)?:)[,:]?"
    r" |\((?=\w+, \w+, \w))(?P<items>[^)\n;]+)"
)
_PLAIN_ITEM = re.compile(r"(?!etc\b|the$|an?$)[#@]?[\w:/-]+(?:\.[\w/-]+)*")


def _plain_examples(description: str) -> tuple[str, ...]:
    """Examples without quotes: 'kind of the resource (e.g. Pod, Service)'."""
    lists = (match["items"] for match in _PLAIN_LIST.finditer(description))
    items = (item.strip(" .") for text in lists for item in re.split(r",|\bor\b|\band\b", text))
    examples = tuple(dict.fromkeys(item for item in items if _PLAIN_ITEM.fullmatch(item)))
    return examples if len(examples) > 1 else ()


_SECTION = re.compile(r"^\s*(Args|Arguments|Parameters|Params|Returns|Raises|Examples?):", re.M)


def without_sections(description: str) -> str:
    """A tool's description without what a Python docstring says of arguments and results."""
    return _SECTION.split(description, maxsplit=1)[0]


def described_in(description: str, parameter: str) -> str:
    """What the docstring in a tool's description says of a parameter; empty where nothing."""
    rule = rf"^\s*[-*]?\s*`?{re.escape(parameter)}`?\s*(?:\([^)\n]*\))?:\s*(\S.*)$"
    line = re.search(rule, description[len(without_sections(description)) :], re.M)
    return line[1].strip() if line else ""


_FALLBACK_VALUE = re.compile(
    r"\b(?:use|default(?:s to|:)?) (['\"`])([^'\"`\n]{1,40})\1", re.IGNORECASE
)


def stated_fallback(description: str) -> str | None:
    """The very value that a description says to use when the user gives none."""
    match = _FALLBACK_VALUE.search(description)
    return match[2] if match and has_fallback(description) else None


def has_fallback(description: str) -> bool:
    """Whether the description says what happens when the user gives no value."""
    return bool(_FALLBACK.search(description))
