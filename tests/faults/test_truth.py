"""What the faults are measured by knows every reader that there is."""

import pytest

from runtime import rooms
from runtime.process import service_schema
from tests.faults.truth import HEARS, LOGS

pytestmark = pytest.mark.unit


def test_every_consumer_is_looked_at_in_every_log_that_it_hears() -> None:
    services, projections = rooms.services(), rooms.projections()
    assert tuple(services) == LOGS
    assert {consumer: set(logs) for consumer, logs in HEARS.items()} == {
        **{service_schema(name): set(one.consumes) for name, one in services.items()},
        **{one.schema: set(one.view.logs) for one in projections.values()},
    }
