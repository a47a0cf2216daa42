"""The nameplate of the approval room."""

from collections.abc import Mapping
from typing import Any

from runtime.decider import Command
from runtime.rooms import Service
from services.approval.commands import (
    AppointPerson,
    EndAppointment,
    GrantApproval,
    OpenProduction,
    RefuseApproval,
    RequestApproval,
    SetApprovalRules,
    VoidApproval,
)
from services.approval.model import DECIDERS
from services.approval.policies import policies

REQUEST = "0b4f7c1d-52a9-8e36-9c70-4d1f6e2a8b95"

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
                "roles": ["executive-producer", "financier", "completion-guarantor"],
                "needed": 2,
            },
        ],
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
    GrantApproval: {"request": REQUEST, "note": "The storm now comes before the rescue. Good."},
    RefuseApproval: {"request": REQUEST, "reason": "The fire on page 88 cannot be insured"},
    VoidApproval: {"request": REQUEST, "reason": "The pink revision replaces the blue one"},
}

service = Service(name="approval", deciders=DECIDERS, policies=policies, examples=EXAMPLES)
