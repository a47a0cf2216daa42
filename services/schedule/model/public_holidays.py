"""The public holidays of countries and their states, as the `holidays` library keeps them."""

from collections.abc import Sequence

from holidays import country_holidays, list_supported_countries

from events.calendar import FreeDay
from services.schedule.model.content import named
from services.schedule.model.rejections import HolidaysAreUnknown


def public_holidays(place: str, first_year: int, last_year: int) -> Sequence[FreeDay]:
    """The public holidays of a country (`US`) or state (`US-ME`, ISO 3166), by date, in those years
    and the one after: days that move past New Year's Eve stay off them too. Refuses a place or a
    year of which none are known."""
    country, _, state = place.upper().partition("-")
    states = list_supported_countries(include_aliases=False).get(country)
    if states is None:
        raise HolidaysAreUnknown(
            f"no public holidays are kept of {place}: write a country as `US` or a state as "
            "`US-ME` (ISO 3166), or give `free_days`"
        )
    if state and state not in states:
        raise HolidaysAreUnknown(
            f"no holidays are kept of a state {state} of {country}: write {country}"
            + (f", or {country}- and one of {named(states)}" if states else "")
        )
    known = country_holidays(country, subdiv=state or None)
    if first_year < known.start_year or last_year > known.end_year:
        raise HolidaysAreUnknown(
            f"the holidays of {place} are known from {known.start_year} to {known.end_year}: check "
            "the dates, or give `free_days`"
        )
    years = range(first_year, min(last_year + 1, known.end_year) + 1)
    found = country_holidays(country, subdiv=state or None, years=years)
    return [FreeDay(on=on, name=name) for on, name in sorted(found.items())]
