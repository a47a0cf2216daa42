"""Teams of many productions, recorded as approval records them."""

import itertools
import uuid
from collections.abc import Sequence

from bench.load import EFFECTIVE_US
from events.approval import Kind, PersonAppointed, ProductionOpened, Role
from events.event import Event
from runtime.log.contract import Append, NewEvent, Outcome, Store

BATCH = 200


async def appoint_everywhere(store: Store, productions: Sequence[str], person: str) -> None:
    """Opens those productions, with that person as line producer of each."""
    facts: list[Event] = [
        ProductionOpened(
            title="The Last Lighthouse", kind=Kind.FEATURE, currency="USD", time_zone="UTC"
        ),
        PersonAppointed(person=person, role=Role.LINE_PRODUCER, starts=None, ends=None),
    ]
    wired = [(*fact.wire(), fact.encode()) for fact in facts]
    left = iter(productions)
    while page := list(itertools.islice(left, BATCH)):
        for answer in await store.append([_opened(one, person, wired) for one in page]):
            assert answer.outcome is Outcome.RECORDED, answer


def _opened(production: str, person: str, wired: Sequence[tuple[str, int, str]]) -> Append:
    command = str(uuid.uuid4())
    return Append(
        command_id=command,
        fingerprint=uuid.UUID(command).bytes,
        production=production,
        stream=f"production-{production}",
        expected=0,
        actor=person,
        correlation=command,
        events=tuple(NewEvent(str(uuid.uuid4()), *fact, EFFECTIVE_US) for fact in wired),
    )
