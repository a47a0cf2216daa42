"""The files of The Last Lighthouse are consistent with one another, and with what its README tells."""

import csv
import json
from collections import Counter
from datetime import date
from decimal import Decimal
from functools import cache
from itertools import chain
from pathlib import Path
from typing import Any

import pytest

from events.approval import Cards, Decision, Role, Rule, Subject
from events.calendar import Calendar, FreeDay, Weekday
from events.contract import Condition, Kind, Terms
from events.schedule import LinkType, MilestoneKind, TaskKind
from runtime.cli.demo import approvals
from runtime.cli.demo.deals import STEPS
from runtime.cli.demo.plan import links
from runtime.cli.demo.shoot import CAUGHT_UP, SHOT_OTHERWISE

pytestmark = pytest.mark.unit

SAMPLE = Path(__file__).parents[1] / "samples" / "the-last-lighthouse"
WEEK = (Weekday.SUNDAY, *tuple(Weekday)[:6])
"""As the Universal Schedule Standard counts its days: 0 is Sunday."""


@cache
def rows(file: str) -> list[dict[str, str]]:
    with (SAMPLE / file).open(newline="", encoding="utf-8") as lines:
        return list(csv.DictReader(lines))


@cache
def document(file: str) -> Any:
    return json.loads((SAMPLE / file).read_text(encoding="utf-8"))


@cache
def uss() -> dict[str, Any]:
    schedule: dict[str, Any] = document("schedule.uss")["universalScheduleStandard"]
    return schedule


@cache
def elements() -> dict[str, dict[str, Any]]:
    return {one["id"]: one for one in uss()["elements"]}


@cache
def strips() -> dict[str, dict[str, Any]]:
    return {one["id"]: one for one in uss()["breakdowns"]}


@cache
def shoot_days() -> list[list[dict[str, Any]]]:
    (board,) = uss()["stripboards"]
    shooting, _ = board["boards"]
    return [[strips()[one] for one in day] for day in shooting["breakdownIds"]]


def days_of(name: str) -> list[int]:
    """The shoot days, from 1, on which an element of that name is needed."""
    return [
        number
        for number, day in enumerate(shoot_days(), start=1)
        if any(elements()[one]["name"] == name for strip in day for one in strip["elements"])
    ]


@cache
def calendar() -> Calendar:
    (written,) = uss()["calendars"]
    (start,) = [one for one in written["events"] if one["type"] == "start"]
    return Calendar(
        starts_on=start["date"][:10],
        days_off=tuple(WEEK[day] for day in written["daysOff"]),
        free_days=tuple(
            FreeDay(on=one["date"][:10], name=one["name"])
            for one in written["events"]
            if one["type"] == "dayOff"
        ),
    )


def test_every_strip_stands_once_and_needs_what_is_there() -> None:
    (board,) = uss()["stripboards"]
    shooting, boneyard = board["boards"]
    placed = [*chain(*shooting["breakdownIds"]), *boneyard["breakdownIds"]]
    assert sorted(placed) == sorted(strips())
    assert len(elements()) == len(uss()["elements"])
    for strip in strips().values():
        assert strip["type"] in ("scene", "banner")
        assert set(strip["elements"]) <= set(elements())
    assert {one["category"] for one in elements().values()} <= {
        one["id"] for one in uss()["categories"]
    }


def test_scenes_are_counted_in_eighths_and_a_day_is_about_four_pages() -> None:
    scenes = [one for one in strips().values() if one["type"] == "scene"]
    assert len(scenes) == 100
    assert all((one["pages"] * 8) % 1 == 0 and one["description"] for one in scenes)
    eighths = [sum(int((one["pages"] or 0) * 8) for one in day) for day in shoot_days()]
    assert len(eighths) == 25
    assert sum(eighths) == 842  # 105 2/8 pages
    assert all(28 <= one <= 36 for one in eighths)


def test_every_scene_says_where_and_when_it_plays() -> None:
    names = {one["id"]: one["name"] for one in uss()["categories"]}
    for strip in strips().values():
        if strip["type"] == "scene":
            said = Counter(names[elements()[one]["category"]] for one in strip["elements"])
            for category in ("INT/EXT", "Set", "Day/Night", "Script Day", "Location"):
                assert said[category] == 1, (strip["scene"], category)


def test_the_twenty_five_days_are_five_weeks() -> None:
    dates = calendar().shoot_dates(25)
    assert (dates[0], dates[-1]) == (date(2026, 9, 14), date(2026, 10, 16))


@pytest.mark.parametrize(
    ("name", "line"),
    [
        ('Lobster boat "Annie Dell"', "3521-01"),
        ("Lifeboat and camera barge", "3521-02"),
        ("Rain towers and pumper truck", "2603-01"),
        ("Rescue swimmers, two", "2541-02"),
        ("Telescopic crane and stabilized head", "2521-02"),
        ("Lighting balloons", "3211-02"),
        ("HARBORMASTER DUNN", "1405-01"),
        ("PETTY OFFICER KESSLER", "1405-02"),
        ("CAPTAIN TEAGUE", "1405-03"),
        ("ABEL, LIFEBOAT MAN", "1405-03"),
        ("OTIS RUDD, LIFEBOAT MAN", "1405-03"),
        ("MABEL THRALE, INNKEEPER", "1405-04"),
        ("DR. AMES", "1405-04"),
        ("MISS LUNT, POSTMISTRESS", "1405-04"),
        ("Sable Ledge", "3601-01"),
    ],
)
def test_the_board_asks_for_what_the_budget_pays(name: str, line: str) -> None:
    (budgeted,) = [one for one in rows("budget.csv") if one["line"] == line]
    assert budgeted["unit"] == "day"
    assert len(days_of(name)) == int(budgeted["amount"])


def test_the_keeper_is_done_in_his_four_weeks() -> None:
    assert max(days_of("SILAS MARR")) == 20
    assert min(days_of("WREN MARR")) > 5  # the first payroll with her is that of week two
    assert len([one for one in elements().values() if one["elementId"]]) == 13


def test_what_was_shot_is_the_whole_board_once() -> None:
    numbers = {one["id"]: one["scene"] for one in strips().values()}
    shot: list[str] = []
    for number, day in enumerate(shoot_days(), start=1):
        otherwise = SHOT_OTHERWISE.get(number)
        shot += otherwise[0] if otherwise else [numbers[one["id"]] for one in day]
    planned = [one["scene"] for day in shoot_days() for one in day if one["scene"]]
    assert sorted(one for one in shot if one) == sorted(planned)
    assert list(CAUGHT_UP.values()) == sorted(CAUGHT_UP.values())
    assert CAUGHT_UP[25] == "2026-10-16"


def span(row: dict[str, str]) -> tuple[date, date]:
    if "milestone" in row:
        return date.fromisoformat(row["on"]), date.fromisoformat(row["on"])
    starts = date.fromisoformat(row["starts_on"])
    return starts, calendar().plus(starts, int(row["days"]) - 1)


def test_no_date_is_earlier_than_its_links_allow() -> None:
    milestones, tasks = rows("milestones.csv"), rows("tasks.csv")
    spans = {row.get("milestone") or row["task"]: span(row) for row in (*milestones, *tasks)}
    assert len(spans) == len(milestones) + len(tasks)
    assert {MilestoneKind(row["kind"]) for row in milestones} == set(MilestoneKind) - {"other"}
    assert all(TaskKind(row["kind"]) for row in tasks)
    types = set()
    for row in (*milestones, *tasks):
        name = row.get("milestone") or row["task"]
        assert all(calendar().is_worked(day) for day in spans[name]), name
        for link in links(row["after"]):
            types.add(LinkType(link["type"]))
            leaves, enters = link["type"]
            earlier = spans[link["after"]][leaves == "F"]
            own = spans[name][enters == "F"]
            assert calendar().between(earlier, own) >= link["lag_days"], (name, link)
    assert types == set(LinkType)


def dated(value: Any) -> Any:
    """The same with a day in the place of `today+365`."""
    if isinstance(value, dict):
        return {name: dated(one) for name, one in value.items()}
    if isinstance(value, list):
        return [dated(one) for one in value]
    return "2027-11-26" if isinstance(value, str) and value.startswith("today") else value


@cache
def deals() -> dict[str, Terms]:
    return {one["contract"]: Terms(**dated(one["terms"])) for one in document("contracts.json")}


def test_the_twelve_deals_are_of_every_kind_and_add_up() -> None:
    written = document("contracts.json")
    assert len(deals()) == len(written) == 12
    assert {one["kind"] for one in written} == {kind.value for kind in Kind}
    milestones = {row["milestone"] for row in rows("milestones.csv")}
    for deal, terms in zip(written, deals().values(), strict=True):
        assert sum(one.amount for one in terms.payments) == terms.fee, deal["contract"]
        assert all(one.account or terms.account for one in terms.payments)
        if terms.engagement is not None and terms.engagement.element is not None:
            assert elements()[terms.engagement.element]["name"] == terms.engagement.role.upper()
        assert {one.needed_by for one in terms.options} <= {None, *milestones}
        for step in deal.get("performed", ()):
            assert any(one in step for one in STEPS)
    assert {one for terms in deals().values() for one in terms.conditions} == set(Condition)


def test_what_the_deals_commit_is_still_free_on_its_account() -> None:
    free = Counter({row["account"]: Decimal(0) for row in rows("budget.csv")})
    for row in rows("budget.csv"):
        free[row["account"]] += Decimal(row["subtotal"])
    for row in rows("costs.csv"):
        if row["entry"] == "commit" or (row["entry"] == "post" and not row["against"]):
            free[row["account"]] -= Decimal(row["amount"])
    for terms in deals().values():
        for payment in terms.payments:
            free[payment.account or terms.account or ""] -= payment.amount
    touched = {
        payment.account or terms.account for terms in deals().values() for payment in terms.payments
    }
    assert all(free[account or ""] >= 0 for account in touched)


def test_what_is_asked_can_be_answered_by_somebody_on_the_team() -> None:
    written = document("approvals.json")
    on_the_team = {Role(row["role"]) for row in rows("team.csv")}
    for kind in written["rules"]:
        for rule in (Rule(**one) for one in kind["rules"]):
            assert all(set(step.roles) <= on_the_team for step in rule.steps)
    with_rules = {one["subject_kind"] for one in written["rules"]}
    for name, asked in approvals.requests().items():
        assert Subject(**approvals.subject(name)).kind in with_rules
        assert {one["by"] for one in asked["answers"]} <= {role.value for role in on_the_team}


def test_the_cards_are_of_the_audience_and_the_recut_is_worth_it() -> None:
    first, second = document("approvals.json")["screenings"]
    shares = []
    for shown in (first, second):
        cards = Cards(**shown["cards"])
        answers = cards.excellent + cards.very_good + cards.good + cards.fair + cards.poor
        assert answers <= shown["audience"]
        assert cards.definitely_recommend <= answers
        shares.append((cards.excellent + cards.very_good) / answers)
    assert (Decision(first["decision"]), Decision(second["decision"])) == ("recut", "leave")
    assert shares[1] - shares[0] > 0.25
