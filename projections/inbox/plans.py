"""Plans that came back and are to be mended, and reactions that were refused."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from projections.inbox.answers import Kind
from projections.inbox.items import LOOKERS, PLANNERS, Desk
from projections.inbox.rows import Refusal, Returned

LOOKED_AT_FOR = timedelta(days=14)
"""How long a refused reaction stays in the inbox: no fact says that somebody has looked. The trail
keeps it."""


def plans(desk: Desk) -> Iterator[dict[str, Any]]:
    """The budget and the schedule, if they were refused and not submitted again."""
    for returned in desk.rows.all(Returned):
        plan = returned.log
        if returned.open:
            yield desk.item(
                Kind.MEND,
                (plan,),
                {"kind": plan, "id": plan, "name": plan, "version": returned.version},
                returned.since,
                f"version {returned.version} was refused: {returned.reason}",
                roles=PLANNERS,
                blocks=f"the lock of the {plan}",
                todo=(desk.todo(plan, f"submit-{plan}"),),
            )


def refusals(desk: Desk) -> Iterator[dict[str, Any]]:
    """What rooms could not do although another room's fact asked it of them."""
    for refusal in desk.rows.all(Refusal):
        if refusal.at + LOOKED_AT_FOR > desk.now:
            yield desk.item(
                Kind.LOOK,
                (refusal.log, refusal.event),
                {"kind": refusal.log, "id": refusal.target, "name": refusal.command},
                refusal.at,
                f"{refusal.command} was refused ({refusal.code}): {refusal.reason}; "
                f"it answers fact {refusal.cause}",
                roles=LOOKERS,
                blocks=f"{refusal.command} on {refusal.target}",
            )
