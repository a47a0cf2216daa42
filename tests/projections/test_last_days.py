"""The last day of a right, and of what is to be handed over, is one and the same for the room of
deals and for every read model that tells it."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest

from events import contract
from events.contract import DeliverableRejected, Terms
from events.event import Event
from projections.contracts.explained.deals import explained as deals_explained
from projections.contracts.rows import Deal
from projections.contracts.telling import whole
from projections.contracts.view import VIEW as CONTRACTS
from projections.obligations.explained import explained as obligations_explained
from projections.obligations.telling import obligations
from projections.obligations.view import VIEW as OBLIGATIONS
from projections.timeline.explained.timeline import explained as timeline_explained
from projections.timeline.items import items_of
from projections.timeline.network import network
from projections.timeline.view import VIEW as TIMELINE
from runtime.explaining.history import History
from runtime.view import Rows
from services.contract.commands import ExerciseOption
from services.contract.model.deal import CONTRACT
from services.contract.model.phases import Executed
from services.contract.model.rejections import OptionHasLapsed
from tests.explaining.film import TOLD_FEES
from tests.projections.histories import KEEPER, amended, drafted, executed, terms, told
from tests.services.given import given

pytestmark = pytest.mark.unit

RIGHT, LOOPING = ("option", "sequel"), ("deliverable", "looping")
AGREED, DUE = date(2026, 12, 31), date(2026, 11, 20)
EXTENDED_TO, CURE_BY = date(2027, 6, 30), date(2026, 12, 1)
EARLIER, LATER = date(2027, 3, 31), date(2027, 9, 30)


def with_days(right: date = AGREED, looping: date = DUE, fee: str = "86000.00") -> Terms:
    plain = terms(fee=fee)
    return plain.model_copy(
        update={
            "options": (plain.options[0].model_copy(update={"exercise_by": right}),),
            "deliverables": (plain.deliverables[0].model_copy(update={"due_on": looping}),),
        }
    )


EXTENDED = contract.OptionExtended(
    contract=KEEPER, option="sequel", was=AGREED, exercise_by=EXTENDED_TO, price="5000.00"
)
HANDED_OVER = contract.DeliverableReceived(
    contract=KEEPER, deliverable="looping", received_on="2026-11-19"
)
REJECTED = contract.DeliverableRejected(
    contract=KEEPER, deliverable="looping", reason="a hum", cure_by=CURE_BY
)
BEGUN: list[Event] = [drafted(), executed()]
DEARER = "95000.00"


def amend(version: int, before: Terms, after: Terms) -> Event:
    return amended(version, after, before=before)


@dataclass(frozen=True)
class Case:
    """What happened, the last days that follow, and which of those facts each is of, counted from
    1; 0 is the deal as it was first signed."""

    meanwhile: list[Event]
    right: date = AGREED
    looping: date = DUE
    right_is_of: int = 0
    looping_is_of: int = 0


CASES = {
    "as signed": Case([]),
    "amended otherwise": Case([amend(2, with_days(), with_days(fee=DEARER))]),
    "amended": Case(
        [amend(2, with_days(), with_days(EARLIER, LATER))], EARLIER, LATER, 1, looping_is_of=1
    ),
    "extended": Case([EXTENDED], EXTENDED_TO, right_is_of=1),
    "extended, then amended otherwise": Case(
        [EXTENDED, amend(2, with_days(EXTENDED_TO), with_days(EXTENDED_TO, fee=DEARER))],
        EXTENDED_TO,
        right_is_of=1,
    ),
    "extended, then amended to an earlier day": Case(
        [EXTENDED, amend(2, with_days(EXTENDED_TO), with_days(EARLIER))], EARLIER, right_is_of=2
    ),
    "extended, then amended to a later day": Case(
        [EXTENDED, amend(2, with_days(EXTENDED_TO), with_days(LATER))], LATER, right_is_of=2
    ),
    "extended, then amended back to the first day": Case(
        [EXTENDED, amend(2, with_days(EXTENDED_TO), with_days())], AGREED, right_is_of=2
    ),
    "amended, then extended": Case(
        [amend(2, with_days(), with_days(EARLIER)), EXTENDED], EXTENDED_TO, right_is_of=2
    ),
    "rejected": Case([HANDED_OVER, REJECTED], looping=CURE_BY, looping_is_of=2),
    "rejected, then amended otherwise": Case(
        [HANDED_OVER, REJECTED, amend(2, with_days(), with_days(LATER, fee=DEARER))],
        LATER,
        CURE_BY,
        right_is_of=3,
        looping_is_of=2,
    ),
    "rejected, then amended otherwise twice": Case(
        [
            HANDED_OVER,
            REJECTED,
            amend(2, with_days(), with_days(fee=DEARER)),
            amend(3, with_days(fee=DEARER), with_days()),
        ],
        looping=CURE_BY,
        looping_is_of=2,
    ),
    "rejected, amended otherwise and handed over again": Case(
        [HANDED_OVER, REJECTED, amend(2, with_days(), with_days(fee=DEARER)), HANDED_OVER],
        looping=CURE_BY,
        looping_is_of=2,
    ),
    "amended, then rejected": Case(
        [amend(2, with_days(), with_days(looping=LATER)), HANDED_OVER, REJECTED],
        looping=CURE_BY,
        looping_is_of=3,
    ),
    "extended and rejected, then amended otherwise": Case(
        [
            EXTENDED,
            HANDED_OVER,
            REJECTED,
            amend(2, with_days(EXTENDED_TO), with_days(EXTENDED_TO, fee=DEARER)),
        ],
        EXTENDED_TO,
        CURE_BY,
        right_is_of=1,
        looping_is_of=3,
    ),
}
every_case = pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())

AMENDED_CURE = [
    HANDED_OVER,
    REJECTED,
    amend(2, with_days(), with_days(looping=LATER)),
]
"""The room of deals refuses it; who hears it nevertheless tells what was signed last."""


def by_contracts(facts: list[Event]) -> dict[tuple[str, str], date]:
    rows = CONTRACTS.fold(told("contract", *facts))
    deal = rows.get(Deal, KEEPER)
    assert deal is not None
    answer = whole(rows, deal, True)
    return {
        (part, one["id"]): one["until"]
        for part in ("option", "deliverable")
        for one in answer[f"{part}s"]
    }


def by_obligations(facts: list[Event]) -> dict[tuple[str, str], date]:
    rows = OBLIGATIONS.fold(told("contract", *facts))
    found = obligations(rows, datetime(2026, 9, 2, 12, tzinfo=UTC), True)
    return {
        (one["kind"], one["id"]): one["due_on"]
        for one in found
        if (one["kind"], one["id"]) in (RIGHT, LOOPING)
    }


def by_the_timeline(facts: list[Event]) -> dict[tuple[str, str], date | None]:
    rows = TIMELINE.fold(told("contract", *facts))
    days: dict[tuple[str, str], date | None] = {}
    for item in items_of(rows, network(rows)):
        for part in ("option", "deliverable"):
            if part in item.detail and item.forecast is not None:
                days[part, item.detail[part]] = item.forecast.ends_on
    return days


def by_the_room_of_deals(facts: list[Event]) -> dict[tuple[str, str], date]:
    """The last days that it holds: of rights, and of what is to be handed over, or cured."""
    deal = CONTRACT.fold(facts)
    assert isinstance(deal, Executed)
    days = {("option", name): day for name, day in deal.open_options.items()}
    for one in deal.terms.deliverables:
        days["deliverable", one.deliverable] = one.due_on
    for name, delivery in deal.deliveries.items():
        if isinstance(delivery, DeliverableRejected):
            days["deliverable", name] = delivery.cure_by
    return days


TELL = {
    "contracts": by_contracts,
    "obligations": by_obligations,
    "timeline": by_the_timeline,
}
every_read_model = pytest.mark.parametrize("tell", TELL.values(), ids=TELL.keys())


@every_read_model
@every_case
def test_every_read_model_tells_the_same_last_days(case: Case, tell: Any) -> None:
    assert tell([*BEGUN, *case.meanwhile]) == {RIGHT: case.right, LOOPING: case.looping}


@every_case
def test_the_room_of_deals_holds_those_days_itself(case: Case) -> None:
    """What is handed over again has no day of its own for it: it waits to be judged."""
    held = by_the_room_of_deals([*BEGUN, *case.meanwhile])
    assert held[RIGHT] == case.right
    if not case.meanwhile or case.meanwhile[-1] != HANDED_OVER:
        assert held[LOOPING] == case.looping


@every_case
def test_a_right_can_be_taken_up_until_that_day_and_no_later(case: Case) -> None:
    history = given(CONTRACT, *BEGUN, *case.meanwhile)
    noon = datetime.combine(case.right, time(12), UTC)
    take_up = ExerciseOption(contract=KEEPER, option="sequel", exercised_on=case.right)
    assert history.when(take_up, at=noon).events
    history.when(take_up, at=noon + timedelta(days=1)).refused(OptionHasLapsed, str(case.right))


@every_read_model
def test_a_cure_that_an_amendment_moved_after_all_is_due_when_that_says(tell: Any) -> None:
    assert tell([*BEGUN, *AMENDED_CURE])[LOOPING] == LATER


@every_read_model
def test_what_an_amendment_took_out_and_another_takes_in_has_the_day_of_that_one(tell: Any) -> None:
    none = terms(options=[], deliverables=[])
    facts = [
        *BEGUN,
        EXTENDED,
        REJECTED,
        amend(2, with_days(EXTENDED_TO), none),
        amend(3, none, with_days()),
    ]
    assert tell(facts) == {RIGHT: AGREED, LOOPING: DUE}


@every_read_model
def test_an_amendment_of_another_deal_moves_nothing(tell: Any) -> None:
    other = "0" * 8 + KEEPER[8:]
    elsewhere = amended(2, with_days(), other, before=with_days(LATER, LATER))
    facts = [executed(other), *BEGUN, EXTENDED, REJECTED, elsewhere]
    assert tell(facts)[RIGHT] == EXTENDED_TO
    assert tell(facts)[LOOPING] == CURE_BY


FIGURES = {
    "contracts": (CONTRACTS, deals_explained, f"deal/{KEEPER}/{{part}}/{{id}}/until"),
    "obligations": (OBLIGATIONS, obligations_explained, f"{{part}}/{KEEPER}/{{id}}/due_on"),
    "timeline": (TIMELINE, timeline_explained, f"{{item}}/{KEEPER}/{{id}}/forecast"),
}
ITEMS = {"option": "option-window", "deliverable": "deliverable"}


@pytest.mark.parametrize("name", FIGURES)
@every_case
def test_a_last_day_is_explained_by_the_fact_that_it_is_of(case: Case, name: str) -> None:
    """A deal tells it of the terms that bind as well, which came by the last amendment."""
    view, explained, place = FIGURES[name]
    facts = told("contract", *BEGUN, *case.meanwhile)
    rows = Rows()
    history = History(view, facts, rows)
    figures = {one.name: one for one in explained(rows, TOLD_FEES)}
    for (part, id), day, number in (
        (RIGHT, case.right, case.right_is_of),
        (LOOPING, case.looping, case.looping_is_of),
    ):
        figure = figures[place.format(part=part, id=id, item=ITEMS[part])]
        assert figure.value == str(day)
        behind = [fact for fact, _ in history.behind(figure.cells)]
        sources = [facts[number + 1]] if number else facts[:2]
        if name == "contracts":
            bound = [one for one in facts if isinstance(one.event, contract.ContractAmended)][-1:]
            assert any(one in behind for one in ([*sources, *bound] if number == 0 else sources))
        else:
            assert behind[-1] in sources
