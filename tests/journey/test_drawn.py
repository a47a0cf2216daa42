"""Views and naive folds tell the same of histories drawn by lot, which go where no film goes."""

from collections.abc import Iterable
from dataclasses import asdict, replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given as for_all
from hypothesis import strategies as st

from events import contract
from events.contract import Terms
from events.envelope import Recorded, microseconds
from events.event import Event
from events.names import id_of
from runtime import rooms
from runtime.view import Rows, key_of
from services.contract.model.deal import CONTRACT
from services.schedule.commands import LockSchedule
from services.schedule.model.phases import Submitted
from services.schedule.model.schedule import SCHEDULE
from tests.journey.holding import apart
from tests.journey.naive import FOLDS, plain
from tests.journey.naive.telling import Fact, Tables, entry_of
from tests.projections.histories import KEEPER, amended, drafted, executed, terms
from tests.services.contract.test_histories import HISTORIES as DEALS
from tests.services.given import FIRST_SHOOT_DAY, asked, each_recorded_once, for_patience, given
from tests.services.given import recorded as told
from tests.services.schedule.test_repeats import COMMANDS as PLANNING
from tests.services.schedule.test_repeats import FIRST, REQUEST

pytestmark = pytest.mark.unit


def in_a_log(log: str, events: Iterable[Event]) -> list[Recorded]:
    """Those facts, a minute apart."""
    return [
        replace(
            told(event, log),
            id=id_of("fact", str(number)),
            version=number,
            position=number,
            recorded_at_us=microseconds(FIRST_SHOOT_DAY + timedelta(minutes=number)),
        )
        for number, event in enumerate(events, 1)
    ]


def check(log: str, events: Iterable[Event]) -> None:
    """Behind each of the facts, every projection has the rows that its naive fold has."""
    facts = in_a_log(log, events)
    for name, hear in FOLDS.items():
        view = rooms.projections()[name].view
        rows, naive = Rows(), Tables()
        for fact in facts:
            for row in list(view.evolve(rows, fact)):
                rows.put(row)
            hear(naive, Fact(entry_of(fact)))
            held = {
                table.TABLE: {
                    key_of(row): plain(table.TABLE, asdict(row)) for row in rows.all(table)
                }
                for table in view.tables
            }
            assert apart(held, naive) == [], f"{name} behind {fact.position}, {fact.type}"


@for_patience
@for_all(DEALS)
def test_deals_drawn_by_lot_have_the_same_rows_twice(steps: Any) -> None:
    history, _ = each_recorded_once(CONTRACT, steps)
    check("contract", history)


DAYS = ("2026-12-04", "2026-12-31", "2027-06-30")
ENGAGED = {"role": "Silas", "starts_on": "2026-09-14", "ends_on": "2026-10-09"}
RELEASED = {"territory": "Japan", "medium": "theatrical", "opens_on": "2027-10-01"}
LOOPING = {"deliverable": "looping", "name": "Looping", "due_on": "2026-11-20"}
DATED = st.builds(
    terms,
    engagement=st.sampled_from([None, ENGAGED, ENGAGED | {"starts_on": "2026-09-21"}]),
    windows=st.lists(
        st.sampled_from([RELEASED, RELEASED | {"closes_on": "2028-03-31"}]), max_size=2
    ),
    deliverables=st.sampled_from([[], [LOOPING], [LOOPING | {"due_on": "2026-12-04"}]]),
    options=st.just([]),
)


@for_patience
@for_all(DATED, DATED, DATED, DATED)
def test_amendments_that_move_dates_have_the_same_rows_twice(
    first: Terms, second: Terms, third: Terms, fourth: Terms
) -> None:
    begun = drafted().model_copy(update={"terms": first})
    signed = executed().model_copy(update={"terms": second})
    check(
        "contract",
        [begun, signed, amended(2, third, before=second), amended(3, fourth, before=third)],
    )


SEQUEL = {"option": "sequel", "right": "a second film"}
ALSO = {"deliverable": "stills", "name": "Stills", "due_on": "2026-10-30"}
PARTS = st.builds(
    terms,
    deliverables=st.sampled_from(
        [[LOOPING], [ALSO, LOOPING], [LOOPING | {"due_on": "2026-12-04"}], [ALSO]]
    ),
    options=st.sampled_from([[], *([SEQUEL | {"exercise_by": day}] for day in DAYS)]),
)
HANDED_OVER = contract.DeliverableReceived(
    contract=KEEPER, deliverable="looping", received_on=DAYS[0]
)
HAPPENED = st.lists(
    st.sampled_from(
        [
            *(
                [
                    contract.OptionExtended(
                        contract=KEEPER, option="sequel", was=DAYS[0], exercise_by=day, price="9"
                    )
                ]
                for day in DAYS
            ),
            *(
                [
                    HANDED_OVER,
                    contract.DeliverableRejected(
                        contract=KEEPER, deliverable="looping", reason="a hum", cure_by=day
                    ),
                ]
                for day in DAYS
            ),
            [HANDED_OVER],
            [contract.OptionLapsed(contract=KEEPER, option="sequel", exercise_by=DAYS[0])],
        ]
    ),
    max_size=3,
).map(lambda several: [one for each in several for one in each])


@for_patience
@for_all(PARTS, st.lists(st.tuples(HAPPENED, PARTS), max_size=3))
def test_what_happens_between_amendments_has_the_same_rows_twice(
    first: Terms, steps: list[tuple[list[Event], Terms]]
) -> None:
    begun = drafted(options=[SEQUEL | {"exercise_by": DAYS[0]}])
    facts: list[Event] = [begun, executed().model_copy(update={"terms": first})]
    before = first
    for version, (happened, after) in enumerate(steps, 2):
        for one in happened:
            before = extended(before, one) if isinstance(one, contract.OptionExtended) else before
        facts += [*happened, amended(version, after, before=before)]
        before = after
    check("contract", facts)


def extended(signed: Terms, by: contract.OptionExtended) -> Terms:
    """The terms with the later last day of their right, if they name one."""
    options = [one.model_copy(update={"exercise_by": by.exercise_by}) for one in signed.options]
    return signed.model_copy(update={"options": tuple(options)})


@for_patience
@for_all(st.lists(PLANNING, max_size=25))
def test_schedules_drawn_by_lot_have_the_same_rows_twice(steps: list[Any]) -> None:
    history, state = each_recorded_once(SCHEDULE, ((one, asked()) for one in FIRST))
    for step in steps:
        command = step
        if isinstance(command, str):
            if not isinstance(state.phase, Submitted):
                continue
            submitted = state.phase.submitted
            command = LockSchedule(
                version=submitted.version, content_hash=submitted.content_hash, request=REQUEST
            )
        history = [*history, *given(SCHEDULE, *history).when(command).events]
        state = SCHEDULE.fold(history)
    check("schedule", history)
