"""A request for the approval of one exact version."""

from decimal import Decimal

import pytest
from hypothesis import given as for_all
from hypothesis import strategies as st

from events.approval import (
    ApprovalGiven,
    ApprovalGranted,
    ApprovalRefused,
    ApprovalRequested,
    ApprovalVoided,
    Role,
    Rule,
    Subject,
)
from services.approval.commands import (
    SUBMITTED_BY_THEIR_ROOM,
    GrantApproval,
    RefuseApproval,
    RequestApproval,
    RequestCommand,
    VoidApproval,
)
from services.approval.model.rejections import (
    OnlyItsRoomMayVoid,
    OnlyTheRequesterMayVoid,
    RequesterMayNotDecide,
    RequestIsAnother,
    RequestIsClosed,
    RequestIsUnknown,
    RoleMayNotDecide,
    RoleMayNotSetRule,
    SubjectIsSubmitted,
)
from services.approval.model.request import REQUEST as DECIDER
from services.approval.model.request import TAKEN_BACK_BY
from services.approval.policies import EXECUTIVE_PRODUCER_ALONE, Known
from tests.services.given import asked, each_recorded_once, for_patience, given
from tests.services.lighthouse import (
    BRAM,
    CALLUM,
    HENRIETTA,
    INGRID,
    MATTEO,
    POLICY,
    ROSALIND,
    TEAM,
    TOBIAS,
)

pytestmark = pytest.mark.unit

REQUEST = "0b4f7c1d-52a9-8e36-9c70-4d1f6e2a8b95"
STORM_DRAFT = Subject(kind="script", name="blue-revision", version=3, content_hash="5c" * 32)
BUDGET = Subject(kind="budget", name="budget", version=1, content_hash="3d" * 32)
TWO_OF_THREE = Rule(
    roles=(Role.EXECUTIVE_PRODUCER, Role.FINANCIER, Role.COMPLETION_GUARANTOR), needed=2
)
ASK = RequestApproval(request=REQUEST, subject=STORM_DRAFT)
GRANT = GrantApproval(request=REQUEST, note="The storm now comes before the rescue")
REFUSE = RefuseApproval(request=REQUEST, reason="The fire on page 88 cannot be insured")
VOID = VoidApproval(request=REQUEST, reason="The pink revision replaces the blue one")
ASKED = ApprovalRequested(
    request=REQUEST,
    subject=STORM_DRAFT,
    amount=None,
    requested_by="matteo",
    rule=EXECUTIVE_PRODUCER_ALONE,
)
ASKED_OF_TWO = ASKED.model_copy(update={"rule": TWO_OF_THREE})
GRANTED = ApprovalGranted(request=REQUEST, subject=STORM_DRAFT, by="rosalind", note=GRANT.note)
REFUSED = ApprovalRefused(request=REQUEST, subject=STORM_DRAFT, by="rosalind", reason=REFUSE.reason)
VOIDED = ApprovalVoided(request=REQUEST, subject=STORM_DRAFT, reason=VOID.reason)


def agreed(by: str) -> ApprovalGiven:
    return ApprovalGiven(request=REQUEST, by=by, note=GRANT.note)


def test_a_request_without_rules_is_for_the_executive_producer():
    given(DECIDER).when(ASK, by=MATTEO).then(ASKED)


def test_a_request_takes_the_rule_that_stands_for_its_kind_and_amount():
    low = Rule(below=Decimal(1000), roles=(Role.LINE_PRODUCER,))
    high = Rule(at_least=Decimal(1000), roles=(Role.FINANCIER,))
    known = Known(rules={"purchase": (high, low)})
    purchase = Subject(kind="purchase", name="PO-1013", version=1, content_hash="aa" * 32)
    for amount, rule in [("999.99", low), ("1000", high), ("-1", EXECUTIVE_PRODUCER_ALONE)]:
        ask = RequestApproval(request=REQUEST, subject=purchase, amount=Decimal(amount))
        [asked_for] = given(DECIDER).when(ask, by=INGRID, known=known).events
        assert isinstance(asked_for, ApprovalRequested)
        assert asked_for.rule == rule
    unpriced = RequestApproval(request=REQUEST, subject=purchase)
    [asked_for] = given(DECIDER).when(unpriced, by=INGRID, known=known).events
    assert isinstance(asked_for, ApprovalRequested)
    assert asked_for.rule == high, "leaving the amount out must not lead to the lowest band"


def test_who_may_set_the_rules_may_bring_one():
    own = ASK.model_copy(update={"rule": TWO_OF_THREE})
    given(DECIDER).when(own, by=TOBIAS).then(
        ASKED_OF_TWO.model_copy(update={"requested_by": "tobias"})
    )
    given(DECIDER).when(own, by=BRAM).refused(RoleMayNotSetRule, "leave `rule` out")


def test_a_policy_asks_for_the_person_whose_fact_it_answers():
    ask = RequestApproval(request=REQUEST, subject=BUDGET, amount=Decimal("5695852.92"))
    [asked_for] = given(DECIDER).when(ask, by=POLICY, principal="lucille").events
    assert isinstance(asked_for, ApprovalRequested)
    assert asked_for.requested_by == "lucille"


@pytest.mark.parametrize("kind", ["budget", "schedule", "contract", "overage"])
def test_nobody_asks_by_hand_about_what_its_room_submits(kind):
    subject = BUDGET.model_copy(update={"kind": kind})
    by_hand = RequestApproval(request=REQUEST, subject=subject, amount=Decimal(1))
    given(DECIDER).when(by_hand, by=BRAM).refused(SubjectIsSubmitted, f"submit the {kind}")


def test_the_same_question_again_records_nothing():
    given(DECIDER, ASKED).when(ASK, by=MATTEO).nothing()
    given(DECIDER, ASKED, GRANTED).when(ASK, by=MATTEO).nothing()


def test_another_question_under_the_same_id_is_refused():
    pink = ASK.model_copy(update={"subject": STORM_DRAFT.model_copy(update={"version": 4})})
    given(DECIDER, ASKED).when(pink, by=MATTEO).refused(RequestIsAnother, "version 3", "another id")


def test_the_last_one_needed_grants():
    given(DECIDER, ASKED).when(GRANT).then(GRANTED)
    given(DECIDER, ASKED_OF_TWO).when(GRANT, by=CALLUM).then(agreed("callum"))
    given(DECIDER, ASKED_OF_TWO, agreed("callum")).when(GRANT).then(GRANTED)


def test_one_person_counts_once():
    given(DECIDER, ASKED_OF_TWO, agreed("rosalind")).when(GRANT).nothing()
    given(DECIDER, ASKED_OF_TWO, agreed("callum"), GRANTED).when(GRANT).nothing()
    given(DECIDER, ASKED_OF_TWO, agreed("callum"), GRANTED).when(GRANT, by=CALLUM).nothing()


def test_the_requester_never_decides_whatever_his_roles():
    own = ASKED.model_copy(update={"requested_by": "rosalind"})
    given(DECIDER, own).when(GRANT).refused(RequesterMayNotDecide, "somebody else")
    given(DECIDER, own).when(REFUSE).refused(RequesterMayNotDecide, "executive-producer")


def test_only_the_roles_of_the_rule_decide():
    refusal = (
        given(DECIDER, ASKED)
        .when(GRANT, by=TOBIAS)
        .refused(RoleMayNotDecide, "executive-producer", "version 3 of script blue-revision")
    )
    assert refusal.STATUS == 403
    assert "step" not in str(refusal)
    given(DECIDER, ASKED).when(REFUSE, by=HENRIETTA).refused(RoleMayNotDecide)


def test_one_refusal_closes_a_request_of_two():
    given(DECIDER, ASKED_OF_TWO, agreed("callum")).when(REFUSE).then(REFUSED)
    given(DECIDER, ASKED_OF_TWO, agreed("rosalind")).when(REFUSE).then(REFUSED)


def test_refusing_again_records_nothing():
    given(DECIDER, ASKED, REFUSED).when(REFUSE).nothing()


@pytest.mark.parametrize(
    ("closed", "how"),
    [
        (GRANTED, "granted by rosalind"),
        (REFUSED, "refused by rosalind (The fire"),
        (VOIDED, "fell away (The pink"),
    ],
)
def test_what_is_closed_stays_closed_and_says_how_it_ended(closed, how):
    given(DECIDER, ASKED, closed).when(GRANT, by=CALLUM).refused(RequestIsClosed, how)
    given(DECIDER, ASKED, closed).when(REFUSE, by=CALLUM).refused(RequestIsClosed, how)


def test_what_nobody_asked_cannot_be_decided():
    given(DECIDER).when(GRANT).refused(RequestIsUnknown, REQUEST)


def test_the_requester_a_leader_or_a_policy_voids():
    for by in (MATTEO, ROSALIND, TOBIAS):
        given(DECIDER, ASKED).when(VOID, by=by).then(VOIDED)
    given(DECIDER, ASKED).when(VOID, by=POLICY, principal="bram").then(VOIDED)
    given(DECIDER, ASKED).when(VOID, by=BRAM).refused(OnlyTheRequesterMayVoid, "matteo")


@pytest.mark.parametrize(
    ("kind", "cure"),
    [
        ("budget", "reopen the budget"),
        ("schedule", "reopen the schedule"),
        ("contract", "withdraw the terms"),
        ("overage", "refuse the overage"),
    ],
)
def test_what_a_room_asks_about_falls_away_with_what_it_submitted_and_not_by_hand(kind, cure):
    subject = STORM_DRAFT.model_copy(update={"kind": kind})
    waiting = ASKED.model_copy(update={"subject": subject})
    for by in (MATTEO, ROSALIND, TOBIAS):
        given(DECIDER, waiting).when(VOID, by=by).refused(OnlyItsRoomMayVoid, cure)
    by_the_room = given(DECIDER, waiting).when(VOID, by=POLICY, principal="bram")
    by_the_room.then(VOIDED.model_copy(update={"subject": subject}))
    assert set(TAKEN_BACK_BY) == SUBMITTED_BY_THEIR_ROOM


def test_there_is_nothing_to_void_where_nothing_is_open():
    given(DECIDER).when(VOID).nothing()
    for closed in (GRANTED, REFUSED, VOIDED):
        given(DECIDER, ASKED, closed).when(VOID).nothing()


RULES = st.sampled_from([None, EXECUTIVE_PRODUCER_ALONE, TWO_OF_THREE])
COMMANDS: st.SearchStrategy[RequestCommand] = st.one_of(
    st.builds(
        RequestApproval,
        request=st.just(REQUEST),
        subject=st.just(STORM_DRAFT),
        amount=st.sampled_from([None, Decimal(5)]),
        rule=RULES,
    ),
    st.sampled_from([GRANT, REFUSE, VOID]),
)
CONTEXTS = st.sampled_from([asked(one) for one in TEAM])
HISTORIES = st.lists(st.tuples(COMMANDS, CONTEXTS), max_size=20)


@for_patience
@for_all(HISTORIES)
def test_every_command_given_twice_records_nothing_the_second_time(steps):
    each_recorded_once(DECIDER, steps)


@for_patience
@for_all(HISTORIES)
def test_a_grant_needs_enough_people_other_than_the_requester(steps):
    history, _ = each_recorded_once(DECIDER, steps)
    grants = [event for event in history if isinstance(event, ApprovalGranted)]
    assert len(grants) <= 1
    if grants:
        [question] = [event for event in history if isinstance(event, ApprovalRequested)]
        agreed_by = [
            event.by for event in history if isinstance(event, ApprovalGiven | ApprovalGranted)
        ]
        assert len(set(agreed_by)) == len(agreed_by) == question.rule.needed
        assert question.requested_by not in agreed_by
