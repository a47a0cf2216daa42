"""The nameplate of the contract room."""

from collections.abc import Mapping
from typing import Any

from events.contract import FEES_ARE_FOR
from runtime.decider import Command
from runtime.rooms import Service
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
from services.contract.model import DECIDERS
from services.contract.policies import policies
from services.contract.timers import timers

SILAS = {"contract": "2b7d90c4-6e1f-8a35-b8c2-71f0d4a96e53"}
WRITER = {"contract": "9e40c7a1-35d8-8b62-a1f7-c60d2b84e719"}
FOG_SIGNAL = {"contract": "41fa6b28-d07c-8e93-9c5a-0b8e17d3f264"}

LOOPING = {"payment": "looping", "amount": "1246.00", "upon": "looping day"}
TERMS: dict[str, Any] = {
    "currency": "USD",
    "fee": "1246.00",
    "account": "1425",
    "payments": [LOOPING],
    "engagement": {
        "role": "Silas Marr",
        "starts_on": "2026-09-14",
        "ends_on": "2026-10-10",
        "element": "silas",
    },
    "options": [
        {
            "option": "reshoot",
            "right": "Two reshoot days",
            "exercise_by": "2027-01-15",
            "price": "2492.00",
            "needed_by": "picture-lock",
        }
    ],
    "credit": {"position": "Last card, single", "wording": "and Thaddeus Okonjo-Reeve"},
    "conditions": ["budget-locked", "schedule-locked"],
}
REDRAFTED = {**TERMS, "engagement": {**TERMS["engagement"], "ends_on": "2026-10-17"}}
COUNTERED = {
    **REDRAFTED,
    "fee": "2492.00",
    "payments": [LOOPING, {**LOOPING, "payment": "looping-2", "upon": "second looping day"}],
}
OPEN = {"expires_at": "2036-09-04T22:00:00Z"}
"""Examples are played as they stand, so an offer that they make must not be over."""

CONTENT_HASH = "8e86a2c8025d4aad5cb926a262c351912b178ee41456c4b6f9a4b7f48e5f037a"
REQUEST = "d3587a02-c41e-8f96-b0d5-28e6a9137c4b"
CAUSE = "70b5e1d9-2c68-8a04-95f3-e1d74c0a62b8"
DRAFT = {"deliverable": "draft"}
PURCHASE = {"option": "purchase"}
ENGAGEMENT = {"conflict": "engagement", "cause": CAUSE}

EXAMPLES: Mapping[type[Command], Mapping[str, Any]] = {
    DraftContract: {
        **SILAS,
        "kind": "cast",
        "title": "Silas Marr: four weeks guaranteed, and one looping day",
        "party": "thaddeus",
        "name": "Thaddeus Okonjo-Reeve",
        "terms": TERMS,
    },
    RedraftTerms: {
        **SILAS,
        "terms": REDRAFTED,
        "reason": "The rescue is shot in the last week",
    },
    MakeOffer: {**SILAS, **OPEN},
    CounterOffer: {
        **SILAS,
        "by": "party",
        "terms": COUNTERED,
        **OPEN,
        "note": "His agent asks for a second looping day",
    },
    AcceptOffer: {
        **SILAS,
        "version": 3,
        "accepted_by": "production",
        "accepted_on": "2026-09-04",
    },
    LapseOffer: {**SILAS, "version": 2},
    WithdrawOffer: {**SILAS, "reason": "The keeper is written out before the storm"},
    DraftLongForm: {
        **SILAS,
        "document_hash": "c0a35d1f7e9264b8c0a35d1f7e9264b8c0a35d1f7e9264b8c0a35d1f7e9264b8",
    },
    SubmitTerms: SILAS,
    WithdrawTerms: {**SILAS, "reason": "His agent calls about the credit"},
    ClearTerms: {**SILAS, "version": 3, "content_hash": CONTENT_HASH, "request": REQUEST},
    RefuseClearance: {
        **SILAS,
        "version": 3,
        "request": REQUEST,
        "by": "tobias",
        "reason": "One looping day is enough",
    },
    MeetCondition: {**SILAS, "condition": "schedule-locked", "cause": CAUSE},
    ExecuteContract: {**SILAS, "executed_on": "2026-09-11"},
    EarnPayment: {**SILAS, "payment": "looping", "due_on": "2027-01-29"},
    ReceiveDeliverable: {**WRITER, **DRAFT, "received_on": "2026-11-12"},
    AcceptDeliverable: {**WRITER, **DRAFT, "accepted_on": "2026-11-20"},
    RejectDeliverable: {
        **WRITER,
        **DRAFT,
        "reason": "The ledger stops before the storm",
        "cure_by": "2026-12-04",
    },
    ExerciseOption: {**FOG_SIGNAL, **PURCHASE, "exercised_on": "2027-08-30"},
    ExtendOption: {**FOG_SIGNAL, **PURCHASE, "exercise_by": "2028-09-11", "price": "2500.00"},
    LapseOption: {**FOG_SIGNAL, **PURCHASE},
    RecordConflict: {
        **SILAS,
        **ENGAGEMENT,
        "problem": "Silas Marr is to shoot on 2026-10-19, outside the engagement from 2026-09-14 "
        "to 2026-10-17: extend it by an amendment, or move the days",
        "days": ["2026-10-19"],
    },
    ResolveConflict: {**SILAS, **ENGAGEMENT},
    TerminateContract: {
        **SILAS,
        "reason": "He broke an ankle before the first day; the part is cast anew",
        "terminated_on": "2026-09-12",
    },
    CompleteContract: {**WRITER, "completed_on": "2027-01-29"},
}

service = Service(
    name="contract",
    deciders=DECIDERS,
    policies=policies,
    examples=EXAMPLES,
    timers=timers,
    trail_for=FEES_ARE_FOR,
)
