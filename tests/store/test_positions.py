"""Positions, versions and partitions: where each fact stands."""

import uuid

import pytest
from aiokafka.partitioner import DefaultPartitioner

from runtime.log.contract import NewEvent, Outcome, Store
from runtime.log.partition import hash_of, partition_of
from runtime.recording import recorded_by
from tests.store.making import A, B, C, command, whole


async def test_a_fresh_log_is_at_position_nothing_with_twelve_empty_partitions(store: Store):
    heads = await store.heads()
    assert (heads.position, heads.time_us, list(heads.partitions)) == (0, 0, [0] * 12)
    assert str(uuid.UUID(heads.incarnation)) == heads.incarnation
    assert await whole(store) == []


async def test_positions_count_from_one_without_a_gap_in_the_order_of_commits(store: Store):
    await store.append([command("one", "costs-1")])
    await store.append([command("two", "costs-2", production=B, events=3)])
    await store.append([command("three", "costs-1", 1, events=2)])

    log = await whole(store)
    assert [one.position for one in log] == [1, 2, 3, 4, 5, 6]
    assert [one.stream for one in log] == [
        *("costs-1", "costs-2", "costs-2", "costs-2", "costs-1", "costs-1")
    ]
    assert (await store.heads()).position == 6


async def test_refused_and_empty_commands_leave_no_gap(store: Store):
    await store.append([command("one", "costs-1")])
    before = await store.heads()
    await store.append([command("late", "costs-1", 0), command("empty", "costs-2", events=0)])
    assert await store.heads() == before

    (answer,) = await store.append([command("two", "costs-1", 1)])
    assert answer.first_position == 2


async def test_versions_count_from_one_in_each_stream(store: Store):
    await store.append([command("one", "costs-1", events=2), command("two", "costs-2")])
    await store.append([command("three", "costs-2", 1), command("four", "costs-1", 2)])

    assert [one.version for one in await store.of_stream("costs-1")] == [1, 2, 3]
    assert [one.version for one in await store.of_stream("costs-2")] == [1, 2]
    assert [one.ordinal for one in await store.of_stream("costs-1")] == [0, 1, 0]


async def test_every_fact_knows_the_position_before_it_in_its_partition(store: Store):
    assert (partition_of(A, 12), partition_of(B, 12), partition_of(C, 12)) == (1, 3, 4)
    await store.append([command("one", "costs-a", events=2)])
    await store.append([command("two", "costs-b", production=B, events=2)])
    await store.append(
        [
            command("three", "costs-a", 2, events=1),
            command("four", "costs-b", 2, production=B, events=1),
            command("five", "plan-a", 0, events=1),
        ]
    )

    log = await whole(store)
    assert [(one.position, one.partition, one.previous) for one in log] == [
        (1, 1, 0),
        (2, 1, 1),
        (3, 3, 0),
        (4, 3, 3),
        (5, 1, 2),
        (6, 1, 5),
        (7, 3, 4),
    ]
    assert list((await store.heads()).partitions) == [0, 6, 0, 7, 0, 0, 0, 0, 0, 0, 0, 0]


async def test_an_answer_says_all_that_the_log_then_reads_out(store: Store):
    batch = [
        command("one", "costs-b", production=B, events=3),
        command("two", "costs-a"),
        command("three", "plan-b", production=B),
    ]
    answers = await store.append(batch)

    said = [
        one for pair in zip(batch, answers, strict=True) for one in recorded_by("budget", *pair)
    ]
    assert sorted(said, key=lambda one: one.position) == await whole(store)
    assert {answer.incarnation for answer in answers} == {(await store.heads()).incarnation}


async def test_a_production_goes_where_kafkas_own_partitioner_sends_it(store: Store):
    kafka, partitions = DefaultPartitioner(), list(range(12))
    productions = [str(uuid.uuid5(uuid.NAMESPACE_URL, f"film {n}")) for n in range(60)]
    answers = await store.append(
        [command(one, f"costs-{one}", production=one) for one in productions]
    )

    expected = [kafka(one.encode(), partitions, partitions) for one in productions]
    assert [answer.partition for answer in answers] == expected
    assert len(set(expected)) == 12
    log = {one.production: one.partition for one in await whole(store)}
    assert [log[one] for one in productions] == expected


async def test_facts_of_some_partitions_are_read_in_the_order_of_the_log(store: Store):
    for number in range(3):
        await store.append(
            [
                command(f"{number} {one}", f"costs-{one}", number, production=one)
                for one in (A, B, C)
            ]
        )
    assert {partition_of(one, 12) for one in (A, C)} == {1, 4}
    own = [one.position for one in await whole(store) if one.production in (A, C)]
    assert [one.position for one in await store.page_of([1, 4])] == own
    assert [one.position for one in await store.page_of([4, 1, 9], own[1], 2)] == own[2:4]
    assert await store.page_of([], 0) == []


@pytest.mark.unit
@pytest.mark.parametrize(
    ("key", "murmur2"),
    [
        ("21", -973932308),
        ("foobar", -790332482),
        ("a-little-bit-long-string", -985981536),
        ("a-little-bit-longer-string", -1486304829),
        ("lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8", -58897971),
        ("abc", 479470107),
    ],
)
def test_the_hash_is_murmur2_as_kafkas_own_tests_have_it(key: str, murmur2: int):
    assert hash_of(key) == murmur2 & 0x7FFFFFFF


async def test_facts_are_read_back_as_they_were_given(store: Store):
    given = NewEvent(
        id="12345678-9abc-4def-8123-456789abcdef",
        type="budget.BudgetLocked",
        schema_version=3,
        payload='{ "b": 1.10,  "a":"Größe 3\\u00b2 – 映画 🎬", "b": 2 }\n',
        effective_at_us=-86_400_000_001,
    )
    append = command("one", "budget-1", production=C, events=0)
    append = type(append)(
        command_id=append.command_id,
        fingerprint=b"\x00\xff",
        production=C,
        stream="budget-1",
        expected=0,
        actor="person:7@studio",
        correlation="a correlation",
        causation="87654321-9abc-4def-8123-456789abcdef",
        hops=4,
        events=(given,),
    )
    await store.append([append])

    (read,) = await whole(store)
    assert (read.log, read.production, read.stream, read.version) == ("budget", C, "budget-1", 1)
    assert (read.id, read.type, read.schema_version) == (given.id, "budget.BudgetLocked", 3)
    assert read.payload == given.payload
    assert read.effective_at_us == -86_400_000_001
    assert (read.actor, read.correlation) == ("person:7@studio", "a correlation")
    assert (read.causation, read.hops) == ("87654321-9abc-4def-8123-456789abcdef", 4)
    assert read.command_id == append.command_id
    assert await store.of_stream("budget-1") == [read]
    assert await store.of_production(C) == [read]
    assert await store.of_streams(["budget-1"], 10) == {"budget-1": [read]}
    assert await store.page(partition=4) == [read]


async def test_readers_page_by_position_and_by_version(store: Store):
    await store.append([command("one", "costs-a", events=4)])
    await store.append([command("two", "costs-b", production=B, events=3)])
    await store.append([command("three", "costs-a", 4, events=2)])

    def positions(read):
        return [one.position for one in read]

    assert positions(await store.page(2, 3)) == [3, 4, 5]
    assert positions(await store.page(9)) == []
    assert positions(await store.page(2, 3, partition=1)) == [3, 4, 8]
    assert positions(await store.page(0, 2, partition=3)) == [5, 6]
    assert positions(await store.page(partition=7)) == []
    assert positions(await store.of_production(A, 3, 2)) == [4, 8]
    assert positions(await store.of_production(C)) == []
    assert positions(await store.of_stream("costs-a", 3, 2)) == [4, 8]
    assert positions(await store.of_stream("costs-nobody")) == []
    several = await store.of_streams(["costs-b", "costs-nobody", "costs-a"], 2)
    assert {stream: positions(read) for stream, read in several.items()} == {
        "costs-a": [1, 2],
        "costs-b": [5, 6],
    }


async def test_one_stream_may_not_begin_twice(store: Store):
    answers = [
        (await store.append([command(name, "costs-1")]))[0].outcome for name in ("one", "two")
    ]
    assert answers == [Outcome.RECORDED, Outcome.CONFLICT]
