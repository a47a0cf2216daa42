"""The same attacker on PostgreSQL itself: every kind once, and what the command line says of it."""

import asyncio
import random

import pytest

from runtime.audit.lines import SignedHeads
from tests.audit.attacker import KINDS, Attack, chained_anew
from tests.audit.conftest import Installation
from tests.audit.making import LOGS

pytestmark = [pytest.mark.integration, pytest.mark.long]


def test_logs_that_nobody_touched_are_in_order(anchored: Installation) -> None:
    told = anchored.verified()
    assert {one["log"]: one["events"] for one in told["logs"]} == {
        "contract": 0,
        "schedule": 0,
        **{log: len(anchored.logs[log]) for log in LOGS},
    }
    assert all(one["anchors_that_hold"] == 3 for one in told["logs"])
    assert told["anchors"] == 3


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_tampering_is_found_in_postgresql(
    installation: Installation, kind: str
) -> None:
    seed = random.SystemRandom().randrange(2**32)
    print(f"seed {seed}")
    chance = random.Random(seed)
    log = chance.choice(LOGS)
    last = SignedHeads.of_line(installation.lines[-1]).statement.head(log)
    assert last is not None
    while True:
        logs = {name: list(events) for name, events in installation.logs.items()}
        attack = Attack(chance, logs, dict(installation.incarnations), log, last.position)
        KINDS[kind](attack)
        chained_anew(attack)
        if attack.events[: last.position] != installation.logs[log][: last.position]:
            break
    histories = installation.histories | {log: attack.histories or installation.histories[log]}
    installation.overwrite(attack.logs, attack.incarnations, histories)
    told = installation.verified(code=1)
    assert log in {one["log"] for one in told["findings"]}


def test_a_row_changed_in_place_is_named_with_what_its_hash_should_be(
    installation: Installation,
) -> None:
    one = installation.logs["budget"][20]
    installation.as_superuser("UPDATE budget.event SET payload = '{}' WHERE position = 21")
    first = installation.verified(code=1)["first"]
    assert (first["log"], first["position"], first["production"]) == ("budget", 21, one.production)
    assert first["found"] == one.hash.hex()
    said = installation.reel("verify")
    assert said.exit_code == 1
    assert f"Not as it was: budget 21 (production {one.production})" in said.output.replace(
        "\n", " "
    )


def test_what_stands_beside_the_events_is_looked_at_as_well(installation: Installation) -> None:
    installation.as_superuser("UPDATE budget.head SET position = position - 1")
    assert installation.verified(code=1)["first"]["what"] == "the head is not at the last event"
    installation.put_back()
    installation.as_superuser(
        "ALTER TABLE budget.event DROP CONSTRAINT event_pkey",
        "ALTER TABLE budget.event DROP CONSTRAINT event_stream_version_key",
        "DROP INDEX budget.event_command",
        "INSERT INTO budget.event SELECT * FROM budget.event WHERE position = 7",
    )
    try:
        assert installation.verified(code=1)["first"]["what"].endswith("one comes twice")
    finally:
        installation.as_superuser(
            "TRUNCATE budget.event",
            "ALTER TABLE budget.event ADD PRIMARY KEY (position), ADD UNIQUE (stream, version)",
            "CREATE UNIQUE INDEX event_command ON budget.event (command_id) WHERE ordinal = 0",
        )


def test_it_says_in_words_which_positions_no_anchor_covers(installation: Installation) -> None:
    """Behind the last anchor the same attacker is not found: nothing there was ever signed."""
    logs = {name: list(events) for name, events in installation.logs.items()}
    attack = Attack(random.Random(1), logs, installation.incarnations, "budget", 0)
    last = len(attack.events)
    attack.change(last - 1, payload='{"forged":true}')
    chained_anew(attack)
    installation.overwrite(attack.logs, attack.incarnations, installation.histories)
    told = installation.verified()
    (anchored_to,) = (one["anchored_to"] for one in told["logs"] if one["log"] == "budget")
    assert 0 < anchored_to < last
    assert any(
        f"positions {anchored_to + 1} to {last} are covered by no anchor" in one
        for one in told["remarks"]
    )


def test_one_production_is_verified_alone(installation: Installation) -> None:
    films = sorted({one.production for one in installation.logs["budget"]})
    index = next(
        n for n, one in enumerate(installation.logs["budget"]) if one.production == films[0]
    )
    installation.as_superuser(
        f"UPDATE budget.event SET payload = '{{}}' WHERE position = {index + 1}"
    )
    assert installation.verified(films[1])["logs"][1]["productions"] == 1
    assert installation.verified(films[0], code=1)["first"]["position"] == index + 1
    missing = installation.reel("verify", "00000000-0000-4000-8000-000000000000")
    assert missing.exit_code == 2
    assert "no log knows" in missing.output


def test_what_is_recorded_while_it_reads_does_no_harm(anchored: Installation) -> None:
    """A verification beside a writer that never rests."""
    import asyncpg

    from runtime.log.postgres import PostgresStore
    from tests.store.making import command

    async def both() -> None:
        async with asyncpg.create_pool(anchored.dsn, min_size=1, max_size=2) as pool:
            store = PostgresStore("contract", pool)
            stopping = asyncio.Event()

            async def write() -> None:
                n = 0
                while not stopping.is_set():
                    await store.append([command(f"busy {n}", f"contract-{n}")])
                    n += 1

            writing = asyncio.create_task(write())
            told = await asyncio.to_thread(anchored.verified)
            stopping.set()
            await writing
            assert told["ok"]

    asyncio.run(both())
