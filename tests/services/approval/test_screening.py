"""Test screenings: a cut, its scores, and what follows from them."""

from datetime import date
from decimal import Decimal
from math import sqrt

import pytest
from hypothesis import given as for_all
from hypothesis import strategies as st
from pydantic import ValidationError

from events.approval import (
    Cards,
    CutScreened,
    Decision,
    Role,
    ScoresRecorded,
    ScreeningDecided,
    Subject,
)
from services.approval.commands import DecideScreening, RecordScores, ScreenCut
from services.approval.model.rejections import (
    CardsDoNotFit,
    ScoresAreMissing,
    ScreeningIsAnother,
    ScreeningIsDecided,
    ScreeningIsUnknown,
)
from services.approval.model.screening import SCREENING, shares
from tests.services.given import asked, each_recorded_once, for_patience, given
from tests.services.lighthouse import MATTEO, ROSALIND

pytestmark = pytest.mark.unit

ID = "7e21c9d4-03bb-4f5a-8a16-b95d40e7c2f8"
CUT = Subject(kind="cut", name="directors-cut", version=2, content_hash="b0" * 32)
SCREEN = ScreenCut(
    screening=ID, cut=CUT, held_on=date(2027, 2, 18), place="Portland, Maine", audience=312
)
SCREENED = CutScreened(
    screening=ID, cut=CUT, held_on=SCREEN.held_on, place=SCREEN.place, audience=312
)
CARDS = Cards(excellent=74, very_good=101, good=82, fair=30, poor=11, definitely_recommend=139)
RECORD = RecordScores(screening=ID, cards=CARDS)
SCORED = ScoresRecorded(
    screening=ID,
    cut=CUT,
    cards=CARDS,
    answers=298,
    top_two_box=Decimal("0.5872"),
    definite_recommend=Decimal("0.4664"),
    margin=Decimal("0.0559"),
)
DECIDE = DecideScreening(
    screening=ID, decision=Decision.RECUT, reason="The second reel loses them before the storm"
)
DECIDED = ScreeningDecided(screening=ID, cut=CUT, decision=Decision.RECUT, reason=DECIDE.reason)


def changed(command, **fields):
    return command.model_copy(update=fields)


def cards(**fields: int) -> Cards:
    none = dict.fromkeys(Cards.model_fields, 0)
    return Cards(**{**none, **fields})


def test_a_cut_is_screened_once_under_its_id():
    given(SCREENING).when(SCREEN, by=MATTEO).then(SCREENED)
    given(SCREENING, SCREENED).when(SCREEN).nothing()
    given(SCREENING, SCREENED, SCORED, DECIDED).when(SCREEN).nothing()
    given(SCREENING, SCREENED).when(changed(SCREEN, audience=311)).refused(
        ScreeningIsAnother, "version 2 of directors-cut", "an id of its own"
    )


def test_only_a_cut_is_screened():
    with pytest.raises(ValidationError, match="only a cut is screened"):
        ScreenCut(**{**SCREEN.model_dump(), "cut": {**CUT.model_dump(), "kind": "script"}})


def test_scores_are_shares_of_the_cards_with_a_margin():
    given(SCREENING, SCREENED).when(RECORD).then(SCORED)
    given(SCREENING, SCREENED, SCORED).when(RECORD).nothing()


def test_a_share_is_rounded_half_up():
    top_two, recommend, _ = shares(cards(excellent=1, definitely_recommend=3), 32)
    assert (top_two, recommend) == (Decimal("0.0313"), Decimal("0.0938"))


def test_a_new_count_takes_the_place_of_the_one_before_until_it_is_decided():
    other = changed(RECORD, cards=changed(CARDS, poor=12))
    [again] = given(SCREENING, SCREENED, SCORED).when(other).events
    assert isinstance(again, ScoresRecorded) and again.answers == 299
    given(SCREENING, SCREENED, SCORED, DECIDED).when(other).refused(
        ScreeningIsDecided, "recut", "298 cards"
    )
    given(SCREENING, SCREENED, SCORED, DECIDED).when(RECORD).nothing()


@pytest.mark.parametrize(
    ("counted", "cure"),
    [
        (cards(), "0 cards"),
        (cards(good=313), "313 cards cannot come from an audience of 312"),
        (cards(good=10, definitely_recommend=11), "11 of 10 cards"),
    ],
)
def test_cards_that_nobody_can_have_filled_in_are_refused(counted, cure):
    given(SCREENING, SCREENED).when(changed(RECORD, cards=counted)).refused(CardsDoNotFit, cure)


@pytest.mark.parametrize(
    "counted", [cards(good=1), cards(good=312), cards(good=10, definitely_recommend=10)]
)
def test_one_card_is_enough_and_everybody_may_recommend_it(counted):
    assert given(SCREENING, SCREENED).when(changed(RECORD, cards=counted)).events


def test_what_follows_is_decided_once_and_on_scores():
    given(SCREENING, SCREENED, SCORED).when(DECIDE).then(DECIDED)
    given(SCREENING, SCREENED, SCORED, DECIDED).when(DECIDE).nothing()
    given(SCREENING, SCREENED).when(DECIDE).refused(ScoresAreMissing, "record the scores")
    given(SCREENING, SCREENED, SCORED, DECIDED).when(
        changed(DECIDE, decision=Decision.LEAVE)
    ).refused(ScreeningIsDecided, "recut", "The second reel")


def test_what_nobody_screened_has_no_scores_and_no_decision():
    for command in (RECORD, DECIDE):
        given(SCREENING).when(command).refused(ScreeningIsUnknown, ID)


def test_the_director_screens_and_only_a_producer_decides():
    assert Role.DIRECTOR in ScreenCut.MAY & RecordScores.MAY
    assert DecideScreening.MAY == {Role.EXECUTIVE_PRODUCER, Role.PRODUCER}


BOXES = st.integers(0, 400)
COUNTS = st.builds(
    Cards,
    excellent=BOXES,
    very_good=BOXES,
    good=BOXES,
    fair=BOXES,
    poor=BOXES,
    definitely_recommend=BOXES,
)
COMMANDS = st.one_of(
    st.sampled_from([SCREEN, changed(SCREEN, audience=1000), DECIDE, RECORD]),
    st.sampled_from(Decision).map(lambda one: changed(DECIDE, decision=one)),
    COUNTS.map(lambda one: changed(RECORD, cards=one)),
)


@for_patience
@for_all(st.lists(COMMANDS, max_size=15))
def test_every_command_given_twice_records_nothing_the_second_time(steps):
    history, _ = each_recorded_once(SCREENING, [(one, asked(ROSALIND)) for one in steps])
    for one in history:
        if isinstance(one, ScoresRecorded):
            share = (one.cards.excellent + one.cards.very_good) / one.answers
            assert float(one.top_two_box) == pytest.approx(share, abs=0.000051)
            margin = 1.96 * sqrt(share * (1 - share) / one.answers)
            assert float(one.margin) == pytest.approx(margin, abs=0.000051)
            assert 0 <= one.definite_recommend <= 1
