"""The critical path is what Microsoft Project says it is, and what a naive search finds."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from pathlib import Path
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from events.calendar import Calendar, FreeDay, Weekday
from events.schedule import LinkType
from projections.timeline.critical_path import Activity, Tie, Times, critical_path
from projections.timeline.working_days import WEEKENDS_OFF, WorkingDays

pytestmark = pytest.mark.unit

TASK_LINKS = Path(__file__).parents[3] / "../shared/data/schedule/task-links.mspdi.xml"
NAMESPACE = {"p": "http://schemas.microsoft.com/project"}
TENTHS_OF_MINUTES_A_DAY = 4_800
MICROSOFT_TYPES = dict(enumerate((LinkType.FINISH_FINISH, LinkType.FINISH_START, LinkType.START_FINISH, LinkType.START_START)))  # fmt: skip


class MicrosoftTask:
    """One task of a file of Microsoft Project's, as moments of our own."""

    def __init__(self, element: ElementTree.Element, days: WorkingDays) -> None:
        self._element, self._days = element, days
        self.id = self._text("UID")
        hours = int(self._text("Duration").removeprefix("PT").partition("H")[0])
        self.activity = Activity(
            self.id,
            hours // 8,
            self._moment("ConstraintDate"),
            tuple(
                Tie(
                    link.findtext("p:PredecessorUID", "", NAMESPACE),
                    MICROSOFT_TYPES[int(link.findtext("p:Type", "", NAMESPACE))],
                    int(link.findtext("p:LinkLag", "", NAMESPACE)) // TENTHS_OF_MINUTES_A_DAY,
                )
                for link in element.iterfind("p:PredecessorLink", NAMESPACE)
            ),
        )
        self.said = Times(
            self._moment("EarlyStart"),
            self._moment("EarlyFinish"),
            self._moment("LateStart"),
            self._moment("LateFinish"),
            int(self._text("FreeSlack")) // TENTHS_OF_MINUTES_A_DAY,
        )
        self.total_slack = int(self._text("TotalSlack")) // TENTHS_OF_MINUTES_A_DAY
        self.critical = self._text("Critical") == "1"

    def _text(self, name: str) -> str:
        return self._element.findtext(f"p:{name}", "", NAMESPACE)

    def _moment(self, name: str) -> int:
        """Work begins at 8 and ends at 17 o'clock."""
        at = datetime.fromisoformat(self._text(name))
        assert at.hour in (8, 17)
        return self._days.number(at.date()) if at.hour == 8 else self._days.through(at.date())


def test_every_link_type_comes_out_as_microsoft_project_works_it_out() -> None:
    if not TASK_LINKS.exists():
        pytest.skip("the file of Microsoft Project's task links is not at hand")
    days = WorkingDays()
    root = ElementTree.parse(TASK_LINKS).getroot()
    tasks = [
        MicrosoftTask(element, days)
        for element in root.iterfind("p:Tasks/p:Task", NAMESPACE)
        if element.findtext("p:Summary", "", NAMESPACE) == "0"
    ]
    assert len(tasks) == 16
    assert {tie.type for task in tasks for tie in task.activity.ties} == set(LinkType)
    times = critical_path(task.activity for task in tasks)
    for task in tasks:
        assert times[task.id] == task.said, task.id
        assert times[task.id].total_slack == task.total_slack, task.id
        assert times[task.id].critical == task.critical, task.id


def edit_to_delivery(**mix: int) -> dict[str, Times]:
    """Day 0 is a Monday: six days' edit, then the lock, then a mix, then delivery."""
    return critical_path(
        [
            Activity("edit", 6, 0),
            Activity("lock", 0, 5, (Tie("edit"),)),
            Activity("mix", 3, mix.get("not_before", 5), (Tie("lock"),)),
            Activity("delivery", 0, 8, (Tie("mix"),)),
            Activity("poster", 2, 0),
        ]
    )


def test_a_milestone_comes_at_the_end_of_the_work_that_it_waits_for() -> None:
    times = edit_to_delivery()
    assert (times["lock"].early_start, times["lock"].evening) == (6, True)
    assert times["mix"].early_start == 6
    assert (times["delivery"].early_start, times["delivery"].evening) == (9, True)
    assert [id_ for id_, one in times.items() if one.critical] == [
        "delivery",
        "mix",
        "lock",
        "edit",
    ]
    assert times["poster"].total_slack == times["poster"].free_slack == 7
    assert times["edit"] == Times(0, 6, late_start=0, late_finish=6, free_slack=0)
    assert times["poster"] == Times(0, 2, late_start=7, late_finish=9, free_slack=7)


def test_what_starts_later_by_itself_gives_slack_to_what_is_before_it() -> None:
    times = edit_to_delivery(not_before=8)
    assert (times["edit"].total_slack, times["edit"].free_slack) == (2, 0)
    assert (times["lock"].total_slack, times["lock"].free_slack) == (2, 2)
    assert times["mix"].critical and times["delivery"].critical


def test_a_milestone_of_its_own_date_comes_before_the_work_of_that_day() -> None:
    times = critical_path(
        [Activity("prep-start", 0, 3), Activity("prep", 5, 0, (Tie("prep-start"),))]
    )
    assert not times["prep-start"].evening
    assert times["prep"].early_start == 3


def test_a_milestone_that_waits_for_another_comes_at_the_hour_of_that_one() -> None:
    """Of a morning where that has its own date, of an evening where work ends with it."""
    lock_after = {"prep": Activity("lock", 0, 3), "edit": Activity("lock", 0, 0, (Tie("edit"),))}
    for before, lock in lock_after.items():
        premiere = Activity("premiere", 0, 0, (Tie("lock", lag=2),))
        times = critical_path([Activity("edit", 3, 0), lock, premiere])
        assert (times["lock"].early_start, times["premiere"].early_start) == (3, 5)
        assert times["premiere"].evening == times["lock"].evening == (before == "edit")


def test_only_what_makes_a_milestone_late_says_at_which_hour_it_comes() -> None:
    ties = (Tie("edit"), Tie("mix", LinkType.START_START))
    times = critical_path(
        [Activity("edit", 6, 0), Activity("mix", 3, 2), Activity("lock", 0, 0, ties)]
    )
    assert (times["lock"].early_start, times["lock"].evening) == (6, True)


def test_reaching_a_milestone_on_its_day_moves_nothing() -> None:
    for not_before in (3, 5, 6):
        waits = Activity("lock", 0, not_before, (Tie("edit"),))
        reached = Activity("lock", 0, max(not_before, 5), (Tie("edit"),), max(not_before, 5) + 1)
        others = [Activity("edit", 6, 0), Activity("mix", 3, 0, (Tie("lock"),))]
        before, after = critical_path([waits, *others]), critical_path([reached, *others])
        assert before["mix"].early_start == after["mix"].early_start
        assert after["lock"].done and not after["lock"].critical


def test_what_is_done_was_done_whatever_it_waited_for() -> None:
    times = critical_path(
        [
            Activity("edit", 6, 0),
            Activity("mix", 3, 0, (Tie("edit"),), finished=4),
            Activity("qc", 1, 0, (Tie("mix"),)),
        ]
    )
    assert (times["mix"].early_start, times["mix"].early_finish) == (1, 4)
    assert times["qc"].early_start == 4
    assert times["edit"].critical and not times["mix"].critical
    assert (times["mix"].total_slack, times["mix"].free_slack) == (0, 0)


def test_ties_in_a_circle_or_to_nothing_stop_nobody() -> None:
    ring = [Activity(one, 1, 0, (Tie(after),)) for one, after in ("ab", "bc", "ca", "dd", "ex")]
    times = critical_path(ring)
    assert {id_: one.early_start for id_, one in times.items()} == {
        "a": 0,
        "c": 1,
        "b": 2,
        "d": 0,
        "e": 0,
    }
    assert critical_path([]) == {}


TYPES = st.sampled_from(LinkType)


@st.composite
def networks(draw: st.DrawFn) -> list[Activity]:
    activities: list[Activity] = []
    for n in range(draw(st.integers(1, 7))):
        ties = tuple(
            Tie(f"{before}", draw(TYPES), draw(st.integers(-3, 5)))
            for before in range(n)
            if draw(st.booleans())
        )
        activities.append(Activity(f"{n}", draw(st.integers(0, 6)), draw(st.integers(0, 9)), ties))
    return draw(st.permutations(activities))


def longest(activities: Sequence[Activity], id_: str) -> int:
    """The latest start that any chain of ties into `id_` forces, walked one by one."""
    by_id = {one.id: one for one in activities}
    one = by_id[id_]
    starts = [one.not_before]
    for tie in one.ties:
        start = longest(activities, tie.after)
        days = by_id[tie.after].days
        match tie.type:
            case LinkType.FINISH_START:
                starts.append(start + days + tie.lag)
            case LinkType.START_START:
                starts.append(start + tie.lag)
            case LinkType.FINISH_FINISH:
                starts.append(start + days + tie.lag - one.days)
            case LinkType.START_FINISH:
                starts.append(start + tie.lag - one.days)
    return max(starts)


@given(networks())
@settings(deadline=None)
def test_early_times_are_the_longest_chains(activities: list[Activity]) -> None:
    times = critical_path(activities)
    for one in activities:
        assert times[one.id].early_start == longest(activities, one.id)
        assert times[one.id].early_finish == times[one.id].early_start + one.days


@given(networks(), st.data())
@settings(deadline=None)
def test_slack_is_what_something_may_slip_before_others_move(
    activities: list[Activity], data: st.DataObject
) -> None:
    times = critical_path(activities)
    end = max(one.early_finish for one in times.values())
    assert any(one.critical for one in times.values())
    slipping = data.draw(st.sampled_from(activities))
    was = times[slipping.id]
    assert was.total_slack >= was.free_slack >= 0

    def slipped(days: int) -> dict[str, Times]:
        moved = Activity(slipping.id, slipping.days, was.early_start + days, slipping.ties)
        return critical_path([moved if one is slipping else one for one in activities])

    assert max(one.early_finish for one in slipped(was.total_slack).values()) == end
    assert max(one.early_finish for one in slipped(was.total_slack + 1).values()) == end + 1
    within = slipped(was.free_slack)
    assert all(
        within[id_].early_start == one.early_start
        for id_, one in times.items()
        if id_ != slipping.id
    )


DATES = st.dates(date(2026, 8, 1), date(2026, 12, 31))
CALENDARS = st.builds(
    Calendar,
    starts_on=DATES,
    days_off=st.lists(st.sampled_from(Weekday), max_size=6).map(tuple),
    free_days=st.lists(st.builds(FreeDay, on=DATES, name=st.just("Holiday")), max_size=9).map(
        tuple
    ),
    worked_days=st.lists(DATES, max_size=9).map(tuple),
)


@given(CALENDARS, DATES, DATES)
def test_working_days_are_counted_as_a_calendar_counts_them(
    calendar: Calendar, one: date, other: date
) -> None:
    days = WorkingDays(calendar)
    assert days.between(one, other) == calendar.between(one, other)
    assert days.day(days.number(one)) == calendar.plus(one, 0)
    assert days.day(days.number(one) + 7) == calendar.plus(calendar.plus(one, 0), 7)
    assert days.number(one + timedelta(days=1)) == days.through(one)


def test_counting_to_the_end_of_all_dates_is_quick_and_stays_there() -> None:
    days = WorkingDays(WEEKENDS_OFF)
    assert days.between(date.min, date.max) > 2_000_000
    assert days.day(days.through(date.max)) == date.max
    assert days.day(-1) == date.min
    assert days.day(0) == date.min
    no_mondays = WorkingDays(Calendar(starts_on=date.min, days_off=(Weekday.MONDAY,)))
    assert (no_mondays.day(-1), no_mondays.day(0)) == (date.min, date(1, 1, 2))


def test_a_day_worked_besides_counts() -> None:
    saturday = date(2026, 9, 19)
    assert WorkingDays().between(date(2026, 9, 18), date(2026, 9, 21)) == 1
    assert WorkingDays(None, [saturday]).between(date(2026, 9, 18), date(2026, 9, 21)) == 2
