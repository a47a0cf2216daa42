"""Milestones, tasks and shoot days: what each waits for explains when it is expected.

What follows from another is made after it, so that a late delivery is explained by all that is
late before it, down to the fact that moved the first of them.
"""

import json
from collections.abc import Iterable, Iterator

from events.schedule import LinkType
from projections.timeline.answers import Item
from projections.timeline.critical_path import FROM_FINISH
from projections.timeline.explained.dates import (
    DAY,
    NAMES,
    WORKING_DAYS,
    Made,
    details_of,
    read_dates,
    slip_of,
)
from projections.timeline.kinds import ItemKind
from projections.timeline.network import Network, row_of
from projections.timeline.rows.schedule import Milestone, ShootDay, Task
from runtime.explaining.figures import Cells, Figure, cells
from runtime.view import Rows


class Linked:
    """The figures of everything that is linked, by `task/edit`, `shoot-day/12`."""

    def __init__(
        self, rows: Rows, network: Network, items: Iterable[Item], calendar: Figure
    ) -> None:
        self.made: dict[str, Made] = {}
        self._rows = rows
        self._network = network
        self._calendar = calendar
        self._begun_by: dict[str, str] = {}
        waiting = {f"{one.kind.value}/{one.id}": one for one in items}
        for place in waiting:
            for one in reversed(list(self._unmade(place))):
                self._make(one, waiting[one])
        self._add_slack()

    def _unmade(self, place: str | None) -> Iterator[str]:
        """It, and what it follows from, as far as that is not made yet."""
        while place is not None and place not in self.made:
            yield place
            place = self._network.driver_of(place)

    def _make(self, place: str, item: Item) -> None:
        made = self.made[place] = Made(item)
        match row_of(self._rows, place):
            case Milestone() as row:
                self._milestone(made, row)
            case Task() as row:
                self._task(made, row)
            case ShootDay() as row:
                self._shoot_day(made, row)
            case None:
                raise LookupError(f"{place} is in the network and has no row")
        slip_of(made, "baseline", "forecast", self._calendar)

    def _milestone(self, made: Made, row: Milestone) -> None:
        read_dates(made, row, {"baseline": ("baseline",), "actual": ("reached_on",)})
        if row.reached_on is not None:
            self._came(made, row, "reached_on")
        elif made.item.driven_by is not None:
            self._follows(made, "forecast", row.links, cells(row, "falls_on", "links"))
        else:
            self._own(made, "forecast", cells(row, "falls_on", "links"))

    def _task(self, made: Made, row: Task) -> None:
        details_of(made, row, {}, fees=False)
        columns = ("baseline_starts_on", "baseline_days")
        dates = {"baseline_start": columns[:1], "baseline": columns, "actual": ("finished_on",)}
        read_dates(made, row, dates)
        own = cells(row, "starts_on", "links")
        if row.finished_on is not None:
            self._own(made, "forecast_start", cells(row, "starts_on", "finished_on"))
            self._came(made, row, "finished_on")
            return
        if made.item.driven_by is not None:
            self._follows(made, "forecast_start", row.links, cells(row, "starts_on", "links"))
        else:
            self._own(made, "forecast_start", own)
        assert made.item.forecast is not None
        made.add(
            "forecast",
            NAMES["forecast"],
            made.item.forecast.ends_on,
            DAY,
            "its working days from its first day on, by the calendar",
            (made.figures["forecast_start"], made.figures["days"], self._calendar),
        )

    def _shoot_day(self, made: Made, row: ShootDay) -> None:
        pages = {"pages_planned": ("eighths_planned",), "pages_shot": ("eighths_shot",)}
        details_of(made, row, pages, fees=False)
        read_dates(made, row, {"baseline": ("baseline",), "actual": ("wrapped_on",)})
        if row.wrapped_on is not None:
            self._came(made, row, "wrapped_on")
        elif made.item.driven_by is not None:
            self._follows(made, "forecast", "[]", cells(row, "planned_for"))
        else:
            self._own(made, "forecast", cells(row, "planned_for"))

    def _came(self, made: Made, row: Milestone | Task | ShootDay, column: str) -> None:
        """It is done, and expected no more: when it was."""
        assert made.item.forecast is not None
        said = f"it is {made.item.status}: the day on which it was"
        value = made.item.forecast.ends_on
        made.add("forecast", NAMES["forecast"], value, DAY, said, (), (cells(row, column),))

    def _own(self, made: Made, name: str, of: Cells) -> None:
        value = made.item.forecast and made.item.forecast.starts_on
        said = "its own date, or the first working day from it on"
        made.add(name, NAMES[name], value, DAY, said, (self._calendar,), (of,))

    def _follows(self, made: Made, name: str, links: str, own: Cells) -> None:
        """What it follows from, in place of its own date."""
        driver = made.item.driven_by
        value = made.item.forecast and made.item.forecast.starts_on
        assert driver is not None
        said, of = self._tie(made, driver, links)
        made.add(name, NAMES[name], value, DAY, said, (*of, self._calendar), (own,))

    def _tie(self, made: Made, driver: str, links: str) -> tuple[str, tuple[Figure, ...]]:
        """How it hangs on its driver, and by which dates of that."""
        from_ = self.made[driver].figures
        kind, _, id_ = driver.partition("/")
        ties = [
            (LinkType(type_), lag)
            for after, type_, lag in json.loads(links)
            if after == id_ and kind != ItemKind.SHOOT_DAY.value
        ]
        if not ties:
            return self._shooting(made, driver)
        said = " and ".join(
            type_.value + (f" {'-' if lag < 0 else '+'} {abs(lag)}" if lag else "")
            for type_, lag in ties
        )
        names = dict.fromkeys(
            "forecast"
            if type_ in FROM_FINISH or "forecast_start" not in from_
            else "forecast_start"
            for type_, _ in ties
        )
        terms = tuple(from_[one] for one in names)
        return f"follows from {' and '.join(one.name for one in terms)} through {said}", terms

    def _shooting(self, made: Made, driver: str) -> tuple[str, tuple[Figure, ...]]:
        """A shoot day comes after the one before it, and a run of such is explained by its first;
        the marks of photography come with its days."""
        first = driver
        if made.item.kind is ItemKind.SHOOT_DAY:
            first = self._begun_by.get(driver, driver)
            self._begun_by[made.place] = first
        forecast = self.made[first].figures["forecast"]
        if made.item.kind is ItemKind.MILESTONE:
            return f"photography begins and ends with its days: that of {first}", (forecast,)
        return f"the working days behind {first}, one for each shoot day", (forecast,)

    def _add_slack(self) -> None:
        times = {place: self._network.times[place] for place in self.made}
        if not times:
            return
        last = max(times, key=lambda place: (times[place].early_finish, place))
        end = self.made[last].figures["forecast"]
        for place, made in self.made.items():
            item = made.item
            said = f"what it may slip without moving the last of all, {last}"
            if times[place].done:
                said = "it is done and slips no more"
            forecast = made.figures["forecast"]
            terms = (forecast,) if forecast is end else (forecast, end)
            slack = made.add("slack", "slack", item.total_slack_days, WORKING_DAYS, said, terms)
            rule = "it has no slack, and is not done"
            made.add("critical", "on the critical path", item.critical, "", rule, (slack,))
