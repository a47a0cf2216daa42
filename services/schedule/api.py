"""The nameplate of the schedule room."""

from collections.abc import Mapping
from typing import Any

from runtime.decider import Command
from runtime.importing import Importer
from runtime.rooms import Service
from services.schedule.commands import (
    AddBreakdowns,
    AddElements,
    ChooseBoard,
    DraftSchedule,
    FinishTask,
    ImportSchedule,
    LayBoard,
    LockSchedule,
    MoveMilestone,
    MoveShootDay,
    MoveTask,
    ReachMilestone,
    ReopenSchedule,
    ReturnSchedule,
    SetBehindThreshold,
    SetMilestone,
    SetTask,
    SubmitSchedule,
    WrapShootDay,
)
from services.schedule.files import read_uss
from services.schedule.model import DECIDERS
from services.schedule.policies import policies

EDDA = {
    "element": "edda-marr",
    "category": "Cast",
    "name": "Edda Marr",
    "board_id": "1",
    "is_cast": True,
}
SILAS = {
    "element": "silas-marr",
    "category": "Cast",
    "name": "Silas Marr, the keeper",
    "board_id": "2",
    "is_cast": True,
    "allow_drop": True,
}
LANTERN_ROOM = {
    "breakdown": "scene-12",
    "scene": "12",
    "synopsis": "Edda finds the lens dark, and her father asleep beside it",
    "eighths": 19,
    "int_ext": "int",
    "day_night": "night",
    "set_name": "LIGHTHOUSE - LANTERN ROOM",
    "location": "Old cannery",
    "script_day": "N3",
    "elements": ["edda-marr", "silas-marr"],
}
HEADLAND = {
    "breakdown": "scene-14",
    "scene": "14",
    "synopsis": "Edda walks the headland before the storm",
    "eighths": 11,
    "int_ext": "ext",
    "day_night": "day",
    "set_name": "HEADLAND",
    "location": "Grayling Harbor",
    "script_day": "D4",
    "elements": ["edda-marr"],
}
ONE_LINER = {
    "board": "White",
    "days": [["scene-14"], ["scene-12"]],
    "calendar": {"starts_on": "2026-09-14", "days_off": ["saturday", "sunday"]},
}
CONTENT_HASH = "9a41c7e05d3b28f6914ac0de75b3812f64e09d7ab1c5823f70d6e94b18a2c35f"

EXAMPLES: Mapping[type[Command], Mapping[str, Any]] = {
    DraftSchedule: {"name": "The Last Lighthouse, one-liner"},
    AddElements: {"elements": [EDDA, SILAS]},
    AddBreakdowns: {"breakdowns": [LANTERN_ROOM, HEADLAND]},
    LayBoard: {"board": ONE_LINER},
    ImportSchedule: {
        "source": "The Last Lighthouse, white revision",
        "elements": [EDDA, SILAS],
        "breakdowns": [LANTERN_ROOM, HEADLAND],
        "boards": [ONE_LINER],
        "choose": "White",
    },
    ChooseBoard: {"board": "White", "starts_on": "2026-09-14", "holidays_of": "US-ME"},
    SubmitSchedule: {},
    LockSchedule: {
        "version": 1,
        "content_hash": CONTENT_HASH,
        "request": "8e2d40b7-61fa-8c35-9b07-d41f6a3e8c52",
    },
    ReturnSchedule: {
        "version": 1,
        "reason": "Two nights on the headland follow a day in the cannery without turnaround",
        "by": "henrietta",
    },
    ReopenSchedule: {"reason": "The real gallery was condemned: those scenes go to the cannery"},
    SetBehindThreshold: {"eighths": 12},
    WrapShootDay: {
        "day": 1,
        "on": "2026-09-14",
        "breakdowns": ["scene-14"],
        "eighths": 8,
        "note": "Lost the light; three eighths of scene 14 are still to be shot",
    },
    MoveShootDay: {
        "day": 2,
        "on": "2026-10-10",
        "reason": "Saturday, to catch up after the nor'easter",
        "work_on_day_off": True,
    },
    SetMilestone: {
        "milestone": "picture-lock",
        "kind": "picture-lock",
        "name": "Picture lock",
        "on": "2027-01-29",
        "links": [{"after": "edit", "type": "FS", "lag_days": 5}],
    },
    MoveMilestone: {
        "milestone": "picture-lock",
        "on": "2027-02-12",
        "reason": "Two more weeks of cutting after the first test screening",
    },
    ReachMilestone: {"milestone": "picture-lock", "on": "2027-02-11"},
    SetTask: {
        "task": "edit",
        "kind": "edit",
        "name": "Edit, to the director's cut",
        "starts_on": "2026-09-15",
        "days": 90,
    },
    MoveTask: {
        "task": "edit",
        "days": 100,
        "reason": "Photography ended two days late",
    },
    FinishTask: {"task": "edit", "on": "2027-02-05"},
}

service = Service(
    name="schedule",
    deciders=DECIDERS,
    policies=policies,
    imports={
        "schedule": Importer(read_uss, format="USS", media_type="application/json"),
    },
    examples=EXAMPLES,
)
