"""A request whose rule has steps: one after the other, nobody counts twice, views decide nothing."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given as for_all
from hypothesis import strategies as st

from events.approval import (
    ApprovalFellDue,
    ApprovalGiven,
    ApprovalGranted,
    ApprovalRefused,
    ApprovalRequested,
    ApprovalVoided,
    AuthorityDelegated,
    ConsultationGiven,
    Role,
    Rule,
    Step,
)
from runtime.decider import Timer
from services.approval.commands import (
    FallDue,
    GiveView,
    GrantApproval,
    RefuseApproval,
    RequestApproval,
)
from services.approval.model.known import Appointment
from services.approval.model.rejections import (
    AnswerIsDueBeforeTheQuestion,
    RequestIsAnother,
    RequestIsClosed,
    RequestIsUnknown,
    RoleIsNotConsulted,
    RoleMayNotDecide,
    StepIsNotReached,
)
from services.approval.model.request import REQUEST as DECIDER
from services.approval.policies import Known
from services.approval.timers import timers
from tests.services.approval.test_request import ASKED, GRANT, REFUSE, REQUEST, STORM_DRAFT, VOIDED
from tests.services.given import (
    FIRST_SHOOT_DAY,
    asked,
    each_recorded_once,
    for_patience,
    given,
    recorded,
)
from tests.services.lighthouse import (
    BRAM,
    CALLUM,
    HENRIETTA,
    INGRID,
    LUCILLE,
    MATTEO,
    ROSALIND,
    TEAM,
    TOBIAS,
)

pytestmark = pytest.mark.unit

IN_STEPS = Rule(
    roles=(Role.PRODUCER,),
    then=(
        Step(roles=(Role.EXECUTIVE_PRODUCER, Role.FINANCIER, Role.COMPLETION_GUARANTOR), needed=2),
    ),
    consult=(Role.LINE_PRODUCER,),
    due_days=5,
)
QUESTION = ASKED.model_copy(update={"rule": IN_STEPS, "due_on": date(2026, 9, 19)})
VIEW = GiveView(request=REQUEST, view="It can be shot before the rescue, with one tow")
SAID = ConsultationGiven(request=REQUEST, by="ingrid", view=VIEW.view)
FALL_DUE = FallDue(request=REQUEST)
AFTER = datetime(2026, 9, 20, 0, 0, 1, tzinfo=UTC)
FELL_DUE = ApprovalFellDue(request=REQUEST, subject=STORM_DRAFT, due_on=date(2026, 9, 19))


def agreed(by: str, step: int, given_for: str | None = None) -> ApprovalGiven:
    return ApprovalGiven(request=REQUEST, by=by, note=GRANT.note, step=step, given_for=given_for)


def test_steps_are_decided_one_after_the_other():
    given(DECIDER, QUESTION).when(GRANT, by=TOBIAS).then(agreed("tobias", 1))
    first = (QUESTION, agreed("tobias", 1))
    given(DECIDER, *first).when(GRANT, by=CALLUM).then(agreed("callum", 2))
    given(DECIDER, *first, agreed("callum", 2)).when(GRANT, by=ROSALIND).then(
        ApprovalGranted(request=REQUEST, subject=STORM_DRAFT, by="rosalind", note=GRANT.note)
    )


def test_who_is_asked_later_is_told_to_wait_and_for_whom():
    refusal = (
        given(DECIDER, QUESTION)
        .when(GRANT, by=CALLUM)
        .refused(StepIsNotReached, "step 2 of 2", "1 more of producer", "step 1")
    )
    assert refusal.STATUS == 409
    given(DECIDER, QUESTION).when(REFUSE, by=HENRIETTA).refused(StepIsNotReached)


def test_who_has_no_voice_in_what_is_left_is_told_whose_step_it_is():
    second = (QUESTION, agreed("tobias", 1))
    given(DECIDER, *second).when(REFUSE, by=TOBIAS).refused(
        RoleMayNotDecide, "step 2 of 2", "financier"
    )
    given(DECIDER, QUESTION).when(GRANT, by=BRAM).refused(RoleMayNotDecide, "step 1 of 2")


def test_a_refusal_in_any_step_closes_the_request():
    second = (QUESTION, agreed("tobias", 1), agreed("callum", 2))
    for by in (HENRIETTA, CALLUM):
        given(DECIDER, *second).when(REFUSE, by=by).then(
            ApprovalRefused(request=REQUEST, subject=STORM_DRAFT, by=by.id, reason=REFUSE.reason)
        )


def test_nobody_counts_in_two_steps():
    both = IN_STEPS.model_copy(
        update={"then": (Step(roles=(Role.PRODUCER, Role.FINANCIER), needed=1),)}
    )
    question = QUESTION.model_copy(update={"rule": both})
    given(DECIDER, question, agreed("tobias", 1)).when(GRANT, by=TOBIAS).nothing()


def test_a_question_takes_the_days_of_its_rule_or_a_day_of_its_own():
    ask = RequestApproval(request=REQUEST, subject=STORM_DRAFT)
    known = Known(rules={"script": (IN_STEPS,)})
    given(DECIDER).when(ask, by=MATTEO, known=known).then(QUESTION)
    own = ask.model_copy(update={"due_on": date(2026, 9, 14)})
    given(DECIDER).when(own, by=MATTEO, known=known).then(
        QUESTION.model_copy(update={"due_on": date(2026, 9, 14)})
    )
    given(DECIDER, QUESTION).when(own, by=MATTEO).refused(RequestIsAnother)
    given(DECIDER, QUESTION).when(ask, by=MATTEO, at=AFTER).nothing()
    late = ask.model_copy(update={"due_on": date(2026, 9, 13)})
    given(DECIDER).when(late, by=MATTEO).refused(AnswerIsDueBeforeTheQuestion, "2026-09-14")


def test_who_is_consulted_says_what_he_thinks_and_decides_nothing():
    given(DECIDER, QUESTION).when(VIEW, by=INGRID).then(SAID)
    given(DECIDER, QUESTION, SAID).when(VIEW, by=INGRID).nothing()
    given(DECIDER, QUESTION, SAID).when(GRANT, by=TOBIAS).then(agreed("tobias", 1))


def test_only_those_of_the_rule_are_consulted_while_it_is_open():
    given(DECIDER, QUESTION).when(VIEW, by=BRAM).refused(RoleIsNotConsulted, "line-producer")
    given(DECIDER, ASKED).when(VIEW, by=INGRID).refused(RoleIsNotConsulted, "nobody is consulted")
    given(DECIDER, QUESTION, SAID, VOIDED).when(VIEW, by=INGRID).nothing()
    given(DECIDER, QUESTION, VOIDED).when(VIEW, by=INGRID).refused(RequestIsClosed)
    given(DECIDER).when(VIEW, by=INGRID).refused(RequestIsUnknown)


def test_an_answer_falls_due_once_and_only_after_its_last_day():
    given(DECIDER, QUESTION).when(FALL_DUE, at=AFTER).then(FELL_DUE)
    given(DECIDER, QUESTION, FELL_DUE).when(FALL_DUE, at=AFTER).nothing()
    given(DECIDER, QUESTION).when(FALL_DUE, at=AFTER - timedelta(seconds=2)).nothing()
    given(DECIDER, QUESTION, VOIDED).when(FALL_DUE, at=AFTER).nothing()
    given(DECIDER, ASKED).when(FALL_DUE, at=AFTER).nothing()
    given(DECIDER).when(FALL_DUE, at=AFTER).nothing()
    given(DECIDER, QUESTION, FELL_DUE).when(GRANT, by=TOBIAS).then(agreed("tobias", 1))


def test_nobody_makes_an_answer_fall_due_by_hand():
    assert not FallDue.MAY


def test_a_timer_waits_for_the_end_of_the_last_day_until_there_is_an_answer():
    [timer] = timers(recorded(QUESTION, "approval"))
    midnight = datetime(2026, 9, 20, tzinfo=UTC)
    assert timer == Timer(key=f"due {REQUEST}", due_at=midnight, command=FALL_DUE)
    assert timers(recorded(ASKED, "approval")) == []
    for ended in (VOIDED, FELL_DUE):
        assert timers(recorded(ended, "approval")) == [Timer(key=f"due {REQUEST}", due_at=None)]
    for_ever = QUESTION.model_copy(update={"due_on": date.max})
    assert timers(recorded(for_ever, "approval")) == []


DELEGATIONS = st.lists(
    st.builds(
        AuthorityDelegated,
        delegator=st.sampled_from([one.id for one in TEAM]),
        delegate=st.sampled_from([one.id for one in TEAM]),
        starts=st.just(FIRST_SHOOT_DAY.date()),
        ends=st.just(FIRST_SHOOT_DAY.date()),
    ),
    max_size=6,
    unique_by=lambda one: (one.delegator, one.delegate),
)
APPOINTMENTS = tuple(
    Appointment(person=one.id, role=role, starts=None, ends=None)
    for one in TEAM
    for role in one.roles
)
COMMANDS = st.sampled_from([GRANT, GRANT, GRANT, REFUSE, VIEW, FALL_DUE])
WHO = st.sampled_from(TEAM)
STEPS = st.lists(
    st.builds(
        Step,
        roles=st.lists(
            st.sampled_from([next(iter(one.roles)) for one in TEAM]), min_size=1, max_size=5
        ).map(tuple),
        needed=st.integers(1, 3),
    ),
    max_size=3,
)


@for_patience
@for_all(STEPS, DELEGATIONS, st.lists(st.tuples(COMMANDS, WHO), max_size=25))
def test_each_voice_counts_once_in_the_step_of_its_role(then, delegations, steps):
    rule = Rule(roles=(Role.PRODUCER, Role.FINANCIER), then=tuple(then))
    known = Known(
        rules={"script": (rule,)}, appointments=APPOINTMENTS, delegations=tuple(delegations)
    )
    ask = RequestApproval(request=REQUEST, subject=STORM_DRAFT)
    commands = [(ask, asked(LUCILLE, known=known))]
    commands += [(command, asked(by, known=known)) for command, by in steps]
    history, _ = each_recorded_once(DECIDER, commands)

    votes = [one for one in history if isinstance(one, ApprovalGiven | ApprovalGranted)]
    voices = [name for one in votes for name in (one.by, one.given_for) if name]
    assert len(set(voices)) == len(voices), "nobody counts twice, he and his delegate neither"
    assert "lucille" not in voices
    roles = {one.id: one.roles for one in TEAM}
    numbers = [one.step if isinstance(one, ApprovalGiven) else len(rule.steps) for one in votes]
    assert numbers == sorted(numbers), "a step waits for the one before"
    for vote, number in zip(votes, numbers, strict=True):
        assert roles[vote.given_for or vote.by] & set(rule.steps[number - 1].roles)
    if any(isinstance(one, ApprovalGranted) for one in history):
        for number, step in enumerate(rule.steps, start=1):
            assert numbers.count(number) == step.needed
    closings = [
        one
        for one in history
        if isinstance(one, ApprovalGranted | ApprovalRefused | ApprovalVoided)
    ]
    assert len(closings) <= 1


def test_what_was_asked_before_there_were_steps_is_decided_as_before():
    assert isinstance(GRANT, GrantApproval) and isinstance(REFUSE, RefuseApproval)
    old = ApprovalRequested(**{**ASKED.model_dump(), "rule": {"roles": ["producer"]}})
    given(DECIDER, old).when(GRANT, by=TOBIAS).then(
        ApprovalGranted(request=REQUEST, subject=STORM_DRAFT, by="tobias", note=GRANT.note)
    )
