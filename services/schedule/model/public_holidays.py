"""The public holidays of countries and their states, as the `holidays` library keeps them."""

import re
from collections.abc import Sequence

from holidays import HolidayBase, country_holidays

from events.calendar import FreeDay
from services.schedule.model.content import named
from services.schedule.model.rejections import HolidaysAreUnknown

_COUNTRY = re.compile("[A-Z]{2}")


def public_holidays(place: str, first_year: int, last_year: int) -> Sequence[FreeDay]:
    """The public holidays of a country (`US`) or state (`US-ME`, ISO 3166), by date, in those years
    and the one after: days that move past New Year's Eve stay off them too. Refuses a place or a
    year of which none are known."""
    country, _, state = place.upper().partition("-")
    known = _holidays_of(country)
    if known is None:
        raise HolidaysAreUnknown(
            f"no public holidays are kept of {place}: write a country as `US` or a state as "
            "`US-ME` (ISO 3166), or give `free_days`"
        )
    states = known.subdivisions
    if state and state not in states:
        raise HolidaysAreUnknown(
            f"no holidays are kept of a state {state} of {country}: write {country}"
            + (f", or {country}- and one of {named(states)}" if states else "")
        )
    if first_year < known.start_year or last_year > known.end_year:
        raise HolidaysAreUnknown(
            f"the holidays of {place} are known from {known.start_year} to {known.end_year}: check "
            "the dates, or give `free_days`"
        )
    years = range(first_year, min(last_year + 1, known.end_year) + 1)
    found = country_holidays(country, subdiv=state or None, years=years)
    return [FreeDay(on=on, name=name) for on, name in sorted(found.items())]


def _holidays_of(country: str) -> HolidayBase | None:
    """What is known of a country, with no year worked out yet."""
    if not _COUNTRY.fullmatch(country):
        return None
    try:
        return country_holidays(country)
    except NotImplementedError:
        return None
