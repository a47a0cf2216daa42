"""How the contract room answers other rooms and its own facts, and its nameplate."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from events.approval import ApprovalGranted, ApprovalRefused, Subject
from events.budget import BudgetLocked, BudgetReopened
from events.contract import (
    Condition,
    ConditionMet,
    ContractAmended,
    ContractCompleted,
    EngagementConflicted,
    Option,
    OptionExercised,
    OptionExtended,
    OptionLapsed,
    TermsRedrafted,
)
from events.schedule import (
    BehindThresholdSet,
    DatedDay,
    MilestoneKind,
    MilestoneMoved,
    MilestoneReached,
    MilestoneSet,
    ScheduleReopened,
    ShootDaysMoved,
    ShootDaysPlanned,
    ShootDayWrapped,
)
from services.contract.api import EXAMPLES, service
from services.contract.commands import (
    ClearTerms,
    CounterOffer,
    DraftContract,
    MeetCondition,
    RecordConflict,
    RefuseClearance,
    ResolveConflict,
)
from services.contract.model.deal import CONTRACT
from services.contract.model.terms import hash_of
from services.contract.policies import Known, hear, policies
from tests.services.contract.deals import (
    AGREED,
    AT,
    DOLLARS,
    DRAFTED,
    EXECUTED,
    MET,
    OFFERED,
    REQUEST,
    SIGNED_ON,
    SILAS,
    TERMS,
    UNCONDITIONAL,
    accepted,
    but,
    cleared,
    countered,
    hash_for,
    made,
    signed,
    submitted,
)
from tests.services.contract.shoots import CALENDAR, LOCKED, planned
from tests.services.given import given, recorded
from tests.services.lighthouse import OPENED

pytestmark = pytest.mark.unit

BUDGET_LOCKED = BudgetLocked(
    version=1, content_hash="3d" * 32, total=Decimal(1), request=REQUEST, accounts=()
)
BUDGET_LOCKED_FACT = recorded(BUDGET_LOCKED, "budget")
MEET = MeetCondition(contract=SILAS, condition=Condition.BUDGET_LOCKED, cause=BUDGET_LOCKED_FACT.id)


def log_of(event) -> str:
    return type(event).__module__.rpartition(".")[2]


def heard(*events, known: Known = DOLLARS) -> Known:
    for event in events:
        known = hear(known, recorded(event, log_of(event)))
    return known


def answers(*events, known: Known = DOLLARS):
    """What is given when the last of these facts is heard."""
    *before, last = events
    after = heard(*before, last, known=known)
    return policies.react(recorded(last, log_of(last)), after)


# --- approvals -------------------------------------------------------------------------------


def subject(name: str = SILAS, kind: str = "contract") -> Subject:
    return Subject(kind=kind, name=name, version=1, content_hash=hash_for(TERMS))


def granted(of: Subject) -> ApprovalGranted:
    return ApprovalGranted(request=REQUEST, subject=of, by="rosalind")


def refused(of: Subject) -> ApprovalRefused:
    return ApprovalRefused(request=REQUEST, subject=of, by="tobias", reason="Too dear")


def test_approved_terms_are_cleared_by_exactly_that_approval():
    assert answers(granted(subject())) == [
        ClearTerms(contract=SILAS, version=1, content_hash=hash_for(TERMS), request=REQUEST)
    ]


def test_refused_terms_are_told_with_the_reason():
    assert answers(refused(subject())) == [
        RefuseClearance(contract=SILAS, version=1, request=REQUEST, by="tobias", reason="Too dear")
    ]


@pytest.mark.parametrize("of", [subject(kind="budget"), subject(name="silas")])
def test_approvals_of_anything_else_clear_nothing(of):
    assert answers(granted(of)) == answers(refused(of)) == []


# --- conditions ------------------------------------------------------------------------------


@pytest.mark.parametrize("history", [(DRAFTED,), OFFERED, AGREED])
def test_a_locked_budget_is_what_deals_waited_for(history):
    assert answers(*history, BUDGET_LOCKED) == [MEET]


def test_a_locked_schedule_is_what_deals_waited_for():
    drafted = DRAFTED.model_copy(update={"terms": but(conditions=tuple(Condition))})
    [meet] = answers(drafted, LOCKED)
    assert meet.condition == Condition.SCHEDULE_LOCKED
    assert answers(DRAFTED, LOCKED) == []


@pytest.mark.parametrize(
    "event", [DRAFTED, made(), countered(2), accepted(), submitted(), cleared()]
)
def test_what_is_locked_already_is_met_as_soon_as_it_is_heard_of(event):
    history = [BUDGET_LOCKED, *([] if event is DRAFTED else [DRAFTED]), event]
    assert answers(*history) == [MEET]


def test_a_condition_that_an_amendment_adds_is_met_too():
    redrafted = TermsRedrafted(contract=SILAS, version=2, terms=but(conditions=tuple(Condition)))
    [meet] = answers(LOCKED, *EXECUTED, redrafted)
    assert meet.condition == Condition.SCHEDULE_LOCKED


def test_nothing_is_met_twice():
    assert answers(DRAFTED, MET, BUDGET_LOCKED) == []
    assert answers(BUDGET_LOCKED, DRAFTED, MET, made()) == []
    assert answers(BUDGET_LOCKED, DRAFTED.model_copy(update={"terms": UNCONDITIONAL})) == []


def test_a_reopened_budget_is_waited_for_again_and_what_was_met_stays_met():
    reopened = BudgetReopened(version=2, was_locked=True, reason="The rail is condemned")
    assert answers(BUDGET_LOCKED, reopened, DRAFTED) == []
    given(CONTRACT, DRAFTED, MET).when(MEET).nothing()
    schedule_reopened = ScheduleReopened(version=2, was_locked=True, reason="The storm")
    assert heard(LOCKED, schedule_reopened).locks == {}


# --- the shoot -------------------------------------------------------------------------------

ENGAGED = (LOCKED, *EXECUTED)


def moved(on: date, day: int = 2) -> ShootDaysMoved:
    return ShootDaysMoved(
        day=day,
        was=date(2026, 9, 15),
        on=on,
        reason="The storm",
        days=(DatedDay(day=day, on=on),),
    )


OUTSIDE, INSIDE = moved(date(2026, 10, 12)), moved(date(2026, 10, 9))


def test_a_shoot_day_outside_the_engagement_is_a_conflict():
    [record] = answers(*ENGAGED, OUTSIDE)
    assert record == RecordConflict(
        contract=SILAS,
        conflict="engagement",
        cause=recorded(OUTSIDE, "schedule").id,
        problem=(
            "Silas Marr is to shoot on 2026-10-12, outside the engagement from 2026-09-14 to "
            "2026-10-10: extend it by an amendment, or move the days"
        ),
        days=(date(2026, 10, 12),),
    )


def test_a_shoot_that_fits_again_resolves_it():
    assert answers(*ENGAGED, OUTSIDE, INSIDE) == [
        ResolveConflict(
            contract=SILAS, conflict="engagement", cause=recorded(INSIDE, "schedule").id
        )
    ]


def test_only_those_who_work_on_the_days_that_moved_are_looked_at():
    assert answers(*ENGAGED, moved(date(2026, 10, 12), day=3)) == []


def test_a_day_that_is_wrapped_is_behind_everybody():
    wrapped = ShootDayWrapped(
        day=2,
        on=date(2026, 10, 12),
        breakdowns=(),
        eighths=8,
        eighths_planned=8,
        eighths_to_date=8,
        eighths_planned_to_date=8,
    )
    [resolve] = answers(*ENGAGED, OUTSIDE, wrapped)
    assert isinstance(resolve, ResolveConflict)
    assert answers(*ENGAGED, wrapped.model_copy(update={"day": 3})) == []


def test_a_plan_binds_nobody_before_the_first_lock():
    late = ShootDaysPlanned(board="first", calendar=CALENDAR, days=planned(date(2026, 10, 10)))
    assert answers(*EXECUTED, late) == []
    assert answers(*EXECUTED, late, OUTSIDE) == []
    [record] = answers(*ENGAGED, late)
    assert record.days == (date(2026, 10, 11),)
    [record] = answers(*EXECUTED, LOCKED.model_copy(update={"days": late.days}))
    assert isinstance(record, RecordConflict)


@pytest.mark.parametrize(
    ("days", "more"), [(3, ""), (4, " and 1 more day"), (5, " and 2 more days")]
)
def test_many_days_are_named_briefly(days, more):
    late = ShootDaysPlanned(
        board="first",
        calendar=CALENDAR,
        days=tuple(
            one.model_copy(update={"cast": ("keeper",)})
            for one in planned(date(2026, 10, 11), days=days)
        ),
    )
    [record] = answers(*ENGAGED, late)
    assert f"shoot on 2026-10-11, 2026-10-12, 2026-10-13{more}, outside" in record.problem
    assert len(record.days) == days


def test_a_deal_that_is_signed_late_is_held_against_the_present_days():
    found = answers(LOCKED, OUTSIDE, *EXECUTED)
    assert [type(one) for one in found] == [RecordConflict]


def test_who_is_engaged_by_no_element_fits_always():
    free = but(engagement=TERMS.engagement.model_copy(update={"element": None}), options=())
    assert answers(LOCKED, *EXECUTED[:-1], signed(free)) == []
    assert heard(*EXECUTED[:-1], signed(free)).deals[SILAS].engaged is None


# --- milestones ------------------------------------------------------------------------------


def milestone(on: date, name: str = "picture-lock") -> MilestoneSet:
    return MilestoneSet(milestone=name, kind=MilestoneKind.PICTURE_LOCK, name="Lock", on=on)


LATE = milestone(date(2027, 1, 16))
IN_TIME = MilestoneMoved(
    milestone="picture-lock",
    kind=MilestoneKind.PICTURE_LOCK,
    was=LATE.on,
    on=date(2027, 1, 15),
    reason="The cut is early",
)


def test_a_milestone_after_the_last_day_of_its_option_is_a_conflict():
    [record] = answers(*EXECUTED, LATE)
    assert record == RecordConflict(
        contract=SILAS,
        conflict="option reshoot",
        cause=recorded(LATE, "schedule").id,
        problem=(
            "option reshoot runs until 2027-01-15, and picture-lock is on 2027-01-16: extend the "
            "option, or take it up before"
        ),
        days=(date(2027, 1, 16),),
    )


def test_a_milestone_on_the_last_day_is_in_time():
    [resolve] = answers(*EXECUTED, LATE, IN_TIME)
    assert isinstance(resolve, ResolveConflict)
    reached = MilestoneReached(
        milestone="picture-lock", kind=MilestoneKind.PICTURE_LOCK, on=date(2027, 1, 20)
    )
    [record] = answers(*EXECUTED, LATE, IN_TIME, reached)
    assert isinstance(record, RecordConflict)


def test_other_milestones_concern_no_option():
    assert answers(*EXECUTED, milestone(date(2028, 1, 1), "mix")) == []


EXTENDED = OptionExtended(
    contract=SILAS,
    option="reshoot",
    was=date(2027, 1, 15),
    exercise_by=date(2027, 3, 1),
    price=Decimal(0),
)
EXERCISED = OptionExercised(
    contract=SILAS, option="reshoot", price=Decimal("2492.00"), exercised_on=date(2027, 1, 10)
)
LAPSED = OptionLapsed(contract=SILAS, option="reshoot", exercise_by=date(2027, 1, 15))


@pytest.mark.parametrize("event", [EXTENDED, EXERCISED, LAPSED])
def test_what_becomes_of_an_option_resolves_its_conflict(event):
    [resolve] = answers(*EXECUTED, LATE, event)
    assert (type(resolve), resolve.conflict) == (ResolveConflict, "option reshoot")


def test_an_option_that_is_extended_too_little_is_still_a_conflict():
    far = milestone(date(2027, 3, 2))
    [record] = answers(*EXECUTED, far, EXTENDED)
    assert isinstance(record, RecordConflict)
    assert "until 2027-03-01" in record.problem


def test_an_extension_leaves_the_deadlines_of_other_options():
    sequel = TERMS.options[0].model_copy(update={"option": "sequel"})
    two = signed(but(options=(*TERMS.options, sequel)))
    known = heard(*EXECUTED[:-1], two, EXTENDED)
    assert [(one.option, one.exercise_by) for one in known.deals[SILAS].deadlines] == [
        ("reshoot", EXTENDED.exercise_by),
        ("sequel", EXTENDED.was),
    ]


def test_an_option_with_the_longest_name_has_a_conflict_too():
    long = Option(
        option="o" * 64, right="a right", exercise_by=date(2027, 1, 15), needed_by="picture-lock"
    )
    [record] = answers(*EXECUTED[:-1], signed(but(options=(long,))), LATE)
    assert record.conflict == f"option {'o' * 64}"


# --- amendments and ends ---------------------------------------------------------------------


def amended(after) -> ContractAmended:
    return ContractAmended(
        contract=SILAS,
        version=2,
        before=TERMS,
        after=after,
        content_hash=hash_for(after),
        amended_on=SIGNED_ON,
    )


def test_an_amendment_is_held_against_the_present_schedule():
    longer = TERMS.engagement.model_copy(update={"ends_on": date(2026, 10, 12)})
    found = answers(*ENGAGED, OUTSIDE, LATE, amended(but(engagement=longer)))
    assert [(type(one), one.conflict) for one in found] == [
        (ResolveConflict, "engagement"),
        (RecordConflict, "option reshoot"),
    ]


def test_what_an_amendment_leaves_out_conflicts_no_more():
    found = answers(*ENGAGED, OUTSIDE, LATE, amended(but(engagement=None, options=())))
    assert [(type(one), one.conflict) for one in found] == [
        (ResolveConflict, "engagement"),
        (ResolveConflict, "option reshoot"),
    ]


def test_an_option_that_was_taken_up_has_no_deadline_after_an_amendment_either():
    known = heard(*EXECUTED, EXERCISED, amended(but(notes="A card of his own")))
    assert known.deals[SILAS].deadlines == ()


@pytest.mark.parametrize(
    "engagement", [None, TERMS.engagement.model_copy(update={"element": None})]
)
def test_terms_that_held_no_days_conflict_with_none_after_an_amendment(engagement):
    before = but(engagement=engagement, options=())
    facts = (*EXECUTED[:-1], signed(before))
    change = amended(but(before, notes="A card")).model_copy(update={"before": before})
    assert answers(LOCKED, *facts, change) == []


def test_a_conflict_that_was_over_before_it_was_heard_of_is_resolved():
    conflicted = EngagementConflicted(
        contract=SILAS, conflict="engagement", cause=REQUEST, problem="a problem"
    )
    [resolve] = answers(*ENGAGED, OUTSIDE, INSIDE, conflicted)
    assert (type(resolve), resolve.conflict) == (ResolveConflict, "engagement")
    assert answers(*ENGAGED, OUTSIDE, conflicted) == []


def test_deals_that_are_over_or_hold_nothing_are_forgotten():
    ended = ContractCompleted(contract=SILAS, completed_on=SIGNED_ON)
    assert heard(*EXECUTED, ended).deals == {}
    assert answers(*ENGAGED, ended, OUTSIDE) == []
    free = DRAFTED.model_copy(update={"terms": UNCONDITIONAL})
    assert heard(free).deals == {}


def test_what_is_remembered_is_read_back_as_it_was():
    known = heard(OPENED, BUDGET_LOCKED, *ENGAGED, OUTSIDE, LATE, EXERCISED)
    assert Known.model_validate_json(known.model_dump_json()) == known
    assert heard(OPENED, known=Known()).currency == "USD"
    assert known.deals[SILAS].met == (Condition.BUDGET_LOCKED,)
    assert heard(ConditionMet(**MET.model_dump()), known=Known()).deals


def test_facts_that_concern_no_deal_leave_everything_as_it_was():
    for event in (granted(subject()), BehindThresholdSet(eighths=8), made()):
        assert heard(event) == DOLLARS


# --- the nameplate ---------------------------------------------------------------------------


def test_the_nameplate_has_an_example_of_every_command():
    assert set(service.examples) == set(service.commands)
    for command, body in service.examples.items():
        command.model_validate(dict[str, Any](body))


def test_the_examples_lead_one_deal_to_its_submission_and_to_its_end():
    history, taken = [], set()
    for command in CONTRACT.commands:
        body = {**EXAMPLES[command]}
        body.pop("name", None)
        when = given(CONTRACT, *history).when(command.model_validate(body), known=DOLLARS, at=AT)
        history += when.events
        if when.events and command.MAY:
            taken.add(command.__name__)
    assert len(taken) == 10
    [draft, counter, clear] = (
        command.model_validate(dict[str, Any](EXAMPLES[command]))
        for command in (DraftContract, CounterOffer, ClearTerms)
    )
    assert clear.content_hash == hash_of(draft.kind, draft.party, counter.terms)


def test_commands_of_one_deal_speak_to_its_own_stream():
    streams = {
        service.decider_of(command).stream("p", command.model_validate(body))
        for command, body in service.examples.items()
    }
    assert len(streams) == len({body["contract"] for body in service.examples.values()}) == 3
    assert all(stream.startswith("contract-") for stream in streams)


@pytest.mark.parametrize(
    "command", [ClearTerms, RefuseClearance, MeetCondition, RecordConflict, ResolveConflict]
)
def test_nobody_gives_a_policys_command_by_hand(command):
    assert not command.MAY


def test_the_longest_sentence_of_a_conflict_can_be_recorded():
    role = TERMS.engagement.model_copy(update={"role": "r" * 2000})
    [record] = answers(LOCKED, *EXECUTED[:-1], signed(but(engagement=role, options=())), OUTSIDE)
    assert len(record.problem) < 2000
    assert given(CONTRACT, *EXECUTED).when(record).events
