"""The stream `reactions-<production>` that every service has beside its own, without asking."""

from collections.abc import Sequence

from events.event import Event
from events.names import Id
from events.reaction import ReactionRefused
from runtime.decider import Command, Context, Decider

Refused = frozenset[tuple[str, str, str]]
"""Cause, command and target of every reaction that was refused."""


class RefuseReaction(Command):
    """What the machinery itself records when a policy's command was refused."""

    cause: Id
    command: str
    target: str
    code: str
    reason: str


def _decide(refused: Refused, command: RefuseReaction, _: Context) -> Sequence[Event]:
    if (command.cause, command.command, command.target) in refused:
        return []
    return [ReactionRefused(**command.model_dump())]


def _evolve(refused: Refused, event: ReactionRefused) -> Refused:
    return refused | {(event.cause, event.command, event.target)}


REACTIONS: Decider[Refused, RefuseReaction] = Decider(
    kind="reactions",
    initial=frozenset(),
    commands=(RefuseReaction,),
    decide=_decide,
    evolve=_evolve,
)
