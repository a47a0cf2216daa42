"""Who lets whom decide in his place, and what counts then."""

from datetime import UTC, date, datetime

import pytest
from hypothesis import given as for_all
from hypothesis import strategies as st

from events.approval import (
    AppointmentEnded,
    ApprovalGiven,
    ApprovalGranted,
    ApprovalRefused,
    AuthorityDelegated,
    DelegationEnded,
    PersonAppointed,
    Role,
)
from services.approval.commands import DelegateAuthority, EndDelegation
from services.approval.model.production import PRODUCTION
from services.approval.model.rejections import (
    DelegateIsNotOnTheTeam,
    DelegateIsTheDelegator,
    DelegationEndsBeforeItStarts,
    DelegationEndsEarlier,
    DelegationIsUnknown,
    OnlyTheDelegatorMayEnd,
    ProductionIsNotOpen,
    RequesterMayNotDecide,
    RoleMayNotDecide,
    StepIsNotReached,
    VoiceIsCounted,
)
from services.approval.model.request import REQUEST as DECIDER
from services.approval.policies import Known, hear
from tests.services.approval.test_request import (
    ASKED,
    ASKED_OF_TWO,
    GRANT,
    REFUSE,
    REQUEST,
    STORM_DRAFT,
)
from tests.services.approval.test_steps import IN_STEPS
from tests.services.given import asked, each_recorded_once, for_patience, given, recorded
from tests.services.lighthouse import BRAM, CALLUM, HENRIETTA, INGRID, OPENED, ROSALIND, TOBIAS

pytestmark = pytest.mark.unit

MONDAY, FRIDAY = date(2026, 9, 14), date(2026, 9, 18)
TEAM_FACTS = tuple(
    PersonAppointed(person=one.id, role=role)
    for one in (ROSALIND, TOBIAS, INGRID, CALLUM, HENRIETTA, BRAM)
    for role in one.roles
)
OPEN = (OPENED, *TEAM_FACTS)
DELEGATE = DelegateAuthority(delegate="bram", starts=MONDAY, ends=FRIDAY)
DELEGATED = AuthorityDelegated(delegator="rosalind", **DELEGATE.model_dump())
END = EndDelegation(delegate="bram", ends=date(2026, 9, 16), reason="Back early")
ENDED = DelegationEnded(
    delegator="rosalind", delegate="bram", ends=date(2026, 9, 16), reason="Back early"
)


def known_after(*facts):
    known = Known()
    for fact in (*TEAM_FACTS, *facts):
        known = hear(known, recorded(fact, "approval"))
    return known


KNOWN = known_after(DELEGATED)


def changed(command, **fields):
    return command.model_copy(update=fields)


def agreed(by: str, given_for: str | None = None) -> ApprovalGiven:
    return ApprovalGiven(request=REQUEST, by=by, note=GRANT.note, given_for=given_for)


def granted(by: str, given_for: str | None = None) -> ApprovalGranted:
    return ApprovalGranted(
        request=REQUEST, subject=STORM_DRAFT, by=by, note=GRANT.note, given_for=given_for
    )


def test_somebody_of_the_team_may_decide_in_anothers_place():
    given(PRODUCTION, *OPEN).when(DELEGATE).then(DELEGATED)
    given(PRODUCTION, *OPEN, DELEGATED).when(DELEGATE).nothing()
    given(PRODUCTION).when(DELEGATE).refused(ProductionIsNotOpen)


def test_a_delegation_anew_takes_the_place_of_the_one_before():
    longer = changed(DELEGATE, ends=date(2026, 9, 25))
    history = (*OPEN, DELEGATED, ENDED)
    given(PRODUCTION, *history).when(longer).then(changed(DELEGATED, ends=longer.ends))


@pytest.mark.parametrize(
    ("fields", "rejection", "cure"),
    [
        ({"delegate": "rosalind"}, DelegateIsTheDelegator, "somebody else"),
        ({"ends": date(2026, 9, 13)}, DelegationEndsBeforeItStarts, "exchange them"),
        ({"delegate": "nobody"}, DelegateIsNotOnTheTeam, "appoint him first"),
    ],
)
def test_a_delegation_that_cannot_hold_is_refused(fields, rejection, cure):
    given(PRODUCTION, *OPEN).when(changed(DELEGATE, **fields)).refused(rejection, cure)


def test_a_delegate_is_there_in_that_time_and_no_auditor():
    left = AppointmentEnded(
        person="bram", role=Role.DEPARTMENT_HEAD, ends=date(2026, 9, 13), reason="Wrapped"
    )
    given(PRODUCTION, *OPEN, left).when(DELEGATE).refused(DelegateIsNotOnTheTeam, "bram")
    auditor = PersonAppointed(person="agnes", role=Role.AUDITOR)
    given(PRODUCTION, *OPEN, auditor).when(changed(DELEGATE, delegate="agnes")).refused(
        DelegateIsNotOnTheTeam
    )


def test_a_delegation_may_be_of_one_day():
    one_day = changed(DELEGATE, ends=MONDAY)
    given(PRODUCTION, *OPEN).when(one_day).then(changed(DELEGATED, ends=MONDAY))


def test_a_delegate_who_is_there_on_one_of_the_days_is_there():
    team = [one for one in OPEN if one is OPENED or one.person != "bram"]
    for starts, ends in ((FRIDAY, None), (None, MONDAY)):
        bram = PersonAppointed(person="bram", role=Role.DEPARTMENT_HEAD, starts=starts, ends=ends)
        given(PRODUCTION, *team, bram).when(DELEGATE).then(DELEGATED)
    saturday = PersonAppointed(
        person="bram", role=Role.DEPARTMENT_HEAD, starts=date(2026, 9, 19), ends=None
    )
    given(PRODUCTION, *team, saturday).when(DELEGATE).refused(DelegateIsNotOnTheTeam)


def test_the_delegator_or_a_leader_ends_a_delegation():
    history = (*OPEN, DELEGATED)
    given(PRODUCTION, *history).when(END).then(ENDED)
    named = changed(END, delegator="rosalind")
    given(PRODUCTION, *history).when(named, by=TOBIAS).then(ENDED)
    given(PRODUCTION, *history).when(named, by=BRAM).refused(OnlyTheDelegatorMayEnd, "rosalind")
    given(PRODUCTION, *history, ENDED).when(END).nothing()


def test_ending_does_not_make_a_delegation_longer_but_may_take_it_back():
    history = (*OPEN, DELEGATED)
    given(PRODUCTION, *history).when(changed(END, ends=date(2026, 9, 25))).refused(
        DelegationEndsEarlier, "2026-09-18", "delegate anew"
    )
    before = date(2026, 9, 13)
    given(PRODUCTION, *history).when(changed(END, ends=before)).then(changed(ENDED, ends=before))
    given(PRODUCTION, *OPEN).when(END).refused(DelegationIsUnknown, "bram")


def test_a_delegate_decides_with_the_roles_of_his_delegator():
    given(DECIDER, ASKED).when(GRANT, by=BRAM, known=KNOWN).then(granted("bram", "rosalind"))
    given(DECIDER, ASKED).when(GRANT, by=BRAM).refused(RoleMayNotDecide)
    refused = ApprovalRefused(
        request=REQUEST,
        subject=STORM_DRAFT,
        by="bram",
        reason=REFUSE.reason,
        given_for="rosalind",
    )
    given(DECIDER, ASKED).when(REFUSE, by=BRAM, known=KNOWN).then(refused)
    given(DECIDER, ASKED, refused).when(REFUSE, by=BRAM, known=KNOWN).nothing()


def test_who_has_the_role_himself_decides_for_himself():
    known = known_after(changed(DELEGATED, delegate="callum"))
    given(DECIDER, ASKED_OF_TWO).when(GRANT, by=CALLUM, known=known).then(agreed("callum"))


@pytest.mark.parametrize("day", [13, 19])
def test_a_delegation_holds_on_its_days_by_the_time_of_the_command(day):
    at = datetime(2026, 9, day, 12, tzinfo=UTC)
    given(DECIDER, ASKED).when(GRANT, by=BRAM, known=KNOWN, at=at).refused(RoleMayNotDecide)
    ended = known_after(DELEGATED, ENDED)
    thursday = datetime(2026, 9, 17, tzinfo=UTC)
    given(DECIDER, ASKED).when(GRANT, by=BRAM, known=ended, at=thursday).refused(RoleMayNotDecide)


def test_a_delegation_is_worth_what_the_delegator_may_do_that_day():
    left = AppointmentEnded(
        person="rosalind", role=Role.EXECUTIVE_PRODUCER, ends=date(2026, 9, 13), reason="Left"
    )
    given(DECIDER, ASKED).when(GRANT, by=BRAM, known=known_after(DELEGATED, left)).refused(
        RoleMayNotDecide
    )


def test_a_delegation_is_for_the_kinds_of_subject_that_it_names():
    of_budgets = known_after(changed(DELEGATED, subject_kinds=("budget",)))
    given(DECIDER, ASKED).when(GRANT, by=BRAM, known=of_budgets).refused(RoleMayNotDecide)
    of_scripts = known_after(changed(DELEGATED, subject_kinds=("budget", "script")))
    given(DECIDER, ASKED).when(GRANT, by=BRAM, known=of_scripts).then(granted("bram", "rosalind"))


def test_what_was_delegated_is_not_delegated_on():
    chain = known_after(DELEGATED, changed(DELEGATED, delegator="bram", delegate="ingrid"))
    given(DECIDER, ASKED).when(GRANT, by=INGRID, known=chain).refused(RoleMayNotDecide)


def test_neither_the_requester_nor_who_stands_in_for_him_decides():
    own = changed(ASKED, requested_by="rosalind")
    given(DECIDER, own).when(GRANT, by=BRAM, known=KNOWN).refused(
        RequesterMayNotDecide, "rosalind, whom you stand in for"
    )
    by_delegate = changed(ASKED, requested_by="bram")
    given(DECIDER, by_delegate).when(GRANT, by=BRAM, known=KNOWN).refused(RequesterMayNotDecide)


def test_the_delegator_and_his_delegate_count_once_together():
    given(DECIDER, ASKED_OF_TWO, agreed("rosalind")).when(GRANT, by=BRAM, known=KNOWN).refused(
        VoiceIsCounted, "rosalind"
    )
    given(DECIDER, ASKED_OF_TWO).when(GRANT, by=BRAM, known=KNOWN).then(agreed("bram", "rosalind"))
    by_bram = (ASKED_OF_TWO, agreed("bram", "rosalind"))
    given(DECIDER, *by_bram).when(GRANT, by=ROSALIND, known=KNOWN).refused(
        VoiceIsCounted, "bram agreed in your place"
    )
    given(DECIDER, *by_bram).when(GRANT, by=BRAM, known=KNOWN).nothing()
    given(DECIDER, *by_bram).when(GRANT, by=CALLUM, known=KNOWN).then(granted("callum"))


def test_a_delegate_may_stand_in_for_another_one_where_the_first_is_counted():
    both = known_after(DELEGATED, changed(DELEGATED, delegator="callum"))
    given(DECIDER, ASKED_OF_TWO, agreed("callum")).when(GRANT, by=BRAM, known=both).then(
        granted("bram", "rosalind")
    )


def test_a_delegator_may_refuse_what_his_delegate_agreed_to():
    by_bram = (ASKED_OF_TWO, agreed("bram", "rosalind"))
    for by, given_for in ((ROSALIND, None), (BRAM, "rosalind")):
        given(DECIDER, *by_bram).when(REFUSE, by=by, known=KNOWN).then(
            ApprovalRefused(
                request=REQUEST,
                subject=STORM_DRAFT,
                by=by.id,
                reason=REFUSE.reason,
                given_for=given_for,
            )
        )


def test_a_delegate_waits_for_the_step_of_his_delegator():
    question = changed(ASKED, rule=IN_STEPS)
    given(DECIDER, question).when(GRANT, by=BRAM, known=KNOWN).refused(StepIsNotReached, "step 2")


def test_the_room_remembers_appointments_and_delegations_as_they_were_set_last():
    again = PersonAppointed(person="bram", role=Role.DEPARTMENT_HEAD, starts=MONDAY)
    known = known_after(DELEGATED, ENDED, again)
    assert known.delegators_of("bram", "script", date(2026, 9, 16)) == ("rosalind",)
    assert known.delegators_of("bram", "script", date(2026, 9, 17)) == ()
    assert known.roles_of("bram", date(2026, 9, 13)) == frozenset()
    assert known.roles_of("bram", MONDAY) == {Role.DEPARTMENT_HEAD}
    until_monday = known_after(changed(again, ends=MONDAY))
    assert until_monday.roles_of("bram", MONDAY) == {Role.DEPARTMENT_HEAD}
    assert until_monday.roles_of("bram", FRIDAY) == frozenset()
    left = AppointmentEnded(person="bram", role=Role.DEPARTMENT_HEAD, ends=FRIDAY, reason="Wrapped")
    without = known_after(again, left)
    assert without.roles_of("bram", FRIDAY) == {Role.DEPARTMENT_HEAD}
    assert without.roles_of("bram", date(2026, 9, 19)) == frozenset()
    assert Known.model_validate_json(known.model_dump_json()) == known
    unheard = hear(Known(), recorded(ENDED, "approval"))
    assert unheard == Known()


DAYS = st.dates(date(2026, 9, 12), date(2026, 9, 20))
PEOPLE = st.sampled_from(["rosalind", "tobias", "bram"])
COMMANDS = st.one_of(
    st.builds(DelegateAuthority, delegate=PEOPLE, starts=DAYS, ends=DAYS),
    st.builds(
        EndDelegation,
        delegate=PEOPLE,
        ends=DAYS,
        reason=st.just("Back early"),
        delegator=st.none() | PEOPLE,
    ),
)
CONTEXTS = st.sampled_from([asked(one) for one in (ROSALIND, TOBIAS, BRAM)])


@for_patience
@for_all(st.lists(st.tuples(COMMANDS, CONTEXTS), max_size=20))
def test_a_delegation_given_twice_records_nothing_and_the_room_remembers_the_same(steps):
    start = PRODUCTION.fold(OPEN)
    decider = type(PRODUCTION)(
        kind=PRODUCTION.kind,
        initial=start,
        commands=PRODUCTION.commands,
        decide=PRODUCTION.decide,
        evolve=PRODUCTION.evolve,
    )
    history, state = each_recorded_once(decider, steps)
    known = known_after(*history)
    assert set(known.delegations) == set(state.delegations.values())
