"""Which version is the champion, which one a rollback leads to, and which may go."""

from datetime import timedelta
from typing import Literal

import pytest

from tasks.domain.bundle.versions import (
    Decision,
    before_champion,
    champions,
    differences_text,
    find_version,
    last_forged,
    removable,
    versions_text,
)
from tasks.domain.errors import NoSuchVersion
from tests.helpers.versions import NOW, version


def decided(*steps: str) -> list[Decision]:
    """«+a» promotes a, «-a» rejects it, «<» rolls back; in this order, handed on in another."""
    kinds: dict[str, Literal["promoted", "rejected", "rolled back"]] = {
        "+": "promoted",
        "-": "rejected",
        "<": "rolled back",
    }
    made = [
        Decision(kind=kinds[step[0]], version=step[1:], at=NOW + timedelta(seconds=n), reason="so")
        for n, step in enumerate(steps)
    ]
    return made[::-1]


@pytest.mark.parametrize(
    ("steps", "stack"),
    [
        ((), []),
        (("-a",), []),
        (("+a", "-b"), ["a"]),
        (("+a", "+b"), ["a", "b"]),
        (("+a", "+b", "<a"), ["a"]),
        (("+a", "+b", "<a", "+c", "<a"), ["a"]),
        (("+a", "+b", "+a"), ["a", "b", "a"]),
    ],
)
def test_a_rollback_takes_back_the_last_promotion(steps: tuple[str, ...], stack: list[str]) -> None:
    assert champions(decided(*steps)) == stack


@pytest.mark.parametrize(
    ("steps", "version"),
    [((), ""), (("+a", "-b"), "b"), (("+a", "-b", "+a"), "a"), (("+a", "+b", "<a"), "b")],
)
def test_what_was_forged_last_is_known_whether_it_was_promoted_or_not(
    steps: tuple[str, ...], version: str
) -> None:
    assert last_forged(decided(*steps)) == version


def test_without_a_champion_before_there_is_no_way_back() -> None:
    assert before_champion(champions(decided("+a", "+b")), "x") == "a"
    with pytest.raises(
        NoSuchVersion, match="no champion before this one; mcp-forge promote takes any version"
    ):
        before_champion(champions(decided("+a", "+b", "<a")), "x")


def test_a_version_is_found_by_how_its_id_begins() -> None:
    known = [version("2026a"), version("2026b")]
    assert find_version(known, "2026b", "x").id == "2026b"
    with pytest.raises(NoSuchVersion, match="several versions begin with '2026'"):
        find_version(known, "2026", "x")
    with pytest.raises(NoSuchVersion, match="no version begins with '9'; there are: 2026a, 2026b"):
        find_version(known, "9", "x")


def test_only_versions_that_are_both_old_and_not_among_the_newest_go() -> None:
    known = [version(name, age) for name, age in (("a", 90), ("b", 80), ("c", 70), ("d", 1))]
    gone = removable(known, [], versions_kept=2, days=75, now=NOW)
    assert [one.id for one in gone] == ["b", "a"]
    assert removable(known, [], versions_kept=2, days=100, now=NOW) == []
    assert removable(known, [], versions_kept=4, days=0, now=NOW) == []


def test_the_champion_and_the_one_before_it_never_go() -> None:
    known = [version(name, age) for name, age in (("a", 90), ("b", 80), ("c", 70), ("d", 60))]
    gone = removable(known, decided("+a", "+c", "+b"), versions_kept=1, days=0, now=NOW)
    assert [one.id for one in gone] == ["a"]


def test_the_list_says_what_became_of_each() -> None:
    page = versions_text(
        [version("a", 3), version("b", 2), version("c", 1)], decided("+a", "-b", "<a")
    )
    header, *lines = page.splitlines()
    assert header.split()[:3] == ["version", "exact", "match"]
    assert [line.removeprefix("→").split()[0] for line in lines] == ["c", "b", "a"]
    assert "not decided" in lines[0]
    assert "rejected: so" in lines[1]


def test_two_versions_differ_in_what_made_them() -> None:
    page = differences_text(version("a", seed=1), version("b", seed=2))
    assert ["seed", "1", "2"] in [line.split() for line in page.splitlines()]
    assert "samples" not in page
    assert differences_text(version("a"), version("a")) == "a and a do not differ"
