"""The committer: many callers, few batches, and the right answer for each of them."""

import asyncio
import random
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import asyncpg
import pytest

from events.envelope import verified
from runtime.log import committer as committer_module
from runtime.log.committer import BATCHES_UNDER_WAY_MAX, Committer
from runtime.log.contract import Answer, Append, Outcome, Overloaded, Store, Unavailable
from tests.store.making import (
    A,
    Around,
    B,
    C,
    Postgres,
    by_production,
    command,
    held_up,
    until,
    whole,
)

RECORDED, NOTHING, CONFLICT = Outcome.RECORDED, Outcome.NOTHING, Outcome.CONFLICT
REPEAT, MISMATCH = Outcome.REPEAT, Outcome.MISMATCH


@dataclass
class Truth:
    """What callers were told, to be compared with what the log holds."""

    recorded: dict[str, int] = field(default_factory=dict)
    """Command id to the number of its facts."""
    poisoned: int = 0
    conflicts: int = 0
    repeats: int = 0

    async def holds(self, store: Store) -> None:
        log = await whole(store)
        assert [one.position for one in log] == list(range(1, len(log) + 1))
        assert Counter(one.command_id for one in log) == self.recorded
        assert len({one.id for one in log}) == len(log)
        last: dict[int, int] = {}
        for one in log:
            assert one.previous == last.get(one.partition, 0)
            last[one.partition] = one.position
        versions: Counter[str] = Counter()
        for one in log:
            versions[one.stream] += 1
            assert one.version == versions[one.stream]
        for chain in by_production(log).values():
            verified(chain)


async def test_writers_that_conflict_repeat_and_poison_each_get_their_own_answer(store: Store):
    truth = Truth()
    versions: Counter[str] = Counter()

    async def write(committer: Committer, name: str, rng: random.Random) -> None:
        stream = f"costs-{rng.randint(0, 7)}"
        append = command(
            name, stream, production=(A, B, C)[int(stream[6:]) % 3], events=rng.randint(1, 3)
        )
        while True:
            version = versions[stream]
            answer = await committer.append(replace(append, expected=version))
            versions[stream] = max(versions[stream], answer.version)
            if answer.outcome is RECORDED:
                break
            assert answer.outcome is CONFLICT
            truth.conflicts += 1
        truth.recorded[append.command_id] = len(append.events)
        if rng.random() < 0.3:
            assert (await committer.append(append)).outcome is REPEAT
            other = replace(append, fingerprint=b"another body")
            assert (await committer.append(other)).outcome is MISMATCH
            truth.repeats += 1

    async def poison(committer: Committer, name: str) -> None:
        with pytest.raises((ValueError, asyncpg.CharacterNotInRepertoireError)):
            await committer.append(command(name, f"costs-{name}", payload='"\x00"'))
        truth.poisoned += 1

    async def writer(committer: Committer, number: int) -> None:
        rng = random.Random(number)
        for n in range(8):
            if rng.random() < 0.1:
                await poison(committer, f"poison {number} {n}")
            await write(committer, f"write {number} {n}", rng)

    async with Committer(store) as committer:
        await asyncio.gather(*(writer(committer, number) for number in range(32)))

    assert len(truth.recorded) == 256
    assert truth.conflicts > 100
    assert truth.repeats > 40
    assert truth.poisoned > 10
    await truth.holds(store)


@pytest.mark.parametrize("moment", ["before", "after"])
async def test_a_store_that_dies_in_a_batch_doubles_nothing_and_loses_nothing(
    store: Store, moment: str
):
    around = Around(store)

    def die(call: int, batch: Sequence[Append]) -> None:
        if call % 2 == 0 and len(batch) > 1:
            raise ConnectionResetError("the cable is cut")

    setattr(around, moment, die)
    truth = Truth()
    told: Counter[Outcome] = Counter()

    async def writer(committer: Committer, number: int) -> None:
        for n in range(6):
            append = command(f"{number} {n}", f"costs-{number}", 2 * n, events=2)
            answer = await committer.append(append)
            told[answer.outcome] += 1
            truth.recorded[append.command_id] = 2
            assert answer.version == 2 * n + 2

    async with Committer(around) as committer:
        await asyncio.gather(*(writer(committer, number) for number in range(16)))

    assert set(told) == ({RECORDED} if moment == "before" else {RECORDED, REPEAT})
    assert told.total() == 96
    await truth.holds(store)


@pytest.mark.parametrize("moment", ["before", "after"])
async def test_a_store_that_stays_away_for_a_while_is_asked_until_it_is_back(
    store: Store, moment: str
):
    around = Around(store)

    def die(call: int, batch: Sequence[Append]) -> None:
        if call <= 4:
            raise asyncpg.CannotConnectNowError("the database system is starting up")

    setattr(around, moment, die)
    truth = Truth()
    async with Committer(around) as committer:
        batch = [command(f"c{n}", f"costs-{n}") for n in range(5)]
        answers = await asyncio.gather(*(committer.append(one) for one in batch))
        truth.recorded.update({one.command_id: 1 for one in batch})

    assert {answer.outcome for answer in answers} <= {RECORDED, REPEAT}
    await truth.holds(store)


async def test_a_store_that_stays_away_is_given_up_once_for_all_who_wait(
    store: Store, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(committer_module, "UNAVAILABLE_AFTER_SECONDS", 0.5)
    around = Around(store)

    def die(call: int, batch: Sequence[Append]) -> None:
        raise ConnectionRefusedError("nobody listens")

    around.before = die
    async with Committer(around) as committer:
        began = time.monotonic()
        batch = [command(f"c{n}", f"costs-{n}") for n in range(40)]
        answers = await asyncio.gather(
            *(committer.append(one) for one in batch), return_exceptions=True
        )
        took = time.monotonic() - began
        around.before = lambda call, batch: None
        back = await committer.append(batch[0])

    assert {type(answer) for answer in answers} == {Unavailable}
    assert took < 2.5
    assert back.outcome is RECORDED


@pytest.mark.parametrize("fails_first", [False, True])
async def test_a_store_that_hangs_is_given_up_too(
    store: Store, monkeypatch: pytest.MonkeyPatch, fails_first: bool
):
    monkeypatch.setattr(committer_module, "UNAVAILABLE_AFTER_SECONDS", 0.3)
    around = Around(store)
    around.open.clear()

    def die(call: int, batch: Sequence[Append]) -> None:
        if fails_first and call == 1:
            raise ConnectionResetError("the cable is cut")

    around.before = die
    async with Committer(around) as committer:
        once = command("once", "costs-1")
        async with asyncio.timeout(5):
            with pytest.raises(Unavailable):
                await committer.append(once)
        around.open.set()
        assert (await committer.append(once)).outcome is REPEAT
    assert len(await whole(store)) == 1


@pytest.mark.parametrize(
    "poison",
    [
        pytest.param(command("poison", "costs-p", payload='"\x00"'), id="a NUL"),
        pytest.param(command("poison", "costs-p", payload="{"), id="no JSON"),
        pytest.param(replace(command("poison", "costs-p"), command_id="no-uuid"), id="no id"),
        pytest.param(replace(command("poison", "costs-p"), hops=2**40), id="no int"),
    ],
)
async def test_poison_fails_alone_and_at_once(store: Store, poison: Append):
    around = Around(store)
    async with Committer(around) as committer:
        async with held_up(around, committer):
            good = [
                asyncio.create_task(committer.append(command(f"good {n}", f"costs-{n}")))
                for n in range(10)
            ]
            bad = asyncio.create_task(committer.append(poison))
            more = [
                asyncio.create_task(committer.append(command(f"more {n}", f"plan-{n}")))
                for n in range(10)
            ]
            await asyncio.sleep(0)
        async with asyncio.timeout(5):
            answers = await asyncio.gather(*good, *more)
            with pytest.raises((ValueError, asyncpg.PostgresError)) as refused:
                await bad
    assert not isinstance(refused.value, Unavailable)
    assert {answer.outcome for answer in answers} == {RECORDED}
    assert max(len(batch) for batch in around.batches) == 21
    assert len(await whole(store)) == 20


async def test_nobody_hears_anything_before_the_append_has_returned(store: Store):
    around = Around(store)
    around.open.clear()
    async with Committer(around) as committer:
        tasks = [
            asyncio.create_task(committer.append(command(f"c{n}", f"costs-{n}", n % 2)))
            for n in range(6)
        ]
        await until(lambda: bool(around.batches))
        await asyncio.sleep(0.1)
        assert len(await whole(store)) == 3
        assert not any(task.done() for task in tasks)
        around.open.set()
        answers = await asyncio.gather(*tasks)
    assert [answer.outcome for answer in answers] == [RECORDED, CONFLICT] * 3


async def test_stopping_empties_the_queue_and_takes_nothing_new(store: Store):
    around = Around(store)
    around.open.clear()
    committer = await Committer(around).__aenter__()
    tasks = [
        asyncio.create_task(committer.append(command(f"c{n}", f"costs-{n % 5}", n // 5)))
        for n in range(20)
    ]
    await until(lambda: bool(around.batches))
    stopping = asyncio.create_task(committer.__aexit__())
    await asyncio.sleep(0.05)
    with pytest.raises(Overloaded):
        await committer.append(command("late", "costs-late"))
    assert not stopping.done()
    around.open.set()
    async with asyncio.timeout(5):
        await stopping
        answers = await asyncio.gather(*tasks)
    assert {answer.outcome for answer in answers} == {RECORDED}
    assert len(await whole(store)) == 20


@pytest.mark.parametrize("used", [False, True])
async def test_an_idle_committer_stops_at_once(store: Store, used: bool):
    committer = await Committer(store).__aenter__()
    if used:
        await committer.append(command("one", "costs-1"))
        await asyncio.sleep(0.02)
    async with asyncio.timeout(1):
        await committer.__aexit__()


async def test_a_stop_waits_for_nobody_who_has_left(store: Store):
    around = Around(store)
    around.open.clear()
    committer = await Committer(around).__aenter__()
    under_way = asyncio.create_task(committer.append(command("one", "costs-1")))
    await until(lambda: bool(around.batches))
    behind = asyncio.create_task(committer.append(command("two", "costs-1", 1)))
    stopping = asyncio.create_task(committer.__aexit__())
    await asyncio.sleep(0.02)
    behind.cancel()
    around.open.set()
    async with asyncio.timeout(5):
        await stopping
    assert (await under_way).outcome is RECORDED
    assert [one.version for one in await whole(store)] == [1]


async def test_callers_who_leave_do_not_trouble_those_who_stay(store: Store):
    around = Around(store)
    async with Committer(around) as committer:
        around.open.clear()
        under_way = [
            asyncio.create_task(committer.append(command(f"w{n}", f"costs-{n}"))) for n in range(6)
        ]
        await until(lambda: sum(map(len, around.batches)) == 6)
        async with held_up(around, committer, BATCHES_UNDER_WAY_MAX - 1):
            queued = [
                asyncio.create_task(committer.append(command(f"q{n}", f"plan-{n}")))
                for n in range(6)
            ]
            await asyncio.sleep(0)
            for task in (*under_way[::2], *queued[::2]):
                task.cancel()
            await asyncio.sleep(0)
        stayed = await asyncio.gather(*under_way[1::2], *queued[1::2])
        left = await asyncio.gather(*under_way[::2], *queued[::2], return_exceptions=True)
        again = await committer.append(command("w0", "costs-0"))

    assert {answer.outcome for answer in stayed} == {RECORDED}
    assert {type(one) for one in left} == {asyncio.CancelledError}
    # What was under way is recorded though its caller left; what still waited was never sent.
    streams = sorted(one.stream for one in await whole(store))
    assert streams == [*(f"costs-{n}" for n in range(6)), "plan-1", "plan-3", "plan-5"]
    assert again.outcome is REPEAT


async def test_a_caller_who_leaves_while_its_batch_is_sent_again_changes_nothing(store: Store):
    around = Around(store)
    tasks: list[asyncio.Task[Answer]] = []

    def die_and_leave(call: int, batch: Sequence[Append]) -> None:
        if call == 1:
            tasks[0].cancel()
            raise ConnectionResetError("the cable is cut")

    around.after = die_and_leave
    async with Committer(around) as committer:
        tasks += [
            asyncio.create_task(committer.append(command(f"c{n}", f"costs-{n}"))) for n in range(3)
        ]
        answers = await asyncio.gather(*tasks[1:])
        assert (await committer.append(command("next", "costs-0", 1))).outcome is RECORDED
    assert [answer.outcome for answer in answers] == [REPEAT, REPEAT]
    assert tasks[0].cancelled()


async def test_one_batch_holds_one_command_of_a_stream_and_their_order_is_kept(store: Store):
    around = Around(store)
    async with Committer(around) as committer:
        async with held_up(around, committer):
            asked = [(f"costs-{k}", n) for n in range(5) for k in range(4)]
            tasks = [
                asyncio.create_task(committer.append(command(f"{stream} {n}", stream, n)))
                for stream, n in asked
            ]
            await asyncio.sleep(0)
        answers = await asyncio.gather(*tasks)

    assert {answer.outcome for answer in answers} == {RECORDED}
    for batch in around.batches:
        assert len({append.stream for append in batch}) == len(batch)
    assert {(one.stream, one.version - 1) for one in await whole(store)} == set(asked)


async def test_two_batches_on_their_way_never_hold_the_same_stream(store: Store):
    around = Around(store)
    log: list[int] = []

    async def writer(committer: Committer, number: int) -> None:
        """Sends five commands without waiting, the later expecting the earlier ones."""
        sent = [
            asyncio.create_task(committer.append(command(f"{number} {n}", f"costs-{number}", n)))
            for n in range(5)
        ]
        log.extend(answer.version for answer in await asyncio.gather(*sent))

    async with Committer(around) as committer:
        await asyncio.gather(*(writer(committer, number) for number in range(40)))
    assert around.crossed == []
    assert Counter(log) == {1: 40, 2: 40, 3: 40, 4: 40, 5: 40}


async def test_one_command_asked_twice_at_the_same_time_is_recorded_once(store: Store):
    around = Around(store)
    once = command("once", "costs-1")
    elsewhere = replace(once, stream="costs-2")
    async with Committer(around) as committer:
        async with held_up(around, committer):
            tasks = [
                asyncio.create_task(committer.append(one)) for one in (once, once, elsewhere, once)
            ]
            await asyncio.sleep(0)
        answers = await asyncio.gather(*tasks)
    assert [answer.outcome for answer in answers] == [RECORDED, REPEAT, REPEAT, REPEAT]
    for batch in around.batches:
        assert len({append.command_id for append in batch}) == len(batch)
    assert [one.stream for one in await whole(store)] == ["costs-1"]


async def test_a_store_that_answers_too_few_does_not_leave_callers_waiting(store: Store):
    class Forgetful(Around):
        async def append(self, batch):
            return (await super().append(batch))[:1]

    async with Committer(Forgetful(store)) as committer, asyncio.timeout(5):
        answers = await asyncio.gather(
            *(committer.append(command(f"c{n}", f"costs-{n}")) for n in range(3))
        )
        assert (await committer.append(command("next", "costs-next"))).outcome is RECORDED
    assert {answer.outcome for answer in answers} <= {RECORDED, REPEAT}
    assert len(await whole(store)) == 4


async def test_readers_are_woken_behind_the_append_and_not_too_often(store: Store):
    around = Around(store)
    async with Committer(around) as committer:
        began = time.monotonic()
        for n in range(60):
            await committer.append(command(f"c{n}", f"costs-{n}"))
        took = time.monotonic() - began
        await asyncio.sleep(0.05)
        woken = around.notified
        await committer.append(command("nothing", "costs-1", 1, events=0))
        await committer.append(command("late", "costs-1", 0))
        await asyncio.sleep(0.05)
    assert 1 <= woken <= took / 0.005 + 2
    assert around.notified == woken


async def test_a_wake_up_call_that_fails_is_not_the_last(store: Store):
    class Mute(Around):
        async def notify(self):
            await super().notify()
            if self.notified == 1:
                raise asyncpg.InsufficientPrivilegeError("not today")

    mute = Mute(store)
    async with Committer(mute) as committer:
        await committer.append(command("one", "costs-1"))
        await until(lambda: mute.notified == 1)
        await committer.append(command("two", "costs-2"))
        await until(lambda: mute.notified == 2)


@pytest.mark.integration
async def test_whoever_listens_in_postgresql_is_woken(postgres: Postgres):
    heard: asyncio.Queue[str] = asyncio.Queue()
    listener = await asyncpg.connect(postgres.url)
    await listener.add_listener("reel_budget", lambda *said: heard.put_nowait(str(said[2])))
    async with Committer(postgres.store) as committer:
        await committer.append(command("one", "costs-1"))
        assert await asyncio.wait_for(heard.get(), 5) == "reel_budget"
    await listener.close()
