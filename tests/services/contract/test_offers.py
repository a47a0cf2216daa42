"""Offers: made, countered, accepted, withdrawn, and over at their last moment."""

from datetime import date, timedelta

import pytest

from events.contract import (
    ContractAmended,
    OfferAccepted,
    OfferCountered,
    OfferLapsed,
    OfferMade,
    OfferWithdrawn,
    Side,
    TermsRedrafted,
    TermsWithdrawn,
)
from services.contract.commands import (
    AcceptOffer,
    CounterOffer,
    LapseOffer,
    MakeOffer,
    RedraftTerms,
    WithdrawOffer,
)
from services.contract.model.deal import CONTRACT
from services.contract.model.phases import Agreed, Draft, Offered
from services.contract.model.rejections import (
    ContractIsExecuted,
    ContractIsUnknown,
    OfferHasLapsed,
    OfferIsAccepted,
    OfferIsNotMade,
    OfferMovedOn,
    OfferStands,
    OfferWouldHaveLapsed,
    OnlyTheOtherSideAnswers,
    TermsAreOffered,
    TermsDoNotFit,
)
from tests.services.contract.deals import (
    AGREED,
    AT,
    CLEARED,
    DOLLARS,
    DRAFTED,
    EXECUTED,
    EXPIRES_AT,
    OFFERED,
    SILAS,
    SUBMITTED,
    TERMS,
    WITH_CREDIT,
    accepted,
    but,
    countered,
    hash_for,
    made,
)
from tests.services.given import When, given

pytestmark = pytest.mark.unit

MAKE = MakeOffer(contract=SILAS, expires_at=EXPIRES_AT)
ACCEPT = AcceptOffer(
    contract=SILAS, version=1, accepted_by=Side.PARTY, accepted_on=date(2026, 9, 2)
)
WITHDRAW = WithdrawOffer(contract=SILAS, reason="The keeper is written out")
WITHDRAWN = OfferWithdrawn(contract=SILAS, version=1, reason=WITHDRAW.reason)
LAPSE = LapseOffer(contract=SILAS, version=1)
LAPSED = OfferLapsed(contract=SILAS, version=1, expired_at=EXPIRES_AT)
LATER = EXPIRES_AT + timedelta(days=3)


def counter(by: Side = Side.PARTY, **changes: object) -> CounterOffer:
    fields = {"by": by, "terms": WITH_CREDIT, "expires_at": EXPIRES_AT, **changes}
    return CounterOffer(contract=SILAS, **fields)


def after(*events, at=AT):
    """What comes of a command at a moment, the currency being known."""

    def when(command) -> When:
        return given(CONTRACT, *events).when(command, known=DOLLARS, at=at)

    return when


def test_drafted_terms_are_offered():
    after(DRAFTED)(MAKE).then(made())


def test_the_same_offer_again_is_none():
    after(*OFFERED)(MAKE).nothing()
    after(*OFFERED, at=EXPIRES_AT)(MAKE).nothing()


def test_nothing_else_is_offered_while_an_offer_stands():
    longer = MAKE.model_copy(update={"expires_at": LATER})
    after(*OFFERED)(longer).refused(OfferStands, "of the production", "withdraw it")
    after(*OFFERED, countered(2))(MAKE).refused(OfferStands, "of the party", "answer")
    after(*AGREED)(MAKE).refused(OfferIsAccepted, "counter it")
    after(*EXECUTED)(MAKE).refused(ContractIsExecuted, "redraft its terms to amend it")
    after()(MAKE).refused(ContractIsUnknown, "draft it first")


@pytest.mark.parametrize("at", [EXPIRES_AT, LATER])
def test_an_offer_is_open_for_some_time(at):
    after(DRAFTED, at=at)(MAKE).refused(OfferWouldHaveLapsed, "give it a later moment")
    after(*OFFERED, at=at)(counter()).refused(OfferHasLapsed)
    after(*AGREED, at=at)(counter()).refused(OfferWouldHaveLapsed, "give it a later moment")


def test_the_other_side_counters_and_the_offer_before_is_void():
    after(*OFFERED)(counter()).then(countered(2))
    history = (*OFFERED, countered(2))
    after(*history)(ACCEPT).refused(OfferMovedOn, "version 2 stands", "accept that one")
    by_production = counter(Side.PRODUCTION, terms=but(notes="No card"))
    [answer] = after(*history)(by_production).events
    assert (answer.version, answer.by) == (3, Side.PRODUCTION)


def test_the_same_counter_again_is_none():
    after(*OFFERED, countered(2))(counter()).nothing()


def test_a_counter_with_another_note_is_another_one():
    noted = counter(note="His agent asks for a card")
    [event] = after(*OFFERED)(noted).events
    after(*OFFERED, event)(noted).nothing()
    after(*OFFERED, event)(counter()).refused(OnlyTheOtherSideAnswers)


def test_nobody_counters_an_offer_of_his_own():
    after(*OFFERED)(counter(Side.PRODUCTION)).refused(OnlyTheOtherSideAnswers, "other side")
    after(*OFFERED, countered(2))(counter(terms=TERMS)).refused(
        OnlyTheOtherSideAnswers, "of the party itself"
    )


def test_a_counter_says_something_else():
    after(*OFFERED)(counter(terms=TERMS)).refused(TermsAreOffered, "accept it")


def test_a_counter_answers_an_offer():
    after(DRAFTED)(counter()).refused(OfferIsNotMade, "make an offer")
    after(*EXECUTED)(counter()).refused(ContractIsExecuted)
    after(*OFFERED)(counter(terms=but(account=None))).refused(TermsDoNotFit)


def test_the_other_side_accepts_exactly_the_version_that_stands():
    after(*OFFERED)(ACCEPT).then(accepted())
    by_production = ACCEPT.model_copy(update={"version": 2, "accepted_by": Side.PRODUCTION})
    after(*OFFERED, countered(2))(by_production).then(
        accepted(2, Side.PRODUCTION, terms=WITH_CREDIT)
    )


def test_accepting_again_is_nothing_and_accepting_otherwise_is_refused():
    after(*AGREED)(ACCEPT).nothing()
    after(*AGREED)(ACCEPT.model_copy(update={"accepted_on": date(2026, 9, 3)})).refused(
        OfferIsAccepted, "the party accepted version 1 on 2026-09-02"
    )


def test_nobody_accepts_an_offer_of_his_own():
    after(*OFFERED)(ACCEPT.model_copy(update={"accepted_by": Side.PRODUCTION})).refused(
        OnlyTheOtherSideAnswers, "version 1 is an offer of the production itself"
    )


def test_there_must_be_an_offer_to_accept():
    after(DRAFTED)(ACCEPT).refused(OfferIsNotMade, "make an offer first")
    after(*EXECUTED)(ACCEPT).refused(ContractIsExecuted)


def test_an_offer_is_over_at_its_last_moment_though_no_timer_has_said_so():
    just_before = EXPIRES_AT - timedelta(microseconds=1)
    after(*OFFERED, at=just_before)(ACCEPT).then(accepted())
    for at in (EXPIRES_AT, LATER):
        after(*OFFERED, at=at)(ACCEPT).refused(OfferHasLapsed, "2026-09-04 22:00 UTC", "anew")
        after(*OFFERED, at=at)(counter(expires_at=LATER + timedelta(days=1))).refused(
            OfferHasLapsed
        )


def test_a_timer_notes_that_an_offer_is_over():
    after(*OFFERED, at=EXPIRES_AT)(LAPSE).then(LAPSED)
    assert CONTRACT.fold([*OFFERED, LAPSED]).talks == Draft(1, TERMS)


@pytest.mark.parametrize(
    "history",
    [(), (DRAFTED,), (*OFFERED, countered(2)), AGREED, EXECUTED, (*OFFERED, LAPSED)],
)
def test_a_timer_that_comes_to_something_else_does_nothing(history):
    after(*history, at=LATER)(LAPSE).nothing()


def test_a_timer_that_comes_too_early_does_nothing():
    after(*OFFERED, at=EXPIRES_AT - timedelta(microseconds=1))(LAPSE).nothing()


def test_what_follows_an_offer_that_is_over_notes_that_first():
    again = MAKE.model_copy(update={"expires_at": LATER + timedelta(days=1)})
    [lapsed, offer] = after(*OFFERED, at=LATER)(again).events
    assert lapsed == LAPSED
    assert isinstance(offer, OfferMade)
    assert offer.version == 1
    redraft = RedraftTerms(contract=SILAS, terms=WITH_CREDIT)
    after(*OFFERED, at=LATER)(redraft).then(
        LAPSED, TermsRedrafted(contract=SILAS, version=2, terms=WITH_CREDIT)
    )


def test_an_offer_of_the_party_that_is_over_leaves_its_terms_to_be_offered():
    again = MAKE.model_copy(update={"expires_at": LATER + timedelta(days=1)})
    [_, offer] = after(*OFFERED, countered(2), at=LATER)(again).events
    assert (offer.version, offer.terms) == (2, WITH_CREDIT)


def test_an_offer_is_taken_back_with_the_reason():
    after(*OFFERED)(WITHDRAW).then(WITHDRAWN)
    after(*AGREED)(WITHDRAW).then(WITHDRAWN)
    after(*OFFERED, WITHDRAWN)(WITHDRAW).nothing()
    after(*OFFERED, WITHDRAWN)(ACCEPT).refused(OfferIsNotMade)
    after(*EXECUTED)(WITHDRAW).refused(ContractIsExecuted)


@pytest.mark.parametrize("history", [SUBMITTED, CLEARED])
def test_who_takes_agreed_terms_back_takes_them_back_from_clearance_too(history):
    withdrawn = TermsWithdrawn(contract=SILAS, version=1, reason=WITHDRAW.reason)
    after(*history)(WITHDRAW).then(withdrawn, WITHDRAWN)
    noted = counter(note="A card of his own")
    [taken_back, answer] = after(*history)(noted).events
    assert taken_back == withdrawn.model_copy(update={"reason": "A card of his own"})
    assert answer == countered(2).model_copy(update={"note": "A card of his own"})
    [taken_back, _] = after(*history)(counter(Side.PRODUCTION)).events
    assert taken_back.reason == "the production countered with version 2"


def test_either_side_opens_again_what_was_agreed():
    for by in Side:
        [answer] = after(*AGREED)(counter(by)).events
        assert isinstance(answer, OfferCountered)
    after(*AGREED)(counter(terms=TERMS)).nothing()


def test_a_version_that_was_taken_back_from_clearance_is_offered_as_the_next_one():
    taken_back = (
        *SUBMITTED,
        TermsWithdrawn(contract=SILAS, version=1, reason=WITHDRAW.reason),
        WITHDRAWN,
    )
    after(*taken_back)(MAKE).then(made(version=2))
    agreed_still = taken_back[:-1]
    after(*agreed_still)(counter(terms=TERMS)).then(countered(2, terms=TERMS))


# --- amendments ------------------------------------------------------------------------------

AMENDMENT = TermsRedrafted(contract=SILAS, version=2, terms=WITH_CREDIT)


def test_an_executed_deal_is_amended_by_the_same_steps():
    history = list(EXECUTED)
    for command, kind in (
        (RedraftTerms(contract=SILAS, terms=WITH_CREDIT), TermsRedrafted),
        (MAKE, OfferMade),
        (counter(terms=but(notes="First card")), OfferCountered),
        (ACCEPT.model_copy(update={"version": 3, "accepted_by": "production"}), OfferAccepted),
    ):
        [event] = after(*history)(command).events
        assert isinstance(event, kind)
        history.append(event)
    deal = CONTRACT.fold(history)
    assert isinstance(deal.amendment, Agreed)
    assert (deal.version, deal.terms, deal.written) == (1, TERMS, 3)


def test_an_amendment_that_is_withdrawn_is_a_draft_again():
    offered = (*EXECUTED, AMENDMENT, made(2, WITH_CREDIT))
    [withdrawn] = after(*offered)(WITHDRAW).events
    deal = CONTRACT.fold([*offered, withdrawn])
    assert deal.amendment == Draft(2, WITH_CREDIT)
    assert isinstance(CONTRACT.fold(offered).amendment, Offered)


def test_the_terms_in_force_written_again_take_an_amendment_back():
    back = RedraftTerms(contract=SILAS, terms=TERMS)
    [redrafted] = after(*EXECUTED, AMENDMENT)(back).events
    assert redrafted.version == 3
    history = (*EXECUTED, AMENDMENT, redrafted)
    assert CONTRACT.fold(history).amendment is None
    after(*history)(back).nothing()
    [again] = after(*history)(RedraftTerms(contract=SILAS, terms=WITH_CREDIT)).events
    assert again.version == 4


def test_the_next_amendment_follows_the_last():
    amended = ContractAmended(
        contract=SILAS,
        version=2,
        before=TERMS,
        after=WITH_CREDIT,
        content_hash=hash_for(WITH_CREDIT),
        amended_on=date(2026, 10, 1),
    )
    history = (*EXECUTED, AMENDMENT, made(2, WITH_CREDIT), accepted(2, terms=WITH_CREDIT), amended)
    [redrafted] = after(*history)(RedraftTerms(contract=SILAS, terms=TERMS)).events
    assert redrafted.version == 3
