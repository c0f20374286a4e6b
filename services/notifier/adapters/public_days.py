"""Public holidays, and the weekend days worked for them, from the library that is kept current.

China announces each year's arrangement in the November before: of a year the installed release
does not know yet, only the days set by law stand here, and no weekend is worked.
"""

from functools import lru_cache

import holidays

from incident.roster import Calendar

COUNTRIES = frozenset(holidays.list_supported_countries(include_aliases=False))
"""Whose public holidays are known."""

YEARS_BACK, YEARS_AHEAD = 1, 2


@lru_cache(maxsize=64)
def public_days(country: str | None, year: int) -> Calendar:
    """The public days of the years around one; none for no country."""
    if country is None:
        return Calendar()
    years = range(year - YEARS_BACK, year + YEARS_AHEAD + 1)
    known = holidays.country_holidays(country, years=years)
    worked = frozenset(known.weekend_workdays)
    return Calendar(free=frozenset(known) - worked, worked=worked)
