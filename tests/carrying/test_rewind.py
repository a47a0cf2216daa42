"""A consumer that was rewound folds its logs again, and comes to the rows it had."""

import pytest

from runtime.reading.rewind import rewind
from tests.carrying.world import LEDGER, World, production_in

pytestmark = pytest.mark.integration

LIGHTHOUSE = production_in(3)


async def test_a_rewound_consumer_comes_to_the_same_rows_again(world: World) -> None:
    await world.budget.costs(LIGHTHOUSE, 10, 20, 30)
    ledger = await world.ledger()
    await ledger.check_tail("budget", behind_seconds_max=0)
    told = await world.rows()
    assert told

    emptied = await rewind(world.dsn, LEDGER)
    assert {"place", "trail", "mark"} <= set(emptied)
    assert await world.rows() == {}

    await ledger.check_tail("budget", behind_seconds_max=0)
    assert await world.rows() == told


async def test_a_restored_log_is_followed_again_after_a_rewind(world: World) -> None:
    before = await world.budget.costs(LIGHTHOUSE, 1, 2, 3)
    ledger = await world.ledger()
    await ledger.check_tail("budget", behind_seconds_max=0)
    await world.restore(2)
    await ledger.check_tail("budget", behind_seconds_max=0)
    assert [reason for reason in ledger.unready() if "stopped at 3" in reason], before

    await rewind(world.dsn, LEDGER)
    await ledger.check_tail("budget", behind_seconds_max=0)
    assert (await world.place(3))["position"] == 2
    assert (await world.place(3))["stopped"] is None
