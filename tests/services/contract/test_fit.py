"""Conflicts are exactly those that a naive look at the whole history finds."""

from datetime import date, timedelta

import pytest
from hypothesis import given as for_all
from hypothesis import strategies as st

from events.budget import BudgetLocked
from events.contract import (
    ContractAmended,
    ContractTerminated,
    Engagement,
    Option,
    OptionExercised,
    OptionExtended,
    OptionLapsed,
)
from events.event import Event
from events.names import id_of
from events.schedule import (
    DatedDay,
    MilestoneKind,
    MilestoneSet,
    PlannedDay,
    ScheduleLocked,
    ShootDaysMoved,
    ShootDaysPlanned,
    ShootDayWrapped,
)
from services.contract.model.deal import CONTRACT
from services.contract.model.phases import Executed
from services.contract.policies import Known, hear, policies
from tests.services.contract.deals import EXECUTED, REQUEST, SIGNED_ON, TERMS, but, hash_for
from tests.services.contract.shoots import CALENDAR
from tests.services.given import asked, for_patience, recorded

pytestmark = pytest.mark.unit

FIRST = date(2026, 9, 14)
DEALS = [id_of("deal", str(n)) for n in range(3)]
ELEMENTS = ["keeper", "daughter"]
OPTIONS = ["reshoot", "sequel"]
MILESTONES = ["picture-lock", "mix"]
DAY_COUNT = 4

dates = st.integers(0, 12).map(lambda n: FIRST + timedelta(days=n))
deals = st.sampled_from(DEALS)


@st.composite
def terms(draw):
    starts_on = draw(dates)
    engagement = Engagement(
        role="a role",
        starts_on=starts_on,
        ends_on=starts_on + timedelta(days=draw(st.integers(0, 12))),
        element=draw(st.sampled_from([*ELEMENTS, *ELEMENTS, None])),
    )
    options = tuple(
        Option(
            option=name,
            right="a right",
            exercise_by=draw(dates),
            needed_by=draw(st.sampled_from([*MILESTONES, None])),
        )
        for name in OPTIONS
    )
    kept = draw(st.integers(0, len(OPTIONS)))
    is_engaged = draw(st.sampled_from([True, True, False]))
    return but(engagement=engagement if is_engaged else None, options=options[:kept], conditions=())


@st.composite
def days(draw):
    return tuple(
        PlannedDay(
            day=n,
            on=draw(dates),
            eighths=8,
            breakdowns=(),
            cast=tuple(sorted(draw(st.sets(st.sampled_from(ELEMENTS))))),
        )
        for n in range(1, DAY_COUNT + 1)
    )


def of(contract: str, events: tuple[Event, ...]) -> list[Event]:
    return [event.model_copy(update={"contract": contract}) for event in events]


day_numbers = st.integers(1, DAY_COUNT)
LOCK = days().map(
    lambda planned: ScheduleLocked(
        version=1,
        content_hash="5c" * 32,
        request=REQUEST,
        board="first",
        calendar=CALENDAR,
        days=planned,
    )
)
PLAN = days().map(lambda own: ShootDaysPlanned(board="first", calendar=CALENDAR, days=own))
MOVE = st.builds(
    lambda day, on, other: ShootDaysMoved(
        day=day,
        was=FIRST,
        on=on,
        reason="the storm",
        days=(DatedDay(day=day, on=on), DatedDay(day=day % DAY_COUNT + 1, on=other)),
    ),
    day_numbers,
    dates,
    dates,
)
WRAP = day_numbers.map(
    lambda day: ShootDayWrapped(
        day=day,
        on=FIRST,
        breakdowns=(),
        eighths=8,
        eighths_planned=8,
        eighths_to_date=8,
        eighths_planned_to_date=8,
    )
)
MILESTONE = st.builds(
    lambda milestone, on: MilestoneSet(
        milestone=milestone, kind=MilestoneKind.OTHER, name="a milestone", on=on
    ),
    st.sampled_from(MILESTONES),
    dates,
)
SIGN = st.tuples(st.just("sign"), deals, terms())
AMEND = st.tuples(st.just("amend"), deals, terms())
OPTION = st.tuples(
    st.sampled_from(["extend", "exercise", "lapse"]),
    deals,
    st.sampled_from(OPTIONS),
    st.integers(1, 9),
)
END = st.tuples(st.just("end"), deals)
LIKELY = st.tuples(SIGN, SIGN, PLAN, LOCK, MILESTONE).flatmap(st.permutations)
STEPS = st.builds(
    lambda likely, others: [*likely, *others],
    LIKELY,
    st.lists(st.one_of(MOVE, AMEND, MILESTONE, OPTION, PLAN, WRAP, SIGN, LOCK, END), max_size=12),
)


class Room:
    """The deals and what is remembered, each command being carried out at once."""

    def __init__(self) -> None:
        self.known = Known(currency="USD")
        self.states = dict.fromkeys(DEALS, CONTRACT.initial)
        self.history: list[Event] = []

    def tell(self, event: Event) -> None:
        """A fact is recorded, heard and answered."""
        log = type(event).__module__.rpartition(".")[2]
        self.history.append(event)
        if log == "contract":
            self.states[event.contract] = CONTRACT.fold([event], self.states[event.contract])
        fact = recorded(event, log)
        self.known = hear(self.known, fact)
        for command in policies.react(fact, self.known):
            state = self.states[command.contract]
            for one in CONTRACT.decide(state, command, asked()):
                self.tell(one)

    def step(self, step) -> None:
        if isinstance(step, Event):
            self.tell(step)
            return
        what, contract, *rest = step
        for event in self.facts_of(what, contract, self.states[contract], rest):
            self.tell(event)

    def facts_of(self, what, contract, deal, rest):
        if what == "sign":
            unsigned = deal == CONTRACT.initial
            drafted, *others, executed = of(contract, EXECUTED)
            texts = {"terms": rest[0]}
            yield from (
                [drafted.model_copy(update=texts), *others, executed.model_copy(update=texts)]
                if unsigned
                else []
            )
        elif not isinstance(deal, Executed):
            return
        elif what == "amend":
            yield ContractAmended(
                contract=contract,
                version=2,
                before=deal.terms,
                after=self.with_what_is_settled(deal, rest[0]),
                content_hash=hash_for(TERMS),
                amended_on=SIGNED_ON,
            )
        elif what == "end":
            yield ContractTerminated(
                contract=contract, reason="x", terminated_on=SIGNED_ON, released=(), owed=()
            )
        elif rest[0] in deal.open_options:
            yield self.of_option(what, contract, rest[0], deal.open_options[rest[0]], rest[1])

    @staticmethod
    def with_what_is_settled(deal, after):
        """An amendment leaves settled options as they were."""
        kept = [one for one in deal.terms.options if one.option in deal.settled]
        new = [one for one in after.options if one.option not in deal.settled]
        return after.model_copy(update={"options": (*kept, *new)})

    @staticmethod
    def of_option(what, contract, option, until, more):
        if what == "extend":
            later = until + timedelta(days=more)
            return OptionExtended(
                contract=contract, option=option, was=until, exercise_by=later, price=0
            )
        if what == "exercise":
            return OptionExercised(contract=contract, option=option, price=0, exercised_on=until)
        return OptionLapsed(contract=contract, option=option, exercise_by=until)


def naive(history: list[Event], deal: Executed) -> dict[str, set[date]]:
    """Every conflict of a deal, with its days, by looking at all facts one after the other."""
    plan: dict[int, PlannedDay] = {}
    wrapped: set[int] = set()
    milestones: dict[str, date] = {}
    locked = False
    for event in history:
        match event:
            case ScheduleLocked() | ShootDaysPlanned():
                plan = {one.day: one for one in event.days}
                locked = locked or isinstance(event, ScheduleLocked)
            case ShootDaysMoved():
                for one in event.days:
                    if one.day in plan:
                        plan[one.day] = plan[one.day].model_copy(update={"on": one.on})
            case ShootDayWrapped():
                wrapped.add(event.day)
            case MilestoneSet():
                milestones[event.milestone] = event.on
    found: dict[str, set[date]] = {}
    engagement = deal.terms.engagement
    if locked and engagement is not None:
        found["engagement"] = {
            one.on
            for one in plan.values()
            if one.day not in wrapped
            and engagement.element in one.cast
            and (one.on < engagement.starts_on or one.on > engagement.ends_on)
        }
    for option in deal.terms.options:
        if option.option not in deal.settled and option.needed_by in milestones:
            on = milestones[option.needed_by]
            found[f"option {option.option}"] = {on} if on > option.exercise_by else set()
    return {conflict: days for conflict, days in found.items() if days}


@for_patience
@for_all(STEPS)
def test_conflicts_are_exactly_those_that_a_naive_look_finds(steps):
    room = Room()
    for step in steps:
        room.step(step)
        for deal in room.states.values():
            if isinstance(deal, Executed):
                recorded_now = {name: set(one.days) for name, one in deal.conflicts.items()}
                assert recorded_now == naive(room.history, deal)


@for_patience
@for_all(STEPS)
def test_what_is_remembered_of_a_production_can_be_read_back(steps):
    room = Room()
    for step in steps:
        room.step(step)
    assert Known.model_validate_json(room.known.model_dump_json()) == room.known
    over = {one for one, deal in room.states.items() if not isinstance(deal, Executed)}
    assert not over & set(room.known.deals)


def test_a_lock_of_the_budget_concerns_no_engagement():
    room = Room()
    locked = BudgetLocked(version=1, content_hash="3d" * 32, total=1, request=REQUEST, accounts=())
    room.tell(locked)
    assert room.history == [locked]
