"""The plan: script, boards and cast are agreed, and the shooting schedule is locked."""

from typing import Any

from runtime.cli.demo import approvals
from runtime.cli.demo.stage import Fact, Stage, rows, spoken
from runtime.cli.importing import importers

BEFORE_THE_SHOOT = ("script-blue", "storyboard-storm", "casting-wren")
BEHIND_FROM_EIGHTHS = 12


def play(stage: Stage) -> None:
    """From the shooting script to a locked schedule with every date to the last release."""
    for request in BEFORE_THE_SHOOT:
        approvals.play(stage, request)
    _import(stage)
    _set_dates(stage)
    locked = _lock(stage)
    stage.told(
        f"The schedule locks: {len(locked['data']['days'])} days, from "
        f"{locked['data']['days'][0]['on']} to {locked['data']['days'][-1]['on']}"
    )
    threshold = {"eighths": BEHIND_FROM_EIGHTHS}
    stage.give("line-producer", "schedule/set-behind-threshold", threshold, "behind")


def links(written: str) -> list[dict[str, Any]]:
    """`greenlight FS+15; prep FS` as links."""
    found = []
    for one in filter(None, (part.strip() for part in written.split(";"))):
        after, _, how = one.rpartition(" ")
        found.append({"after": after, "type": how[:2], "lag_days": int(how[2:] or 0)})
    return found


def _import(stage: Stage) -> None:
    media_type = importers()["schedule"].media_type
    answer = stage.upload("line-producer", "schedule", "schedule.uss", media_type)
    imported = _first(answer["events"], "schedule.ScheduleImported")["data"]
    stage.told(
        f"Imported the shooting board: {imported['breakdowns']} strips, "
        f"{spoken(imported['eighths'])} pages; "
        f"what has no place here is told, in {len(imported['unplaced'])} remarks"
    )


def _set_dates(stage: Stage) -> None:
    """Milestones and tasks, each after what it waits for."""
    waiting = [
        *({"id": row["milestone"], "room": "milestone", **row} for row in rows("milestones.csv")),
        *({"id": row["task"], "room": "task", **row} for row in rows("tasks.csv")),
    ]
    count, there = len(waiting), set[str]()
    while waiting:
        row = next(one for one in waiting if _awaits(one) <= there)
        waiting.remove(row)
        there.add(row["id"])
        _set_date(stage, row)
    stage.told(f"{count} dates are linked, from greenlight to the last release")


def _awaits(row: dict[str, str]) -> set[str]:
    return {link["after"] for link in links(row["after"])}


def _set_date(stage: Stage, row: dict[str, str]) -> None:
    body: dict[str, Any] = {"kind": row["kind"], "name": row["name"], "links": links(row["after"])}
    if row["room"] == "milestone":
        body |= {"milestone": row["id"], "on": row["on"], "territory": row["territory"] or None}
    else:
        body |= {"task": row["id"], "starts_on": row["starts_on"], "days": int(row["days"])}
    stage.give("line-producer", f"schedule/set-{row['room']}", body, f"set {row['id']}")


def _lock(stage: Stage) -> Fact:
    submitted = stage.give("line-producer", "schedule/submit-schedule", {}, "submit schedule")
    content_hash = _first(submitted["events"], "schedule.ScheduleSubmitted")["data"]["content_hash"]
    request = stage.request_for(content_hash)
    view = {"request": request, "view": "Twenty-five days, five weeks, and no day spare."}
    stage.give("completion-guarantor", "approval/give-view", view, "view of the schedule")
    stage.grant("executive-producer", request, "Watch the water days.")
    return stage.await_fact("schedule", "schedule.ScheduleLocked", request=request)


def _first(events: list[Fact], type_: str) -> Fact:
    return next(one for one in events if one["type"] == type_)
