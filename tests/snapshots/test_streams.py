"""A cold process goes on from a snapshot; what does not hold against log and seal is not believed."""

import itertools
from collections.abc import Awaitable, Callable

import pytest

from runtime.handling import Handled
from services.budget.model.costs import COSTS
from tests.carrying.world import until
from tests.snapshots.conftest import LOG, SCHEMA, Room, Worker, posting, postings

pytestmark = [pytest.mark.integration, pytest.mark.long]

NEW = itertools.count(10_000_000)
MANY = 700
"""More than lie in a root, so that postings have pages."""


async def told(worker: Worker) -> tuple[Handled, Handled, Handled]:
    """What becomes of a cost that is there, of its id with another amount, and of a new one."""
    again = await worker.give(posting(3))
    other = await worker.give(posting(3, amount=11))
    return again, other, await worker.give(posting(next(NEW)))


def is_right(answers: tuple[Handled, Handled, Handled]) -> bool:
    again, other, new = answers
    return (
        (again.recorded, again.refusal) == ((), None)
        and other.refusal is not None
        and other.refusal["code"] == "posting-exists"
        and len(new.recorded) == 1
    )


async def test_a_cold_process_reads_its_tail_alone(room: Room):
    await room.filled(MANY)
    async with room.process() as worker:
        assert is_right(await told(worker))
        assert 0 < worker.store.read <= 2
    async with room.process(keeps=False) as worker:
        assert is_right(await told(worker))
        assert worker.store.read > MANY - 100


async def test_a_short_stream_has_no_snapshot(room: Room):
    async with room.process() as worker:
        await worker.give(postings(0, 150))
    async with room.process() as worker:
        assert is_right(await told(worker))
    assert await room.row() is None


async def test_a_state_that_stays_warm_is_kept_too(room: Room):
    async with room.process() as worker:
        for first in range(0, 2_400, 600):
            await worker.give(postings(first, first + 600))
        await room.kept(2_400)


async def _change(room: Room, what: str) -> None:
    done = await room.pool.execute(
        f"UPDATE {SCHEMA}.snapshot SET {what} WHERE stream = $1", room.stream
    )
    assert done == "UPDATE 1"


async def scribbled(room: Room) -> None:
    await _change(room, "state = set_byte(state, 700, (get_byte(state, 700) + 1) % 256)")


async def sealed_anew_by_nobody(room: Room) -> None:
    await _change(room, "state = set_byte(state, 3, (get_byte(state, 3) + 1) % 256)")


async def cut_off(room: Room) -> None:
    await _change(room, "state = substr(state, 1, 500)")


async def empty(room: Room) -> None:
    await _change(room, "state = ''")


async def called_older(room: Room) -> None:
    """Its facts would be folded twice."""
    await _change(
        room,
        f"""version = version - 7, hash = (SELECT hash FROM {LOG}.event AS e
            WHERE e.stream = snapshot.stream AND e.version = snapshot.version - 7)""",
    )


async def of_a_history_that_was_given_up(room: Room) -> None:
    await _change(room, "hash = sha256(hash)")


async def ahead_of_the_log(room: Room) -> None:
    """As after a restore of the log to an earlier moment."""
    await _change(room, "version = version + 1000")


async def of_another_stream(room: Room) -> None:
    other = Room(room.pool, room.production[:-4] + "0000")
    await other.filled(MANY + 50)
    await room.pool.execute(
        f"""UPDATE {SCHEMA}.snapshot AS own SET state = other.state FROM {SCHEMA}.snapshot AS other
            WHERE own.stream = $1 AND other.stream = $2""",
        room.stream,
        other.stream,
    )


async def page_changed(room: Room) -> None:
    await room.pool.execute(
        f"""UPDATE {SCHEMA}.snapshot_page
            SET body = convert_to(replace(convert_from(body, 'UTF8'), '10', '99'), 'UTF8')
            WHERE stream = $1""",
        room.stream,
    )


async def page_lost(room: Room) -> None:
    await room.pool.execute(f"DELETE FROM {SCHEMA}.snapshot_page WHERE stream = $1", room.stream)


async def under_another_master_key(room: Room) -> None:
    room.master = b"\x01" * 32


@pytest.mark.parametrize(
    "tampering",
    [
        scribbled,
        sealed_anew_by_nobody,
        cut_off,
        empty,
        called_older,
        of_a_history_that_was_given_up,
        ahead_of_the_log,
        of_another_stream,
        page_changed,
        page_lost,
        under_another_master_key,
    ],
)
async def test_what_does_not_hold_changes_no_answer_and_is_given_up(
    room: Room, tampering: Callable[[Room], Awaitable[None]]
):
    await room.filled(MANY)
    row = await room.row()
    assert row is not None
    await tampering(room)
    async with room.process(keeps=False) as whole, room.process() as worker:
        assert is_right(await told(worker))
        assert worker.store.read > MANY - 100, "it folded the log"
        await room.kept(row["version"] + 1)
        assert is_right(await told(whole))
    async with room.process() as later:
        assert is_right(await told(later))
        assert later.store.read < 10, "a right one has taken its place"


async def test_another_fold_begins_for_itself_and_takes_nothing_away(room: Room):
    await room.filled(MANY)
    old = await room.row()
    newer = Room(room.pool, room.production, fold="another fold")
    async with newer.process(keeps=False) as _:
        assert await newer.snapshots.find(room.stream) is None
    assert await room.row() == old
    async with newer.process() as worker:
        assert is_right(await told(worker))
        assert worker.store.read > MANY - 100
        await newer.kept(MANY + 1)
    assert await room.snapshots.find(room.stream) is None


async def test_an_older_state_does_not_take_the_place_of_a_newer_one(room: Room):
    await room.filled(MANY)
    async with room.process(keeps=False) as other, room.process() as fresh:
        folded = await other.states.of(COSTS, room.stream)
        await other.give(postings(50_000, 50_300))
        await fresh.give(posting(60_000))
        await room.kept(MANY + 301)
        row = await room.row()
        keeper = fresh.handler.keeper
        assert keeper is not None
        assert not await keeper._take(room.stream, folded.state, folded.version, 1)
    assert await room.row() == row


async def test_a_state_whose_pages_were_replaced_is_read_anew(room: Room):
    """A replica knows an old root; meanwhile another one has put newer pages in its place."""
    await room.filled(MANY)
    async with room.process() as old:
        await old.give(posting(70_000))
        async with room.process(keeps=False) as other:
            await other.give(postings(80_000, 80_600))
        async with room.process() as fresh:
            await fresh.give(posting(90_000))
            await room.kept(MANY + 600)
        for number in range(0, MANY, 97):
            assert (await old.give(posting(number))).recorded == ()
        refused = await old.give(posting(5, amount=12))
        assert refused.refusal is not None and refused.refusal["code"] == "posting-exists"


async def test_a_snapshot_taken_on_a_snapshot_is_the_state(room: Room):
    await room.filled(MANY)
    for turn in range(3):
        async with room.process(keeps=False) as worker:
            first = 100_000 + 1_000 * turn
            await worker.give(postings(first, first + 300))
        async with room.process() as worker:
            assert is_right(await told(worker))
            await room.kept(MANY + 300 * (turn + 1))
    async with room.process() as worker:
        for number in (0, 7, MANY - 1, 100_000, 101_299, 102_111):
            assert (await worker.give(posting(number))).recorded == (), number
        assert worker.store.read < 20


async def test_a_database_that_takes_no_snapshot_does_no_harm(room: Room):
    await room.pool.execute(f"ALTER TABLE {SCHEMA}.snapshot ADD CHECK (version < 0) NOT VALID")
    try:
        async with room.process(keeps=False) as worker:
            await worker.give(postings(0, 400))
        async with room.process() as worker:
            assert is_right(await told(worker))
            keeper = worker.handler.keeper
            assert keeper is not None and keeper._work is not None

            await until(lambda: not keeper._waiting)
            assert not keeper._work.done()
            assert is_right(await told(worker))
    finally:
        await room.pool.execute(
            f"ALTER TABLE {SCHEMA}.snapshot DROP CONSTRAINT snapshot_version_check"
        )
    assert await room.row() is None
