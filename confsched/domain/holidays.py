"""Public holidays of a federal state, with the exceptions of a site."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from functools import lru_cache
from types import MappingProxyType

import holidays

COUNTRY = "DE"
# Article 1 of the Bavarian holiday act makes 15 August one in mostly Catholic places, which most are; a site
# elsewhere overrides the day.
EXTRA_CATEGORIES = {"BY": ("catholic",)}
# The names are those of the law; without a fixed language the package would follow the machine's.
LANGUAGE = "de"
PRE_HOLIDAYS = frozenset({(12, 24), (12, 31)})
NO_OVERRIDES: Mapping[date, str | None] = MappingProxyType({})


def public_holidays(
    state: str, year: int, overrides: Mapping[date, str | None] = NO_OVERRIDES
) -> Mapping[date, str]:
    """Return day -> name for a state given by its ISO 3166-2 code, such as DE-NI.

    An override with a name adds or renames a day, one with None makes it an ordinary day.
    """
    own = {day: name for day, name in overrides.items() if day.year == year}
    if not own:
        return _statutory(state, year)
    merged = {**_statutory(state, year), **own}
    return MappingProxyType({day: name for day, name in sorted(merged.items()) if name is not None})


def is_public_holiday(day: date, state: str, *, overrides: Mapping[date, str | None] = NO_OVERRIDES) -> bool:
    """Tell whether the site has a public holiday on this local day."""
    if day in overrides:
        return overrides[day] is not None
    return day in _statutory(state, day.year)


def is_pre_holiday(day: date) -> bool:
    """Tell whether the day is 24 or 31 December, which collective agreements treat apart."""
    return (day.month, day.day) in PRE_HOLIDAYS


@lru_cache(maxsize=512)
def _statutory(state: str, year: int) -> Mapping[date, str]:
    country, _, subdivision = state.partition("-")
    assert country == COUNTRY and len(subdivision) == 2, f"not the code of a federal state: {state}"
    calendar = holidays.country_holidays(
        COUNTRY,
        subdiv=subdivision,
        years=year,
        expand=False,
        categories=("public", *EXTRA_CATEGORIES.get(subdivision, ())),
        language=LANGUAGE,
    )
    return MappingProxyType(dict(sorted(calendar.items())))
