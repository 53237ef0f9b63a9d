"""Texts that look alike become candidates, others hardly ever; the work grows with the texts."""

import random

from tasks.domain.gate.minhash import BANDS, NEIGHBOURS, ROWS, candidates, signatures

RNG = random.Random(3407)
WORDS = ["".join(RNG.choices("abcdefghijklmnoprstuvwy", k=RNG.randint(2, 9))) for _ in range(900)]
TEXTS = [" ".join(RNG.choices(WORDS, k=14)) for _ in range(3000)]


def shingles(text: str) -> set[bytes]:
    padded = text.encode() + b"\0" * 5
    return {padded[at : at + 5] for at in range(len(padded) - 4)}


def test_the_share_of_equal_numbers_estimates_the_jaccard_similarity() -> None:
    for left, right in zip(TEXTS[:40], TEXTS[40:80], strict=True):
        mixed = left[: len(left) // 2] + right[len(right) // 2 :]
        signed = signatures([left, mixed])
        one, other = shingles(left), shingles(mixed)
        assert abs((signed[0] == signed[1]).mean() - len(one & other) / len(one | other)) < 0.25


def test_a_changed_letter_is_found_in_thousands_of_texts() -> None:
    changed = [text[:20] + "#" + text[21:] for text in TEXTS[:500]]
    pairs = set(candidates([*TEXTS, *changed], [0] * 3500))
    assert sum((place, 3000 + place) in pairs for place in range(500)) >= 495


def test_texts_of_two_groups_are_never_paired() -> None:
    assert list(candidates(["the same text"] * 2, [1, 2])) == []
    assert set(candidates(["the same text"] * 2, [1, 1])) == {(0, 1)}


def test_a_thousand_equal_texts_give_no_million_pairs() -> None:
    pairs = list(candidates(["the same text"] * 1000, [0] * 1000))
    assert len(pairs) <= 1000 * NEIGHBOURS * BANDS


def test_signatures_do_not_depend_on_the_texts_around_and_take_empty_ones() -> None:
    alone = signatures(["hello"])[0]
    assert signatures(["", "hello", "a"])[1].tolist() == alone.tolist()
    assert signatures([""]).shape == (1, BANDS * ROWS)
    assert list(candidates([], [])) == []
