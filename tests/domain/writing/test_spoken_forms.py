"""tasks/domain/writing/phrasing/forms: values as people say them, each read as one value only."""

import random
from collections import defaultdict
from datetime import date, timedelta

import pytest

from tasks.domain.writing.phrasing.forms import FORMATS, is_said, spoken_form
from tasks.domain.writing.values.places import zone_cities

VALUES: dict[str, list[str]] = {
    "clock": [f"{hour:02}:{minute:02}" for hour in range(24) for minute in range(60)],
    "zone": sorted(zone_cities()),
    "date": [str(date(2019, 1, 1) + timedelta(days=day)) for day in range(800)],
    "datetime": [f"2024-03-{day:02}T{hour:02}:30:00" for day in range(1, 29) for hour in range(24)],
    "duration": [f"PT{number}{unit}" for number in range(1, 60) for unit in "HMS"],
    "currency": ["EUR", "USD", "GBP", "JPY", "CHF", "INR"],
    "language": ["de", "en", "fr", "ja", "sw"],
    "language code": ["de", "en", "fr", "ja", "sw"],
    "country": ["DE", "US", "BR", "KE"],
    "country code": ["DE", "US", "BR", "KE"],
    "date-time": [f"2024-03-0{day}T{hour:02}:30:00Z" for day in range(1, 9) for hour in range(24)],
    "time": [f"{hour:02}:{minute:02}:00Z" for hour in range(24) for minute in range(60)],
    "enum": ["in_progress", "not-started", "done"],
    "integer": [str(number) for number in range(300)],
    "seconds": [str(number) for number in range(1, 7300)],
    "minutes": [str(number) for number in range(1, 300)],
    "hours": [str(number) for number in range(1, 50)],
}


@pytest.mark.parametrize("kind", sorted(FORMATS))
def test_a_spoken_form_stands_for_one_value_only(kind: str) -> None:
    stands_for: dict[str, set[str]] = defaultdict(set)
    for value in VALUES[kind]:
        for form in FORMATS[kind].forms(value):
            stands_for[form.lower()].add(value)
    assert stands_for
    assert {form: values for form, values in stands_for.items() if len(values) > 1} == {}


@pytest.mark.parametrize(
    ("kind", "value", "form"),
    [
        ("clock", "17:00", "5 pm"),
        ("clock", "17:30", "half past five in the afternoon"),
        ("clock", "00:00", "midnight"),
        ("clock", "21:45", "quarter to 10 pm"),
        ("zone", "America/Los_Angeles", "Seattle"),
        ("zone", "America/New_York", "New York"),
        ("zone", "America/Sao_Paulo", "Sao Paulo"),
        ("date", "2024-03-05", "March 5th, 2024"),
        ("duration", "PT30M", "30 minutes"),
        ("currency", "EUR", "Euro"),
        ("language", "de", "German"),
        ("country", "BR", "Brazil"),
        ("country code", "CZ", "Czechia"),
        ("date-time", "2024-03-05T17:30:00Z", "March 5, 2024 at 17:30 UTC"),
        ("time", "17:00:00Z", "5 pm UTC"),
        ("enum", "in_progress", "in progress"),
        ("integer", "5", "five"),
        ("seconds", "300", "five minutes"),
        ("seconds", "90", "90 seconds"),
        ("seconds", "7200", "2 hours"),
        ("minutes", "60", "an hour"),
        ("hours", "36", "36 hours"),
    ],
)
def test_a_value_is_said_as_people_say_it(kind: str, value: str, form: str) -> None:
    assert form in FORMATS[kind].forms(value)
    assert is_said(f"Well, {form.upper()}, please", value, kind)
    assert not is_said(f"Well, x{form}y, please", value, kind)


@pytest.mark.parametrize(
    ("kind", "value"),
    [("clock", "25:00"), ("date", "yesterday"), ("zone", "Etc/UTC"), ("integer", "1999")],
)
def test_a_value_of_another_format_is_said_as_it_is(kind: str, value: str) -> None:
    assert spoken_form(value, kind, random.Random(1)) is None


def test_a_value_is_said_in_its_spoken_forms_in_the_share_of_its_kind() -> None:
    rng = random.Random(3407)
    said = [spoken_form("17:00", "clock", rng) for _ in range(400)]
    assert abs(sum(form is not None for form in said) / 400 - FORMATS["clock"].share) < 0.1
