"""The nameplate of the budget room."""

from collections.abc import Mapping
from typing import Any

from runtime.decider import Command
from runtime.importing import Importer
from runtime.rooms import Service
from services.budget.commands import (
    AddCategories,
    AddLine,
    ApproveOverage,
    CloseCommitment,
    DraftBudget,
    ForecastOverage,
    ImportBudget,
    LockBudget,
    PostCost,
    RaiseCommitment,
    RecordCosts,
    RefuseOverage,
    RemoveLine,
    ReopenBudget,
    ReturnBudget,
    ReverseCost,
    ReviseLine,
    SetEstimate,
    SetHotCostBase,
    SetOverageThreshold,
    SubmitBudget,
)
from services.budget.files import read_budget, read_costs
from services.budget.model import DECIDERS
from services.budget.policies import policies

CAST = {"category": "1400", "name": "Cast", "level": "atl"}
CAMERA = {"category": "3300", "name": "Camera", "level": "production"}
KEEPER = {
    "line": "1401-02",
    "category": "1400",
    "account": "1401",
    "description": "Silas Marr, the keeper",
    "amount": "4",
    "unit": "week",
    "x": "1",
    "rate": "21500",
}
LANTERN_ROOM = {
    "commitment": "PO-1013",
    "account": "2302",
    "amount": "48750.00",
    "description": "Hollis and Brandt Scenic, lantern room: steel frame, floor and glazing",
    "raised_on": "2026-09-08",
}
LANTERN_ROOM_STEEL = {
    "posting": "INV-2014",
    "account": "2302",
    "amount": "24375.00",
    "commitment": "PO-1013",
    "description": "Lantern room, half on steel raised",
    "incurred_on": "2026-09-12",
}
OVERAGE_HASH = "c41e07b2f9a85d63e0718fb4a2c69d5370be1f84d9a6c2537e40b8f15d92a6c3"
OVERAGE_REQUEST = "91d4e6b3-7c02-8a5f-b8e1-46f0a2d97c35"
CONTENT_HASH = "3d1f8c5a907be624d3b8a1f05c7e92461f8d03a7b5c2e9f4160d7a83bc5e92f1"

EXAMPLES: Mapping[type[Command], Mapping[str, Any]] = {
    DraftBudget: {"currency": "USD", "categories": [CAST]},
    AddCategories: {"categories": [CAMERA]},
    AddLine: {"line": KEEPER},
    ReviseLine: {"line": {**KEEPER, "amount": "5"}},
    RemoveLine: {"line": "1401-02", "reason": "The keeper is written out before the storm"},
    ImportBudget: {"categories": [CAST, CAMERA], "lines": [KEEPER]},
    SubmitBudget: {},
    LockBudget: {
        "version": 1,
        "content_hash": CONTENT_HASH,
        "request": "5c1f6a0e-9d24-8b37-a6f1-02e8d4b7c913",
    },
    ReturnBudget: {
        "version": 1,
        "reason": "Water work needs another safety boat before the guarantor signs",
        "by": "henrietta",
    },
    ReopenBudget: {"reason": "The engineer condemned the gallery rail: the set carries actors now"},
    RaiseCommitment: LANTERN_ROOM,
    CloseCommitment: {
        "commitment": "PO-1030",
        "closed_on": "2026-10-02",
        "account": "3521",
        "reason": "Annie Dell is out of the picture, her captain released the days that remained",
    },
    PostCost: LANTERN_ROOM_STEEL,
    ReverseCost: {
        "reversal": "REV-4001",
        "posting": "INV-2020",
        "account": "3311",
        "amount": "9850.00",
        "reason": "Camera invoice billed at the old list price, taken back",
        "reversed_on": "2026-09-21",
    },
    SetEstimate: {
        "estimate": "EST-6007",
        "account": "3521",
        "basis": "variance",
        "value": "-18500.00",
        "reason": "Replacement boat, haul-out and tow; hull claim not counted yet",
        "estimated_on": "2026-10-04",
    },
    RecordCosts: {
        "entries": [{"entry": "commit", **LANTERN_ROOM}, {"entry": "post", **LANTERN_ROOM_STEEL}]
    },
    SetHotCostBase: {
        "schedule_version": 1,
        "days": [
            {"day": 1, "on": "2026-09-14", "eighths": 27},
            {"day": 2, "on": "2026-09-15", "eighths": 31},
        ],
    },
    SetOverageThreshold: {"amount": "25000.00", "behind_account": "3521"},
    ForecastOverage: {
        "overage": "OV-behind-v1-12",
        "series": "OV-behind-v1-",
        "cause": "behind-schedule",
        "amount": "61250.00",
        "account": "3521",
        "reason": "After shoot day 12 the shoot is 40 eighths behind, 1.3 average days",
    },
    ApproveOverage: {
        "overage": "OV-1",
        "content_hash": OVERAGE_HASH,
        "request": OVERAGE_REQUEST,
    },
    RefuseOverage: {
        "overage": "OV-1",
        "content_hash": OVERAGE_HASH,
        "request": OVERAGE_REQUEST,
        "reason": "The harbor days must be shortened instead",
        "by": "henrietta",
    },
}

service = Service(
    name="budget",
    deciders=DECIDERS,
    policies=policies,
    imports={"budget": Importer(read_budget), "costs": Importer(read_costs)},
    examples=EXAMPLES,
)
