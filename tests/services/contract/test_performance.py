"""A deal that binds: payments, deliverables, options, conflicts, and how it ends."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from events.contract import (
    ConflictResolved,
    ContractCompleted,
    ContractDrafted,
    ContractExpired,
    ContractTerminated,
    DeliverableAccepted,
    DeliverableReceived,
    DeliverableRejected,
    EngagementConflicted,
    Kind,
    OptionExercised,
    OptionExtended,
    OptionLapsed,
    PaymentEarned,
    TermsRedrafted,
    TermsWithdrawn,
)
from services.contract.commands import (
    AcceptDeliverable,
    CompleteContract,
    EarnPayment,
    ExerciseOption,
    ExtendOption,
    LapseOption,
    ReceiveDeliverable,
    RecordConflict,
    RejectDeliverable,
    ResolveConflict,
    TerminateContract,
)
from services.contract.model.deal import CONTRACT
from services.contract.model.rejections import (
    AmountIsFractional,
    ContractIsNotDone,
    ContractIsNotExecuted,
    ContractIsOver,
    ContractIsUnknown,
    DeliverableIsAccepted,
    DeliverableIsNotReceived,
    DeliverableIsReceived,
    DeliverableIsUnknown,
    ExtensionIsNotLater,
    OptionHasLapsed,
    OptionIsExercised,
    OptionIsUnknown,
    PaymentIsEarned,
    PaymentIsUnknown,
)
from tests.services.contract.deals import (
    AGREED,
    CAUSE,
    DRAFTED,
    EXECUTED,
    LOOPING,
    OFFERED,
    PARTY,
    READY,
    RESHOOT,
    SILAS,
    SUBMITTED,
    TERMS,
    TITLE,
    WITH_CREDIT,
    but,
    signed,
)
from tests.services.given import given

pytestmark = pytest.mark.unit

EARN = EarnPayment(contract=SILAS, payment="looping", due_on=date(2027, 1, 29))
EARNED = PaymentEarned(**EARN.model_dump(), amount=LOOPING.amount)
RECEIVE = ReceiveDeliverable(contract=SILAS, deliverable="stills", received_on=date(2026, 10, 30))
RECEIVED = DeliverableReceived(**RECEIVE.model_dump())
ACCEPT = AcceptDeliverable(contract=SILAS, deliverable="stills", accepted_on=date(2026, 11, 1))
ACCEPTED = DeliverableAccepted(**ACCEPT.model_dump())
REJECT = RejectDeliverable(
    contract=SILAS, deliverable="stills", reason="Out of focus", cure_by=date(2026, 11, 9)
)
REJECTED = DeliverableRejected(**REJECT.model_dump())
EXERCISE = ExerciseOption(contract=SILAS, option="reshoot", exercised_on=date(2027, 1, 15))
EXERCISED = OptionExercised(**EXERCISE.model_dump(), price=RESHOOT.price)
EXTEND = ExtendOption(
    contract=SILAS, option="reshoot", exercise_by=date(2027, 3, 1), price=Decimal("250.00")
)
EXTENDED = OptionExtended(**EXTEND.model_dump(), was=RESHOOT.exercise_by)
LAPSE = LapseOption(contract=SILAS, option="reshoot")
LAPSED = OptionLapsed(contract=SILAS, option="reshoot", exercise_by=RESHOOT.exercise_by)
RECORD = RecordConflict(
    contract=SILAS,
    conflict="engagement",
    cause=CAUSE,
    problem="Silas Marr is to shoot on 2026-10-12",
    days=(date(2026, 10, 12),),
)
CONFLICTED = EngagementConflicted(**RECORD.model_dump())
RESOLVE = ResolveConflict(contract=SILAS, conflict="engagement", cause=CAUSE)
RESOLVED = ConflictResolved(**RESOLVE.model_dump())
TERMINATE = TerminateContract(
    contract=SILAS, reason="The keeper is written out", terminated_on=date(2026, 9, 19)
)
COMPLETE = CompleteContract(contract=SILAS, completed_on=date(2027, 1, 29))
COMPLETED = ContractCompleted(**COMPLETE.model_dump())
LAST_DAY = datetime(2027, 1, 15, 23, 59, 59, 999_999, tzinfo=UTC)
TOO_LATE = LAST_DAY + timedelta(microseconds=1)


def terminated(released=("looping", "travel"), owed=(), options=("reshoot",)):
    return ContractTerminated(
        **TERMINATE.model_dump(), released=released, owed=owed, options=options
    )


OF_A_DEAL_THAT_BINDS = [EARN, RECEIVE, ACCEPT, REJECT, EXERCISE, EXTEND, COMPLETE]


@pytest.mark.parametrize("command", OF_A_DEAL_THAT_BINDS)
def test_nothing_is_performed_before_the_signature_or_after_the_end(command):
    given(CONTRACT).when(command).refused(ContractIsUnknown, "draft it first")
    given(CONTRACT, *READY).when(command).refused(ContractIsNotExecuted, "execute it first")
    given(CONTRACT, *EXECUTED, terminated()).when(command).refused(
        ContractIsOver, "terminated on 2026-09-19", "new deal"
    )


# --- payments and deliverables ---------------------------------------------------------------


def test_a_payment_is_earned_once():
    given(CONTRACT, *EXECUTED).when(EARN).then(EARNED)
    given(CONTRACT, *EXECUTED, EARNED).when(EARN).nothing()
    other = EARN.model_copy(update={"due_on": date(2027, 2, 1)})
    given(CONTRACT, *EXECUTED, EARNED).when(other).refused(PaymentIsEarned, "by 2027-01-29")


def test_only_a_payment_of_the_terms_is_earned():
    other = EARN.model_copy(update={"payment": "bonus"})
    given(CONTRACT, *EXECUTED).when(other).refused(PaymentIsUnknown, "bonus")


def test_what_is_handed_over_is_looked_at_and_passes():
    given(CONTRACT, *EXECUTED).when(RECEIVE).then(RECEIVED)
    given(CONTRACT, *EXECUTED, RECEIVED).when(RECEIVE).nothing()
    given(CONTRACT, *EXECUTED, RECEIVED).when(ACCEPT).then(ACCEPTED)
    given(CONTRACT, *EXECUTED, RECEIVED, ACCEPTED).when(ACCEPT).nothing()


def test_what_does_not_pass_is_handed_over_again():
    given(CONTRACT, *EXECUTED, RECEIVED).when(REJECT).then(REJECTED)
    given(CONTRACT, *EXECUTED, RECEIVED, REJECTED).when(REJECT).nothing()
    cured = RECEIVE.model_copy(update={"received_on": date(2026, 11, 8)})
    given(CONTRACT, *EXECUTED, RECEIVED, REJECTED).when(cured).then(
        DeliverableReceived(**cured.model_dump())
    )


def test_what_was_received_is_not_received_again():
    other = RECEIVE.model_copy(update={"received_on": date(2026, 10, 31)})
    given(CONTRACT, *EXECUTED, RECEIVED).when(other).refused(DeliverableIsReceived, "reject it")


@pytest.mark.parametrize("command", [ACCEPT, REJECT])
def test_nobody_judges_what_is_not_there(command):
    given(CONTRACT, *EXECUTED).when(command).refused(DeliverableIsNotReceived, "receive it first")
    late = command.model_copy(
        update={"reason": "Still soft"} if command is REJECT else {"accepted_on": date.max}
    )
    given(CONTRACT, *EXECUTED, RECEIVED, REJECTED).when(late).refused(
        DeliverableIsNotReceived, "by 2026-11-09: receive it again first"
    )


@pytest.mark.parametrize(
    "command", [RECEIVE, REJECT, ACCEPT.model_copy(update={"accepted_on": date(2026, 11, 2)})]
)
def test_what_passed_has_passed(command):
    given(CONTRACT, *EXECUTED, RECEIVED, ACCEPTED).when(command).refused(
        DeliverableIsAccepted, "passed on 2026-11-01"
    )


@pytest.mark.parametrize("command", [RECEIVE, ACCEPT, REJECT])
def test_only_a_deliverable_of_the_terms_is_handed_over(command):
    other = command.model_copy(update={"deliverable": "masks"})
    given(CONTRACT, *EXECUTED).when(other).refused(DeliverableIsUnknown, "masks")


# --- options ---------------------------------------------------------------------------------


def test_a_right_is_taken_up_until_the_end_of_its_last_day():
    given(CONTRACT, *EXECUTED).when(EXERCISE, at=LAST_DAY).then(EXERCISED)
    given(CONTRACT, *EXECUTED, EXERCISED).when(EXERCISE, at=TOO_LATE).nothing()


def test_a_right_is_gone_after_its_last_day_though_no_timer_has_said_so():
    given(CONTRACT, *EXECUTED).when(EXERCISE, at=TOO_LATE).refused(
        OptionHasLapsed, "until 2027-01-15", "amendment"
    )
    given(CONTRACT, *EXECUTED).when(EXTEND, at=TOO_LATE).refused(OptionHasLapsed)
    late = EXERCISE.model_copy(update={"exercised_on": date(2027, 1, 16)})
    given(CONTRACT, *EXECUTED).when(late, at=LAST_DAY).refused(OptionHasLapsed)
    given(CONTRACT, *EXECUTED, LAPSED).when(EXERCISE, at=LAST_DAY).refused(OptionHasLapsed)


def test_a_right_is_taken_up_once():
    other = EXERCISE.model_copy(update={"exercised_on": date(2027, 1, 14)})
    for command in (other, EXTEND):
        given(CONTRACT, *EXECUTED, EXERCISED).when(command, at=LAST_DAY).refused(
            OptionIsExercised, "2027-01-15"
        )


def test_a_right_is_extended_in_time_and_runs_until_its_new_last_day():
    given(CONTRACT, *EXECUTED).when(EXTEND, at=LAST_DAY).then(EXTENDED)
    longer = given(CONTRACT, *EXECUTED, EXTENDED)
    longer.when(EXTEND, at=LAST_DAY).nothing()
    longer.when(LAPSE, at=TOO_LATE).nothing()
    assert longer.when(EXERCISE, at=TOO_LATE).events
    [again] = longer.when(EXTEND.model_copy(update={"exercise_by": date(2027, 4, 1)})).events
    assert again.was == EXTEND.exercise_by


def test_an_extension_is_of_one_right_alone():
    sequel = RESHOOT.model_copy(update={"option": "sequel"})
    longer = given(CONTRACT, *READY, signed(but(options=(RESHOOT, sequel))), EXTENDED)
    assert [one.exercise_by for one in longer.state.terms.options] == [
        EXTEND.exercise_by,
        RESHOOT.exercise_by,
    ]


@pytest.mark.parametrize("exercise_by", [date(2027, 1, 15), date(2026, 12, 1)])
def test_an_extension_moves_the_last_day_forward(exercise_by):
    command = EXTEND.model_copy(update={"exercise_by": exercise_by})
    given(CONTRACT, *EXECUTED).when(command).refused(ExtensionIsNotLater, "later day")
    other_price = EXTEND.model_copy(update={"price": Decimal(1)})
    given(CONTRACT, *EXECUTED, EXTENDED).when(other_price).refused(ExtensionIsNotLater)


def test_an_extension_has_a_price_that_can_be_paid():
    command = EXTEND.model_copy(update={"price": Decimal("0.001")})
    given(CONTRACT, *EXECUTED).when(command).refused(AmountIsFractional, "write 0.00")


@pytest.mark.parametrize("command", [EXERCISE, EXTEND])
def test_only_a_right_of_the_terms_is_taken_up(command):
    other = command.model_copy(update={"option": "sequel"})
    given(CONTRACT, *EXECUTED).when(other).refused(OptionIsUnknown, "sequel")


def test_a_timer_notes_that_a_right_has_gone_back():
    given(CONTRACT, *EXECUTED).when(LAPSE, at=TOO_LATE).then(LAPSED)
    given(CONTRACT, *EXECUTED).when(LAPSE, at=LAST_DAY).nothing()


@pytest.mark.parametrize(
    "history",
    [
        (),
        OFFERED,
        (*EXECUTED, LAPSED),
        (*EXECUTED, EXERCISED),
        (*EXECUTED, terminated()),
    ],
)
def test_a_timer_that_comes_to_another_right_does_nothing(history):
    given(CONTRACT, *history).when(LAPSE, at=TOO_LATE).nothing()


FOG_SIGNAL = (
    ContractDrafted(contract=SILAS, kind=Kind.OPTION, title=TITLE, party=PARTY, terms=TERMS),
    *READY[1:],
    signed(kind=Kind.OPTION),
)


def test_a_deal_about_options_expires_with_the_last_of_them():
    reason = "nobody took up option reshoot until 2027-01-15"
    expired = ContractExpired(contract=SILAS, reason=reason)
    given(CONTRACT, *FOG_SIGNAL).when(LAPSE, at=TOO_LATE).then(LAPSED, expired)
    after = given(CONTRACT, *FOG_SIGNAL, LAPSED, expired)
    after.when(LAPSE, at=TOO_LATE).nothing()
    after.when(EARN).refused(ContractIsOver, "expired", reason)


def test_a_deal_about_options_stays_while_something_is_left_of_it():
    sequel = RESHOOT.model_copy(update={"option": "sequel"})
    two = signed(but(options=(RESHOOT, sequel)), kind=Kind.OPTION)
    taken_up = EXERCISED.model_copy(update={"option": "sequel"})
    amending = TermsRedrafted(contract=SILAS, version=2, terms=WITH_CREDIT)
    for history in (
        (*FOG_SIGNAL[:-1], two),
        (*FOG_SIGNAL[:-1], two, taken_up),
        (*FOG_SIGNAL, amending),
    ):
        given(CONTRACT, *history).when(LAPSE, at=TOO_LATE).then(LAPSED)


# --- conflicts -------------------------------------------------------------------------------


def test_a_conflict_is_recorded_once_and_again_when_it_is_another():
    given(CONTRACT, *EXECUTED).when(RECORD).then(CONFLICTED)
    again = RECORD.model_copy(update={"cause": SILAS})
    given(CONTRACT, *EXECUTED, CONFLICTED).when(again).nothing()
    moved = RECORD.model_copy(update={"days": (date(2026, 10, 13),)})
    given(CONTRACT, *EXECUTED, CONFLICTED).when(moved).then(
        EngagementConflicted(**moved.model_dump())
    )


def test_a_conflict_is_resolved_once_and_may_come_back():
    given(CONTRACT, *EXECUTED, CONFLICTED).when(RESOLVE).then(RESOLVED)
    given(CONTRACT, *EXECUTED, CONFLICTED, RESOLVED).when(RESOLVE).nothing()
    given(CONTRACT, *EXECUTED).when(RESOLVE).nothing()
    given(CONTRACT, *EXECUTED, CONFLICTED, RESOLVED).when(RECORD).then(CONFLICTED)


@pytest.mark.parametrize("history", [(), AGREED, (*EXECUTED, terminated())])
@pytest.mark.parametrize("command", [RECORD, RESOLVE])
def test_a_deal_that_is_not_performed_has_no_conflicts(history, command):
    given(CONTRACT, *history).when(command).nothing()


# --- ends ------------------------------------------------------------------------------------


@pytest.mark.parametrize("history", [(DRAFTED,), OFFERED, AGREED])
def test_a_deal_that_is_not_signed_ends_with_nothing_owed(history):
    ended = terminated(options=())
    given(CONTRACT, *history).when(TERMINATE).then(ended)
    given(CONTRACT, *history, ended).when(TERMINATE).nothing()


def test_terms_that_wait_for_clearance_are_taken_back_first():
    withdrawn = TermsWithdrawn(contract=SILAS, version=1, reason=TERMINATE.reason)
    given(CONTRACT, *SUBMITTED).when(TERMINATE).then(withdrawn, terminated(options=()))


def test_what_was_not_earned_is_released():
    given(CONTRACT, *EXECUTED).when(TERMINATE).then(terminated())
    given(CONTRACT, *EXECUTED, EARNED).when(TERMINATE).then(
        terminated(released=("travel",), owed=("looping",))
    )


def test_what_fell_due_until_the_end_is_owed():
    on_its_day = TERMINATE.model_copy(update={"terminated_on": date(2026, 9, 20)})
    [ended] = given(CONTRACT, *EXECUTED).when(on_its_day).events
    assert (ended.released, ended.owed) == (("looping",), ("travel",))


def test_nothing_of_a_pay_or_play_fee_is_released_after_the_signature():
    history = (*READY, signed(but(pay_or_play=True)))
    given(CONTRACT, *history).when(TERMINATE).then(
        terminated(released=(), owed=("looping", "travel"))
    )
    drafted = DRAFTED.model_copy(update={"terms": but(pay_or_play=True)})
    given(CONTRACT, drafted).when(TERMINATE).then(terminated(options=()))


def test_options_that_are_settled_do_not_end_with_the_deal():
    given(CONTRACT, *EXECUTED, EXERCISED).when(TERMINATE).then(terminated(options=()))


def test_a_deal_ends_once():
    other = TERMINATE.model_copy(update={"reason": "Another reason"})
    given(CONTRACT, *EXECUTED, terminated()).when(other).refused(ContractIsOver, "written out")
    given(CONTRACT).when(TERMINATE).refused(ContractIsUnknown)


def test_a_deal_is_complete_when_both_sides_did_what_they_owed():
    done = (*EXECUTED, EARNED, RECEIVED, ACCEPTED, EXERCISED)
    given(CONTRACT, *done).when(COMPLETE).then(COMPLETED)
    given(CONTRACT, *done, COMPLETED).when(COMPLETE).nothing()
    given(CONTRACT, *done, COMPLETED).when(TERMINATE).refused(ContractIsOver, "completed on")


def test_everything_that_is_left_to_do_is_named():
    amending = TermsRedrafted(contract=SILAS, version=2, terms=WITH_CREDIT)
    early = COMPLETE.model_copy(update={"completed_on": date(2026, 9, 19)})
    refusal = given(CONTRACT, *EXECUTED, RECEIVED, amending).when(early).refused(ContractIsNotDone)
    assert [one["cure"] for one in refusal.problems] == [
        "payment looping is not earned",
        "payment travel is not earned",
        "deliverable stills is not accepted",
        "option reshoot is still open",
        "version 2 of the terms is still talked about",
    ]
    [_, deliverable, option] = (
        given(CONTRACT, *EXECUTED).when(COMPLETE).refused(ContractIsNotDone).problems
    )
    assert deliverable["cure"].startswith("deliverable")
    assert option["cure"].startswith("option")


def test_what_is_left_to_do_has_a_problem_of_its_own_each():
    refusal = given(CONTRACT, *EXECUTED).when(COMPLETE).refused(ContractIsNotDone)
    assert {one["problem"] for one in refusal.problems} == {"left-to-do"}


def test_a_payment_that_falls_due_on_the_last_day_needs_not_be_earned():
    done = (*EXECUTED, EARNED, RECEIVED, ACCEPTED, EXERCISED)
    on_its_day = COMPLETE.model_copy(update={"completed_on": date(2026, 9, 20)})
    given(CONTRACT, *done).when(on_its_day).then(ContractCompleted(**on_its_day.model_dump()))
    before = COMPLETE.model_copy(update={"completed_on": date(2026, 9, 19)})
    given(CONTRACT, *done).when(before).refused(ContractIsNotDone, "payment travel is not earned")


def test_five_things_that_are_left_are_told_and_the_others_are_listed():
    def with_payments(count):
        payments = tuple(
            LOOPING.model_copy(update={"payment": f"week-{one}"}) for one in range(1, count + 1)
        )
        return signed(but(payments=payments, deliverables=(), options=()))

    five = given(CONTRACT, *READY, with_payments(5)).when(COMPLETE).refused(ContractIsNotDone)
    assert "payment week-4 is not earned, payment week-5 is not earned: see to" in str(five)
    six = given(CONTRACT, *READY, with_payments(6)).when(COMPLETE).refused(ContractIsNotDone)
    assert "payment week-5 is not earned and more: see to" in str(six)
    assert len(six.problems) == 6
