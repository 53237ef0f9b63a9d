"""Word lists that values are put together from; every list is written for this project."""

from tasks.domain.writing.lexicon import Lexicon

_LEXICON = Lexicon("words")


def pieces(text: str) -> tuple[str, ...]:
    """A list of words that is written as one text."""
    return tuple(text.split())


FIRST_NAMES = _LEXICON.texts("first_names")
LAST_NAMES = _LEXICON.texts("last_names")
DAYS = _LEXICON.texts("days")
STREETS = _LEXICON.texts("streets")
COMPANY_STEMS = _LEXICON.texts("company_stems")
COMPANY_ENDS = _LEXICON.texts("company_ends")
PRODUCTS = _LEXICON.texts("products")
LANGUAGES = _LEXICON.texts("languages")
ADJECTIVES = _LEXICON.texts("adjectives")
NOUNS = _LEXICON.texts("nouns")
TOPICS = _LEXICON.texts("topics")
TOPIC_SCOPES = _LEXICON.texts("topic_scopes")
SUBJECTS = _LEXICON.texts("subjects")
PREDICATES = _LEXICON.texts("predicates")
WHENS = _LEXICON.texts("whens")
CHANGE_VERBS = _LEXICON.texts("change_verbs")
CHANGE_THINGS = _LEXICON.texts("change_things")
CHANGE_KINDS = _LEXICON.texts("change_kinds")
FOLDERS = _LEXICON.texts("folders")
FILE_STEMS = _LEXICON.texts("file_stems")
SECOND_STEMS = _LEXICON.texts("second_stems")
EXTENSIONS = _LEXICON.texts("extensions")
DOCUMENT_ENDINGS = _LEXICON.texts("document_endings")
DOCUMENTS = _LEXICON.map("documents")
"""How descriptions name a kind of document, by the ending of its files."""
PLAIN_FILES = _LEXICON.texts("plain_files")
MEDIA_EXTENSIONS = _LEXICON.texts("media_extensions")
TABLES = _LEXICON.texts("tables")
COLUMNS = _LEXICON.texts("columns")
DOMAINS = _LEXICON.texts("domains")
TOP_LEVELS = _LEXICON.texts("top_levels")
PAGES = _LEXICON.texts("pages")
ENTITY_TYPES = _LEXICON.texts("entity_types")
RELATIONS = _LEXICON.texts("relations")
COMMANDS = _LEXICON.texts("commands")
CURRENCIES = _LEXICON.texts("currencies")
COLORS = _LEXICON.texts("colors")
FONTS = _LEXICON.texts("fonts")
UNITS = _LEXICON.texts("units")
TAGS = _LEXICON.texts("tags")
SYLLABLES = _LEXICON.texts("syllables")
UNUSUAL_NAMES = _LEXICON.texts("unusual_names")
UNUSUAL_TAILS = _LEXICON.texts("unusual_tails")
