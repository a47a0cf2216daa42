"""Deals of The Last Lighthouse, and the facts that lead to each of their phases."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from events.contract import (
    Condition,
    ConditionMet,
    ContractDrafted,
    ContractExecuted,
    Deliverable,
    Engagement,
    Kind,
    OfferAccepted,
    OfferCountered,
    OfferMade,
    Option,
    Payment,
    Side,
    Terms,
    TermsCleared,
    TermsSubmitted,
)
from services.contract.model.terms import hash_of
from services.contract.policies import Known

SILAS = "2b7d90c4-6e1f-8a35-b8c2-71f0d4a96e53"
REQUEST = "d3587a02-c41e-8f96-b0d5-28e6a9137c4b"
CAUSE = "70b5e1d9-2c68-8a04-95f3-e1d74c0a62b8"
PARTY = "thaddeus"
TITLE = "Silas Marr: four weeks guaranteed, and one looping day"
DOLLARS = Known(currency="USD")

AT = datetime(2026, 9, 1, 9, 0, tzinfo=UTC)
"""Before the offers below are over."""
EXPIRES_AT = datetime(2026, 9, 4, 22, 0, tzinfo=UTC)
SIGNED_ON = date(2026, 9, 11)

LOOPING = Payment(payment="looping", amount=Decimal("1246.00"), upon="looping day")
TRAVEL = Payment(payment="travel", amount=Decimal("500.00"), due_on=date(2026, 9, 20))
ENGAGEMENT = Engagement(
    role="Silas Marr",
    starts_on=date(2026, 9, 14),
    ends_on=date(2026, 10, 10),
    element="keeper",
)
RESHOOT = Option(
    option="reshoot",
    right="Two reshoot days",
    exercise_by=date(2027, 1, 15),
    price=Decimal("2492.00"),
    needed_by="picture-lock",
)
STILLS = Deliverable(deliverable="stills", name="Approved stills", due_on=date(2026, 11, 2))

TERMS = Terms(
    currency="USD",
    fee=Decimal("1746.00"),
    account="1425",
    payments=(LOOPING, TRAVEL),
    engagement=ENGAGEMENT,
    options=(RESHOOT,),
    deliverables=(STILLS,),
    conditions=(Condition.BUDGET_LOCKED,),
)


def but(terms: Terms = TERMS, **changes: Any) -> Terms:
    return terms.model_copy(update=changes)


UNCONDITIONAL = but(conditions=())
WITH_CREDIT = but(notes="Last card, single")
DRAFTED = ContractDrafted(contract=SILAS, kind=Kind.CAST, title=TITLE, party=PARTY, terms=TERMS)


def hash_for(terms: Terms, kind: Kind = Kind.CAST) -> str:
    return hash_of(kind, PARTY, terms)


def made(version: int = 1, terms: Terms = TERMS) -> OfferMade:
    return OfferMade(
        contract=SILAS,
        version=version,
        terms=terms,
        content_hash=hash_for(terms),
        expires_at=EXPIRES_AT,
    )


def countered(version: int, by: Side = Side.PARTY, terms: Terms = WITH_CREDIT) -> OfferCountered:
    return OfferCountered(
        contract=SILAS,
        version=version,
        by=by,
        terms=terms,
        content_hash=hash_for(terms),
        expires_at=EXPIRES_AT,
    )


def accepted(version: int = 1, by: Side = Side.PARTY, terms: Terms = TERMS) -> OfferAccepted:
    return OfferAccepted(
        contract=SILAS,
        version=version,
        content_hash=hash_for(terms),
        accepted_by=by,
        accepted_on=date(2026, 9, 2),
    )


def submitted(version: int = 1, terms: Terms = TERMS, kind: Kind = Kind.CAST) -> TermsSubmitted:
    return TermsSubmitted(
        contract=SILAS,
        kind=kind,
        title=TITLE,
        version=version,
        content_hash=hash_for(terms, kind),
        amount=terms.fee,
        currency="USD",
    )


def cleared(version: int = 1, terms: Terms = TERMS) -> TermsCleared:
    return TermsCleared(
        contract=SILAS, version=version, content_hash=hash_for(terms), request=REQUEST
    )


MET = ConditionMet(contract=SILAS, condition=Condition.BUDGET_LOCKED, cause=CAUSE)


def signed(terms: Terms = TERMS, kind: Kind = Kind.CAST) -> ContractExecuted:
    return ContractExecuted(
        contract=SILAS,
        kind=kind,
        title=TITLE,
        party=PARTY,
        version=1,
        terms=terms,
        content_hash=hash_for(terms, kind),
        executed_on=SIGNED_ON,
    )


OFFERED = (DRAFTED, made())
AGREED = (*OFFERED, accepted())
SUBMITTED = (*AGREED, submitted())
CLEARED = (*SUBMITTED, cleared())
READY = (*CLEARED, MET)
EXECUTED = (*READY, signed())
