"""What the contract room remembers of a production: its currency, what is locked, when cast and
milestones are expected, and what of its own deals must be held against that."""

from collections.abc import Iterable, Mapping
from datetime import date

from events.contract import Condition
from events.money import Currency
from events.names import Id
from events.schedule import DatedDay, PlannedDay
from services.contract.model.held import Deadline, Deal, Engaged, Problem, Remembered


class Shoot(Remembered):
    """The shoot days that have dates, which of them are wrapped, and who of the cast works on
    which. They bind nobody before a schedule was locked for the first time."""

    is_binding: bool = False
    dates: Mapping[int, date] = {}
    wrapped: tuple[int, ...] = ()
    works: Mapping[str, tuple[int, ...]] = {}

    def planned(self, days: Iterable[PlannedDay]) -> "Shoot":
        """The shoot by another plan."""
        dates = {one.day: one.on for one in days}
        works: dict[str, tuple[int, ...]] = {}
        for one in days:
            for element in one.cast:
                works[element] = (*works.get(element, ()), one.day)
        return self.but(dates=dates, works=works)

    def moved(self, days: Iterable[DatedDay]) -> "Shoot":
        """The shoot with other dates of some days."""
        return self.but(dates={**self.dates, **{one.day: one.on for one in days}})

    def with_wrapped(self, day: int) -> "Shoot":
        """The shoot with that day behind it."""
        return self.but(wrapped=tuple(sorted({*self.wrapped, day})))

    def still_to_come(self, element: str) -> list[date]:
        """The dates of the days that the element works and that are not wrapped."""
        if not self.is_binding:
            return []
        days = set(self.works.get(element, ())).difference(self.wrapped)
        return sorted(self.dates[day] for day in days)


class Known(Remembered):
    """What this room remembers of a production. A deal of which nothing must be held is in it no
    more than one that is over. `locks` names the fact that locked what is locked now."""

    currency: Currency | None = None
    locks: Mapping[Condition, Id] = {}
    deals: Mapping[Id, Deal] = {}
    shoot: Shoot = Shoot()
    milestones: Mapping[str, date] = {}

    def deal(self, contract: str) -> Deal:
        """What is held of that deal."""
        return self.deals.get(contract, Deal())

    def having(self, contract: str, deal: Deal) -> "Known":
        """This with that much held of a deal."""
        others = {one: held for one, held in self.deals.items() if one != contract}
        return self.but(deals=others if deal == Deal() else {**others, contract: deal})

    def without(self, contract: str) -> "Known":
        """This without a deal that is over."""
        return self.having(contract, Deal())

    def locked(self, condition: Condition, fact: str) -> "Known":
        """This with something locked, by that fact."""
        return self.but(locks={**self.locks, condition: fact})

    def reopened(self, condition: Condition) -> "Known":
        """This with something locked no more. What was met on it stays met."""
        return self.but(locks={one: at for one, at in self.locks.items() if one != condition})

    def problem_of_engagement(self, engaged: Engaged) -> Problem | None:
        """The shoot days that fall outside an engagement."""
        outside = tuple(
            day
            for day in self.shoot.still_to_come(engaged.element)
            if not engaged.starts_on <= day <= engaged.ends_on
        )
        if not outside:
            return None
        return Problem(
            says=f"{engaged.role} is to shoot on {_listed(outside)}, outside the engagement "
            f"from {engaged.starts_on} to {engaged.ends_on}: extend it by an amendment, or move "
            "the days",
            days=outside,
        )

    def problem_of_deadline(self, deadline: Deadline) -> Problem | None:
        """The milestone that comes after the last day of an option."""
        on = self.milestones.get(deadline.needed_by)
        if on is None or on <= deadline.exercise_by:
            return None
        return Problem(
            says=f"option {deadline.option} runs until {deadline.exercise_by}, and "
            f"{deadline.needed_by} is on {on}: extend the option, or take it up before",
            days=(on,),
        )


DAYS_NAMED = 3


def _listed(days: tuple[date, ...]) -> str:
    named = ", ".join(map(str, days[:DAYS_NAMED]))
    more = len(days) - DAYS_NAMED
    if more <= 0:
        return named
    return f"{named} and {more} more {'day' if more == 1 else 'days'}"
