"""What a refusal must be: one line that a person can read."""

MOST_CHARACTERS = 12_000


def one_line(refusal: Exception, kind: str, place: str = "") -> str:
    """The kind, when the refusal names the place in one line of a length that can be read."""
    text = str(refusal)
    assert place in text, text
    assert text.strip(), repr(refusal)
    assert "\n" not in text, text
    assert len(text) <= MOST_CHARACTERS, f"{len(text)} characters: {text[:300]}…"
    return kind
