"""IANA time zones as the cities that people know: ``America/Los_Angeles`` as «Seattle»."""

from functools import lru_cache

from tasks.domain.arguments.places import zone_cities

_MOST = 12
"""Times that the best known city of a zone stands among its forms: it is said most often."""


@lru_cache(maxsize=1024)
def forms(value: str) -> tuple[str, ...]:
    """The cities of a zone; the better known one is, the more often it stands there."""
    cities = zone_cities().get(value, {})
    best = max(cities.values(), default=1.0)
    return tuple(
        city for city, fame in cities.items() for _ in range(max(round(_MOST * fame / best), 1))
    )
