"""What people ask an assistant for besides its tools: texts, ideas, sums, advice, code, gossip.

Each family multiplies a few shapes by lists of its own, and answers shortly and truly. None of it
knows the tools, but for ``about_nouns``: questions about the tools' subjects that no tool answers.
"""

import random

from tasks.domain.identifiers import plural, with_a
from tasks.domain.writing.phrasing.tool_context import Exchange, ToolContext
from tasks.domain.writing.values import words

_PEOPLE = words.pieces(
    "my mother|my boss|a friend|my neighbour|our new colleague|my daughter|grandpa|a customer|"
    "my landlord|the whole team|my teacher|an old classmate",
    "|",
)
_OCCASIONS = words.pieces(
    "birthday|wedding|farewell|graduation|new job|retirement|housewarming|anniversary|recovery", "|"
)
_SUBJECTS = words.pieces(
    "the sea|autumn|coffee|a lost umbrella|patience|the moon|a small village|friendship|snow|"
    "trains|an old bicycle|courage|homework|a shy dragon|spring cleaning|mountains",
    "|",
)
_DISHES = words.pieces(
    "pancakes|lentil soup|risotto|an omelette|pizza dough|banana bread|a green curry|tomato sauce|"
    "apple pie|fried rice|hummus|pumpkin soup",
    "|",
)
_SKILLS = words.pieces(
    "playing the guitar|public speaking|drawing|running|learning Spanish|sleeping well|"
    "saving money|gardening|cooking|meditation|reading faster|chess|knitting",
    "|",
)
_CODE = words.pieces(
    "reverse a list|read a CSV file|sort a dictionary by value|remove duplicates from a list|parse "
    "JSON|count words in a text|merge two lists|format a date|round a number|send an HTTP request|"
    "loop over a string|measure how long a function takes",
    "|",
)
_TONGUES = words.pieces("Python|JavaScript|Java|Go|Ruby|Rust|bash|C++", "|")
_SPANS = (
    ("minutes", "an hour", 60),
    ("seconds", "a minute", 60),
    ("hours", "two days", 48),
    ("days", "three weeks", 21),
    ("months", "four years", 48),
    ("grams", "a kilogram", 1000),
    ("metres", "a kilometre", 1000),
    ("weeks", "a year", 52),
    ("years", "a century", 100),
    ("eggs", "a dozen", 12),
)
_SHORT = words.pieces(
    "ok|okay cool|hm|lol|great stuff|never mind|got it|makes sense|wow|sure|yes please|no thanks|"
    "haha nice one|alright then|hello?|are you there?|good morning|good night|what's up|nope|yep|"
    "perfect, cheers|oh I see|interesting|sorry, wrong window|brb|hey there|see you|all good|k",
    "|",
)
_WHYS = (
    ("why is the sky blue", "Air scatters blue light more than red light."),
    ("why do cats purr", "Cats purr when they are content, and at times to calm themselves."),
    ("why is the sea salty", "Rivers carry salts from rocks into the sea."),
    ("why do leaves change colour", "The green fades in autumn and other colours show."),
    ("why do we yawn", "Nobody is sure; it may help to keep the brain awake."),
    ("why does bread rise", "Yeast makes gas, and the dough traps it."),
    ("why do onions make you cry", "Cut onions give off a gas that stings the eyes."),
    ("how do planes fly", "Their wings push air down, and that lifts them."),
    ("how does a fridge work", "It moves heat from its inside to the room."),
    ("how do magnets work", "Tiny currents inside them line up and act together."),
    ("how far away is the moon", "The moon is about 384,000 kilometres away."),
    ("how fast is light", "Light travels about 300,000 kilometres in a second."),
    ("who was Marie Curie", "She was a physicist and chemist who studied radioactivity."),
    ("who was Ada Lovelace", "She wrote the first program for a computing machine."),
    ("when did people first land on the moon", "The first landing was in July 1969."),
    ("when was the printing press invented", "Around 1440, by Johannes Gutenberg."),
    ("when did the Second World War end", "It ended in 1945."),
    ("what year was the Eiffel Tower finished", "It was finished in 1889."),
    ("what does DNA stand for", "It stands for deoxyribonucleic acid."),
    ("what is photosynthesis", "Plants turn light, water and carbon dioxide into sugar."),
    ("what is inflation", "It is when prices in general go up."),
    ("what is a black hole", "It is a place so dense that even light cannot leave it."),
    ("which language has the most speakers", "English, if second languages are counted."),
    ("is a tomato a fruit", "To a botanist, yes."),
    ("do fish sleep", "Most of them rest in some way, yes."),
    ("can dogs see colours", "Yes, mainly blue and yellow."),
)
_NO_IDEA = (
    "My tools do not tell me that.",
    "I have no way to look that up.",
    "I cannot check that with my tools.",
)


def _pick(rng: random.Random, *shapes: str, **lists: tuple[str, ...] | list[str]) -> str:
    return rng.choice(shapes).format(**{name: rng.choice(values) for name, values in lists.items()})


def write_a_text(rng: random.Random, _: ToolContext) -> Exchange:
    """A text is asked for."""
    text = _pick(
        rng,
        "write a short poem about {s}.",
        "can you write a birthday card for {p}?",
        "write two lines for a {o} card",
        "draft an email to {p} that I will be late.",
        "I need a toast for the {o} of {p}.",
        "tell me a story about {s}",
        "give me a headline about {s}",
        "write a haiku about {s}, please",
        "congratulate {p} on the {o} for me, just the words.",
        s=_SUBJECTS,
        p=_PEOPLE,
        o=_OCCASIONS,
    )
    answer = _pick(
        rng,
        "Here is a start: warm wishes, and may this day bring you joy.",
        "How about this: small things shine when we look at them twice.",
        "Let me try: today we think of you and wish you well.",
    )
    return text, answer


def advise(rng: random.Random, _: ToolContext) -> Exchange:
    """Advice is asked for."""
    text = _pick(
        rng,
        "how do I get better at {k}?",
        "any tips for {k}?",
        "is {k} hard to learn?",
        "how should I start with {k}?",
        "what do I need for {d}?",
        "how do you make {d}?",
        "give me three ideas for a {o} gift",
        "what should I wear to a {o}?",
        "recommend a book about {k}",
        "is it rude to miss a {o}?",
        k=_SKILLS,
        d=_DISHES,
        o=_OCCASIONS,
    )
    return text, "Start small, keep it simple, and do a little every day."


def code(rng: random.Random, _: ToolContext) -> Exchange:
    """Code is asked for."""
    text = _pick(
        rng,
        "how do I {c} in {t}?",
        "{t}: {c}",
        "show me how to {c} in {t}",
        "write a {t} function to {c}.",
        "what's the shortest way to {c} in {t}",
        c=_CODE,
        t=_TONGUES,
    )
    return text, "The standard library has a function for that; its documentation shows an example."


def quantities(rng: random.Random, _: ToolContext) -> Exchange:
    """How many of one unit make another, and sums."""
    if rng.random() < 0.5:
        unit, whole, number = rng.choice(_SPANS)
        verb = rng.choice(("are in", "are there in", "make", "fit in"))
        return f"how many {unit} {verb} {whole}?", f"{number} {unit} make {whole}."
    share, whole_number = rng.choice((10, 20, 25, 50)), rng.randint(2, 40) * 20
    text = _pick(rng, "what's {s} percent of {n}", "{s}% of {n}?", "how much is {s} % of {n}?",
                 s=[str(share)], n=[str(whole_number)])  # fmt: skip
    return text, f"{share} % of {whole_number} is {share * whole_number // 100}."


def short(rng: random.Random, _: ToolContext) -> Exchange:
    """A word or two, at times with a second."""
    said = [rng.choice(_SHORT), rng.choice(("", "", *_SHORT))]
    return ", ".join(part for part in said if part), rng.choice(
        ("What can I do for you?", "I'm here if you need me.", "All right!")
    )


def why(rng: random.Random, _: ToolContext) -> Exchange:
    """General knowledge."""
    question, answer = rng.choice(_WHYS)
    return _pick(rng, "{q}?", "{q}", "quick question, {q}?", "my son asks: {q}?", "{q}, briefly?",
                 q=[question]), answer  # fmt: skip


def translate(rng: random.Random, _: ToolContext) -> Exchange:
    """A word in another language."""
    text = _pick(
        rng,
        "how do you say '{w}' in {l}?",
        "what's the {l} word for {w}",
        "translate '{w}' to {l}.",
        "is '{w}' a word in {l}?",
        w=words.NOUNS,
        l=words.LANGUAGES,
    )
    return text, "I would look that up in a dictionary to be sure."


def unknowable(rng: random.Random, _: ToolContext) -> Exchange:
    """Facts of the day that an assistant cannot know without a tool for them."""
    place, person = rng.choice(words.CITIES), rng.choice(words.FIRST_NAMES)
    text = _pick(
        rng,
        "when does the museum in {c} open?",
        "is the library open on Sundays?",
        "who won the match yesterday?",
        "how much is a train ticket to {c}?",
        "will it rain in {c} this weekend?",
        "what's on TV tonight",
        "how tall is {n}?",
        "which is bigger, {c} or {d}?",
        "what's the best hotel in {c}?",
        "how long is the flight to {c}?",
        "how many people live in {c}",
        "what's {c} famous for?",
        "is {c} a nice place to live?",
        c=[place],
        d=words.CITIES,
        n=[person],
    )
    return text, rng.choice(_NO_IDEA)


def about_nouns(rng: random.Random, context: ToolContext) -> Exchange:
    """The tools' subjects, in questions that no tool answers."""
    noun = rng.choice(context.nouns)
    text = _pick(
        rng,
        "who invented the {n}?",
        "why do we need {m}?",
        "write a limerick about {a}",
        "what's the history of the {n}?",
        "is there a proverb about {m}?",
        "give me a fun fact about {m}",
        "what's the plural of {n}?",
        "how do you spell {n}",
        "do you like {m}?",
        "what rhymes with {n}?",
        "what would the world be without {m}?",
        "should children learn about {m}?",
        "what makes a good {n}?",
        "explain {m} to me like I'm five",
        "how important is {a} really?",
        n=[noun],
        m=[plural(noun)],
        a=[with_a(noun)],
    )
    return text, f"I can only say a little about {plural(noun)}: people think about them a lot."
