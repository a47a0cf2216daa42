"""What deals bring to the timeline: dates that amendments move, what is gone, what never was."""

from datetime import date
from decimal import Decimal

import pytest

from events import contract
from events.event import Event
from projections.timeline.answers import Item, Span
from projections.timeline.items import items_of
from projections.timeline.kinds import ItemKind
from projections.timeline.network import network
from projections.timeline.view import VIEW
from tests.projections.histories import KEEPER, amended, drafted, executed, terms
from tests.projections.telling import told

pytestmark = pytest.mark.unit

ENGAGED = {"role": "Silas Marr", "starts_on": "2026-09-14", "ends_on": "2026-10-09"}
JAPAN = {"territory": "Japan", "medium": "theatrical", "opens_on": "2027-10-01"}
LOOPING = {"deliverable": "looping", "name": "Two days of looping"}
SEQUEL = {"option": "sequel", "right": "a second film"}
START = {"payment": "start", "amount": "43000.00"}
EXPIRED = contract.ContractExpired(contract=KEEPER, reason="nobody agreed in time")
TERMINATED = contract.ContractTerminated(
    contract=KEEPER, reason="injury", terminated_on="2026-09-20", released=[], owed=["start"]
)


def items_after(*events: Event) -> dict[ItemKind, Item]:
    """The items of the one deal, one of each kind; where there are several, the last by date."""
    rows = VIEW.fold(told(*events))
    return {item.kind: item for item in items_of(rows, network(rows))}


def on(text: str) -> Span:
    return Span(date.fromisoformat(text), date.fromisoformat(text))


MOVES = {
    ItemKind.ENGAGEMENT: (
        {"engagement": ENGAGED},
        {"engagement": ENGAGED | {"ends_on": "2026-10-16"}},
    ),
    ItemKind.PAYMENT: (
        {"payments": [START | {"due_on": "2026-09-14"}]},
        {"payments": [START | {"due_on": "2026-09-21"}]},
    ),
    ItemKind.OPTION_WINDOW: (
        {"options": [SEQUEL | {"exercise_by": "2026-12-31"}]},
        {"options": [SEQUEL | {"exercise_by": "2027-01-07"}]},
    ),
    ItemKind.RELEASE_WINDOW: (
        {"windows": [JAPAN]},
        {"windows": [JAPAN | {"opens_on": "2027-10-08"}]},
    ),
    ItemKind.DELIVERABLE: (
        {"deliverables": [LOOPING | {"due_on": "2026-11-20"}]},
        {"deliverables": [LOOPING | {"due_on": "2026-11-27"}]},
    ),
}


@pytest.mark.parametrize("kind", MOVES, ids=lambda kind: kind.value)
def test_a_date_that_an_amendment_moves_slips_from_what_was_signed_by_that_fact(
    kind: ItemKind,
) -> None:
    before, after = MOVES[kind]
    facts = told(executed(**before), amended(2, terms(**before)), amended(3, terms(**after)))
    signed, alike, moved = (VIEW.fold(facts[:number]) for number in (1, 2, 3))
    first, second, third = (
        next(item for item in items_of(rows, network(rows)) if item.kind is kind)
        for rows in (signed, alike, moved)
    )
    assert (first.cause, first.slip_days, first.baseline) == (None, 0, first.forecast)
    assert second == first
    assert (third.cause, third.slip_days, third.baseline) == (facts[2].id, 5, first.baseline)
    assert third.forecast != first.forecast


def test_an_engagement_that_an_amendment_leaves_out_is_gone_until_another_brings_it_back() -> None:
    signed = executed(engagement=ENGAGED)
    without, with_it = amended(2, terms()), amended(3, terms(engagement=ENGAGED))
    assert ItemKind.ENGAGEMENT in items_after(signed)
    assert ItemKind.ENGAGEMENT not in items_after(signed, without)
    assert ItemKind.ENGAGEMENT in items_after(signed, without, with_it)


def test_a_payment_that_is_earned_keeps_its_day_whatever_is_amended() -> None:
    upon = {"payments": [START | {"upon": "picture lock"}]}
    earned = contract.PaymentEarned(
        contract=KEEPER, payment="start", amount="43000.00", due_on="2026-12-01"
    )
    later = {"payments": [START | {"due_on": "2027-01-15"}]}
    payment = items_after(executed(**upon), earned, amended(2, terms(**later)))[ItemKind.PAYMENT]
    assert (payment.status, payment.forecast) == ("earned", on("2026-12-01"))


def test_a_cure_day_and_its_reason_stand_while_amendments_leave_what_is_to_be_cured() -> None:
    agreed = terms(deliverables=[LOOPING | {"due_on": "2026-11-20"}])
    rejected = contract.DeliverableRejected(
        contract=KEEPER, deliverable="looping", reason="a hum", cure_by="2026-11-27"
    )
    dearer = agreed.model_copy(update={"fee": Decimal("95000.00")})
    facts = told(
        executed().model_copy(update={"terms": agreed}), rejected, amended(2, dearer, before=agreed)
    )
    rows = VIEW.fold(facts)
    (item,) = (one for one in items_of(rows, network(rows)) if one.kind is ItemKind.DELIVERABLE)
    assert (item.status, item.reason, item.cause) == ("rejected", "a hum", facts[1].id)
    assert (item.forecast, item.slip_days) == (on("2026-11-27"), 5)


def test_an_extended_right_that_is_amended_runs_until_the_day_that_was_signed_last() -> None:
    extended = contract.OptionExtended(
        contract=KEEPER, option="sequel", was="2026-12-31", exercise_by="2027-06-30", price="9"
    )
    held = terms(options=[SEQUEL | {"exercise_by": "2027-06-30"}])
    sooner = terms(options=[SEQUEL | {"exercise_by": "2027-03-31"}])
    facts = told(
        executed(), extended, amended(2, held, before=held), amended(3, sooner, before=held)
    )
    for number, day, cause in ((2, "2027-06-30", 1), (3, "2027-06-30", 1), (4, "2027-03-31", 3)):
        rows = VIEW.fold(facts[:number])
        (item,) = (
            one for one in items_of(rows, network(rows)) if one.kind is ItemKind.OPTION_WINDOW
        )
        assert (item.forecast, item.cause) == (on(day), facts[cause].id)


STANDINGS = {
    "spoken of": ([drafted(engagement=ENGAGED)], "proposed", "proposed"),
    "expired unsigned": ([drafted(engagement=ENGAGED), EXPIRED], "ended", "ended"),
    "signed": ([executed(engagement=ENGAGED)], "engaged", "promised"),
    "terminated": ([executed(engagement=ENGAGED), TERMINATED], "ended", "owed"),
}


@pytest.mark.parametrize(
    ("facts", "engagement", "payment"), STANDINGS.values(), ids=STANDINGS.keys()
)
def test_only_a_deal_that_was_signed_owes_anything_once_it_is_over(
    facts: list[Event], engagement: str, payment: str
) -> None:
    items = items_after(*facts)
    assert items[ItemKind.ENGAGEMENT].status == engagement
    assert items[ItemKind.PAYMENT].status == payment


def test_what_is_still_offered_of_an_amendment_changes_nothing_of_a_deal_that_is_over() -> None:
    withdrawn = contract.OfferWithdrawn(contract=KEEPER, version=2, reason="he is injured")
    items = items_after(executed(engagement=ENGAGED), TERMINATED, withdrawn)
    assert items[ItemKind.ENGAGEMENT].status == "ended"


def test_an_option_that_nobody_took_has_lapsed() -> None:
    lapsed = contract.OptionLapsed(contract=KEEPER, option="sequel", exercise_by="2026-12-31")
    option = items_after(executed(), lapsed)[ItemKind.OPTION_WINDOW]
    assert (option.status, option.forecast, option.actual) == ("lapsed", on("2026-12-31"), None)


def test_a_window_that_is_only_spoken_of_has_no_baseline() -> None:
    window = items_after(drafted(windows=[JAPAN]))[ItemKind.RELEASE_WINDOW]
    assert (window.baseline, window.slip_days, window.status) == (None, None, "proposed")


def test_a_conflict_is_of_the_deal_that_it_was_found_in() -> None:
    storm = contract.EngagementConflicted(
        contract=KEEPER,
        conflict="days",
        cause=KEEPER,
        problem="a day outside",
        days=["2026-10-12"],
    )
    other = "0" * 8 + KEEPER[8:]
    rows = VIEW.fold(told(executed(engagement=ENGAGED), executed(other, engagement=ENGAGED), storm))
    standing = {
        item.id: item.status
        for item in items_of(rows, network(rows))
        if item.kind is ItemKind.ENGAGEMENT
    }
    assert standing == {KEEPER: "conflicted", other: "engaged"}


def test_a_conflict_without_days_leaves_the_engagement_as_it_is() -> None:
    elsewhere = contract.EngagementConflicted(
        contract=KEEPER, conflict="role", cause=KEEPER, problem="nobody on the board"
    )
    assert items_after(executed(engagement=ENGAGED), elsewhere)[ItemKind.ENGAGEMENT].status == (
        "engaged"
    )


@pytest.mark.parametrize(
    ("fact", "kind", "name"),
    [
        (
            contract.PaymentEarned(
                contract=KEEPER, payment="lock", amount="1.00", due_on="2026-12-01"
            ),
            ItemKind.PAYMENT,
            f"{KEEPER}: lock",
        ),
        (
            contract.OptionExtended(
                contract=KEEPER,
                option="sequel",
                was="2026-12-31",
                exercise_by="2027-06-30",
                price="9",
            ),
            ItemKind.OPTION_WINDOW,
            f"{KEEPER}: sequel",
        ),
    ],
    ids=["payment", "option"],
)
def test_what_is_heard_of_a_deal_before_the_deal_stands_under_its_id(
    fact: Event, kind: ItemKind, name: str
) -> None:
    item = items_after(fact)[kind]
    assert item.name == name
    assert (item.detail["contract"], item.detail["title"]) == (KEEPER, KEEPER)
