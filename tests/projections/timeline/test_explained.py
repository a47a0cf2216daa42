"""How a late date is explained: by what it waits for, through which tie, and what is behind that."""

import pytest

from events import schedule
from events.event import Event
from events.schedule import Link, LinkType, MilestoneKind, TaskKind
from projections.timeline.explained.timeline import explained
from projections.timeline.view import VIEW
from runtime.explaining.figures import Figure
from tests.explaining.film import TOLD_FEES
from tests.projections.histories import KEEPER, executed
from tests.projections.telling import told
from tests.projections.timeline import lighthouse as film
from tests.projections.timeline.lighthouse import day

pytestmark = pytest.mark.unit

SS, FF = LinkType.START_START, LinkType.FINISH_FINISH


def figures_after(*events: Event) -> dict[str, Figure]:
    rows = VIEW.fold(told(*events))
    return {one.name: one for one in explained(rows, TOLD_FEES)}


def task(name: str, days: int, *links: Link) -> schedule.TaskSet:
    return schedule.TaskSet(
        task=name,
        kind=TaskKind.EDIT,
        name=name.title(),
        starts_on=day("09-14"),
        days=days,
        links=links,
    )


def milestone(
    name: str, *links: Link, kind: MilestoneKind = MilestoneKind.PICTURE_LOCK
) -> schedule.MilestoneSet:
    return schedule.MilestoneSet(
        milestone=name, kind=kind, name=name.title(), on=day("09-14"), links=links
    )


EDIT = task("edit", 10)


def mix(*links: Link) -> schedule.TaskSet:
    return task("mix", 3, *links)


WAITS = {
    "after": ([EDIT, mix(Link(after="edit"))], "task/edit/forecast", "FS"),
    "lag": ([EDIT, mix(Link(after="edit", lag_days=2))], "task/edit/forecast", "FS + 2"),
    "lead": ([EDIT, mix(Link(after="edit", lag_days=-1))], "task/edit/forecast", "FS - 1"),
    "to its end": ([EDIT, mix(Link(after="edit", type=FF))], "task/edit/forecast", "FF"),
    "from its start": (
        [EDIT, mix(Link(after="edit", type=SS, lag_days=4))],
        "task/edit/forecast_start",
        "SS + 4",
    ),
    "from a milestone": (
        [EDIT, milestone("lock", Link(after="edit")), mix(Link(after="lock", type=SS))],
        "milestone/lock/forecast",
        "SS",
    ),
    "the later of two": (
        [EDIT, task("poster", 2), mix(Link(after="poster", lag_days=1), Link(after="edit"))],
        "task/edit/forecast",
        "FS",
    ),
    "named with slashes": (
        [task("cut/reel/1", 10), mix(Link(after="cut/reel/1"))],
        "task/cut/reel/1/forecast",
        "FS",
    ),
}


@pytest.mark.parametrize(("facts", "before", "said"), WAITS.values(), ids=WAITS.keys())
def test_what_waits_is_explained_by_what_it_waits_for_and_how(
    facts: list[Event], before: str, said: str
) -> None:
    begun = figures_after(*facts)["task/mix/forecast_start"]
    assert begun.formula == f"follows from {before} through {said}"
    assert [term.name for term in begun.terms] == [before, "calendar"]


def test_a_wrap_is_explained_by_the_last_shoot_day_whatever_else_has_its_number() -> None:
    """The wrap waits for a task that somebody called 4, as the last shoot day is."""
    wrap = milestone("wrap", Link(after="4"), kind=MilestoneKind.WRAP)
    figures = figures_after(*film.TO_THE_LOCK[:3], task("4", 1), wrap)
    forecast = figures["milestone/wrap/forecast"]
    assert forecast.value == "2026-09-17"
    assert forecast.formula == "photography begins and ends with its days: that of shoot-day/4"
    assert [term.name for term in forecast.terms] == ["shoot-day/4/forecast", "calendar"]


def test_a_shoot_that_starts_late_is_explained_by_its_start_day_after_day() -> None:
    late = schedule.MilestoneMoved(
        milestone="photography",
        kind=MilestoneKind.PHOTOGRAPHY_START,
        was=day("09-14"),
        on=day("09-16"),
        reason="the light is not built",
    )
    figures = figures_after(*film.TO_THE_LOCK, film.LOCK, late)
    for number, expected in enumerate(("09-16", "09-17", "09-18", "09-21"), 1):
        forecast = figures[f"shoot-day/{number}/forecast"]
        assert forecast.value == f"2026-{expected}"
        assert forecast.formula == (
            "the working days behind milestone/photography, one for each shoot day"
        )
        assert [term.name for term in forecast.terms] == [
            "milestone/photography/forecast",
            "calendar",
        ]
        (cells,) = forecast.cells
        assert (cells.key, cells.columns) == ((number,), ("planned_for",))
    wrap = figures["milestone/wrap/forecast"]
    assert [term.name for term in wrap.terms] == ["shoot-day/4/forecast", "calendar"]


def test_a_day_of_a_deal_is_read_from_its_own_row_whatever_it_is_called() -> None:
    payments = [{"payment": "fee/1/start", "amount": "43000.00", "due_on": "2026-09-14"}]
    figures = figures_after(executed(payments=payments))
    due = figures[f"payment/{KEEPER}/fee/1/start/forecast"]
    (cells,) = due.cells
    assert (due.value, cells.key) == ("2026-09-14", (KEEPER, "fee/1/start"))
