"""When things are expected: by which calendar, from which start, and on days that are off."""

from datetime import date

import pytest

from events import schedule
from events.calendar import Calendar, FreeDay, Weekday
from events.event import Event
from events.schedule import MilestoneKind, TaskKind
from projections.timeline.answers import Item, Span
from projections.timeline.items import items_of
from projections.timeline.kinds import ItemKind
from projections.timeline.network import network
from projections.timeline.summary import behind_of
from projections.timeline.view import VIEW
from runtime.view import Rows
from tests.projections.telling import told
from tests.projections.timeline import lighthouse as film
from tests.projections.timeline.lighthouse import day

pytestmark = pytest.mark.unit

SIX_DAYS = film.WEEKENDS_OFF.model_copy(update={"days_off": (Weekday.SUNDAY,)})
WITH_A_HOLIDAY = film.WEEKENDS_OFF.model_copy(
    update={"free_days": (FreeDay(on=date(2026, 9, 23), name="Autumn holiday"),)}
)
FINISHED = schedule.TaskFinished(task="edit", on=day("10-03"))


def rows_after(*events: Event) -> Rows:
    return VIEW.fold(told(*events))


def items_after(*events: Event) -> dict[tuple[ItemKind, str], Item]:
    rows = rows_after(*events)
    return {(item.kind, item.id): item for item in items_of(rows, network(rows))}


def on(text: str) -> Span:
    return Span(day(text), day(text))


def edit(name: str = "Director's cut", starts_on: str = "09-21") -> schedule.TaskSet:
    return schedule.TaskSet(
        task="edit", kind=TaskKind.EDIT, name=name, starts_on=day(starts_on), days=6
    )


def start(milestone: str, falls_on: str) -> schedule.MilestoneSet:
    return schedule.MilestoneSet(
        milestone=milestone,
        kind=MilestoneKind.PHOTOGRAPHY_START,
        name="First day of photography",
        on=day(falls_on),
    )


def chosen(calendar: Calendar) -> schedule.ShootDaysPlanned:
    return schedule.ShootDaysPlanned(board="blue", calendar=calendar, days=film.DAYS)


@pytest.mark.parametrize(
    ("before", "ends_on"),
    [
        ([], "09-28"),
        ([schedule.BehindThresholdSet(eighths=8)], "09-28"),
        ([chosen(SIX_DAYS)], "09-26"),
        ([chosen(WITH_A_HOLIDAY)], "09-29"),
    ],
    ids=["no schedule", "no calendar", "six days a week", "a holiday"],
)
def test_working_days_are_those_of_the_chosen_calendar(before: list[Event], ends_on: str) -> None:
    """Six of them from a Monday on."""
    item = items_after(*before, edit())[ItemKind.TASK, "edit"]
    assert item.forecast == Span(day("09-21"), day(ends_on))


def test_a_milestone_of_its_own_date_keeps_it_on_a_day_off() -> None:
    premiere = schedule.MilestoneSet(
        milestone="premiere", kind=MilestoneKind.PREMIERE, name="Premiere", on=day("11-21")
    )
    assert items_after(premiere)[ItemKind.MILESTONE, "premiere"].forecast == on("11-21")


@pytest.mark.parametrize("second", ["09-30", "09-16"], ids=["later", "on the same day"])
def test_of_several_units_the_first_to_start_begins_the_shoot(second: str) -> None:
    items = items_after(*film.TO_THE_LOCK[:3], start("unit-2", second), start("unit-1", "09-16"))
    first = items[ItemKind.SHOOT_DAY, "1"]
    assert (first.forecast, first.driven_by) == (on("09-16"), "milestone/unit-1")


def test_a_milestone_that_was_brought_forward_is_early() -> None:
    earlier = schedule.MilestoneMoved(
        milestone="photography",
        kind=MilestoneKind.PHOTOGRAPHY_START,
        was=day("09-14"),
        on=day("09-10"),
        reason="the light is good",
    )
    alone = [one for one in film.TO_THE_LOCK if isinstance(one, schedule.MilestoneSet)][:1]
    lock = film.LOCK.model_copy(update={"days": ()})
    started = items_after(*alone, lock, earlier)[ItemKind.MILESTONE, "photography"]
    assert (started.slip_days, started.status) == (-2, "early")


def test_a_task_of_which_only_the_end_was_heard_has_no_baseline_and_moved_nowhere() -> None:
    unknown = items_after(FINISHED, film.LOCK)[ItemKind.TASK, "edit"]
    assert (unknown.baseline, unknown.slip_days) == (None, None)
    assert unknown.forecast is not None and unknown.forecast.ends_on == day("10-03")
    set_after = items_after(FINISHED, edit())[ItemKind.TASK, "edit"]
    assert (set_after.reason, set_after.cause) == (None, None)


def test_a_task_that_is_renamed_keeps_the_reason_of_its_move() -> None:
    moved = schedule.TaskMoved(
        task="edit",
        was_on=day("09-18"),
        was_days=6,
        starts_on=day("09-21"),
        days=6,
        reason="the editor is ill",
    )
    renamed = items_after(edit(starts_on="09-18"), moved, edit("The cut"))[ItemKind.TASK, "edit"]
    assert (renamed.name, renamed.reason) == ("The cut", "the editor is ill")
    elsewhere = items_after(edit(), moved, edit(starts_on="09-25"))[ItemKind.TASK, "edit"]
    assert elsewhere.reason is None and elsewhere.cause is not None


def test_what_is_named_with_a_slash_is_driven_like_any_other() -> None:
    reel = schedule.TaskSet(
        task="cut/reel/1", kind=TaskKind.EDIT, name="Reel 1", starts_on=day("09-21"), days=6
    )
    longer = schedule.TaskMoved(
        task="cut/reel/1",
        was_on=day("09-21"),
        was_days=6,
        starts_on=day("09-21"),
        days=9,
        reason="the editor is ill",
    )
    lock = schedule.MilestoneSet(
        milestone="lock",
        kind=MilestoneKind.PICTURE_LOCK,
        name="Picture lock",
        on=day("09-25"),
        links=(schedule.Link(after="cut/reel/1"),),
    )
    item = items_after(reel, lock, longer)[ItemKind.MILESTONE, "lock"]
    assert (item.forecast, item.reason) == (on("10-01"), "the editor is ill")
    assert item.driven_by == "task/cut/reel/1"


def test_a_shoot_without_pages_is_no_days_behind() -> None:
    wrapped = film.SHOT[0].model_copy(update={"eighths": 0, "eighths_planned": 0})
    behind = behind_of(rows_after(wrapped))
    assert behind is not None
    assert (behind.eighths, behind.days) == (0, "0.0")
