"""Rows that the facts of the schedule write."""

from dataclasses import dataclass
from datetime import date
from typing import ClassVar


@dataclass(frozen=True)
class Schedule:
    """The schedule as a whole; `calendar` is the chosen one as JSON."""

    TABLE: ClassVar[str] = "schedule"
    KEY: ClassVar[tuple[str, ...]] = ()

    version: int = 0
    phase: str = "none"
    locked_version: int | None = None
    board: str | None = None
    calendar: str | None = None
    behind_threshold: int | None = None


@dataclass(frozen=True)
class Milestone:
    """A milestone at its own date. `links` is JSON, as in the fact that set them."""

    TABLE: ClassVar[str] = "milestone"
    KEY: ClassVar[tuple[str, ...]] = ("milestone",)

    milestone: str
    kind: str
    name: str
    falls_on: date
    territory: str | None = None
    links: str = "[]"
    baseline: date | None = None
    reached_on: date | None = None
    reason: str | None = None
    cause: str | None = None


@dataclass(frozen=True)
class Task:
    """A task at its own first day, in working days; None while only its end was heard of."""

    TABLE: ClassVar[str] = "task"
    KEY: ClassVar[tuple[str, ...]] = ("task",)

    task: str
    kind: str
    name: str
    starts_on: date | None
    days: int
    links: str = "[]"
    baseline_starts_on: date | None = None
    baseline_days: int | None = None
    finished_on: date | None = None
    reason: str | None = None
    cause: str | None = None


@dataclass(frozen=True)
class ShootDay:
    """A shoot day; `planned_for` is None once it is planned no more."""

    TABLE: ClassVar[str] = "shoot_day"
    KEY: ClassVar[tuple[str, ...]] = ("day",)

    day: int
    baseline: date | None = None
    planned_for: date | None = None
    eighths_planned: int = 0
    eighths_shot: int | None = None
    wrapped_on: date | None = None
    fell_behind: bool = False
    reason: str | None = None
    cause: str | None = None


OF_SCHEDULE = (Schedule, Milestone, Task, ShootDay)
