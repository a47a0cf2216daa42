"""What holds in every history of a deal."""

from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given as for_all
from hypothesis import strategies as st

from events.contract import (
    Condition,
    ContractAmended,
    ContractExecuted,
    Kind,
    OfferAccepted,
    OfferCountered,
    OfferLapsed,
    OfferMade,
    OfferWithdrawn,
    Side,
    TermsCleared,
    TermsSubmitted,
    TermsWithdrawn,
)
from runtime.decider import Command, Context
from services.contract.commands import (
    AcceptDeliverable,
    AcceptOffer,
    ClearTerms,
    CompleteContract,
    CounterOffer,
    DraftContract,
    DraftLongForm,
    EarnPayment,
    ExecuteContract,
    ExerciseOption,
    ExtendOption,
    LapseOffer,
    LapseOption,
    MakeOffer,
    MeetCondition,
    ReceiveDeliverable,
    RecordConflict,
    RedraftTerms,
    RefuseClearance,
    RejectDeliverable,
    ResolveConflict,
    SubmitTerms,
    TerminateContract,
    WithdrawOffer,
    WithdrawTerms,
)
from services.contract.model.deal import CONTRACT
from tests.services.contract.deals import (
    AT,
    CAUSE,
    DOLLARS,
    PARTY,
    REQUEST,
    SILAS,
    TERMS,
    TITLE,
    UNCONDITIONAL,
    but,
    hash_for,
)
from tests.services.given import asked, each_recorded_once, for_patience

pytestmark = pytest.mark.unit

ALL_TERMS = [
    UNCONDITIONAL,
    but(conditions=(), notes="A card of his own"),
    TERMS,
    but(conditions=(), options=(), deliverables=()),
]
TERMS_OF = st.sampled_from(ALL_TERMS)
VERSIONS = st.integers(1, 4)
DAYS = st.sampled_from([date(2026, 9, 2), date(2026, 9, 20), date(2027, 1, 14), date(2027, 2, 1)])
MOMENTS = st.sampled_from([AT, AT + timedelta(days=1), AT + timedelta(days=200)])
REASONS = st.sampled_from(["a reason", "another reason"])
SIDES = st.sampled_from(Side)


def a(command: type[Command], **fields: st.SearchStrategy[Any]) -> st.SearchStrategy[Command]:
    return st.builds(command, contract=st.just(SILAS), **fields)


COMMANDS = st.one_of(
    a(
        DraftContract,
        kind=st.just(Kind.OPTION),
        title=st.just(TITLE),
        party=st.just(PARTY),
        terms=TERMS_OF,
    ),
    a(RedraftTerms, terms=TERMS_OF, reason=REASONS),
    a(MakeOffer, expires_at=MOMENTS),
    a(CounterOffer, by=SIDES, terms=TERMS_OF, expires_at=MOMENTS, note=REASONS),
    a(AcceptOffer, version=VERSIONS, accepted_by=SIDES, accepted_on=DAYS),
    a(LapseOffer, version=VERSIONS),
    a(WithdrawOffer, reason=REASONS),
    a(DraftLongForm, document_hash=st.sampled_from(["c" * 64, "d" * 64])),
    a(SubmitTerms),
    a(WithdrawTerms, reason=REASONS),
    a(
        ClearTerms,
        version=VERSIONS,
        content_hash=TERMS_OF.map(lambda one: hash_for(one, Kind.OPTION)),
        request=st.just(REQUEST),
    ),
    a(
        RefuseClearance,
        version=VERSIONS,
        request=st.just(REQUEST),
        by=st.just("tobias"),
        reason=REASONS,
    ),
    a(MeetCondition, condition=st.sampled_from(Condition), cause=st.just(CAUSE)),
    a(ExecuteContract, executed_on=DAYS),
    a(EarnPayment, payment=st.sampled_from(["looping", "travel"]), due_on=DAYS),
    a(ReceiveDeliverable, deliverable=st.just("stills"), received_on=DAYS),
    a(AcceptDeliverable, deliverable=st.just("stills"), accepted_on=DAYS),
    a(RejectDeliverable, deliverable=st.just("stills"), reason=REASONS, cure_by=DAYS),
    a(ExerciseOption, option=st.just("reshoot"), exercised_on=DAYS),
    a(ExtendOption, option=st.just("reshoot"), exercise_by=DAYS, price=st.just(Decimal(1))),
    a(LapseOption, option=st.just("reshoot")),
    a(
        RecordConflict,
        conflict=st.just("engagement"),
        cause=st.just(CAUSE),
        problem=REASONS,
    ),
    a(ResolveConflict, conflict=st.just("engagement"), cause=st.just(CAUSE)),
    a(TerminateContract, reason=REASONS, terminated_on=DAYS),
    a(CompleteContract, completed_on=DAYS),
)
CONTEXTS = (st.just(AT) | MOMENTS).map(lambda at: asked(known=DOLLARS, at=at))
LATER = AT + timedelta(days=1)
TOWARDS_A_SIGNATURE = [
    DraftContract(contract=SILAS, kind=Kind.OPTION, title=TITLE, party=PARTY, terms=ALL_TERMS[0]),
    MakeOffer(contract=SILAS, expires_at=LATER),
    AcceptOffer(contract=SILAS, version=1, accepted_by=Side.PARTY, accepted_on=date(2026, 9, 2)),
    SubmitTerms(contract=SILAS),
    ClearTerms(
        contract=SILAS,
        version=1,
        content_hash=hash_for(ALL_TERMS[0], Kind.OPTION),
        request=REQUEST,
    ),
    ExecuteContract(contract=SILAS, executed_on=date(2026, 9, 2)),
]
BEGINNINGS = st.integers(0, len(TOWARDS_A_SIGNATURE)).map(
    lambda count: [(one, asked(known=DOLLARS, at=AT)) for one in TOWARDS_A_SIGNATURE[:count]]
)
HISTORIES: st.SearchStrategy[list[tuple[Command, Context]]] = st.builds(
    lambda beginning, rest: beginning + rest,
    BEGINNINGS,
    st.lists(st.tuples(COMMANDS, CONTEXTS), max_size=30),
)


def test_every_command_of_the_room_is_drawn():
    assert len(CONTRACT.commands) == len(COMMANDS.original_strategies)


@for_patience
@for_all(HISTORIES)
def test_a_command_given_twice_records_nothing_the_second_time(steps):
    each_recorded_once(CONTRACT, steps)


@for_patience
@for_all(HISTORIES)
def test_what_is_signed_was_offered_agreed_and_cleared_word_for_word(steps):
    history, _ = each_recorded_once(CONTRACT, steps)
    offers: dict[int, str] = {}
    agreed: tuple[int, str] | None = None
    clear: tuple[int, str] | None = None
    for event in history:
        match event:
            case OfferMade() | OfferCountered():
                assert event.version not in offers or offers[event.version] == event.content_hash
                assert event.content_hash == hash_for(event.terms, Kind.OPTION)
                offers[event.version], agreed, clear = event.content_hash, None, None
            case OfferAccepted():
                assert offers[event.version] == event.content_hash
                agreed = event.version, event.content_hash
            case TermsCleared():
                clear = event.version, event.content_hash
            case TermsWithdrawn() | OfferWithdrawn() | OfferLapsed():
                clear = None
            case ContractExecuted(terms=terms) | ContractAmended(after=terms):
                assert agreed == clear == (event.version, event.content_hash)
                assert event.content_hash == hash_for(terms, Kind.OPTION)


@for_patience
@for_all(HISTORIES)
def test_a_version_is_submitted_once_and_stands_for_one_content(steps):
    history, _ = each_recorded_once(CONTRACT, steps)
    submitted = [one.version for one in history if isinstance(one, TermsSubmitted)]
    assert submitted == sorted(set(submitted))


@for_patience
@for_all(HISTORIES, st.integers(0, 200))
def test_an_offer_is_accepted_before_its_last_moment(steps, days):
    at = AT + timedelta(days=days)
    history, state = each_recorded_once(
        CONTRACT, [(one, asked(known=DOLLARS, at=at)) for one, _ in steps]
    )
    standing: datetime | None = None
    for event in history:
        match event:
            case OfferMade() | OfferCountered():
                standing = event.expires_at
                assert standing > at
            case OfferAccepted():
                assert standing is not None
                assert standing > at
    assert CONTRACT.fold(history) == state
