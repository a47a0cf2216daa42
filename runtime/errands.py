"""Commands that nobody asked for, since they follow from facts: a policy's and a timer's.

The log takes each of them once in effect, by its derived id. One that is refused is a fact of the
acting room.
"""

from dataclasses import dataclass
from typing import Any

import structlog

from runtime import metrics
from runtime.decider import Command
from runtime.handling import Handler, KeyReused
from runtime.log.contract import TooLarge
from runtime.order import HOPS_MAX, Order, command_id_of
from runtime.points import point
from runtime.reactions import RefuseReaction
from runtime.rooms import Service

REASON_CHARACTERS_MAX = 2_000

logger = structlog.get_logger()


@dataclass(frozen=True)
class Errands:
    """Carries out what a room does by itself."""

    service: Service
    handler: Handler

    def target(self, production: str, command: Command) -> str:
        """The stream that `command` speaks to."""
        return self.service.decider_of(type(command)).stream(production, command)

    async def run(self, order: Order) -> None:
        """Gives the command of an order that a fact has caused, and records it if it is refused.

        Raises:
            Overloaded, Unavailable: as the handler does; nothing is refused then.
        """
        assert order.caused_by is not None
        if order.caused_by.hops >= HOPS_MAX:
            refusal = {"code": "too-many-hops", "detail": f"over {HOPS_MAX} reactions in a row"}
        else:
            try:
                refusal = (await self.handler.handle(order)).refusal or {}
            except (KeyReused, TooLarge) as error:
                refusal = {"code": type(error).__name__, "detail": str(error)}
        point("after-reaction")
        if refusal:
            await self._refuse(order, refusal)

    async def _refuse(self, order: Order, refusal: dict[str, Any]) -> None:
        cause = order.caused_by
        assert cause is not None
        name, target = type(order.command).__name__, self.target(order.production, order.command)
        metrics.REACTIONS_REFUSED.labels(self.service.name, refusal["code"]).inc()
        logger.warning(
            "reaction_refused",
            room=self.service.name,
            command=name,
            target=target,
            cause=cause.id,
            code=refusal["code"],
        )
        command = RefuseReaction(
            cause=cause.id,
            command=name,
            target=target,
            code=refusal["code"],
            reason=refusal["detail"][:REASON_CHARACTERS_MAX] or refusal["code"],
        )
        await self.handler.handle(
            Order(
                production=order.production,
                command=command,
                command_id=command_id_of(order.command_id, "refused"),
                actor=order.actor,
                principal=order.principal,
                correlation=order.correlation,
                caused_by=cause,
            )
        )
