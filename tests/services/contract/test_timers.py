"""What falls due by itself."""

from datetime import UTC, date, datetime

import pytest

from events.contract import (
    ContractAmended,
    ContractTerminated,
    OfferLapsed,
    OfferWithdrawn,
    OptionExercised,
    OptionExtended,
    OptionLapsed,
)
from runtime.decider import Timer
from services.contract.api import service
from services.contract.commands import LapseOffer, LapseOption
from services.contract.timers import timers
from tests.services.contract.deals import (
    DRAFTED,
    EXPIRES_AT,
    RESHOOT,
    SIGNED_ON,
    SILAS,
    TERMS,
    accepted,
    but,
    countered,
    hash_for,
    made,
    signed,
    submitted,
)
from tests.services.given import recorded

pytestmark = pytest.mark.unit

OFFER = f"offer {SILAS}"
SEQUEL = RESHOOT.model_copy(update={"option": "sequel", "exercise_by": date(2028, 2, 29)})


def of(event):
    return list(timers(recorded(event, "contract")))


def lapse(option: str, due_at: datetime) -> Timer:
    return Timer(f"option {SILAS} {option}", due_at, LapseOption(contract=SILAS, option=option))


def none(option: str) -> Timer:
    return Timer(f"option {SILAS} {option}", None)


AFTER_RESHOOT = lapse("reshoot", datetime(2027, 1, 16, tzinfo=UTC))
AFTER_SEQUEL = lapse("sequel", datetime(2028, 3, 1, tzinfo=UTC))


def test_the_room_shows_its_timers():
    assert service.timers is timers
    assert not LapseOffer.MAY
    assert not LapseOption.MAY


@pytest.mark.parametrize("event", [made(), countered(2)])
def test_an_offer_lapses_at_its_last_moment(event):
    command = LapseOffer(contract=SILAS, version=event.version)
    assert of(event) == [Timer(OFFER, EXPIRES_AT, command)]


@pytest.mark.parametrize(
    "event",
    [
        accepted(),
        OfferWithdrawn(contract=SILAS, version=1, reason="written out"),
        OfferLapsed(contract=SILAS, version=1, expired_at=EXPIRES_AT),
    ],
)
def test_an_offer_that_is_answered_does_not_lapse(event):
    assert of(event) == [Timer(OFFER, None)]


def test_options_lapse_at_the_end_of_their_last_day():
    assert of(signed(but(options=(RESHOOT, SEQUEL)))) == [AFTER_RESHOOT, AFTER_SEQUEL]


def test_an_amendment_sets_options_anew_and_takes_away_those_that_are_gone():
    after = RESHOOT.model_copy(update={"exercise_by": date(2027, 2, 15)})
    amended = ContractAmended(
        contract=SILAS,
        version=2,
        before=but(options=(RESHOOT, SEQUEL)),
        after=but(options=(after,)),
        content_hash=hash_for(TERMS),
        amended_on=SIGNED_ON,
    )
    assert of(amended) == [lapse("reshoot", datetime(2027, 2, 16, tzinfo=UTC)), none("sequel")]


def test_an_extension_moves_the_timer():
    extended = OptionExtended(
        contract=SILAS,
        option="sequel",
        was=date(2027, 1, 1),
        exercise_by=SEQUEL.exercise_by,
        price=RESHOOT.price,
    )
    assert of(extended) == [AFTER_SEQUEL]


@pytest.mark.parametrize(
    "event",
    [
        OptionExercised(
            contract=SILAS, option="reshoot", price=RESHOOT.price, exercised_on=SIGNED_ON
        ),
        OptionLapsed(contract=SILAS, option="reshoot", exercise_by=RESHOOT.exercise_by),
    ],
)
def test_an_option_that_is_settled_does_not_lapse(event):
    assert of(event) == [none("reshoot")]


def test_nothing_falls_due_after_the_end():
    ended = ContractTerminated(
        contract=SILAS,
        reason="written out",
        terminated_on=SIGNED_ON,
        released=(),
        owed=(),
        options=("reshoot", "sequel"),
    )
    assert of(ended) == [Timer(OFFER, None), none("reshoot"), none("sequel")]


def test_an_option_until_the_end_of_all_dates_never_lapses():
    for_ever = RESHOOT.model_copy(update={"exercise_by": date.max})
    assert of(signed(but(options=(for_ever,)))) == [none("reshoot")]


@pytest.mark.parametrize("event", [DRAFTED, submitted()])
def test_other_facts_set_no_timers(event):
    assert of(event) == []
