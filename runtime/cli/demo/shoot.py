"""The shoot: twenty-five days, a storm in the third week, and a Saturday to catch up."""

from decimal import Decimal
from functools import cache
from typing import Any

from runtime.cli.demo import deals
from runtime.cli.demo.stage import Fact, Stage, document

STORM_DAY, LOST_DAY, SATURDAY, LAST_DAY = 12, 13, 20, 25

SHOT_OTHERWISE: dict[int, tuple[tuple[str, ...], str | None]] = {
    12: (("43", "9"), "Nor'easter: scene 43 at first light, then into the cannery cover set."),
    15: (("51", "49", "50", "50A", "44"), "Scene 44 picked up from the storm day."),
    16: (("54", "53", "53A"), None),
    20: (("70", "71", "72", "82", "47"), "Saturday, fourteen hours: scene 47 picked up."),
    21: (("73", "74", "80", "68", "6"), "Scene 6 picked up; level with the plan."),
}
"""By day: the scenes that were shot where they are not those of the board, and what is noted."""

OVERAGE_FROM = {"amount": "10000", "behind_account": "2511"}


def play(stage: Stage) -> None:
    """From the first slate to the wrap."""
    stage.give("executive-producer", "budget/set-overage-threshold", OVERAGE_FROM, "overages from")
    planned = _planned(stage)
    for day in range(1, STORM_DAY):
        _wrap(stage, planned[day], planned[day]["on"])
    stage.told("Eleven days wrapped to the page, from the kitchen to the open water")
    _wrap(stage, planned[STORM_DAY], "2026-09-29")
    behind = stage.await_fact("schedule", "schedule.ShootDayFellBehind", day=STORM_DAY)["data"]
    stage.told(
        f"The nor'easter: half a day on the cover set leaves the shoot {behind['eighths_behind']} "
        f"eighths behind, {behind['tenths_of_days_behind'] / 10} of a day"
    )
    _move(stage, LOST_DAY, "2026-10-01", "Nor'easter: no boat may leave the harbor.")
    _tell_conflicts(stage)
    _agree_to_the_overage(stage)
    _catch_up(stage)
    for day in range(LOST_DAY, LAST_DAY + 1):
        _wrap(stage, planned[day], CAUGHT_UP[day])
    stage.told("Wrapped on 16 October 2026: twenty-five days, and every page of the board")
    _send_the_housing_back(stage)


def _send_the_housing_back(stage: Stage) -> None:
    """A deal that is ended early owes what was earned, and lets the rest go."""
    (deal,) = (one for one in document("contracts.json") if one["contract"] == "camera")
    deals.perform(stage, deal)
    contract = deals.contract_id(stage, "camera")
    ended = stage.await_fact("contract", "contract.ContractTerminated", contract=contract)["data"]
    payments = {one["payment"]: one["amount"] for one in deal["terms"]["payments"]}
    released = sum(Decimal(payments[one]) for one in ended["released"])
    stage.told(
        f"The splash housing goes back a week early: the deal is terminated, {released:,.2f} of "
        "its commitment is released"
    )


CAUGHT_UP = {
    13: "2026-10-01",
    14: "2026-10-02",
    **{day: f"2026-10-{day - 10:02}" for day in range(15, 20)},
    20: "2026-10-10",
    **{day: f"2026-10-{day - 9}" for day in range(21, 26)},
}
"""By day: when it was shot, from the day after the storm on."""


def _wrap(stage: Stage, planned: dict[str, Any], on: str) -> None:
    day, breakdowns = planned["day"], planned["breakdowns"]
    shot, note = SHOT_OTHERWISE.get(day, (None, None))
    if shot is not None:
        breakdowns = [_scenes()[one] for one in shot]
    body = {"day": day, "on": on, "breakdowns": breakdowns, "note": note}
    stage.give("line-producer", "schedule/wrap-shoot-day", body, f"wrap {day}")


def _move(stage: Stage, day: int, on: str, reason: str) -> None:
    body = {"day": day, "on": on, "reason": reason, "work_on_day_off": day == SATURDAY}
    stage.give("line-producer", "schedule/move-shoot-day", body, f"move {day} to {on}")


def _planned(stage: Stage) -> dict[int, dict[str, Any]]:
    (locked,) = stage.facts("schedule", "schedule.ScheduleLocked")
    return {one["day"]: one for one in locked["data"]["days"]}


@cache
def _scenes() -> dict[str, str]:
    """The id of every scene's breakdown, by its number."""
    schedule = document("schedule.uss")["universalScheduleStandard"]
    return {one["scene"]: one["id"] for one in schedule["breakdowns"] if one["scene"]}


def _tell_conflicts(stage: Stage) -> None:
    found = stage.await_facts("contract", "contract.EngagementConflicted", 2)
    titles = {deals.contract_id(stage, name): name.capitalize() for name in ("edda", "silas")}
    names = sorted({titles.get(one["data"]["contract"], "another") for one in found})
    stage.told(
        f"Day {LOST_DAY} moves to 1 October, and all that follow with it; "
        f"the deals of {' and '.join(names)} no longer cover every day"
    )


def _agree_to_the_overage(stage: Stage) -> None:
    asked = stage.await_fact("budget", "budget.OverageForecast", cause="behind-schedule")["data"]
    request = stage.request_for(asked["content_hash"])
    for role in _who_decides(stage, request):
        stage.grant(role, request)
    stage.await_fact("budget", "budget.OverageApproved", overage=asked["overage"])
    stage.told(
        f"The lost half day forecasts {Decimal(asked['amount']):,.2f} over; asked for and approved"
    )


def _who_decides(stage: Stage, request: str) -> list[str]:
    """One role for each step of the rule that the request was opened with."""
    asked: Fact = stage.await_fact("approval", "approval.ApprovalRequested", request=request)
    rule = asked["data"]["rule"]
    return [step["roles"][0] for step in (rule, *rule["then"])]


def _catch_up(stage: Stage) -> None:
    """Day 20 on the Saturday, and the last week back where it was."""
    _move(stage, SATURDAY, CAUGHT_UP[SATURDAY], "Saturday worked to catch up with the storm.")
    for day in range(SATURDAY + 1, LAST_DAY + 1):
        _move(stage, day, CAUGHT_UP[day], "Pulled up by the Saturday.")
    stage.await_facts("contract", "contract.ConflictResolved", 2)
    stage.told("Saturday 10 October is worked: the wrap is back on the 16th, and both deals fit")
