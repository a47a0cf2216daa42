"""From what was agreed to the signature: long form, clearance and conditions."""

from datetime import date

import pytest

from events.contract import (
    ClearanceRefused,
    Condition,
    ContractAmended,
    ContractTerminated,
    DeliverableReceived,
    DeliverableRejected,
    LongFormDrafted,
    OptionExercised,
    OptionExtended,
    PaymentEarned,
    TermsRedrafted,
    TermsWithdrawn,
)
from services.contract.commands import (
    ClearTerms,
    DraftLongForm,
    ExecuteContract,
    ExtendOption,
    MeetCondition,
    RefuseClearance,
    SubmitTerms,
    WithdrawTerms,
)
from services.contract.model.deal import CONTRACT
from services.contract.model.phases import Agreed
from services.contract.model.rejections import (
    ContractIsExecuted,
    ContractIsNotReady,
    ContractIsOver,
    ContractIsUnknown,
    TermsAreNotAgreed,
    TermsMovedOn,
    TermsNeedANewVersion,
)
from tests.services.contract.deals import (
    AGREED,
    CAUSE,
    CLEARED,
    DRAFTED,
    EXECUTED,
    LOOPING,
    MET,
    OFFERED,
    READY,
    REQUEST,
    RESHOOT,
    SIGNED_ON,
    SILAS,
    STILLS,
    SUBMITTED,
    TERMS,
    WITH_CREDIT,
    accepted,
    but,
    cleared,
    countered,
    hash_for,
    made,
    signed,
    submitted,
)
from tests.services.given import given

pytestmark = pytest.mark.unit

PAPER = "c0a35d1f7e9264b8" * 4
LONG_FORM = DraftLongForm(contract=SILAS, document_hash=PAPER)
WRITTEN = LongFormDrafted(contract=SILAS, version=1, document_hash=PAPER)
SUBMIT = SubmitTerms(contract=SILAS)
WITHDRAW = WithdrawTerms(contract=SILAS, reason="His agent calls about the credit")
WITHDRAWN = TermsWithdrawn(contract=SILAS, version=1, reason=WITHDRAW.reason)
CLEAR = ClearTerms(contract=SILAS, version=1, content_hash=hash_for(TERMS), request=REQUEST)
REFUSE = RefuseClearance(
    contract=SILAS, version=1, request=REQUEST, by="tobias", reason="One looping day is enough"
)
REFUSED = ClearanceRefused(**REFUSE.model_dump())
MEET = MeetCondition(contract=SILAS, condition=Condition.BUDGET_LOCKED, cause=CAUSE)
EXECUTE = ExecuteContract(contract=SILAS, executed_on=SIGNED_ON)
EXECUTE_LATER = ExecuteContract(contract=SILAS, executed_on=date(2026, 10, 1))
TERMINATED = ContractTerminated(
    contract=SILAS, reason="written out", terminated_on=SIGNED_ON, released=(), owed=()
)


def test_the_long_form_is_written_on_what_was_agreed():
    given(CONTRACT, *AGREED).when(LONG_FORM).then(WRITTEN)
    given(CONTRACT, *AGREED, WRITTEN).when(LONG_FORM).nothing()
    other = DraftLongForm(contract=SILAS, document_hash="d" * 64)
    assert given(CONTRACT, *AGREED, WRITTEN).when(other).events


def test_a_counter_makes_the_long_form_another_papers():
    talks = CONTRACT.fold([*AGREED, WRITTEN, countered(2), accepted(2, terms=WITH_CREDIT)]).talks
    assert isinstance(talks, Agreed)
    assert talks.long_form is None


@pytest.mark.parametrize("command", [LONG_FORM, SUBMIT, EXECUTE])
def test_there_must_be_a_deal_memo_first(command):
    given(CONTRACT, *OFFERED).when(command).refused(TermsAreNotAgreed, "version 1 is not agreed")
    given(CONTRACT).when(command).refused(ContractIsUnknown)
    given(CONTRACT, DRAFTED, TERMINATED).when(command).refused(ContractIsOver, "written out")


@pytest.mark.parametrize("command", [LONG_FORM, SUBMIT, WITHDRAW])
def test_what_is_signed_needs_no_more_steps(command):
    given(CONTRACT, *EXECUTED).when(command).refused(ContractIsExecuted, "amend it")


def test_agreed_terms_are_submitted_with_their_hash_and_amount():
    given(CONTRACT, *AGREED).when(SUBMIT).then(submitted())
    assert submitted().content_hash == AGREED[-1].content_hash


@pytest.mark.parametrize("history", [SUBMITTED, CLEARED])
def test_submitting_what_is_submitted_records_nothing(history):
    given(CONTRACT, *history).when(SUBMIT).nothing()


@pytest.mark.parametrize("history", [SUBMITTED, CLEARED])
def test_terms_are_taken_back_from_clearance(history):
    given(CONTRACT, *history).when(WITHDRAW).then(WITHDRAWN)
    given(CONTRACT, *history, WITHDRAWN).when(WITHDRAW).nothing()
    given(CONTRACT, *AGREED).when(WITHDRAW).nothing()


@pytest.mark.parametrize("closing", [WITHDRAWN, REFUSED])
def test_a_version_goes_for_clearance_once(closing):
    given(CONTRACT, *SUBMITTED, closing).when(SUBMIT).refused(
        TermsNeedANewVersion, "counter with the terms"
    )


def test_exactly_the_approved_terms_are_cleared():
    given(CONTRACT, *SUBMITTED).when(CLEAR).then(cleared())
    given(CONTRACT, *CLEARED).when(CLEAR).nothing()


def test_a_clearance_of_other_terms_is_refused():
    other = CLEAR.model_copy(update={"content_hash": "d" * 64})
    given(CONTRACT, *SUBMITTED).when(other).refused(
        TermsMovedOn, "another content", "version 1 is submitted"
    )
    given(CONTRACT, *CLEARED).when(other).refused(TermsMovedOn, "version 1 is cleared")
    later = CLEAR.model_copy(update={"version": 2})
    given(CONTRACT, *SUBMITTED).when(later).refused(TermsMovedOn, "on version 2")
    given(CONTRACT, *OFFERED).when(CLEAR).refused(TermsMovedOn, "version 1 is not submitted")
    given(CONTRACT, *EXECUTED).when(CLEAR).refused(TermsMovedOn, "nothing waits")
    given(CONTRACT).when(CLEAR).refused(ContractIsUnknown)


def test_what_is_cleared_waits_for_no_other_answer():
    other = CLEAR.model_copy(update={"request": CAUSE})
    given(CONTRACT, *CLEARED).when(other).refused(TermsMovedOn, "version 1 is cleared")
    given(CONTRACT, *CLEARED).when(REFUSE).refused(TermsMovedOn, "version 1 is cleared")


def test_a_clearance_that_comes_after_a_counter_clears_nothing():
    given(CONTRACT, *SUBMITTED, WITHDRAWN, countered(2)).when(CLEAR).refused(
        TermsMovedOn, "on version 1, while version 2 is not submitted"
    )


def test_refused_terms_stay_agreed_and_are_not_cleared():
    given(CONTRACT, *SUBMITTED).when(REFUSE).then(REFUSED)
    given(CONTRACT, *SUBMITTED, REFUSED).when(REFUSE).nothing()
    given(CONTRACT, *SUBMITTED, REFUSED).when(EXECUTE).refused(ContractIsNotReady)


def test_a_refusal_that_comes_late_refuses_nothing():
    given(CONTRACT, *SUBMITTED, WITHDRAWN, countered(2)).when(REFUSE).nothing()
    given(CONTRACT, *SUBMITTED, WITHDRAWN, TERMINATED).when(REFUSE).nothing()
    given(CONTRACT, *AGREED).when(REFUSE).refused(TermsMovedOn)
    given(CONTRACT).when(REFUSE).refused(ContractIsUnknown)


def test_a_condition_is_met_once():
    given(CONTRACT, *AGREED).when(MEET).then(MET)
    given(CONTRACT, *AGREED, MET).when(MEET).nothing()


@pytest.mark.parametrize("history", [(), (DRAFTED, TERMINATED)])
def test_what_is_not_under_way_waits_for_nothing(history):
    given(CONTRACT, *history).when(MEET).nothing()


def test_terms_without_a_condition_do_not_wait_for_it():
    schedule = MEET.model_copy(update={"condition": Condition.SCHEDULE_LOCKED})
    given(CONTRACT, *AGREED).when(schedule).nothing()
    given(CONTRACT, *EXECUTED).when(schedule).nothing()


# --- signature -------------------------------------------------------------------------------


def test_what_is_agreed_cleared_and_waited_for_is_signed():
    given(CONTRACT, *READY).when(EXECUTE).then(signed())
    given(CONTRACT, *EXECUTED).when(EXECUTE).nothing()


def test_everything_that_is_missing_is_named():
    for history, missing in (
        (AGREED, ["terms-are-not-cleared", "condition-is-not-met"]),
        (SUBMITTED, ["terms-are-not-cleared", "condition-is-not-met"]),
        ((*SUBMITTED, MET), ["terms-are-not-cleared"]),
        (CLEARED, ["condition-is-not-met"]),
    ):
        refusal = given(CONTRACT, *history).when(EXECUTE).refused(ContractIsNotReady)
        assert [one["problem"] for one in refusal.problems] == missing
        assert all(one["cure"] in str(refusal) for one in refusal.problems)


def test_a_clearance_is_of_one_version_alone():
    history = (*READY, WITHDRAWN, countered(2), accepted(2, terms=WITH_CREDIT))
    given(CONTRACT, *history).when(EXECUTE).refused(ContractIsNotReady, "version 2 is not cleared")


def test_what_is_signed_is_signed_on_one_day():
    other = EXECUTE.model_copy(update={"executed_on": date(2026, 9, 12)})
    given(CONTRACT, *EXECUTED).when(other).refused(ContractIsExecuted, "redraft its terms")


def amending(after=WITH_CREDIT):
    return (
        TermsRedrafted(contract=SILAS, version=2, terms=after),
        made(2, after),
        accepted(2, terms=after),
        submitted(2, after),
        cleared(2, after),
    )


def test_an_amendment_is_signed_with_both_terms_in_the_fact():
    on = EXECUTE_LATER.executed_on
    amended = ContractAmended(
        contract=SILAS,
        version=2,
        before=TERMS,
        after=WITH_CREDIT,
        content_hash=hash_for(WITH_CREDIT),
        amended_on=on,
    )
    given(CONTRACT, *EXECUTED, *amending()).when(EXECUTE_LATER).then(amended)
    after = given(CONTRACT, *EXECUTED, *amending(), amended)
    after.when(EXECUTE_LATER).nothing()
    assert (after.state.version, after.state.terms) == (2, WITH_CREDIT)


def test_the_terms_before_an_amendment_have_every_extension_in_them():
    extended = OptionExtended(
        contract=SILAS,
        option="reshoot",
        was=RESHOOT.exercise_by,
        exercise_by=date(2027, 3, 1),
        price=RESHOOT.price,
    )
    longer = RESHOOT.model_copy(update={"exercise_by": extended.exercise_by})
    for history in ((extended, *amending()), (*amending(), extended)):
        [amended] = given(CONTRACT, *EXECUTED, *history).when(EXECUTE_LATER).events
        assert amended.before == but(options=(longer,))
        assert (amended.after, amended.days_kept()) == (WITH_CREDIT, {("deliverable", "stills")})
        after = given(CONTRACT, *EXECUTED, *history, amended).state
        assert after.open_options == {"reshoot": RESHOOT.exercise_by}


def test_what_an_amendment_took_back_of_an_extension_can_be_extended_again():
    extend = ExtendOption(
        contract=SILAS, option="reshoot", exercise_by=date(2027, 3, 1), price=RESHOOT.price
    )
    [extended] = given(CONTRACT, *EXECUTED).when(extend).events
    history = (*EXECUTED, extended, *amending())
    [amended] = given(CONTRACT, *history).when(EXECUTE_LATER).events
    given(CONTRACT, *history).when(extend).nothing()
    given(CONTRACT, *history, amended).when(extend).then(extended)
    given(CONTRACT, *history, amended, extended).when(extend).nothing()


def test_an_amendment_waits_for_clearance_and_conditions_of_its_own():
    terms = but(conditions=(Condition.SCHEDULE_LOCKED, Condition.BUDGET_LOCKED))
    history = (*EXECUTED, *amending(terms))
    refusal = given(CONTRACT, *history[:-1]).when(EXECUTE).refused(ContractIsNotReady)
    assert [one["problem"] for one in refusal.problems] == [
        "terms-are-not-cleared",
        "condition-is-not-met",
    ]
    meet = MEET.model_copy(update={"condition": Condition.SCHEDULE_LOCKED})
    [met] = given(CONTRACT, *history).when(meet).events
    assert given(CONTRACT, *history, met).when(EXECUTE).events


@pytest.mark.parametrize(
    ("done", "terms", "undone"),
    [
        (
            PaymentEarned(
                contract=SILAS, payment="looping", amount=LOOPING.amount, due_on=SIGNED_ON
            ),
            but(payments=TERMS.payments[1:], fee=TERMS.payments[1].amount),
            "payment looping",
        ),
        (
            OptionExercised(
                contract=SILAS, option="reshoot", price=RESHOOT.price, exercised_on=SIGNED_ON
            ),
            but(options=()),
            "option reshoot",
        ),
        (
            DeliverableReceived(contract=SILAS, deliverable="stills", received_on=SIGNED_ON),
            but(deliverables=(STILLS.model_copy(update={"name": "Other stills"}),)),
            "deliverable stills",
        ),
        (
            DeliverableRejected(
                contract=SILAS, deliverable="stills", reason="a hair", cure_by=date(2026, 11, 9)
            ),
            but(deliverables=(STILLS.model_copy(update={"due_on": date(2026, 11, 30)}),)),
            "deliverable stills",
        ),
    ],
)
def test_an_amendment_leaves_what_is_done_as_it_was(done, terms, undone):
    given(CONTRACT, *EXECUTED, done, *amending(terms)).when(EXECUTE).refused(
        ContractIsNotReady, undone, "leave it as it was"
    )
    assert given(CONTRACT, *EXECUTED, done, *amending()).when(EXECUTE).events
    assert given(CONTRACT, *EXECUTED, *amending(terms)).when(EXECUTE).events


def test_five_things_that_are_missing_are_told_and_all_are_listed():
    weeks = tuple(
        LOOPING.model_copy(update={"payment": f"week-{one}", "amount": TERMS.fee / 6})
        for one in range(1, 7)
    )
    terms = but(payments=weeks)
    earned = tuple(
        PaymentEarned(contract=SILAS, payment=one.payment, amount=one.amount, due_on=SIGNED_ON)
        for one in weeks
    )
    history = (*READY, signed(terms), *earned, *amending())
    refusal = given(CONTRACT, *history).when(EXECUTE).refused(ContractIsNotReady, "week-5 is done")
    assert "week-6" not in str(refusal)
    assert len(refusal.problems) == 6
