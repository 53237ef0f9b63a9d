"""Facts for conversations that need no tool; every list is written for this project."""

from tasks.domain.writing.lexicon import Lexicon

_LEXICON = Lexicon("knowledge")

OPPOSITES = _LEXICON.rows("opposites")
DEFINITIONS = _LEXICON.map("definitions")
TRAIN_FACTS = _LEXICON.rows("train_facts")
HELDOUT_FACTS = _LEXICON.rows("heldout_facts")
PRAISE = _LEXICON.texts("praise")
THANKS = _LEXICON.texts("thanks")
REASONS = _LEXICON.texts("reasons")
MOODS = _LEXICON.texts("moods")
CAUSES = _LEXICON.texts("causes")
LIKES = _LEXICON.texts("likes")
CONTINENTS = _LEXICON.map("continents")
MONTHS = _LEXICON.texts("months")
PAST_FORMS = _LEXICON.rows("past_forms")
