"""A producer that never connects twice.

A broker that has lost what it had confirmed was away meanwhile, and every connection to it ended.
What a producer sends on by itself after that would stand where the lost records have to stand, and
nobody could take it away again.
"""

from typing import Any

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError


class ConnectionEnded(KafkaError):  # type: ignore[misc]
    """The connection that a record was to go through is not the first one any more."""

    retriable = False


class LoyalProducer(AIOKafkaProducer):  # type: ignore[misc]
    """Sends through the connections that it had when it was started, and through no other."""

    async def start(self) -> None:
        """Connects to every broker that there is; raises Kafka's own errors."""
        await super().start()
        brokers = [broker.nodeId for broker in self.client.cluster.brokers()]
        self._first = {broker: await self.client._get_conn(broker) for broker in brokers}
        self.client.ready = self._ready

    async def _ready(self, broker: int, **group: Any) -> bool:
        """As the client's own, which connects again where it has to; aiokafka asks it for every
        request, and knows no setting for this."""
        connection = await self.client._get_conn(broker, **group)
        if connection is None or connection is not self._first.get(broker):
            raise ConnectionEnded(f"the connection to broker {broker} ended, or was never there")
        return True
