"""PostgreSQL is set back to an earlier moment while people go on working."""

import json
import time

import pytest

from tests.faults.run import Run, thorough, under_load
from tests.faults.world import World

pytestmark = [pytest.mark.faults, pytest.mark.integration, thorough]

ROLES = ("serve", "relay", "project")


async def test_postgres_is_restored_to_an_earlier_moment(world: World) -> None:
    """What was acknowledged behind the backup is taken back, as ordered; all before it is there,
    and nobody goes on telling what was taken back."""
    async with under_load(world, "restored to an earlier moment", topic=True) as run:
        for number in range(2):
            await run.load.until(30)
            folder = world.folder / f"backup-{number}"
            began = time.monotonic()
            heads = _heads(await world.reel("backup", str(folder), "--json"))
            await run.load.until(30)
            await world.reached((world.reach()).heads)
            fault = run.fault(f"PostgreSQL restored: {number + 1}")
            for role in ROLES:
                for part in world.running(role):
                    await world.stop(part)
            taken_back = forget(run, heads, began)
            fault.hits, fault.evidence = int(taken_back > 0), f"{taken_back} taken back"
            await world.reel("restore", str(folder), "--replace")
            # Until then the rows were those of the history that has ended.
            run.watch.forget_beyond(heads["budget"])
            again = time.monotonic()
            for role in ROLES:
                await world.start(role)
            fault.evidence += f", {run.client.late} answers came in late"
            run.recovers(fault, again)
            await run.recovered()


def _heads(said: str) -> dict[str, int]:
    told = json.loads(said[said.index("{\n") :])
    return {log: head["position"] for log, head in told["heads"].items()}


def forget(run: Run, heads: dict[str, int], since: float) -> int:
    """Takes out of the book what a restore takes back; answers how many commands.

    What was answered without a fact since the backup began may be answered otherwise now. So may
    what was read: only what was shown of the history that stays is held against it.
    """
    client, watch = run.client, run.watch
    client.histories += 1
    gone = [
        sent
        for sent in client.book
        if sent.status
        and (
            any(event["position"] > heads[sent.room] for event in sent.events)
            or (not sent.events and sent.answered_at > since)
        )
    ]
    client.book = [sent for sent in client.book if sent not in gone]
    for sent in client.book:
        sent.answer.pop("token", None)
    client.samples = [one for one in client.samples if one.position <= heads["budget"]]
    watch.forget_beyond(heads["budget"])
    return sum(bool(sent.events) for sent in gone)
