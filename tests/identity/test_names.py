"""What people are called: as told last, read on and on, and by their ids where nothing says more."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, cast

import pytest

from events.approval import AppointmentEnded, PersonAppointed, Role
from events.envelope import Recorded
from events.personal import ERASED
from runtime.log.contract import Heads
from runtime.people.names import Names, called, names_of
from tests.projections.histories import told

pytestmark = pytest.mark.unit

FILM = "7d3f9b1e-0c5a-8a44-9e61-2b8f4c6d0a17"


def sealed(name: str) -> str:
    return f"sealed:1:tobias:{name}"


def appointed(name: str | None, person: str = "tobias") -> PersonAppointed:
    return PersonAppointed(person=person, role=Role.PRODUCER, name=name and sealed(name))


def facts(*names: str | None) -> list[Recorded]:
    return told("approval", *map(appointed, names))


class Log:
    """The log of appointments, and how many facts were read of it."""

    def __init__(self, facts: Sequence[Recorded]) -> None:
        self.facts, self.incarnation, self.read = list(facts), "first", 0

    async def heads(self) -> Heads:
        return Heads(self.incarnation, len(self.facts), 0, (len(self.facts),))

    async def of_production(self, production: str, after: int, limit: int) -> list[Recorded]:
        page = [one for one in self.facts if one.position > after][:limit]
        self.read += len(page)
        return page


def test_a_name_is_as_it_was_told_last_and_stays_sealed() -> None:
    assert names_of(facts("Tobias", "Tobias-Nwankwo")) == {"tobias": sealed("Tobias-Nwankwo")}
    assert names_of(facts("Tobias", None)) == {"tobias": sealed("Tobias")}
    ended = AppointmentEnded(person="tobias", role=Role.PRODUCER, ends="2026-09-04", reason="over")
    assert names_of(told("approval", appointed("Tobias"), ended)) == {"tobias": sealed("Tobias")}
    assert names_of(facts(None)) == {}


@pytest.mark.parametrize("change", [{"payload": "{}"}, {"schema_version": 99}])
def test_a_fact_that_cannot_be_read_tells_no_name(change: dict[str, Any]) -> None:
    first, second = facts("Tobias", "Tobias-Nwankwo")
    assert names_of([first, replace(second, **change)]) == {"tobias": sealed("Tobias")}


def test_somebody_is_called_by_his_name_and_otherwise_by_his_id() -> None:
    assert called("tobias", "Tobias Nwankwo-Frey") == "Tobias Nwankwo-Frey"
    assert called("tobias", None) == "tobias"
    assert called("tobias", ERASED) == f"{ERASED} tobias"


async def test_names_are_read_on_from_where_they_were_read_to() -> None:
    log = Log(facts("Tobias"))
    names = Names(cast(Any, log))
    assert await names.of(FILM) == await names.of(FILM) == {"tobias": sealed("Tobias")}
    assert log.read == 1
    log.facts = facts("Tobias", "Tobias-Nwankwo")
    assert await names.of(FILM) == {"tobias": sealed("Tobias-Nwankwo")}
    assert log.read == 2


async def test_a_log_that_was_restored_is_read_from_its_beginning() -> None:
    log = Log(facts("Tobias", "Tobias-Nwankwo"))
    names = Names(cast(Any, log))
    await names.of(FILM)
    log.facts, log.incarnation = facts("Tobias"), "second"
    assert await names.of(FILM) == {"tobias": sealed("Tobias")}
