"""The nameplate of the approval room."""

from collections.abc import Mapping
from typing import Any

from runtime.decider import Command
from runtime.rooms import Service
from services.approval.commands import (
    AppointPerson,
    DecideScreening,
    DelegateAuthority,
    EndAppointment,
    EndDelegation,
    ErasePerson,
    FallDue,
    GiveView,
    GrantApproval,
    OpenProduction,
    RecordScores,
    RefuseApproval,
    RequestApproval,
    ScreenCut,
    SetApprovalRules,
    VoidApproval,
)
from services.approval.model import DECIDERS
from services.approval.policies import policies
from services.approval.timers import timers

REQUEST = "0b4f7c1d-52a9-8e36-9c70-4d1f6e2a8b95"
SCREENING = "7e21c9d4-03bb-4f5a-8a16-b95d40e7c2f8"
DIRECTORS_CUT = {
    "kind": "cut",
    "name": "directors-cut",
    "version": 2,
    "content_hash": "b07a94e1c6d8f2355a1e90cb47d3628fe5149a0c7b6d83f2e1950a4cd7b8361f",
}

EXAMPLES: Mapping[type[Command], Mapping[str, Any]] = {
    OpenProduction: {
        "title": "The Last Lighthouse",
        "kind": "feature",
        "currency": "USD",
        "time_zone": "America/New_York",
        "name": "Rosalind Achterberg",
    },
    AppointPerson: {
        "person": "lucille",
        "role": "production-accountant",
        "name": "Lucille Brandauer",
        "starts": "2026-07-27",
        "ends": "2026-11-29",
    },
    EndAppointment: {
        "person": "lucille",
        "role": "production-accountant",
        "ends": "2026-11-22",
        "reason": "The last cost report goes out a week early",
    },
    SetApprovalRules: {
        "subject_kind": "budget",
        "rules": [
            {"at_least": "0", "below": "1000000", "roles": ["executive-producer"], "needed": 1},
            {
                "at_least": "1000000",
                "below": None,
                "roles": ["producer"],
                "needed": 1,
                "then": [
                    {
                        "roles": ["executive-producer", "financier", "completion-guarantor"],
                        "needed": 2,
                    }
                ],
                "consult": ["director"],
                "notify": ["line-producer"],
                "due_days": 5,
            },
        ],
    },
    DelegateAuthority: {
        "delegate": "tobias",
        "subject_kinds": ["overage"],
        "starts": "2026-10-05",
        "ends": "2026-10-09",
    },
    EndDelegation: {
        "delegate": "tobias",
        "ends": "2026-10-07",
        "reason": "Back from the festival two days early",
    },
    RequestApproval: {
        "request": REQUEST,
        "subject": {
            "kind": "script",
            "name": "blue-revision",
            "version": 3,
            "content_hash": "6f1d0a52c94be7308d2f51b6a7e3049c8815d2b7f64ac03e9d7b1c58e0f2a364",
        },
    },
    GiveView: {"request": REQUEST, "view": "The storm can be shot before the rescue, with one tow"},
    GrantApproval: {"request": REQUEST, "note": "The storm now comes before the rescue. Good."},
    RefuseApproval: {"request": REQUEST, "reason": "The fire on page 88 cannot be insured"},
    VoidApproval: {"request": REQUEST, "reason": "The pink revision replaces the blue one"},
    FallDue: {"request": REQUEST},
    ScreenCut: {
        "screening": SCREENING,
        "cut": DIRECTORS_CUT,
        "held_on": "2027-02-18",
        "place": "Portland, Maine, Harbor Street Cinema",
        "audience": 312,
    },
    RecordScores: {
        "screening": SCREENING,
        "cards": {
            "excellent": 74,
            "very_good": 101,
            "good": 82,
            "fair": 30,
            "poor": 11,
            "definitely_recommend": 139,
        },
    },
    DecideScreening: {
        "screening": SCREENING,
        "decision": "recut",
        "reason": "The second reel loses them before the storm",
    },
    ErasePerson: {"person": "lucille", "ground": "no-longer-needed"},
}

service = Service(
    name="approval",
    deciders=DECIDERS,
    policies=policies,
    examples=EXAMPLES,
    timers=timers,
)
