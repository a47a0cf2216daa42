"""How the schedule room answers the approval room, and its nameplate."""

from typing import Any

import pytest

from events.approval import ApprovalGranted, ApprovalRefused, Role, Subject
from runtime.rooms import services
from services.schedule.api import service
from services.schedule.commands import (
    LockSchedule,
    MoveShootDay,
    ReturnSchedule,
    WrapShootDay,
)
from services.schedule.files import read_uss
from services.schedule.policies import policies
from tests.services.given import given, recorded
from tests.services.lighthouse import OPENED, PRODUCTION
from tests.services.schedule.film import GRANTED, LOCKED, REQUEST, SUBJECT, WAITING

pytestmark = pytest.mark.unit

BUDGET = Subject(kind="budget", name="budget", version=3, content_hash="5c" * 32)
REFUSED = ApprovalRefused(request=REQUEST, subject=SUBJECT, by="henrietta", reason="No turnaround")


def test_a_granted_schedule_is_locked_at_exactly_what_was_approved():
    [lock] = policies.react(recorded(GRANTED, "approval"), None)
    assert lock == LockSchedule(version=1, content_hash=SUBJECT.content_hash, request=REQUEST)
    given(service.deciders[0], *WAITING).when(lock).then(LOCKED)


def test_a_refused_schedule_is_returned_with_the_reason():
    assert policies.react(recorded(REFUSED, "approval"), None) == [
        ReturnSchedule(version=1, reason="No turnaround", by="henrietta")
    ]


def test_decisions_on_other_subjects_do_not_touch_the_schedule():
    for event in (
        ApprovalGranted(request=REQUEST, subject=BUDGET, by="rosalind"),
        ApprovalRefused(request=REQUEST, subject=BUDGET, by="rosalind", reason="No"),
        OPENED,
    ):
        assert policies.react(recorded(event, "approval"), None) == []


def test_nobody_locks_or_returns_by_hand():
    assert not LockSchedule.MAY
    assert not ReturnSchedule.MAY


def test_a_director_wraps_days_and_plans_none():
    assert Role.DIRECTOR in WrapShootDay.MAY
    assert [one for one in service.commands if Role.DIRECTOR in one.MAY] == [WrapShootDay]
    assert Role.LINE_PRODUCER in MoveShootDay.MAY


def test_the_nameplate_has_an_example_of_every_command():
    assert services()["schedule"] is service
    assert set(service.examples) == set(service.commands)
    for command, body in service.examples.items():
        command.model_validate(dict[str, Any](body))


def test_there_is_one_stream_per_production():
    streams = {
        service.decider_of(command).stream(PRODUCTION, command.model_validate(body))
        for command, body in service.examples.items()
    }
    assert streams == {f"schedule-{PRODUCTION}"}


def test_the_examples_tell_one_story():
    """In their order they are recorded, but for those that a policy gives."""
    state, decider = service.deciders[0].initial, service.deciders[0]
    wanted = {"DraftSchedule", "AddElements", "AddBreakdowns", "LayBoard", "ChooseBoard"}
    for command, body in service.examples.items():
        if command.__name__ in wanted:
            events = given(decider).decider.decide(
                state, command.model_validate(dict[str, Any](body)), None
            )
            assert events
            state = decider.fold(events, state)


def test_schedules_come_as_files_of_the_universal_schedule_standard():
    importer = service.imports["schedule"]
    assert (importer.read, importer.format) == (read_uss, "USS")
    assert importer.media_type == "application/json"
