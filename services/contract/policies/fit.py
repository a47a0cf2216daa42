"""Whether deals fit the schedule: shoot days in their engagements, milestones in time for their
options.

Places that fit are told like those that do not: only the deal itself knows for certain whether
that is news.
"""

from collections.abc import Iterator, Sequence

from events.contract import (
    ContractAmended,
    ContractExecuted,
    EngagementConflicted,
    OptionExercised,
    OptionExtended,
    OptionLapsed,
    Terms,
)
from events.envelope import Recorded
from events.event import Event
from events.schedule import (
    MilestoneMoved,
    MilestoneReached,
    MilestoneSet,
    ShootDaysMoved,
    ShootDayWrapped,
)
from runtime.decider import Command
from services.contract.commands import RecordConflict, ResolveConflict
from services.contract.model.held import Deal, Problem
from services.contract.model.known import Known

ENGAGEMENT = "engagement"
"""The conflict of shoot days outside an engagement; a deal has one at most."""


def of_option(option: str) -> str:
    """The conflict of a milestone that comes after the last day of an option."""
    return f"option {option}"


def with_the_shoot(recorded: Recorded, known: Known) -> Sequence[Command]:
    """Shoot days have other dates, or are over: the engagements of all who work on them."""
    touched = _days_of(recorded.event)
    works = known.shoot.works
    return [
        _told(contract, ENGAGEMENT, known.problem_of_engagement(deal.engaged), recorded)
        for contract, deal in known.deals.items()
        if deal.engaged is not None
        and known.shoot.is_binding
        and (touched is None or touched.intersection(works.get(deal.engaged.element, ())))
    ]


def _days_of(event: Event) -> set[int] | None:
    """The days that a fact of the shoot tells of; None where it tells of all."""
    match event:
        case ShootDaysMoved(days=days):
            return {one.day for one in days}
        case ShootDayWrapped(day=day):
            return {day}
        case _:
            return None


def with_a_milestone(recorded: Recorded, known: Known) -> Sequence[Command]:
    """A milestone has a date, or another one: the options that it needs."""
    event = recorded.event
    assert isinstance(event, MilestoneSet | MilestoneMoved | MilestoneReached)
    return [
        _told(contract, of_option(one.option), known.problem_of_deadline(one), recorded)
        for contract, deal in known.deals.items()
        for one in deal.deadlines
        if one.needed_by == event.milestone
    ]


def of_what_was_signed(recorded: Recorded, known: Known) -> Sequence[Command]:
    """A deal, or its amendment, was signed: all that it holds, and all that it held before."""
    event = recorded.event
    assert isinstance(event, ContractExecuted | ContractAmended)
    found = dict(_problems(known, known.deal(event.contract)))
    before = _held(event.before) if isinstance(event, ContractAmended) else ()
    return [
        _told(event.contract, conflict, found.get(conflict), recorded)
        for conflict in dict.fromkeys([*before, *(one for one in found if found[one])])
    ]


def of_an_option(recorded: Recorded, known: Known) -> Sequence[Command]:
    """An option was extended, taken up, or went back."""
    event = recorded.event
    assert isinstance(event, OptionExtended | OptionExercised | OptionLapsed)
    conflict = of_option(event.option)
    found = dict(_problems(known, known.deal(event.contract)))
    return [_told(event.contract, conflict, found.get(conflict), recorded)]


def that_is_over(recorded: Recorded, known: Known) -> Sequence[Command]:
    """A conflict was recorded that is none by what is known now."""
    event = recorded.event
    assert isinstance(event, EngagementConflicted)
    found = dict(_problems(known, known.deal(event.contract)))
    if found.get(event.conflict) is not None:
        return []
    return [_told(event.contract, event.conflict, None, recorded)]


def _problems(known: Known, deal: Deal) -> Iterator[tuple[str, Problem | None]]:
    if deal.engaged is not None:
        yield ENGAGEMENT, known.problem_of_engagement(deal.engaged)
    for one in deal.deadlines:
        yield of_option(one.option), known.problem_of_deadline(one)


def _held(terms: Terms) -> Iterator[str]:
    if terms.engagement is not None and terms.engagement.element is not None:
        yield ENGAGEMENT
    for one in terms.options:
        if one.needed_by is not None:
            yield of_option(one.option)


def _told(contract: str, conflict: str, problem: Problem | None, cause: Recorded) -> Command:
    if problem is None:
        return ResolveConflict(contract=contract, conflict=conflict, cause=cause.id)
    return RecordConflict(
        contract=contract,
        conflict=conflict,
        cause=cause.id,
        problem=problem.says,
        days=problem.days,
    )
