"""What the timeline answers, as its callers see it."""

from dataclasses import dataclass, field
from datetime import date
from typing import Any

from pydantic import Field

from events.names import Id
from projections.timeline.kinds import ItemKind
from runtime.reading.answer import Answer


@dataclass(frozen=True, slots=True)
class Span:
    """From when until when, both days included; an open side is null."""

    starts_on: date | None
    ends_on: date | None


def end_of(span: Span | None) -> date | None:
    """Its last day, where it is known."""
    return None if span is None else span.ends_on


@dataclass(frozen=True, slots=True)
class Item:
    """Something that happens: when it was to, when it is expected to, and when it did.

    Slip and slack in working days. Only milestones, tasks and shoot days have slack: what they may
    slip without moving the end of all. `driven_by` is what makes it later than by its own date;
    `reason` and `cause` (a fact's id) are of the move that made it so.
    """

    kind: ItemKind
    id: str
    name: str
    baseline: Span | None
    forecast: Span | None
    actual: Span | None
    slip_days: int | None
    status: str
    critical: bool = False
    total_slack_days: int | None = None
    driven_by: str | None = None
    reason: str | None = None
    cause: str | None = None
    detail: dict[str, Any] = field(default_factory=dict)

    @property
    def falls_on(self) -> date | None:
        """The day on which it stands in the list."""
        if self.forecast is None:
            return None
        return self.forecast.starts_on or self.forecast.ends_on

    @property
    def place(self) -> str:
        """Where it stands in the list: by date, those without one last, then by kind and id."""
        day = self.falls_on
        return f"{'none' if day is None else day.isoformat()}/{self.kind.value}/{self.id}"

    def is_within(self, first: date | None, last: date | None) -> bool:
        """Whether any of its days lies between those, both included."""
        if first is None and last is None:
            return True
        if self.forecast is None:
            return False
        starts, ends = self.forecast.starts_on, self.forecast.ends_on
        starts_in_time = last is None or starts is None or starts <= last
        return starts_in_time and (first is None or ends is None or ends >= first)


@dataclass(frozen=True, slots=True)
class ConflictSeen:
    """What no longer fits a deal; `cause` is the fact that moved it."""

    contract: str
    title: str
    conflict: str
    problem: str
    cause: str
    days: list[date]


@dataclass(frozen=True, slots=True)
class Behind:
    """How far the shoot is behind plan, over all days wrapped so far; negative = ahead. `days` are
    average days of what is planned, to a tenth."""

    after_day: int
    eighths: int
    pages: str
    days: str
    threshold_eighths: int | None


@dataclass(frozen=True, slots=True)
class OverageSeen:
    """An overage that nobody has decided yet, in currency units of the production."""

    overage: str
    number: int
    cause: str
    amount: str
    reason: str | None


@dataclass(frozen=True, slots=True)
class Mark:
    """One of the dates that everybody asks for; slip in working days."""

    baseline: date | None = None
    forecast: date | None = None
    actual: date | None = None
    slip_days: int | None = None


@dataclass(frozen=True, slots=True)
class Summary:
    """The whole in a few dates and counts. `finish_slip_days` is how far the end of all that has a
    baseline slips, in working days."""

    phase: str
    version: int
    locked_version: int | None
    photography_start: Mark
    wrap: Mark
    delivery: Mark
    finish_slip_days: int | None
    shoot_days_wrapped: int
    shoot_days_planned: int
    eighths_shot: int
    eighths_planned: int
    pages_shot: str
    pages_planned: str


class Timeline(Answer):
    """What happens when on one production, what has slipped, and what it moves."""

    production: Id
    title: str
    currency: str
    fees_told: bool = Field(description="false: fees are not for the caller's roles")
    items: list[Item]
    conflicts: list[ConflictSeen]
    behind: Behind | None = Field(description="none until a shoot day was wrapped")
    overages: list[OverageSeen]
    summary: Summary
    next: str | None
