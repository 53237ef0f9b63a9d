"""IANA time zones as the cities that people know: ``America/Los_Angeles`` as "Seattle"."""

from functools import lru_cache

from tasks.domain.writing.values.places import famous_cities, zone_cities

_MOST = 250
"""Times that a zone's best known city stands among its forms; one that few ask about: once."""


@lru_cache(maxsize=1024)
def forms(value: str) -> tuple[str, ...]:
    """The cities of a zone; the better known one is, the more often it stands there."""
    famous = famous_cities().get(value, {})
    best = max(famous.values(), default=1.0)
    return tuple(
        city
        for city in zone_cities().get(value, {})
        for _ in range(round(_MOST * famous.get(city, 0.0) / best) or 1)
    )
