"""The schedule's version, milestones, tasks and shoot days."""

from typing import Any

from tests.journey.naive.telling import Fact, Row, Tables, day, row, rows


def hear(tables: Tables, fact: Fact) -> None:
    if fact.name.startswith("Milestone"):
        _milestone(tables, fact)
    elif fact.name.startswith("Task"):
        _task(tables, fact)
    elif fact.name.startswith("ShootDay"):
        _shooting(tables, fact)
    _version(tables, fact)


def _version(tables: Tables, fact: Fact) -> None:
    says, now = fact.says, {}
    match fact.name:
        case "ScheduleDrafted":
            now = {"phase": "draft", "version": 1}
        case "ScheduleSubmitted":
            now = {"phase": "submitted", "version": says["version"]}
        case "ScheduleReturned":
            now = {"phase": "draft", "version": says["version"] + 1}
        case "ScheduleReopened":
            now = {"phase": "draft", "version": says["version"]}
        case "BehindThresholdSet":
            now = {"behind_threshold": says["eighths"]}
        case "ShootDaysPlanned":
            now = {"board": says["board"], "calendar": says["calendar"]}
        case "ScheduleLocked":
            now = {"board": says["board"], "calendar": says["calendar"]}
            now |= {"phase": "locked", "version": says["version"]}
            now["locked_version"] = says["version"]
            _planned(tables, fact)
            _baseline(tables, says["days"])
    if now:
        never = dict.fromkeys(("locked_version", "board", "calendar", "behind_threshold"))
        row(tables, "schedule", {}, {"version": 0, "phase": "none", **never}).update(now)


def _baseline(tables: Tables, days: list[dict[str, Any]]) -> None:
    """With a lock, what stands is what later dates are measured against."""
    locked = {one["day"]: day(one["on"]) for one in days}
    for one in rows(tables, "shoot_day"):
        one["baseline"] = locked.get(one["day"])
    for one in rows(tables, "milestone"):
        one["baseline"] = one["falls_on"]
    for one in rows(tables, "task"):
        one |= {"baseline_starts_on": one["starts_on"], "baseline_days": one["days"]}


def moved(one: Row, to: Row, fact: Fact) -> None:
    """Another date than before is told with its reason, if one was given, and its cause."""
    if any(one.get(name) not in (None, value) for name, value in to.items()):
        one |= {"reason": fact.says.get("reason"), "cause": fact.id}
    one |= to


def links(says: dict[str, Any]) -> list[list[Any]]:
    return [[one["after"], one["type"], one["lag_days"]] for one in says["links"]]


def _milestone(tables: Tables, fact: Fact) -> None:
    says = fact.says
    blank = dict.fromkeys(("baseline", "reached_on", "reason", "cause"))
    one = row(tables, "milestone", {"milestone": says["milestone"]}, blank)
    if fact.name == "MilestoneReached":
        one["reached_on"] = day(says["on"])
        return
    moved(one, {"falls_on": day(says["on"])}, fact)
    if fact.name == "MilestoneSet":
        one |= {name: says[name] for name in ("kind", "name", "territory")}
        one["links"] = links(says)


def _task(tables: Tables, fact: Fact) -> None:
    says = fact.says
    never = ("baseline_starts_on", "baseline_days", "finished_on", "reason", "cause")
    one = row(tables, "task", {"task": says["task"]}, dict.fromkeys(never))
    if fact.name == "TaskFinished":
        one["finished_on"] = day(says["on"])
        return
    moved(one, {"starts_on": day(says["starts_on"]), "days": says["days"]}, fact)
    if fact.name == "TaskSet":
        one |= {"kind": says["kind"], "name": says["name"], "links": links(says)}


def _shoot_day(tables: Tables, number: int) -> Row:
    never = ("baseline", "planned_for", "eighths_shot", "wrapped_on", "reason", "cause")
    blank = dict.fromkeys(never) | {"eighths_planned": 0, "fell_behind": False}
    return row(tables, "shoot_day", {"day": number}, blank)


def _shooting(tables: Tables, fact: Fact) -> None:
    says = fact.says
    match fact.name:
        case "ShootDaysPlanned":
            _planned(tables, fact)
        case "ShootDayWrapped":
            shot = {"eighths_shot": says["eighths"], "eighths_planned": says["eighths_planned"]}
            _shoot_day(tables, says["day"]).update(shot, wrapped_on=day(says["on"]))
        case "ShootDayFellBehind":
            _shoot_day(tables, says["day"])["fell_behind"] = True
        case "ShootDaysMoved":
            for one in says["days"]:
                moved(_shoot_day(tables, one["day"]), {"planned_for": day(one["on"])}, fact)


def _planned(tables: Tables, fact: Fact) -> None:
    """Days that are planned no more have no date. What was to be shot on a day that is over stays."""
    planned = {one["day"]: one for one in fact.says["days"]}
    for number in planned.keys() | {one["day"] for one in rows(tables, "shoot_day")}:
        one = _shoot_day(tables, number)
        on = day(planned[number]["on"]) if number in planned else None
        moved(one, {"planned_for": on}, fact)
        if number in planned and one["wrapped_on"] is None:
            one["eighths_planned"] = planned[number]["eighths"]
