"""Facts as their logs hold them, for folds: told by hand, or drawn by lot."""

import random
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime, timedelta

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

from events import approval, budget, contract, schedule
from events.contract import Terms
from events.envelope import Recorded, microseconds
from events.event import Event
from events.names import id_of
from events.reaction import ReactionRefused
from runtime.view import Rows, View

PRODUCTION = "5f0c7e7a-2b63-4d35-8a1e-3f1f6d2f9b10"
BEGUN = datetime(2026, 9, 1, 9, 0, tzinfo=UTC)
KEEPER = id_of("contract", "the keeper")
WRITER = id_of("contract", "the writer")
HASH = "a" * 64
CAUSE = id_of("cause")

patiently = settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow])


def told(log: str, *events: Event, first: int = 1, stream: str = "") -> list[Recorded]:
    """Those facts of one log, an hour apart, all of one stream unless they say otherwise."""
    return [
        Recorded(
            log=log,
            production=PRODUCTION,
            stream=stream or f"{log}-{PRODUCTION}",
            version=number,
            position=number,
            partition=0,
            previous=number - 1,
            id=id_of(log, str(number), event.encode()),
            ordinal=0,
            type=event.wire()[0],
            schema_version=event.wire()[1],
            payload=event.encode(),
            recorded_at_us=microseconds(BEGUN + timedelta(hours=number)),
            effective_at_us=microseconds(BEGUN + timedelta(hours=number)),
            actor="rosalind",
            command_id=id_of("command", str(number)),
            correlation="c",
            causation=None,
            hops=0,
            hash=bytes(32),
        )
        for number, event in enumerate(events, first)
    ]


def at(hour: int) -> datetime:
    """When the fact of that number was recorded."""
    return BEGUN + timedelta(hours=hour)


def terms(**changes: object) -> Terms:
    """The keeper's terms: half of his fee at the start, half upon the picture's lock."""
    whole = {
        "currency": "USD",
        "fee": "86000.00",
        "account": "1401",
        "payments": [
            {"payment": "start", "amount": "43000.00", "due_on": "2026-09-14"},
            {"payment": "lock", "amount": "43000.00", "upon": "picture lock"},
        ],
        "options": [{"option": "sequel", "right": "a second film", "exercise_by": "2026-12-31"}],
        "deliverables": [
            {"deliverable": "looping", "name": "Two days of looping", "due_on": "2026-11-20"}
        ],
        "conditions": ["budget-locked"],
    }
    return Terms.model_validate(whole | changes)


def drafted(
    contract_id: str = KEEPER, kind: str = "cast", **changes: object
) -> contract.ContractDrafted:
    return contract.ContractDrafted(
        contract=contract_id,
        kind=contract.Kind(kind),
        title="Silas Marr, the keeper",
        party="noor-haddad",
        terms=terms(**changes),
    )


def executed(
    contract_id: str = KEEPER, version: int = 1, kind: str = "cast", **changes: object
) -> contract.ContractExecuted:
    return contract.ContractExecuted(
        contract=contract_id,
        kind=contract.Kind(kind),
        title="Silas Marr, the keeper",
        party="noor-haddad",
        version=version,
        terms=terms(**changes),
        content_hash=HASH,
        executed_on="2026-09-02",
    )


def amended(
    version: int, after: Terms, contract_id: str = KEEPER, before: Terms | None = None
) -> contract.ContractAmended:
    return contract.ContractAmended(
        contract=contract_id,
        version=version,
        before=terms() if before is None else before,
        after=after,
        content_hash=HASH,
        amended_on="2026-09-20",
    )


def posted(commitment: str | None, amount: str, posting: str = "INV-1") -> budget.CostPosted:
    return budget.CostPosted(
        posting=posting,
        account="1401",
        amount=amount,
        commitment=commitment,
        relieved=amount if commitment else "0",
        description="as agreed",
        incurred_on="2026-09-14",
    )


def _deal_facts(one: str) -> list[Event]:
    """Every fact that a deal can have, some in two forms."""
    payment = {"contract": one, "payment": "lock"}
    offer = {"contract": one, "terms": terms(), "content_hash": HASH, "expires_at": at(5)}
    reasoned = {"contract": one, "version": 1, "reason": "too dear"}
    return [
        drafted(one),
        contract.TermsRedrafted(contract=one, version=2, terms=terms(fee="1.00", payments=[])),
        contract.OfferMade(version=1, **offer),
        contract.OfferCountered(version=2, by="party", **offer),
        contract.OfferCountered(version=3, by="production", **offer),
        contract.OfferAccepted(
            contract=one,
            version=2,
            content_hash=HASH,
            accepted_by="production",
            accepted_on="2026-09-02",
        ),
        contract.OfferLapsed(contract=one, version=2, expired_at=at(5)),
        contract.OfferWithdrawn(**reasoned),
        contract.LongFormDrafted(contract=one, version=2, document_hash=HASH),
        contract.TermsSubmitted(
            contract=one,
            kind="cast",
            title="the keeper",
            version=2,
            content_hash=HASH,
            amount="86000",
            currency="USD",
        ),
        contract.TermsWithdrawn(**reasoned),
        contract.TermsCleared(contract=one, version=2, content_hash=HASH, request=CAUSE),
        contract.ClearanceRefused(request=CAUSE, by="rosalind", **reasoned),
        contract.ConditionMet(contract=one, condition="budget-locked", cause=CAUSE),
        executed(one, 2),
        amended(3, terms(deliverables=[]), one),
        amended(4, terms(), one),
        contract.PaymentEarned(amount="43000.00", due_on="2026-12-01", **payment),
        contract.DeliverableReceived(contract=one, deliverable="looping", received_on="2026-11-02"),
        contract.DeliverableAccepted(contract=one, deliverable="looping", accepted_on="2026-11-03"),
        contract.DeliverableRejected(
            contract=one, deliverable="looping", reason="hum", cure_by="2026-12-01"
        ),
        contract.OptionExercised(
            contract=one, option="sequel", price="100", exercised_on="2026-12-01"
        ),
        contract.OptionExtended(
            contract=one, option="sequel", was="2026-12-31", exercise_by="2027-06-30", price="9"
        ),
        contract.OptionLapsed(contract=one, option="sequel", exercise_by="2026-12-31"),
        contract.EngagementConflicted(
            contract=one, conflict="days", cause=CAUSE, problem="two days outside"
        ),
        contract.ConflictResolved(contract=one, conflict="days", cause=CAUSE),
        contract.ContractTerminated(
            contract=one,
            reason="the storm",
            terminated_on="2026-10-01",
            released=["lock"],
            owed=["start"],
        ),
        contract.ContractCompleted(contract=one, completed_on="2026-12-20"),
        contract.ContractExpired(contract=one, reason="nobody agreed in time"),
    ]


def _approval_facts() -> list[Event]:
    subject = {"kind": "contract", "name": KEEPER, "version": 2, "content_hash": HASH}
    rule = {
        "roles": ["line-producer"],
        "needed": 2,
        "then": [{"roles": ["executive-producer"]}],
        "consult": ["director"],
        "notify": ["auditor"],
    }
    facts: list[Event] = [
        approval.ProductionOpened(
            title="The Last Lighthouse", kind="feature", currency="USD", time_zone="UTC"
        ),
        approval.AuthorityDelegated(
            delegator="rosalind", delegate="tobias", starts="2026-09-01", ends="2026-09-30"
        ),
        approval.DelegationEnded(
            delegator="rosalind", delegate="tobias", ends="2026-09-03", reason="back"
        ),
    ]
    for person in ("rosalind", "tobias"):
        for role in ("executive-producer", "line-producer"):
            appointment = {"person": person, "role": role}
            facts.append(approval.PersonAppointed(**appointment))
            facts.append(approval.AppointmentEnded(**appointment, ends="2026-09-20", reason="wrap"))
    for request in (id_of("request", "1"), id_of("request", "2")):
        asked = {"request": request, "subject": subject}
        facts += [
            approval.ApprovalRequested(
                **asked, amount="86000", requested_by="ingrid", rule=rule, due_on="2026-09-05"
            ),
            approval.ConsultationGiven(request=request, by="matteo", view="cast him"),
            approval.ApprovalGiven(request=request, by="rosalind"),
            approval.ApprovalGiven(request=request, by="tobias", given_for="rosalind", step=2),
            approval.ApprovalGranted(**asked, by="tobias"),
            approval.ApprovalRefused(**asked, by="tobias", reason="too dear"),
            approval.ApprovalVoided(**asked, reason="countered"),
            approval.ApprovalFellDue(**asked, due_on="2026-09-05"),
        ]
    return facts


def _budget_facts() -> list[Event]:
    commitments = [contract.commitment_of(KEEPER, "start", version) for version in (1, 2)]
    submitted = {"version": 1, "content_hash": HASH, "total": "5"}
    facts: list[Event] = [
        budget.BudgetSubmitted(**submitted, currency="USD"),
        budget.BudgetLocked(**submitted, request=CAUSE, accounts=[]),
        budget.BudgetReturned(version=1, reason="too dear", by="rosalind"),
        budget.OverageForecast(
            overage="OV-1",
            number=1,
            cause="forecast",
            approved="5",
            efc="9",
            amount="4",
            accounts=[{"account": "1401", "total": "4"}],
            reason="the storm",
            content_hash=HASH,
        ),
        posted(None, "12"),
    ]
    for commitment in commitments:
        promised = {"commitment": commitment, "account": "1401"}
        facts += [
            budget.CommitmentRaised(
                **promised, amount="43000", description="the keeper", raised_on="2026-09-02"
            ),
            budget.CommitmentClosed(**promised, released="1000", closed_on="2026-09-10"),
            posted(commitment, "21500"),
            posted(commitment, "21500", "INV-2"),
            budget.CostReversed(
                **promised,
                reversal="REV-1",
                posting="INV-1",
                amount="21500",
                restored="21500",
                reason="billed twice",
                incurred_on="2026-09-14",
                reversed_on="2026-09-16",
            ),
        ]
    return facts


def _schedule_facts() -> list[Event]:
    return [
        schedule.ScheduleSubmitted(
            version=1,
            content_hash=HASH,
            shoot_days=25,
            eighths=800,
            starts_on="2026-09-14",
            ends_on="2026-10-16",
        ),
        schedule.ScheduleReturned(version=1, reason="too long", by="rosalind"),
        schedule.ScheduleDrafted(name="the shoot"),
    ]


REFUSED = ReactionRefused(
    cause=CAUSE, command="LockBudget", target="budget-x", code="terms-moved-on", reason="another"
)

FACTS: dict[str, list[Event]] = {
    "approval": [*_approval_facts(), REFUSED],
    "budget": [*_budget_facts(), REFUSED],
    "contract": [*_deal_facts(KEEPER), *_deal_facts(WRITER), REFUSED],
    "schedule": [*_schedule_facts(), REFUSED],
}
"""Facts of every log, in which the deals, requests and commitments speak of each other."""

HISTORIES = st.fixed_dictionaries(
    {
        log: st.lists(st.sampled_from(facts), max_size=40).map(
            lambda drawn, log=log: told(log, *drawn)  # type: ignore[misc]
        )
        for log, facts in FACTS.items()
    }
)


def interleaved(logs: dict[str, list[Recorded]], chance: random.Random) -> list[Recorded]:
    """One order of all facts in which each log keeps its own."""
    turns = [log for log, facts in logs.items() for _ in facts]
    chance.shuffle(turns)
    left = {log: iter(facts) for log, facts in logs.items()}
    return [next(left[log]) for log in turns]


def check_every_interleaving(
    view: View, logs: dict[str, list[Recorded]], chance: random.Random
) -> None:
    """Equal rows, however the logs come together."""
    heard = {log: facts for log, facts in logs.items() if log in view.logs}
    expected = view.fold([fact for facts in heard.values() for fact in facts])
    for _ in range(3):
        assert view.fold(interleaved(heard, chance)) == expected


def check_any_part(
    view: View,
    logs: dict[str, list[Recorded]],
    chance: random.Random,
    tell: Callable[[Rows], Iterable[object]],
) -> None:
    """Something is told of every part of a history, also of an end without its beginning."""
    everything = interleaved({log: logs[log] for log in view.logs}, chance)
    for keep in (0.9, 0.5, 0.1):
        list(tell(view.fold(part_of(everything, keep, chance))))
    for fact in everything:
        list(tell(view.fold([fact])))


def part_of(facts: Sequence[Recorded], keep: float, chance: random.Random) -> list[Recorded]:
    """Some of the facts, in their order."""
    return [fact for fact in facts if chance.random() < keep]
