"""The stream `reactions-<production>` that every service has beside its own, without asking."""

from collections.abc import Sequence

from events.event import Event
from events.names import Id
from events.reaction import ReactionRefused
from runtime.decider import Command, Context, Decider

Refused = frozenset[tuple[str, str, str, str, str]]
"""Cause, command, target, code and reason of every reaction that was refused: one fact may bring
about several commands of one name to one stream, and each refusal is told."""


class RefuseReaction(Command):
    """What the machinery itself records when a policy's command was refused."""

    cause: Id
    command: str
    target: str
    code: str
    reason: str


def _decide(refused: Refused, command: RefuseReaction, _: Context) -> Sequence[Event]:
    told = ReactionRefused(**command.model_dump())
    return [] if _key(told) in refused else [told]


def _evolve(refused: Refused, event: ReactionRefused) -> Refused:
    return refused | {_key(event)}


def _key(event: ReactionRefused) -> tuple[str, str, str, str, str]:
    return event.cause, event.command, event.target, event.code, event.reason


REACTIONS: Decider[Refused, RefuseReaction] = Decider(
    kind="reactions",
    initial=frozenset(),
    commands=(RefuseReaction,),
    decide=_decide,
    evolve=_evolve,
)
