"""The dates that a production is held to: milestones, tasks, and what waits for what."""

from dataclasses import dataclass, field
from datetime import date
from typing import assert_never

from immutables import Map

from events.schedule import (
    Link,
    MilestoneMoved,
    MilestoneReached,
    MilestoneSet,
    TaskFinished,
    TaskMoved,
    TaskSet,
)
from runtime.changing import changed
from services.schedule.model.rejections import LinkIsUnknown, LinksFormACircle


@dataclass(frozen=True)
class AwaitedMilestone:
    """It is to come; `stands` is how it was set, with its present date."""

    stands: MilestoneSet


@dataclass(frozen=True)
class ReachedMilestone:
    """It was reached."""

    stands: MilestoneSet
    on: date


@dataclass(frozen=True)
class OpenTask:
    """It is still to be done; `stands` is how it was set, with its present dates."""

    stands: TaskSet


@dataclass(frozen=True)
class FinishedTask:
    """It was finished."""

    stands: TaskSet
    on: date


Milestone = AwaitedMilestone | ReachedMilestone
Task = OpenTask | FinishedTask


@dataclass(frozen=True)
class Dates:
    """Milestones and tasks, which share one namespace of ids."""

    milestones: Map[str, Milestone] = field(default_factory=Map)
    tasks: Map[str, Task] = field(default_factory=Map)

    def links_of(self, name: str) -> tuple[Link, ...]:
        """What the milestone or task of that id waits for."""
        one = self.milestones.get(name) or self.tasks.get(name)
        return one.stands.links if one else ()

    def check_links(self, name: str, links: tuple[Link, ...]) -> None:
        """Refuses links of `name` to what is not there, and those that would close a circle."""
        for link in links:
            if link.after == name:
                raise LinksFormACircle(f"{name} waits for itself: take that link out")
            if link.after not in self.milestones and link.after not in self.tasks:
                raise LinkIsUnknown(
                    f"{name} would wait for {link.after}, which nobody has set: set that first, or "
                    "take the link out"
                )
        circle = self._way_back(name, links)
        if circle:
            raise LinksFormACircle(
                f"{' waits for '.join(circle)}: take one of these links out, so that something can "
                "begin"
            )

    def _way_back(self, name: str, links: tuple[Link, ...]) -> list[str]:
        """The circle that these links would close, from `name` to `name`."""
        came_from = {link.after: name for link in links}
        to_see = list(came_from)
        while to_see:
            here = to_see.pop()
            for link in self.links_of(here):
                if link.after == name:
                    way = [here]
                    while way[-1] != name:
                        way.append(came_from[way[-1]])
                    return [*reversed(way), name]
                if link.after not in came_from:
                    came_from[link.after] = here
                    to_see.append(link.after)
        return []


DatesEvent = MilestoneSet | MilestoneMoved | MilestoneReached | TaskSet | TaskMoved | TaskFinished


def evolve(dates: Dates, event: DatesEvent) -> Dates:
    """The dates after `event`."""
    match event:
        case MilestoneSet():
            return _with_milestone(dates, AwaitedMilestone(event))
        case MilestoneMoved():
            stands = dates.milestones[event.milestone].stands
            moved = stands.model_copy(update={"on": event.on})
            return _with_milestone(dates, AwaitedMilestone(moved))
        case MilestoneReached():
            stands = dates.milestones[event.milestone].stands
            return _with_milestone(dates, ReachedMilestone(stands, event.on))
        case TaskSet():
            return _with_task(dates, OpenTask(event))
        case TaskMoved():
            standing = dates.tasks[event.task].stands
            changes = {"starts_on": event.starts_on, "days": event.days}
            return _with_task(dates, OpenTask(standing.model_copy(update=changes)))
        case TaskFinished():
            return _with_task(dates, FinishedTask(dates.tasks[event.task].stands, event.on))
        case _:
            assert_never(event)


def _with_milestone(dates: Dates, milestone: Milestone) -> Dates:
    name = milestone.stands.milestone
    return changed(dates, milestones=dates.milestones.set(name, milestone))


def _with_task(dates: Dates, task: Task) -> Dates:
    return changed(dates, tasks=dates.tasks.set(task.stands.task, task))
