"""What becomes of a command: recorded, nothing, conflict, repeat, mismatch."""

from dataclasses import replace

import pytest

from events.envelope import verified
from runtime.log.contract import Answer, Found, Outcome, Store
from tests.store.making import A, B, C, by_production, command, whole

RECORDED, NOTHING, CONFLICT = Outcome.RECORDED, Outcome.NOTHING, Outcome.CONFLICT
REPEAT, MISMATCH = Outcome.REPEAT, Outcome.MISMATCH


@pytest.mark.parametrize("expected", [0, 1, 3, 9])
async def test_a_command_that_expects_another_version_is_a_conflict(store: Store, expected: int):
    await store.append([command("one", "costs-1", events=2)])
    (answer,) = await store.append([command("two", "costs-1", expected)])

    assert (answer.outcome, answer.version) == (CONFLICT, 2)
    assert (answer.first_position, answer.time_us, list(answer.hashes)) == (0, 0, [])
    assert len(await whole(store)) == 2
    assert await store.find([command("two", "costs-1").command_id]) == {}


async def test_a_conflict_may_be_decided_again_under_the_same_id(store: Store):
    await store.append([command("one", "costs-1")])
    (first,) = await store.append([command("two", "costs-1", 0)])
    (again,) = await store.append([command("two", "costs-1", first.version)])
    assert (first.outcome, again.outcome, again.version) == (CONFLICT, RECORDED, 2)


async def test_a_command_of_many_facts_is_recorded_whole_or_not_at_all(store: Store):
    await store.append([command("one", "costs-1")])
    late, good = command("late", "costs-1", 0, events=5), command("good", "costs-2", 0, events=3)
    answers = await store.append([late, good])

    assert [answer.outcome for answer in answers] == [CONFLICT, RECORDED]
    assert [one.stream for one in await whole(store)] == ["costs-1", *["costs-2"] * 3]
    assert (answers[1].first_position, answers[1].version, len(answers[1].hashes)) == (2, 3, 3)


async def test_a_batch_is_answered_one_by_one_in_the_order_in_which_it_was_asked(store: Store):
    first = command("first", "costs-b", production=B, events=2)
    kept = command("kept", "plan-a", production=A, events=0, outcome='{"code":"budget-is-locked"}')
    await store.append([first, kept])

    batch = [
        command("c one", "costs-c", production=C, events=2),
        command("b late", "plan-b", 5, production=B, events=4),
        first,
        command("a nothing", "costs-a", production=A, events=0),
        replace(first, command_id=first.command_id, fingerprint=b"another body"),
        command("c two", "plan-c", production=C),
        kept,
        command("a one", "rights-a", production=A, events=2),
        command("b two", "rights-b", production=B),
        replace(kept, fingerprint=b"another body"),
        command("c nothing and late", "rights-c", 1, production=C, events=0),
        command("c three", "deal-c", production=C, events=3),
    ]
    answers = await store.append(batch)

    assert [answer.outcome for answer in answers] == [
        RECORDED,
        CONFLICT,
        REPEAT,
        NOTHING,
        MISMATCH,
        RECORDED,
        REPEAT,
        RECORDED,
        RECORDED,
        MISMATCH,
        CONFLICT,
        RECORDED,
    ]
    # Two were there; productions take their turns in their own order: a, b, c.
    assert [answer.first_position for answer in answers] == [6, 0, 0, 0, 0, 8, 0, 3, 5, 0, 0, 9]
    assert [answer.version for answer in answers] == [2, 0, 2, 0, 2, 1, 0, 2, 1, 0, 0, 3]
    assert [len(answer.hashes) for answer in answers] == [2, 0, 0, 0, 0, 1, 0, 2, 1, 0, 0, 3]
    assert [answer.partition for answer in answers] == [4, 3, 3, 1, 3, 4, 1, 1, 3, 1, 4, 4]
    assert [answer.before for answer in answers] == [0, 2, 2, 0, 2, 7, 0, 0, 2, 4, 8, 8]

    log = await whole(store)
    assert [one.position for one in log] == [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]
    for answer in answers:
        at = answer.first_position - 1
        assert [one.hash for one in log[at : at + len(answer.hashes)]] == list(answer.hashes)
    for chain in by_production(log).values():
        verified(chain)


async def test_several_streams_of_one_production_in_one_batch_continue_one_chain(store: Store):
    await store.append([command("before", "costs-a", events=2)])
    await store.append([command(f"s{n}", f"stream-{n}", events=n % 3 + 1) for n in range(20)])
    await store.append([command("after", "costs-a", 2)])

    log = await whole(store)
    assert len(log) == 2 + 39 + 1
    assert verified(log) == log[-1].hash


async def test_a_recorded_command_that_comes_again_records_nothing(store: Store):
    once = command("once", "costs-1", events=3)
    await store.append([once])
    for again in (once, replace(once, expected=3), replace(once, events=())):
        (answer,) = await store.append([again])
        assert (answer.outcome, answer.version, answer.first_position) == (REPEAT, 3, 0)
        assert list(answer.hashes) == []
    assert len(await whole(store)) == 3


async def test_a_recorded_command_is_found_at_its_first_fact(store: Store):
    await store.append([command("before", "costs-1", events=4)])
    once = command("once", "costs-1", 4, events=3, body="the body")
    await store.append([once])

    found = await store.find([once.command_id, command("never", "costs-1").command_id])
    assert found == {once.command_id: Found(b"the body", "costs-1", 5, None)}


async def test_an_outcome_without_facts_is_kept_and_answered_again_after_the_state_changed(
    store: Store,
):
    refused = command("refused", "costs-1", events=0, outcome='{ "code": "budget-is-locked" }')
    (first,) = await store.append([refused])
    await store.append([command("unlock", "costs-1")])
    would_now_record = replace(refused, expected=1, events=command("x", "y").events)
    (again,) = await store.append([would_now_record])

    assert (first.outcome, first.version) == (NOTHING, 0)
    assert first.time_us > 0
    assert (again.outcome, again.version) == (REPEAT, 1)
    assert len(await whole(store)) == 1
    assert await store.find([refused.command_id]) == {
        refused.command_id: Found(b"a body", None, 0, '{ "code": "budget-is-locked" }')
    }


async def test_a_refusal_on_stale_state_is_a_conflict_and_is_not_kept(store: Store):
    await store.append([command("unlock", "costs-1")])
    stale = command("refused", "costs-1", 0, events=0)
    (answer,) = await store.append([stale])
    (fresh,) = await store.append([replace(stale, expected=1)])
    assert [answer.outcome, fresh.outcome] == [CONFLICT, NOTHING]


@pytest.mark.parametrize("events", [0, 2])
async def test_the_same_id_with_another_body_is_a_mismatch(store: Store, events: int):
    once = command("once", "costs-1", events=events)
    await store.append([once])
    before = await whole(store)
    other = command("once", "costs-2", production=B, events=1, body="another body")
    (answer,) = await store.append([other])

    assert answer.outcome is MISMATCH
    assert await whole(store) == before
    assert (await store.find([once.command_id]))[once.command_id].fingerprint == b"a body"


async def test_find_answers_for_many_commands_at_once_and_for_none(store: Store):
    recorded = [command(f"r{n}", f"costs-{n}", events=2, body=f"body r{n}") for n in range(5)]
    nothing = [command(f"n{n}", f"costs-{n}", 2, events=0, body=f"body n{n}") for n in range(5)]
    await store.append(recorded)
    await store.append(nothing)

    found = await store.find(one.command_id for one in [*nothing, *recorded])
    assert found == {
        **{one.command_id: Found(one.fingerprint, one.stream, 1, None) for one in recorded},
        **{one.command_id: Found(one.fingerprint, None, 0, "{}") for one in nothing},
    }
    assert await store.find([]) == {}


async def test_an_empty_batch_is_answered_with_nothing(store: Store):
    answers: list[Answer] = await store.append([])
    assert answers == []


@pytest.mark.parametrize(
    "poison",
    [
        pytest.param(command("poison", "costs-2", payload='{"a":"\x00"}'), id="a NUL"),
        pytest.param(command("poison", "costs-2", payload="{never closed"), id="no JSON"),
        pytest.param(replace(command("poison", "costs-2"), command_id="no-uuid"), id="no id"),
        pytest.param(replace(command("poison", "costs-2"), actor="\x00"), id="a NUL in a name"),
        pytest.param(
            replace(command("poison", "costs-2", events=0), outcome="{"), id="no JSON as outcome"
        ),
    ],
)
async def test_what_the_log_cannot_hold_fails_the_batch_and_leaves_nothing(store: Store, poison):
    before = await store.heads()
    with pytest.raises(Exception, match=r"\S"):
        await store.append([command("good", "costs-1"), poison, command("fine", "costs-3")])
    assert await whole(store) == []
    assert await store.heads() == before
    (answer,) = await store.append([command("good", "costs-1")])
    assert answer.outcome is RECORDED
