"""The team of a production: each person's last appointment to each role, ended ones too."""

from collections.abc import Iterable
from datetime import date, timedelta

from immutables import Map

from events.approval import PersonAppointed, Role
from services.approval.model.rejections import (
    AppointmentEndsBeforeItStarts,
    LastExecutiveProducer,
)

Team = Map[tuple[str, Role], PersonAppointed]


def with_appointment(team: Team, appointed: PersonAppointed) -> Team:
    """The team with this appointment in the place of the person's last one to that role."""
    return team.set((appointed.person, appointed.role), appointed)


def check_order(starts: date | None, ends: date | None) -> None:
    """Refuses days in the wrong order."""
    if starts is not None and ends is not None and ends < starts:
        raise AppointmentEndsBeforeItStarts(
            f"its last day {ends} is before its first day {starts}: exchange them"
        )


def check_leadership(team: Team, appointed: PersonAppointed, today: date) -> None:
    """Refuses an appointment that leaves a day from `today` on without executive producer."""
    if appointed.role is not Role.EXECUTIVE_PRODUCER:
        return
    leaderless = _first_day_without_leader(with_appointment(team, appointed).values(), today)
    if leaderless is not None:
        raise LastExecutiveProducer(
            f"from {leaderless} on nobody would be executive producer: appoint another one "
            f"beside {appointed.person} first"
        )


def _first_day_without_leader(appointments: Iterable[PersonAppointed], today: date) -> date | None:
    leaders = [one for one in appointments if one.role is Role.EXECUTIVE_PRODUCER]
    day = today
    for leader in sorted(leaders, key=lambda one: one.starts or date.min):
        if leader.starts is not None and leader.starts > day:
            break
        if leader.ends in (None, date.max):
            return None
        day = max(day, leader.ends + timedelta(days=1))
    return day
